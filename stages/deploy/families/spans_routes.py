"""`POST /answer`: a question, alone or with the context that is to be read."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, field_validator

from stages.deploy.service import Problem, Service

if TYPE_CHECKING:
    from stages.deploy.families.spans import Answering


class Asking(BaseModel):
    """A question."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: str = Field(description="what is asked")
    context: str | None = Field(None, description="what is to be read; without it, passages are searched for")

    @field_validator("question", "context")
    @classmethod
    def _not_blank(cls, text: str | None) -> str | None:
        if text is not None and not text.strip():
            raise ValueError("is blank; ask something, and leave the context out to search for one")
        return text


class Source(BaseModel):
    """The passage that an answer stands in."""

    id: str
    title: str
    text: str


class Answered(BaseModel):
    """The answer to a question."""

    name: str
    version: str
    answer: str | None = Field(description="words of the passage; null: it is not known")
    score: float = Field(description="probability that the question has an answer there")
    start: int | None = Field(description="where the answer begins, in the passage or in the context given")
    end: int | None
    passage: Source | None = Field(description="null where nothing is known, or the context was given")
    masked: dict[str, int] = Field(description="how many values of each type were masked before reading")


def add(app: FastAPI, model: "Answering", service: Service, ready: Callable[[], None]) -> frozenset[str]:
    """Adds the route to `app`; see `Served.mount`."""
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem} for status in (400, 413, 422, 500, 503)
    }

    @app.post("/answer", responses=refusals)
    async def answer(asking: Asking) -> Answered:
        """Answers a question, or says that the answer is not known."""
        ready()
        service.check([asking.question])
        if asking.context is not None:
            service.check([asking.context])
        found = await service.run(lambda one: model.answer(one.question, one.context), asking)
        return Answered(name=model.name, version=model.version, **found.value, masked=found.masked)

    return frozenset(Asking.model_fields)
