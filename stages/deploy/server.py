"""The HTTP face of a model: FastAPI. No answer and no log ever holds a part of the input."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from stages.deploy.guard import Guard
from stages.deploy.model import ServedModel
from stages.deploy.prepare import UnvouchedError
from stages.deploy.service import Service, TooMuchError
from stages.params.serve import Serve


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


class Health(BaseModel):
    """What is served."""

    status: str
    name: str
    version: str


class Readiness(BaseModel):
    """Whether the model may answer."""

    status: Literal["ready", "retired"]
    name: str
    version: str


class Answers(BaseModel):
    """An answer for each text, in the order of the texts."""

    name: str
    version: str
    answers: list[dict[str, Any]] = Field(
        description="what the task gives, and `masked`: how many values of each type were masked"
    )


class Problem(BaseModel):
    """What is wrong with a request, in one line that quotes nothing of it."""

    detail: str


class RetiredError(Exception):
    """The model was retired while it was served."""

    def __str__(self) -> str:
        return "this version was retired and answers no more; start the server again"


def create_app(model: ServedModel, limits: Serve, retired: Callable[[], bool] = lambda: False) -> FastAPI:
    """The application that serves `model` within `limits`.

    Args:
        model: what answers.
        limits: of requests.
        retired: asked before every answer whether the model may still give one.
    """
    service = Service(model, limits)
    app = FastAPI(title=model.name, version=model.version, description="Input is masked before it is scored.")
    app.add_middleware(Guard, body_limit=service.body_limit())

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
        return _problem(422, _first(error))

    @app.exception_handler(TooMuchError)
    async def too_much(request: Request, error: TooMuchError) -> JSONResponse:
        return _problem(413, str(error))

    @app.exception_handler(UnvouchedError)
    async def unvouched(request: Request, error: UnvouchedError) -> JSONResponse:
        return _problem(422, str(error))

    @app.exception_handler(RetiredError)
    async def gone(request: Request, error: RetiredError) -> JSONResponse:
        return _problem(503, str(error))

    @app.get("/ready", responses={503: {"model": Readiness}})
    async def ready(response: Response) -> Readiness:
        """Whether the model may answer; 503 once it was retired."""
        out = retired()
        response.status_code = 503 if out else 200
        return Readiness(status="retired" if out else "ready", name=model.name, version=model.version)

    @app.get("/health")
    async def health() -> Health:
        """Which model answers."""
        return Health(status="ok", name=model.name, version=model.version)

    @app.post("/predict", responses=_documented(model))
    async def predict(question: Question) -> Answers:
        """Answers one text or many."""
        if retired():
            raise RetiredError
        found = await service.predict(question.all())
        answers = [{**answer.value, "masked": answer.masked} for answer in found]
        return Answers(name=model.name, version=model.version, answers=answers)

    return app


def _problem(status: int, line: str) -> JSONResponse:
    return JSONResponse({"detail": line}, status)


def _first(error: RequestValidationError) -> str:
    """The first mistake. Keys are the caller's own words too, so only known ones are repeated."""
    mistake = error.errors()[0]
    known = [
        str(part) for part in mistake["loc"] if isinstance(part, int) or part in {"body", "text", "texts"}
    ]
    place = ".".join(known) or "request"
    if mistake["type"] == "extra_forbidden":
        return f"{place}: unknown key; allowed: text, texts"
    return f"{place}: {mistake['msg'].removeprefix('Value error, ')}"


def _documented(model: ServedModel) -> dict[int | str, dict[str, Any]]:
    """The answers that the OpenAPI document describes, with an example made of the model's own labels."""
    even = np.full(len(model.labels), 1 / len(model.labels))
    answer = {**model.task.answer(even, model.labels), "masked": {"EMAIL": 1}}
    example = {"name": model.name, "version": model.version, "answers": [answer]}
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem} for status in (400, 413, 422, 500, 503)
    }
    return {200: {"content": {"application/json": {"example": example}}}, **refusals}
