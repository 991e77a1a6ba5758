"""`POST /predict`: one image, or many, each as base64 of a PNG or JPEG file."""

import base64
import binascii
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from stages.deploy.service import Problem, Service

if TYPE_CHECKING:
    from stages.deploy.families.images import ServedImages


class UnreadableError(ValueError):
    """An image of a request that cannot be read. The message quotes nothing of it."""

    def __init__(self, index: int, why: str) -> None:
        super().__init__(f"image {index}: {why}")


class ImageQuestion(BaseModel):
    """One image, or many."""

    model_config = ConfigDict(extra="forbid", strict=True)

    image: str | None = Field(None, min_length=1, description="one PNG or JPEG file, in base64")
    images: list[Annotated[str, Field(min_length=1)]] = Field(
        default_factory=list, fail_fast=True, description="many of them"
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> "ImageQuestion":
        if (self.image is None) == (not self.images):
            raise ValueError("give either image or images")
        return self

    def all(self) -> list[str]:
        return self.images if self.image is None else [self.image]


class ImageAnswers(BaseModel):
    """An answer for each image, in the order of the images."""

    name: str
    version: str
    answers: list[dict[str, Any]] = Field(description="label, score, and the scores of all labels")


def decoded(index: int, image: str) -> bytes:
    """The file that base64 holds.

    Raises:
        UnreadableError: it is no base64.
    """
    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableError(index, "it is no base64") from None


def add(app: FastAPI, model: "ServedImages", service: Service, ready: Callable[[], None]) -> frozenset[str]:
    """Adds the route to `app`; see `Served.mount`."""
    service.takes_images = True
    app.description = "Only the pixels of an image are read. Faces and writing in it are not masked."

    @app.exception_handler(UnreadableError)
    async def unreadable(request: Request, error: UnreadableError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 422)

    @app.post("/predict", responses=_documented(model))
    async def predict(question: ImageQuestion) -> ImageAnswers:
        """Answers one image or many."""
        ready()
        images = question.all()
        service.check_images(images)
        files = [decoded(index, image) for index, image in enumerate(images)]
        answers = await service.run(partial(model.predict, max_pixels=service.max_pixels), files)
        return ImageAnswers(name=model.name, version=model.version, answers=answers)

    return frozenset(ImageQuestion.model_fields)


def _documented(model: "ServedImages") -> dict[int | str, dict[str, Any]]:
    """The answers that the OpenAPI document describes, with an example made of the model's own labels."""
    even = np.full(len(model.labels), 1 / len(model.labels))
    answers = [model.task.answer(even, model.labels)]
    example = {"name": model.name, "version": model.version, "answers": answers}
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem} for status in (400, 413, 422, 500, 503)
    }
    return {200: {"content": {"application/json": {"example": example}}}, **refusals}
