"""The token that stands between texts."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END = "<|endoftext|>"
_KNOWN = (END, "<|end_of_text|>", "</s>", "<eos>", "[SEP]", "[CLS]")


def end_token(tokenizer: "Tokenizer") -> int:
    """The id of the token that ends a text, and that the first text begins with.

    Raises:
        ValueError: the vocabulary has none.
    """
    for name in _KNOWN:
        found = tokenizer.token_to_id(name)
        if found is not None:
            return int(found)
    raise ValueError("the vocabulary has no token that ends a text")
