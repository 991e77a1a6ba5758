"""The route of images: whole ones are answered, all others refused in words that quote nothing of them."""

import base64
import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from fastapi.testclient import TestClient
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from stages.deploy.families.images import ServedImages
from stages.deploy.scoring import Session
from stages.deploy.server import create_app
from stages.params.serve import Serve

SIDE = 4
SECRET = "Muster"  # stands in what is sent; must not come back


def file_of(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def sent(content: bytes) -> str:
    return base64.b64encode(content).decode()


def even(shade: int, side: int = SIDE) -> bytes:
    return file_of(Image.new("L", (side, side), shade))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A model that calls an image bright where its pixels sum to more than half of the largest sum."""
    path = tmp_path_factory.mktemp("images") / "model.onnx"
    pixels = SIDE * SIDE
    weights = np.tile(np.array([[-1, 1]], dtype=np.float32) / 255, (pixels, 1))
    nodes = [
        helper.make_node("Cast", ["ids"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["values", "weights"], ["sums"]),
        helper.make_node("Add", ["sums", "bias"], ["some"]),
        helper.make_node("ReduceMax", ["mask"], ["any"], keepdims=1),
        helper.make_node("Cast", ["any"], ["kept"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["some", "kept"], ["logits"]),
    ]
    shape = ["batch", pixels]
    graph = helper.make_graph(
        nodes,
        "bright",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("ids", "mask")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array([pixels / 2, -pixels / 2], dtype=np.float32), "bias"),
        ],
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), Path(path))
    description = {
        "name": "bright",
        "task": "image-classification",
        "labels": ["dark", "bright"],
        "student": {"shape": [SIDE, SIDE, 1]},
    }
    model = ServedImages("0" * 12, description, Session(path))
    limits = Serve(max_texts=3, max_image_kb=64, max_pixels=10_000)
    with TestClient(create_app(model, limits)) as opened:
        yield opened


def test_one_and_many_are_answered_in_their_order(client: TestClient):
    one = client.post("/predict", json={"image": sent(even(250))}).json()["answers"]
    assert [answer["label"] for answer in one] == ["bright"]
    many = client.post("/predict", json={"images": [sent(even(5)), sent(even(250)), sent(even(9))]})
    assert [answer["label"] for answer in many.json()["answers"]] == ["dark", "bright", "dark"]


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", (40, 9), (250, 250, 250)),
        Image.new("RGBA", (8, 8), (0, 0, 0, 0)),  # clear: white
        Image.fromarray(np.full((6, 6), 64_000, dtype=np.uint16)),
        Image.new("L", (8, 8), 250).convert("P"),
    ],
    ids=["another size", "clear", "16 bits", "palette"],
)
def test_odd_ones_are_brought_to_the_models_form(image: Image.Image, client: TestClient):
    answer = client.post("/predict", json={"image": sent(file_of(image))})
    assert answer.json()["answers"][0]["label"] == "bright"


def test_inks_are_read(client: TestClient):
    inks = file_of(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG")
    assert client.post("/predict", json={"image": sent(inks)}).json()["answers"][0]["label"] == "bright"


def bomb() -> bytes:
    """A PNG of some hundred bytes that says it is 60,000 pixels wide and high."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (SECRET.encode(), 422, "image 1"),
        (even(3, 60)[:-30], 422, "image 1"),
        (file_of(Image.new("L", (8, 8)), "GIF"), 422, "image 1"),
        (bomb(), 422, "pixels"),
        (even(3, 101), 422, "pixels"),
        (b"x" * 65 * 1024, 413, "image 1"),
    ],
    ids=["text", "cut off", "another kind", "bomb", "a pixel too many", "a kilobyte too many"],
)
def test_what_is_no_whole_image_is_refused_by_its_place(
    content: bytes, status: int, words: str, client: TestClient
):
    answer = client.post("/predict", json={"images": [sent(even(3)), sent(content)]})
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"image": "Muster?!"}, 422),
        ({"image": ""}, 422),
        ({"images": []}, 422),
        ({"image": "Muster", "images": ["Muster"]}, 422),
        ({"image": 3}, 422),
        ({"text": "Muster"}, 422),
        ({"images": [sent(even(3))] * 4}, 413),
    ],
)
def test_bodies_of_another_form_are_refused(body: dict, status: int, client: TestClient):
    answer = client.post("/predict", json=body)
    assert answer.status_code == status
    assert SECRET not in answer.text
