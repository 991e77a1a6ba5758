"""Sentences, as a search and a baseline for answers need them."""

import re

_END = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])")


def sentences(text: str) -> list[str]:
    """The sentences of a text, blank ones left out."""
    return [part.strip() for part in _END.split(text) if part.strip()]


def first_sentence(text: str) -> str:
    """The first sentence of a text; the whole text where it has but one."""
    return (sentences(text) or [""])[0]
