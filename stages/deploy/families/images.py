"""Answers for an image: one class, with its score."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI

from stages import tasks
from stages.deploy.families import image_routes
from stages.deploy.families.base import Exchange
from stages.deploy.scoring import Session
from stages.deploy.service import Service
from stages.tasks.pictures import Form, opened, packed

_GROUP = 8
"""most images scored together"""
_COARSE = 4
"""height and width of a blotch in a made-up image"""


class ServedImages:
    """An open bundle. Safe to use from several threads."""

    def __init__(self, version: str, description: dict[str, Any], session: Session) -> None:
        self.version = version
        self.description = description
        self.name: str = description["name"]
        self.labels: list[str] = description["labels"]
        self.task = tasks.get(description["task"])
        self._shape = tuple(int(one) for one in description["student"]["shape"])
        self._session = session

    def predict(self, files: Sequence[bytes], max_pixels: int) -> list[dict[str, Any]]:
        """Answers for PNG or JPEG files, in their order. Only their pixels are read.

        Raises:
            UnreadableError: one of them is no image, is damaged or too large; none is scored.
        """
        form = Form(self._shape[0], self._shape[2], max_pixels)
        rows = []
        for index, content in enumerate(files):
            try:
                rows.append(opened(content, form).ravel())
            except ValueError as error:
                raise image_routes.UnreadableError(index, str(error)) from None
        found: list[dict[str, Any]] = []
        for start in range(0, len(rows), _GROUP):
            ids = np.stack(rows[start : start + _GROUP]).astype(np.int64)
            logits = self._session.logits(ids, np.ones_like(ids))
            found += [self.task.answer(one, self.labels) for one in self.task.probabilities(logits)]
        return found

    def masker(self) -> dict[str, Any]:
        """Nothing: faces and writing in an image are not masked."""
        return {}

    def exchanges(self, rows: Sequence[Sequence[int]], vouched: Callable[[str], bool]) -> Iterator[Exchange]:
        """Asked about made-up images, as many as there are rows: no image of the data goes into a bundle."""
        made_up = [packed(image) for image in _made_up(len(rows), self._shape)]
        for image in made_up:
            yield {"path": "/predict", "body": {"image": image}, "answer": self._recorded([image])}
        yield {"path": "/predict", "body": {"images": made_up}, "answer": self._recorded(made_up)}

    def mount(self, app: FastAPI, service: Service, ready: Callable[[], None]) -> frozenset[str]:
        return image_routes.add(app, self, service, ready)

    def _recorded(self, images: Sequence[str]) -> dict[str, Any]:
        files = [image_routes.decoded(index, image) for index, image in enumerate(images)]
        return {"answers": self.predict(files, self._shape[0] * self._shape[1])}


def open_images(folder: Path, version: str, description: dict[str, Any]) -> ServedImages:
    """The classifier in `folder`; see `families.opened`."""
    return ServedImages(version, description, Session(folder / "model.onnx"))


def _made_up(count: int, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """Blotches, uint8 of `shape`, the same ones every time."""
    draw = np.random.default_rng(0)
    height, width, channels = shape
    few = (-(-height // _COARSE), -(-width // _COARSE), channels)
    for _ in range(count):
        coarse = draw.integers(0, 256, few, dtype=np.uint8)
        yield coarse.repeat(_COARSE, axis=0).repeat(_COARSE, axis=1)[:height, :width]
