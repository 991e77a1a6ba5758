"""Pictures changed at random as far as `augment.image` allows: moved, scaled, turned, made noisy, mirrored.

One draw of a batch is one affine map for each picture (Simard et al. 2003, "Best Practices for Convolutional
Neural Networks Applied to Visual Document Analysis"), read by bilinear interpolation. What comes in from
outside is the picture's own edge, drawn out.
"""

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from stages.params.augment import Distortion
from stages.tasks.pictures import packed, unpacked


def changes(settings: Distortion) -> bool:
    """Whether anything is allowed."""
    return any(bool(value) for value in settings.model_dump().values())


def distorted(pictures: np.ndarray, settings: Distortion, draw: np.random.Generator) -> np.ndarray:
    """The pictures, uint8 (batch, height, width, channels), each changed at random; of the same shape."""
    found = pictures
    if settings.shift or settings.scale or settings.rotation or settings.flips:
        found = _mapped(pictures, _maps(len(pictures), pictures.shape[1:3], settings, draw))
    if settings.noise:
        # one strength for each picture, so that the network sees clean ones too
        strength = draw.uniform(0, settings.noise, (len(pictures), 1, 1, 1))
        noise = draw.standard_normal(pictures.shape, dtype=np.float32) * (255 * strength)
        found = np.clip(np.rint(found + noise), 0, 255)
    return found.astype(np.uint8)


def altering(settings: Distortion) -> Callable[[str, random.Random], str]:
    """What makes a copy of a packed picture; a picture itself comes back where nothing is allowed."""

    def altered(text: str, chance: random.Random) -> str:
        draw = np.random.default_rng(chance.getrandbits(64))
        return packed(distorted(unpacked(text)[None], settings, draw)[0])

    return altered


def _maps(count: int, size: tuple[int, ...], settings: Distortion, draw: np.random.Generator) -> np.ndarray:
    """For each picture where the new one's pixels lie in the old, float32 (count, 2, 3), rows y and x."""
    angle = np.deg2rad(draw.uniform(-settings.rotation, settings.rotation, count))
    scale = 1 / draw.uniform(1 - settings.scale, 1 + settings.scale, count)
    mirrored = {
        way: np.where((draw.random(count) < 0.5) & (way in settings.flips), -1.0, 1.0)
        for way in ("vertical", "horizontal")
    }
    moved = draw.uniform(-settings.shift, settings.shift, (count, 2)) * size
    centre = (np.array(size) - 1) / 2
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=1).reshape(-1, 2, 2)
    matrix = turn * scale[:, None, None] * np.stack([*mirrored.values()], axis=1)[:, :, None]
    offset = centre - np.einsum("nij,nj->ni", matrix, centre + moved)
    return np.concatenate([matrix, offset[:, :, None]], axis=2).astype(np.float32)


def _mapped(pictures: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """The pictures read at the places that `maps` give, float32 of the same shape."""
    count, height, width, _ = pictures.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    grid = np.stack([rows.ravel(), columns.ravel(), np.ones(height * width, dtype=np.float32)])
    places = maps @ grid
    y, x = np.clip(places[:, 0], 0, height - 1), np.clip(places[:, 1], 0, width - 1)
    top, left = np.floor(y).astype(np.intp), np.floor(x).astype(np.intp)
    down, right = (y - top)[:, :, None], (x - left)[:, :, None]
    low, far = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    own: Any = np.arange(count)[:, None]
    flat = pictures.astype(np.float32)
    above = flat[own, top, left] * (1 - right) + flat[own, top, far] * right
    below = flat[own, low, left] * (1 - right) + flat[own, low, far] * right
    return (above * (1 - down) + below * down).reshape(pictures.shape)
