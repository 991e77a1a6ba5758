"""Pictures as the rows of a table hold them: pixels of one form, without what a camera notes beside them.

A file is read by Pillow, as PNG or JPEG and nothing else, and never before its size is known. What goes on is
drawn anew from the pixels: no EXIF, no text, no thumbnail, no colour profile comes along.
"""

import base64
import binascii
import hashlib
import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG")
MAX_BYTES = 64 << 20
"""largest file that is opened"""
_WHITE = 255
# what Pillow and its plugins raise on damaged files, beside OSError
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, IndexError, AttributeError)
_DAMAGED += (OverflowError, ZeroDivisionError, MemoryError, NotImplementedError)  # type: ignore[assignment]


class PictureError(ValueError):
    """What is wrong with a picture, in words that quote nothing of it."""


@dataclass(frozen=True)
class Form:
    """What every picture of a data set is brought to."""

    size: int
    """height and width, in pixels"""
    channels: int
    """1 (grey) or 3 (red, green, blue)"""
    max_pixels: int
    """largest picture that is opened"""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return self.size, self.size, self.channels


def opened(content: bytes, form: Form) -> np.ndarray:
    """The pixels of a PNG or JPEG file, uint8, shape (size, size, channels).

    It is turned as its EXIF orientation says, put on white where it is transparent, and resized, without
    keeping its proportions, by an area-true bilinear filter.

    Raises:
        PictureError: it is no such file, is damaged or cut off, or is larger than `form.max_pixels`.
    """
    if len(content) > MAX_BYTES:
        raise PictureError(f"its file is larger than {MAX_BYTES >> 20} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # measured below
            image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError:
        raise _too_large(form) from None
    except UnidentifiedImageError:
        raise PictureError("it is no PNG or JPEG") from None
    except _DAMAGED:
        raise PictureError("it is damaged") from None
    with image:
        if image.width * image.height > form.max_pixels:
            raise _too_large(form)
        try:
            image.load()
        except _DAMAGED:
            raise PictureError("it is damaged or cut off") from None
        return _formed(_upright(image), form)


def from_pixels(pixels: np.ndarray, form: Form) -> np.ndarray:
    """An array, uint8 of shape (height, width) or (height, width, 1, 3 or 4), brought to `form`.

    Raises:
        PictureError: it has no or too many pixels.
    """
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if not pixels.size:
        raise PictureError("it has no pixels")
    if pixels.shape[0] * pixels.shape[1] > form.max_pixels:
        raise _too_large(form)
    return _formed(Image.fromarray(np.ascontiguousarray(pixels)), form)


def packed(pixels: np.ndarray) -> str:
    """Pixels, uint8 (height, width, 1 or 3), as base64 of a PNG that holds nothing else."""
    plain = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(plain)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def unpacked(text: str) -> np.ndarray:
    """The pixels that `packed` wrote, uint8 (height, width, 1 or 3).

    Raises:
        PictureError: it is no such text.
    """
    with_damage = PictureError("it is no base64 of a PNG")
    try:
        with Image.open(io.BytesIO(base64.b64decode(text, validate=True)), formats=("PNG",)) as image:
            if image.mode not in ("L", "RGB"):
                raise with_damage
            found = np.asarray(image)
    except (binascii.Error, Image.DecompressionBombError, *_DAMAGED):
        raise with_damage from None
    return found[:, :, None] if found.ndim == 2 else found


def digest(text: str) -> str:
    """What is the same for pictures of the same pixels, however they were compressed."""
    pixels = unpacked(text)
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()


def _too_large(form: Form) -> PictureError:
    return PictureError(f"it has more than {form.max_pixels} pixels")


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _DAMAGED:  # a note that cannot be read turns nothing
        return image


def _formed(image: Image.Image, form: Form) -> np.ndarray:
    mode = "L" if form.channels == 1 else "RGB"
    plain = _opaque(image).convert(mode)
    if plain.size != (form.size, form.size):
        plain = plain.resize((form.size, form.size), Image.Resampling.BILINEAR)
    return np.asarray(plain, dtype=np.uint8).reshape(form.shape)


def _opaque(image: Image.Image) -> Image.Image:
    """The picture in 8 bits without transparency: grey, colour, or inks."""
    if image.mode.startswith("I") or image.mode == "F":
        # Pillow would cut 16 bits off at 255
        deep = np.asarray(image).astype(np.float64)
        return Image.fromarray(np.clip(np.round(deep / 257), 0, _WHITE).astype(np.uint8))
    if image.mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        ground = Image.new("RGBA", clear.size, (_WHITE,) * 4)
        return Image.alpha_composite(ground, clear).convert("RGB")
    return image.convert("RGB") if image.mode in ("P", "CMYK", "YCbCr", "LAB", "HSV") else image
