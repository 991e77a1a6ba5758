"""From text to arrays."""

from typing import Literal

from pydantic import Field

from stages.params.base import Section


class Tokenize(Section):
    max_length: int = Field(64, ge=4, le=8192)
    """longest sequence, in tokens; a longer text is cut, and the share of cut texts is reported"""
    level: Literal["wordpiece", "character", "bytes"] = "wordpiece"
    """unit of a learned vocabulary (character suits Chinese; bytes and their pairs lose nothing)"""
    vocabulary: int = Field(8000, ge=100, le=200000)
    """size of a learned vocabulary; of bytes, 256 and the joined pairs"""
