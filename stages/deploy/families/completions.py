"""What is asked for over `POST /v1/completions`, in the format of OpenAI, and what is refused."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stages.tasks.text_generation.sampling import Sampling

MOST_STOPS = 4
_MAX_TOKENS = 16
_UNSUPPORTED = ("logprobs", "suffix", "logit_bias")


class RefusedError(ValueError):
    """A request that is not answered. The message says why, and quotes nothing of it.

    Args:
        message: one line.
        param: the key at fault.
        code: as OpenAI names it, where it does.
        status: of the answer.
    """

    def __init__(
        self, message: str, param: str | None = None, code: str | None = None, status: int = 400
    ) -> None:
        super().__init__(message)
        self.param, self.code, self.status = param, code, status

    def body(self) -> dict[str, Any]:
        """As OpenAI writes errors."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        error = {"message": str(self), "type": kind, "param": self.param, "code": self.code}
        return {"error": error}


class StreamOptions(BaseModel):
    """How the answer is streamed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    include_usage: bool = Field(False, description="count tokens in a last piece")


_Text = Annotated[str, Field(max_length=1_000_000)]


class Completion(BaseModel):
    """A request for what follows a text, or each of several."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: str = Field(description="the name of the model")
    prompt: _Text | list[_Text] | None = Field(None, description="a text, or several; null begins one")
    max_tokens: int | None = Field(None, ge=1, description="most tokens of an answer; 16 if not given")
    n: int | None = Field(None, ge=1, le=16, description="answers to each prompt; 1 if not given")
    best_of: int | None = Field(None, ge=1, description="as many as n")
    stop: str | list[Annotated[str, Field(min_length=1, max_length=200)]] | None = Field(
        None, description="up to four texts, before which an answer ends"
    )
    stream: bool | None = Field(None, description="send the answer as it is written")
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, le=2, description="0 takes the likeliest; 1 if not given")
    top_p: float | None = Field(None, gt=0, le=1, description="draw from the likeliest with this share")
    top_k: int | None = Field(None, ge=0, description="draw from so many likeliest; 0 is all")
    repetition_penalty: float | None = Field(None, ge=0.1, le=10, description="above 1: repeat less")
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    seed: int | None = Field(None, description="the same seed gives the same answer")
    echo: bool | None = Field(None, description="begin the answer with the prompt")
    user: str | None = Field(None, description="not read")
    logprobs: int | None = Field(None, description="not supported")
    suffix: str | None = Field(None, description="not supported")
    logit_bias: dict[str, float] | None = Field(None, description="not supported")


@dataclass(frozen=True)
class Wish:
    """A request that can be answered."""

    prompts: tuple[str, ...]
    max_tokens: int
    count: int
    stop: tuple[str, ...]
    how: Sampling
    seed: int | None
    echo: bool
    stream: bool
    usage: bool
    """whether a stream ends with the count of tokens"""


def wish(body: Any, name: str) -> Wish:
    """What a request's JSON asks of the model `name`.

    Raises:
        RefusedError: it cannot be read, asks for another model, or for what there is not.
    """
    if not isinstance(body, dict):
        raise RefusedError("the body must be a JSON object")
    _refuse_tokens(body.get("prompt"))
    stops = body.get("stop")
    if isinstance(stops, list) and len(stops) > MOST_STOPS:
        raise RefusedError(f"stop: {len(stops)} texts; at most {MOST_STOPS}", "stop")
    try:
        asked = Completion.model_validate(body)
    except ValidationError as error:
        raise _first(error) from None
    if asked.model != name:
        raise RefusedError(f"no such model; here is {name}", "model", "model_not_found", 404)
    for key in _UNSUPPORTED:
        if getattr(asked, key):
            raise RefusedError(f"{key}: not supported", key)
    count = asked.n or 1
    if asked.best_of not in (None, count):
        raise RefusedError("best_of: must be n, as answers are not ranked", "best_of")
    prompt = asked.prompt if asked.prompt is not None else ""
    stop = asked.stop if asked.stop is not None else ()
    prompts = (prompt,) if isinstance(prompt, str) else tuple(prompt)
    if not prompts:
        raise RefusedError("prompt: an empty list; give a text, or several", "prompt")
    return Wish(
        prompts,
        asked.max_tokens or _MAX_TOKENS,
        count,
        ((stop,) if stop else ()) if isinstance(stop, str) else tuple(stop),
        Sampling(
            1.0 if asked.temperature is None else asked.temperature,
            asked.top_k or 0,
            asked.top_p or 1.0,
            asked.repetition_penalty or 1.0,
            asked.presence_penalty or 0.0,
            asked.frequency_penalty or 0.0,
        ),
        asked.seed,
        bool(asked.echo),
        bool(asked.stream),
        asked.stream_options is not None and asked.stream_options.include_usage,
    )


def choice(index: int, text: str, finish: str | None) -> dict[str, Any]:
    """An answer, or a piece of one, as OpenAI writes it."""
    return {"text": text, "index": index, "logprobs": None, "finish_reason": finish}


def _refuse_tokens(prompt: Any) -> None:
    inner = prompt[0] if isinstance(prompt, list) and prompt else None
    if isinstance(inner, int | list):
        raise RefusedError("prompt: give text; token ids cannot be masked", "prompt")


def _first(error: ValidationError) -> RefusedError:
    """The first mistake. Keys are the caller's own words too, so only known ones are repeated."""
    mistake = error.errors(include_input=False, include_url=False)[0]
    known = {*Completion.model_fields, *StreamOptions.model_fields}
    if mistake["type"] == "extra_forbidden":
        return RefusedError(f"unknown key; allowed: {', '.join(sorted(Completion.model_fields))}")
    place = [str(part) for part in mistake["loc"] if part in known]
    param = ".".join(place) or None
    return RefusedError(f"{param or 'request'}: {mistake['msg']}", param)
