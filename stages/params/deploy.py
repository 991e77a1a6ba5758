"""The candidate bundle."""

from pydantic import Field

from stages.params.base import Section


class Deploy(Section):
    examples: int = Field(32, ge=1)
    """recorded answers that the served bundle must repeat"""
    tolerance: float = Field(0.02, ge=0, le=1)
    """largest difference between a served and a recorded probability"""
