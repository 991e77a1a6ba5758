"""`POST /v1/completions` and `GET /v1/models`, as OpenAI's clients ask for them."""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.exceptions import HTTPException

from stages.deploy.families.completions import Completion, RefusedError, Wish, choice, wish
from stages.deploy.service import Service, TooMuchError
from stages.tasks.text_generation.writing import Piece

if TYPE_CHECKING:
    from stages.deploy.families.write import ServedWriter, Usage

PATH = "/v1/completions"


def add(app: FastAPI, model: "ServedWriter", service: Service, ready: Callable[[], None]) -> frozenset[str]:
    """Adds the routes to `app`; see `Served.mount`."""
    card = {"id": model.name, "object": "model", "created": int(time.time()), "owned_by": "retort"}

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        """The one model that is served."""
        return {"object": "list", "data": [card]}

    @app.get("/v1/models/{name}")
    async def described(name: str) -> JSONResponse:
        """The model of that name."""
        if name != model.name:
            return _refused(
                RefusedError(f"no such model; here is {model.name}", "model", "model_not_found", 404)
            )
        return JSONResponse(card)

    @app.post(PATH, openapi_extra=_documented())
    async def completions(request: Request) -> Response:
        """Goes on from a text."""
        try:
            ready()
            asked = wish(await _body(request), model.name)
            service.check(asked.prompts)
            if not asked.stream:
                return JSONResponse(await service.run(model.complete, asked))
            usage, pieces = await service.run(model.begin, asked)
        except RefusedError as error:
            return _refused(error)
        except TooMuchError as error:
            return _refused(RefusedError(str(error), "prompt", status=413))
        return StreamingResponse(
            _events(model, service, asked, usage, pieces), media_type="text/event-stream"
        )

    return frozenset(Completion.model_fields)


async def _body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except HTTPException as error:  # the body is too large
        raise RefusedError(str(error.detail), status=error.status_code) from None
    except (ValueError, RecursionError):
        raise RefusedError("the body is not JSON") from None


async def _events(
    model: "ServedWriter", service: Service, asked: Wish, usage: "Usage", pieces: Iterator[Piece]
) -> AsyncIterator[str]:
    """Server-sent events: a piece each, then the counts where they are asked for, then the end."""
    head = model.head()
    counts: dict[str, Any] = {"usage": None} if asked.usage else {}
    while (piece := await service.run(lambda given: next(given, None), pieces)) is not None:
        yield _event({**head, "choices": [choice(piece.choice, piece.text, piece.finish)], **counts})
    if asked.usage:
        yield _event({**head, "choices": [], "usage": usage.counts(), "masked": usage.masked})
    yield "data: [DONE]\n\n"


def _event(content: dict[str, Any]) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


def _refused(error: RefusedError) -> JSONResponse:
    return JSONResponse(error.body(), error.status)


def _documented() -> dict[str, Any]:
    schema = Completion.model_json_schema(ref_template="#/components/schemas/{model}")
    inner = schema.pop("$defs")["StreamOptions"]
    schema["properties"]["stream_options"] = {"anyOf": [inner, {"type": "null"}]}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
