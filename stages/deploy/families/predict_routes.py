"""`POST /predict`: one text, or many."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, model_validator

from stages.deploy.service import Problem, Service

if TYPE_CHECKING:
    from stages.deploy.families.predict import ServedModel


class Question(BaseModel):
    """One text, or many."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str | None = Field(None, min_length=1, description="one text")
    texts: list[Annotated[str, Field(min_length=1)]] = Field(
        default_factory=list, fail_fast=True, description="many texts"
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> "Question":
        if (self.text is None) == (not self.texts):
            raise ValueError("give either text or texts")
        return self

    def all(self) -> list[str]:
        return self.texts if self.text is None else [self.text]


class Answers(BaseModel):
    """An answer for each text, in the order of the texts."""

    name: str
    version: str
    answers: list[dict[str, Any]] = Field(
        description="what the task gives, and `masked`: how many values of each type were masked"
    )


def add(app: FastAPI, model: "ServedModel", service: Service, ready: Callable[[], None]) -> frozenset[str]:
    """Adds the route to `app`; see `Served.mount`."""

    @app.post("/predict", responses=_documented(model))
    async def predict(question: Question) -> Answers:
        """Answers one text or many."""
        ready()
        texts = question.all()
        service.check(texts)
        found = await service.run(model.predict, texts)
        answers = [{**answer.value, "masked": answer.masked} for answer in found]
        return Answers(name=model.name, version=model.version, answers=answers)

    return frozenset(Question.model_fields)


def _documented(model: "ServedModel") -> dict[int | str, dict[str, Any]]:
    """The answers that the OpenAPI document describes, with an example made of the model's own labels."""
    even = np.full(len(model.labels), 1 / len(model.labels))
    answer = {**model.task.answer(even, model.labels), "masked": {"EMAIL": 1}}
    example = {"name": model.name, "version": model.version, "answers": [answer]}
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem} for status in (400, 413, 422, 500, 503)
    }
    return {200: {"content": {"application/json": {"example": example}}}, **refusals}
