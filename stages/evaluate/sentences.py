"""Sentences, as a baseline for answers needs them."""

import re

_END = re.compile(r"[.!?](?=\s)|[。！？]")


def first_sentence(text: str) -> str:
    """The first sentence of a text; the whole text where it has but one."""
    text = text.strip()
    found = _END.search(text)
    return text if found is None else text[: found.end()]
