"""The candidate bundle, and the registry that it is released to."""

from urllib.parse import urlsplit

from pydantic import Field, field_validator

from stages.params.base import Section


class Champion(Section):
    """How the live model and the one that would replace it are compared, on the same test split."""

    tolerance: float = Field(0.01, ge=0, le=1)
    """most of the headline score that a release which is not better may lose, with 97.5% certainty"""
    resamples: int = Field(2000, ge=100, le=100_000)
    """draws of the paired bootstrap that the interval is made of"""


class Card(Section):
    intended: str | None = Field(
        "Answers about texts like those it learned from, read by people who check them."
    )
    """what the model is for; the model card says it, and an empty one is refused"""
    excluded: str | None = Field("Decisions about people without a person who checks and answers for them.")
    """what it must not be used for; the same"""
    license: str | None = Field("other")
    """licence of the model, as the Hugging Face hub names it"""


class Deploy(Section):
    card: Card = Card()
    examples: int = Field(32, ge=1)
    """recorded answers that the served bundle must repeat"""
    tolerance: float = Field(0.02, ge=0, le=1)
    """largest difference between a served and a recorded probability"""
    champion: Champion = Champion()
    """how the live model and the one that would replace it are compared, on the same test split"""
    registry: str = Field("registry", min_length=1)
    """where releases lie: a folder, or a URL that fsspec knows, such as s3://bucket/models"""
    trusted: list[str] = Field(default_factory=list)
    """public keys whose signatures are believed, besides this machine's own; `retort releases` prints them"""

    @field_validator("registry")
    @classmethod
    def _without_credentials(cls, value: str) -> str:
        if "@" in urlsplit(value).netloc:
            raise ValueError(
                "holds credentials; leave them to the store's own variables, such as AWS_PROFILE"
            )
        return value
