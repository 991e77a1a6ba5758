"""Pictures from files that are whole, odd, damaged or too large: right pixels, or words that quote none."""

import io

import numpy as np
import pytest
from PIL import Image

from stages.tasks.pictures import Form, PictureError, digest, opened, packed, unpacked

GREY, COLOUR = Form(8, 1, 10_000), Form(8, 3, 10_000)


def file_of(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def test_packed_pixels_come_back_and_the_digest_is_of_the_pixels():
    pixels = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    assert (unpacked(packed(pixels)) == pixels).all()
    again = file_of(Image.fromarray(pixels), compress_level=0)
    assert (opened(again, COLOUR) == pixels).all()
    assert digest(packed(pixels)) != digest(packed(pixels[::-1]))


def test_sixteen_bits_keep_their_shades():
    deep = Image.fromarray(np.full((8, 8), 257 * 100, dtype=np.uint16))
    assert (opened(file_of(deep), GREY) == 100).all()


def test_a_palette_gives_its_colours_and_what_is_clear_is_white():
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([0, 0, 0, 10, 200, 30])
    assert opened(file_of(palette), COLOUR)[0, 0].tolist() == [10, 200, 30]
    assert (opened(file_of(Image.new("RGBA", (8, 8), (0, 0, 0, 0))), GREY) == 255).all()


def test_inks_become_colours():
    red = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    found = opened(file_of(red, "JPEG", quality=100), COLOUR)[4, 4]
    assert found[0] > 240
    assert found[1:].max() < 15


def test_a_file_is_turned_as_its_camera_noted_and_the_note_is_gone():
    image = Image.new("L", (8, 8), 0)
    image.paste(255, (0, 0, 8, 2))  # a bar at the top
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 3, "a name"  # upside down
    pixels = opened(file_of(image, "JPEG", exif=exif, quality=100), GREY)
    assert pixels[7, 4, 0] > 200
    assert pixels[0, 4, 0] < 50
    assert not Image.open(io.BytesIO(file_of(Image.fromarray(pixels[:, :, 0])))).getexif()


def test_sizes_that_differ_become_one():
    assert opened(file_of(Image.new("RGB", (33, 7), (9, 9, 9))), GREY).shape == (8, 8, 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"secret words, no image", "no PNG or JPEG"),
        (b"", "no PNG or JPEG"),
        (file_of(Image.new("L", (90, 90)), "GIF"), "no PNG or JPEG"),
        (file_of(Image.effect_noise((90, 90), 50))[:2000], "damaged or cut off"),
        (file_of(Image.effect_noise((90, 90), 50), "JPEG")[:1000], "damaged or cut off"),
        (file_of(Image.new("1", (20_000, 20_000))), "more than 10000 pixels"),
    ],
    ids=["text", "empty", "another kind", "cut png", "cut jpeg", "bomb"],
)
def test_what_cannot_be_read_is_refused_in_words_of_our_own(content: bytes, says: str):
    with pytest.raises(PictureError, match=says) as error:
        opened(content, GREY)
    assert "secret" not in str(error.value)
