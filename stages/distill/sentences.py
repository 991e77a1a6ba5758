"""The encoder that finds passages, as the file that is served: ONNX, int8."""

import tempfile
from pathlib import Path

import numpy as np

from stages.distill.export import export
from stages.distill.quantize import with_int8_embeddings, with_int8_matrices
from stages.evaluate.retrieval.dense import MAX_LENGTH
from stages.evaluate.retrieval.encoder import SentenceEncoder
from stages.tokenize import vocabulary

ENCODER, TOKENIZER = "sentences.onnx", "sentences.json"


def write_sentence_encoder(folder: Path, weights: str) -> None:
    """Writes the encoder of `weights` and its tokenizer into `folder`.

    Seven bits of eight are used: bytes then overflow on no processor, and for ranks one bit is little.

    Raises:
        StageError: there are no such weights, or no exporter can write them.
    """
    network = SentenceEncoder(weights)
    tokenizer = vocabulary.pretrained(weights, MAX_LENGTH)
    ids = np.array([tokenizer.encode("Where does the boiler stand?").ids], dtype=np.int64)
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "plain.onnx"
        export(with_int8_embeddings(network), plain, [(ids, np.ones_like(ids))])
        with_int8_matrices(plain, folder / ENCODER, seven_bits=True)
    tokenizer.save(str(folder / TOKENIZER))
