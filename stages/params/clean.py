"""Repair, normalisation, deduplication, masking, splits."""

from typing import Annotated, Literal

import re2
from pydantic import Field, field_validator, model_validator

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


class OwnType(Section):
    """A type of the user's own. Its token is its name, such as `[EMPLOYEE]`."""

    name: str = Field(pattern=r"^[A-Z]{2,20}(_[A-Z]{2,20})*$")
    """capitals and underscores"""
    pattern: str
    """what it looks like, in RE2 syntax"""
    context: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list)
    """words of which one must stand within 60 characters; none: found anywhere"""

    @field_validator("pattern")
    @classmethod
    def _must_be_re2(cls, pattern: str) -> str:
        try:
            compiled = compiled_by_re2(pattern)
        except re2.error as error:
            reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
            raise ValueError(
                f"RE2 refuses this pattern ({reason}); it knows no back-references and no look-arounds"
            ) from None
        if compiled.fullmatch("") is not None:
            raise ValueError("this pattern matches the empty text; ask for one character at least")
        return pattern


def compiled_by_re2(pattern: str) -> "re2._Regexp":
    """The pattern compiled by RE2, which reads a text in linear time whatever the pattern.

    Raises:
        re2.error: it is no RE2 pattern.
    """
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


class Masking(Section):
    style: Literal["tokens", "pseudonyms", "surrogates"] = "tokens"
    """what takes the place of a value: its type, its type and a keyed digest of it, or a made-up value"""
    types: list[str] | None = None
    """types to mask; null masks the default set"""
    custom: list[OwnType] = Field(default_factory=list)
    """types of your own, such as {name: EMPLOYEE, pattern: "E-[0-9]{6}", context: [staff]}; RE2 syntax"""
    allow: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list)
    """values that are never masked, whole and in any case, such as your own support address"""
    tagger: Literal["shipped", "none"] = "shipped"
    """the named-entity taggers (Chinese in any text, English in English projects), beside the rules"""
    min_score: float = Field(0.5, ge=0, le=1)
    """confidence from which the taggers' spans are masked"""
    phone_regions: list[str] = Field(default_factory=lambda: ["US", "GB", "CN"])
    """regions whose national phone formats are recognised"""
    processes: int = Field(2, ge=1, le=64)
    """processes that mask in parallel under clean.scheduler: processes; the result does not depend on it"""
    timeout: float = Field(60.0, gt=0, le=3600)
    """seconds that the masker may take over a text, for each 50,000 characters; then it is quarantined"""

    @model_validator(mode="after")
    def _name_each_type_once(self) -> "Masking":
        names = [own.name for own in self.custom]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"custom: {name} is there twice; name each type once")
        return self


class Splits(Section):
    valid: float = Field(0.1, gt=0, lt=0.5)
    """share of rows to choose with"""
    test: float = Field(0.1, gt=0, lt=0.5)
    """share of rows to measure with, once"""
    apart: Literal["context", "question"] = "context"
    """what is in one split only: a context with all it is asked, or (contexts being known) a question"""

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
    scheduler: str = Field("processes", pattern=r"^(local|processes|tcp://[^\s/:]+:[0-9]{1,5})$")
    """where masking runs: local, processes, or a Dask scheduler (tcp://HOST:PORT); the result is the same"""
    canaries: int = Field(200, ge=20, le=10000)
    """made-up people planted into an audit copy; every value of theirs must be masked"""
    quarantine_limit: float = Field(0.02, ge=0, le=1)
    """largest share of rows that may be quarantined"""
