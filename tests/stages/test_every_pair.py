"""Every network of the tasks on rows, tokens and images, in small, from the source to the server's answer.

Questions have such a test of their own in test_answering_line, writing in deploy/test_deploy_writers.
"""

import base64
import io
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from stages import tasks
from stages.artifacts import BUNDLE, STUDENT, read_json, report
from stages.deploy.model import open_bundle
from stages.deploy.server import create_app
from stages.params import Params

TASKS = (
    "text-classification",
    "multi-label-classification",
    "text-regression",
    "token-classification",
    "image-classification",
)
GOODS = ["soup", "bread", "salad", "cheese"]
TRIPS = ["train", "harbour", "hotel", "bridge"]
FILLERS = ["we", "saw", "the", "old", "near", "and", "very", "with", "some", "quite", "there", "again"]
ROWS = 160


def pairs() -> Iterator[tuple[str, str, str]]:
    """Each network of a task with one student, and each student with one network."""
    for name in TASKS:
        task = tasks.get(name)
        yield from ((name, one, task.students[0]) for one in task.architectures)
        yield from ((name, task.architectures[0], one) for one in task.students[1:])


def texts() -> Iterator[dict[str, Any]]:
    """Texts about food or travel, with a label of every kind."""
    draw = random.Random(5)
    for number in range(ROWS):
        words = draw.choices(FILLERS, k=draw.randint(4, 9))
        named = (GOODS, TRIPS)[number % 2]
        at = draw.randrange(len(words))
        words.insert(at, draw.choice(named))
        start = len(" ".join([*words[:at], ""]))
        kind = "FOOD" if number % 2 == 0 else "TRAVEL"
        yield {
            "text": " ".join(words),
            "text-classification": kind,
            "multi-label-classification": [kind],
            "text-regression": float(number % 2) + len(words),
            "token-classification": [{"start": start, "end": start + len(words[at]), "type": kind}],
        }


def picture(number: int) -> bytes:
    """A PNG whose upper or lower half is bright."""
    pixels = np.random.default_rng(number).integers(0, 80, (8, 8), dtype=np.uint8)
    pixels[slice(0, 4) if number % 2 else slice(4, 8)] += 150
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "PNG")
    return held.getvalue()


def source(task: str) -> dict[str, Any]:
    """Writes the rows, and says where they are."""
    if task != "image-classification":
        Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in texts()))
        return {"source": "rows.jsonl", "columns": {"text": "text", "label": task}}
    for number in range(ROWS):
        place = Path("pictures") / ("upper" if number % 2 else "lower") / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(picture(number))
    columns = {"text": "text", "label": "label"}
    return {"source": "pictures", "columns": columns, "image": {"size": 8, "channels": 1}}


def params(task: str, architecture: str, student: str, weights: Path) -> Params:
    gates = dict.fromkeys(
        ("accuracy", "macro_f1", "micro_f1", "r2", "calibration_error", "beats_baseline", "canary_exposure")
    )
    network = {"hidden": 16, "layers": 2, "heads": 2, "patch": 4}
    leaks = {"membership_auc": 1.0, "membership_tpr": 1.0}
    return Params.model_validate(
        {
            "project": {"name": "pair", "task": task},
            "ingest": {**source(task), "public": "made up"},
            "clean": {
                "canaries": 20,
                "scheduler": "local",
                "near_duplicates": None,
                "splits": {"valid": 0.2, "test": 0.2},
            },
            "augment": {"min_total": 10, "min_per_class": 5},
            "tokenize": {"max_length": 24, "vocabulary": 200},
            "train": {
                **{"architecture": architecture, "weights": str(weights), "frozen": 0, "network": network},
                **{"epochs": 1, "learning_rate": 1e-3},
            },
            "evaluate": {"gates": {**gates, **leaks}, "leaks": {"seconds": None}},
            "distill": {
                **{"student": student, "epochs": 1, "hidden": 16, "layers": 1, "heads": 2, "buckets": 300},
                "gates": {"retention": None, "speedup": None, **leaks},
            },
            "deploy": {"examples": 4, "tolerance": 0.05},
        }
    )


@pytest.mark.slow
@pytest.mark.parametrize(("task", "architecture", "student"), list(pairs()))
def test_a_pair_goes_through_the_line_and_answers(
    through: Callable[[Params], None], weights: Path, task: str, architecture: str, student: str
) -> None:
    chosen = params(task, architecture, student, weights)
    through(chosen)

    kind = tasks.get(task)
    found = read_json(report("evaluate") / "metrics.json")
    assert kind.headline in found
    assert kind.headline in found["baseline"]
    assert read_json(STUDENT / "student.json")["kind"] == student
    asked = (
        {"image": base64.b64encode(picture(3)).decode()}
        if task == "image-classification"
        else {"text": "we saw the old bridge"}
    )
    with TestClient(create_app(open_bundle(BUNDLE), chosen.serve)) as client:
        answered = client.post("/predict", json=asked)
    assert answered.status_code == 200, answered.text
    assert len(answered.json()["answers"]) == 1
