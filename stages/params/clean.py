"""Repair, normalisation, deduplication, masking, splits."""

from typing import Literal

from pydantic import Field, model_validator

from stages.params.base import Section


class Normalise(Section):
    case: bool = False
    """lower-case"""
    punctuation: bool = False
    """remove punctuation"""
    stop_words: bool = False
    """remove stop words"""
    script: bool = False
    """fold width, accents and traditional Chinese"""


class Masking(Section):
    tagger: Literal["rampart", "none"] = "rampart"
    """the named-entity tagger (English names and places), beside the rules"""
    min_score: float = Field(0.5, ge=0, le=1)
    """confidence from which the tagger's spans are masked"""
    phone_regions: list[str] = Field(default_factory=lambda: ["US", "GB", "CN"])
    """regions whose national phone formats are recognised"""
    processes: int = Field(2, ge=1, le=64)
    """processes that mask in parallel; the result does not depend on it"""


class Splits(Section):
    valid: float = Field(0.1, gt=0, lt=0.5)
    """share of rows to choose with"""
    test: float = Field(0.1, gt=0, lt=0.5)
    """share of rows to measure with, once"""

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> "Splits":
        if self.valid + self.test > 0.8:
            raise ValueError("valid and test together should be at most 0.8")
        return self


class Clean(Section):
    repair: bool = True
    """mend mojibake and broken entities (ftfy)"""
    normalise: Normalise = Normalise()
    near_duplicates: float | None = Field(0.85, ge=0.5, le=1)
    """drop rows this similar to an earlier one (Jaccard of character 5-grams); null keeps them"""
    splits: Splits = Splits()
    masking: Masking = Masking()
    canaries: int = Field(200, ge=20, le=10000)
    """made-up people planted into an audit copy; every value of theirs must be masked"""
    quarantine_limit: float = Field(0.02, ge=0, le=1)
    """largest share of rows that may be quarantined"""
