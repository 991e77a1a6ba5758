"""What the whole run shares."""

from typing import Literal

from pydantic import Field

from stages.params.base import Section


class Project(Section):
    name: str = Field("tweets", pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    """the model's name in the registry"""
    task: Literal[
        "text-classification",
        "multi-label-classification",
        "text-regression",
        "token-classification",
        "question-answering",
        "text-generation",
        "image-classification",
    ] = "text-classification"
    """what is learned"""
    language: Literal["en", "zh"] = "en"
    """language of the texts"""
    seed: int = Field(7, ge=0, lt=2**31)
    """one seed for sampling, splits, augmentation and training"""
