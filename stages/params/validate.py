"""What the cleaned data must look like."""

from pydantic import Field

from stages.params.base import Section


class Validate(Section):
    min_rows: int = Field(20, ge=1)
    """fewest rows in each split"""
    labels: list[str] | None = None
    """the labels allowed; null allows those of the training split"""
    min_length: int = Field(1, ge=1)
    """shortest text, in characters"""
    max_length: int = Field(20000, ge=1)
    """longest text, in characters"""
    language_share: float = Field(0.7, ge=0, le=1)
    """least share of texts in project.language"""
