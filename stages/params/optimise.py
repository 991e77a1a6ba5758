"""Which settings `retort optimise` may try, and for how long."""

from typing import Literal

from pydantic import Field, model_validator

from stages.params.base import Section


class Range(Section):
    """Numbers from `low` to `high`."""

    low: float
    """least value"""
    high: float
    """greatest value"""
    log: bool = False
    """draw by the logarithm"""
    step: float | None = Field(None, gt=0)
    """distance of the values that are tried; null for any"""

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if self.low >= self.high:
            raise ValueError("low must be less than high")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("log needs a low above 0, and no step")
        return self


class Choices(Section):
    """One of several values."""

    choices: list[bool | int | float | str | None] = Field(min_length=2)
    """the values"""


class Optimise(Section):
    when: Literal["never", "failed"] = "never"
    """search when evaluate's verdict fails in a run of the line"""
    trials: int = Field(20, ge=1)
    """most trials of a search, those of earlier runs with the same settings among them"""
    minutes: float = Field(60.0, gt=0)
    """no trial begins after so many minutes of a run"""
    space: dict[str, Range | Choices] = Field(default_factory=dict)
    """by parameter, such as train.learning_rate: {low, high, log, step} or {choices}"""
