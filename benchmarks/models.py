"""Every declared pair of task and architecture on a real sample, through the line's own stages, in small.

Writes docs/models.md. Rows of pairs that are not asked for stay as they are there; the table of augmentation
is made from benchmarks/results/augmentation.json, where benchmarks/augmentation.py has left one. Settings are
reduced, so that the whole takes minutes: a recipe's own scores are higher.

    python benchmarks/models.py [--tasks text-classification ...] [--architectures mlp ...] [--rows 1500]
"""

import argparse
import contextlib
import importlib
import io
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages import tasks
from stages.params import Params
from stages.params.render import recipe
from stages.tasks import Task

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "models.md"
RESULTS = ROOT / "benchmarks" / "results" / "augmentation.json"
HEAD = (
    *("task", "sample", "architecture", "parameters", "score", "baseline", "training, CPU s"),
    *("student", "retention", "student, MB", "student, ms"),
)
GAINS = ("sample", "architecture", "way", "accuracy", "gain", "least to most")
DATA = ("ingest", "clean", "validate", "augment")
LEARNING = ("tokenize", "train", "evaluate", "distill")
EXTRA: dict[str, dict[str, Any]] = {
    # no recipe is about numbers: how sure those were who labelled the tweets
    "text-regression": {
        "project": {"name": "tweets", "task": "text-regression"},
        "ingest": {"source": "sample:tweets", "columns": {"text": "text", "label": "confidence"}},
    }
}
REDUCED: dict[str, Any] = {
    "augment": {"when": "never", "min_total": 2, "min_per_class": 1, "max_imbalance": 1000.0},
    "clean": {"canaries": 20},
    "evaluate": {"leaks": {"seconds": None, "rows": 100}},
    "train": {"members": 1},
    "distill": {"hidden": 64, "gates": {"speedup": None}},
}
SMALL = {"hidden": 64, "layers": 1, "ngrams": 1}
TRAINING: dict[str, dict[str, Any]] = {
    "mlp": {"epochs": 10, "learning_rate": 5e-3, "network": SMALL},
    "cnn": {"epochs": 6, "learning_rate": 2e-3, "network": SMALL},
    "lstm": {"epochs": 6, "learning_rate": 5e-3, "network": SMALL},
    "transformer": {"epochs": 6, "learning_rate": 2e-3, "network": SMALL},
    "pretrained": {"epochs": 2, "learning_rate": 2e-4, "frozen": 4, "weights": "minilm"},
}
STUDENTS = {"mlp": "static", "cnn": "static", "lstm": "lstm", "transformer": "transformer"}
EPOCHS = {"static": 6, "lstm": 3, "transformer": 2}
BEGIN, END = "<!-- {}: made by benchmarks/models.py -->", "<!-- end of {} -->"


def base_of(task: Task) -> dict[str, Any] | None:
    """Params of the first recipe of the task, or what EXTRA says; None where there is no sample."""
    for path in sorted((ROOT / "recipes").glob("*.yaml"), reverse=True):
        found = recipe(path)
        if found.project.task == task.name:
            return found.model_dump(by_alias=True)
    if task.name not in EXTRA:
        return None
    return merged(Params().model_dump(by_alias=True), EXTRA[task.name])


def merged(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`values` with `changes`, section by section."""
    found = dict(values)
    for key, value in changes.items():
        inner = found.get(key)
        found[key] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return found


def params_of(base: dict[str, Any], task: Task, architecture: str, rows: int) -> Params:
    """The recipe with the architecture, its student, and everything reduced."""
    student = STUDENTS.get(architecture, "transformer")
    student = student if student in task.students else task.students[-1]
    changes = merged(REDUCED, {"ingest": {"limit": rows}, "train": TRAINING[architecture]})
    changes["train"]["architecture"] = architecture
    changes["distill"] |= {"student": student, "epochs": EPOCHS.get(student)}
    return Params.model_validate(merged(base, changes))


def run(stages: tuple[str, ...], params: Params) -> float:
    """Runs the bodies of stages in the present folder; CPU seconds of training, if that was among them."""
    seconds = 0.0
    for stage in stages:
        body = importlib.import_module(f"stages.{stage}.__main__").body
        started = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            body(params)
        if stage == "train":
            seconds = time.process_time() - started
    return seconds


def measured(task: Task, architectures: list[str], rows: int) -> Iterator[list[str]]:
    """A row of the table for each architecture."""
    base = base_of(task)
    if base is None:
        print(f"{task.name}: no sample ships for it")
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RETORT_KEY_FILE"] = f"{folder}/secret/key"
        project = Path(folder) / "project"
        project.mkdir()
        os.chdir(project)
        for number, architecture in enumerate(architectures):
            params = params_of(base, task, architecture, rows)
            seconds = run(LEARNING if number else (*DATA, *LEARNING), params)
            yield row_of(task, params, seconds)
        os.chdir(ROOT)


def row_of(task: Task, params: Params, seconds: float) -> list[str]:
    """What the stages left in reports/, as cells."""
    train, evaluate, distill = (
        json.loads(Path(f"reports/{stage}/metrics.json").read_text()) for stage in LEARNING[1:]
    )
    name, student = task.headline, distill["student"]
    return [
        task.name,
        str(params.ingest.source).removeprefix("sample:"),
        params.train.architecture,
        f"{train['parameters']:,}",
        f"{name} {evaluate[name]:.3f}",
        f"{evaluate['baseline'][name]:.3f}",
        f"{seconds:.0f}",
        params.distill.student,
        f"{distill['retention']:.3f}",
        f"{student['size_mb']:.2f}",
        f"{student['latency_ms']:.2f}",
    ]


def table(head: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head), *(" | ".join(row) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def kept(page: str, name: str) -> list[list[str]]:
    """The rows of a table that stand on the page already."""
    part = page.partition(BEGIN.format(name))[2].partition(END.format(name))[0]
    lines = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    return lines[2:]


def gains() -> list[list[str]]:
    """What augmentation gained, from the file that its benchmark left."""
    found = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    return [
        [
            sample,
            one["architecture"],
            way,
            f"{one['accuracy']:.3f}",
            f"{one['gain']:+.3f}",
            f"{one['gain_least']:+.3f} to {one['gain_most']:+.3f}",
        ]
        for sample, ways in found.items()
        for way, one in ways.items()
    ]


def written(page: str, name: str, head: tuple[str, ...], rows: list[list[str]]) -> str:
    before, _, rest = page.partition(BEGIN.format(name))
    after = rest.partition(END.format(name))[2]
    return f"{before}{BEGIN.format(name)}\n{table(head, rows)}\n{END.format(name)}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", nargs="*", choices=tasks.names(), default=list(tasks.names()))
    parser.add_argument("--architectures", nargs="+")
    parser.add_argument("--rows", type=int, default=1500)
    chosen = parser.parse_args()
    for name in chosen.tasks:
        task = tasks.get(name)
        wanted = [one for one in task.architectures if one in (chosen.architectures or task.architectures)]
        for row in measured(task, wanted, chosen.rows):
            page = PAGE.read_text(encoding="utf-8")
            rows = [one for one in kept(page, "models") if one[:3] != row[:3]]
            PAGE.write_text(written(page, "models", HEAD, sorted([*rows, row])), encoding="utf-8")
            print(" | ".join(row), flush=True)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(
        written(page, "augmentation", GAINS, gains() or kept(page, "augmentation")), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
