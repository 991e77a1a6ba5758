"""Finding the passages that may answer a question. The server imports it: only `encoder` needs torch."""

from stages.evaluate.retrieval.retriever import Passage, Retriever, passages_of

__all__ = ["Passage", "Retriever", "passages_of"]
