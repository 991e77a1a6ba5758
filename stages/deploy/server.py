"""The HTTP face of a model: FastAPI. No answer and no log ever holds a part of the input."""

from collections.abc import Callable, Set
from typing import Literal

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from stages.deploy import page
from stages.deploy.families import Served
from stages.deploy.guard import Guard
from stages.deploy.metrics import Metrics
from stages.deploy.prepare import UnvouchedError
from stages.deploy.service import Service, TooMuchError
from stages.params.serve import Serve


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
    alert: str | None = Field(None, description="why this may not be the version that is live")


class Description(BaseModel):
    """What a model is."""

    name: str
    version: str
    task: str
    labels: list[str] = Field(description="the classes; none where the task has none")
    expects: str = Field(description="how the texts were that it learned from; the server makes them so")


class Models(BaseModel):
    """What answers."""

    models: list[Description]


class RetiredError(Exception):
    """The model was retired while it was served."""

    def __str__(self) -> str:
        return "this version was retired and answers no more; release another"


def create_app(
    model: Served,
    limits: Serve,
    retired: Callable[[], bool] = lambda: False,
    alert: Callable[[], str | None] = lambda: None,
    metrics: Metrics | None = None,
) -> FastAPI:
    """The application that serves `model` within `limits`.

    Args:
        model: what answers.
        limits: of requests.
        retired: asked before every answer whether the model may still give one.
        alert: what is wrong although the model answers.
        metrics: what is counted; its own where none is given.
    """
    counted = metrics or Metrics()
    service = Service(limits, counted)
    keys: set[str] = set()
    app = FastAPI(title=model.name, version=model.version, description="Input is masked before it is scored.")

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
        return _problem(422, _first(error, keys))

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
        status: Literal["ready", "retired"] = "retired" if out else "ready"
        return Readiness(status=status, name=model.name, version=model.version, alert=alert())

    @app.get("/health")
    async def health() -> Health:
        """Which model answers."""
        return Health(status="ok", name=model.name, version=model.version)

    @app.get("/models")
    async def models() -> Models:
        """What the models are that answer: one."""
        return Models(models=[_described(model)])

    @app.get("/metrics", response_class=PlainTextResponse)
    async def numbers() -> Response:
        """Counts and times, for Prometheus."""
        return Response(counted.text(), media_type=CONTENT_TYPE_LATEST)

    def answering() -> None:
        if retired():
            raise RetiredError

    keys |= model.mount(app, service, answering)
    page.add(app, model, keys)
    # after the routes, which say what a body may hold
    app.add_middleware(Guard, body_limit=service.body_limit())
    return app


def _described(model: Served) -> Description:
    found = model.description
    labels = [str(label) for label in found.get("labels") or ()]
    return Description(
        name=model.name,
        version=model.version,
        task=found["task"],
        labels=labels,
        expects=str(found.get("expects", "")),
    )


def _problem(status: int, line: str) -> JSONResponse:
    return JSONResponse({"detail": line}, status)


def _first(error: RequestValidationError, keys: Set[str]) -> str:
    """The first mistake. Keys are the caller's own words too, so only known ones are repeated."""
    mistake = error.errors()[0]
    known = [str(part) for part in mistake["loc"] if isinstance(part, int) or part in {"body", *keys}]
    place = ".".join(known) or "request"
    if mistake["type"] == "extra_forbidden":
        return f"{place}: unknown key; allowed: {', '.join(sorted(keys))}"
    return f"{place}: {mistake['msg'].removeprefix('Value error, ')}"
