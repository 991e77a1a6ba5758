"""What the page says about data, teacher and student, picked from the stages' own files."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from stages.artifacts import SPLITS
from stages.report.collect import Run

SCORES = {
    "f1": "F1 of whole answers or spans",
    "exact_match": "exact match",
    "precision": "precision of spans",
    "recall": "recall of spans",
    "accuracy": "accuracy",
    "micro_f1": "micro F1",
    "macro_f1": "macro F1",
    "subset_accuracy": "subset accuracy",
    "r2": "explained variance (R²)",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "spearman": "rank correlation (Spearman)",
    "bits_per_byte": "bits per byte",
    "perplexity": "perplexity of a token",
    "calibration_error": "calibration error",
}
"""scores of the test split, as people call them"""
MAX_CLASSES = 20
"""classes up to which a confusion matrix can still be read"""


@dataclass(frozen=True)
class Table:
    """A table of the page: the first cell of each row names it."""

    caption: str
    head: list[str]
    rows: list[list[Any]]


@dataclass(frozen=True)
class Confusion:
    """The confusion matrix: a row per true class, each cell the count and its share of the row."""

    labels: list[str]
    rows: list[list[tuple[int, float]]]


@dataclass(frozen=True)
class Facts:
    """What the page shows besides states and checks; empty where nothing is known yet."""

    tiles: list[tuple[str, Any, str]] = field(default_factory=list)
    """the few figures that matter most: name, value, note"""
    data: list[Table] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    """why augment decided as it did"""
    teacher: list[Table] = field(default_factory=list)
    confusion: Confusion | None = None
    student: list[Table] = field(default_factory=list)


def gather(run: Run) -> Facts:
    """The facts of a run."""
    return Facts(
        tiles=[tile for tile in _tiles(run) if tile[1] is not None],
        data=[table for table in _data(run) if table.rows],
        reasons=list(_reasons(run.stage("augment").part("decision"))),
        teacher=[table for table in _teacher(run) if table.rows],
        confusion=_confusion(run),
        student=[table for table in _student(run) if table.rows],
    )


def plain(value: Any) -> bool:
    """Whether a value fits into a cell."""
    return not isinstance(value, dict | list)


def _tiles(run: Run) -> Iterator[tuple[str, Any, str]]:
    ingest, clean, evaluate, distill = (
        {} if stage.state == "earlier" else stage.part("metrics")
        for stage in map(run.stage, ("ingest", "clean", "evaluate", "distill"))
    )
    yield "rows", ingest.get("kept"), "read and sealed"
    masked = [count for count in mapping(clean, "masked").values() if isinstance(count, int)]
    yield "values masked", sum(masked) if masked else None, "in the rows that were kept"
    name = str(evaluate.get("headline", "accuracy"))
    called = SCORES.get(name, _words(name))
    yield f"teacher's {called}", evaluate.get(name), "on the test split"
    yield f"baseline's {called}", mapping(evaluate, "baseline").get(name), _rival(evaluate)
    yield "kept by the student", distill.get("retention"), f"share of the teacher's {called}"
    yield "megabytes", mapping(distill, "student").get("size_mb"), "of the student"
    yield "times faster", distill.get("speedup"), "than the teacher, one request at a time"


def _reasons(decision: dict[str, Any]) -> Iterator[str]:
    """Whether the data is trainable, and why not."""
    if decision:
        yield (
            "Trainable as it is." if decision.get("trainable_without") is True else "Not trainable as it is."
        )
    for key in ("reasons", "cannot_help"):
        found = decision.get(key)
        yield from map(str, found if isinstance(found, list) else [])
    if decision.get("copies"):
        yield f"{decision['copies']} augmented copies were added to the training split."


def _data(run: Run) -> Iterator[Table]:
    ingest, clean = run.stage("ingest").part("metrics"), run.stage("clean").part("metrics")
    yield _counts("Read by ingest", "Count", ingest)
    yield _counts("Rows in clean: in, dropped for each reason, out", "Rows", mapping(clean, "rows"))
    yield _counts("Masked values of each type", "Type", mapping(clean, "masked"))
    yield _counts("Rows kept back in quarantine", "Reason", mapping(clean, "quarantine"))
    yield _counts("Made-up people planted to test the masker", "Canary values", mapping(clean, "canaries"))
    yield _splits(mapping(clean, "splits"))
    decision = run.stage("augment").part("decision")
    before, after = mapping(decision, "rows_before"), mapping(decision, "rows_after")
    rows = [[label, count, after.get(label)] for label, count in before.items()]
    yield Table("Training rows of each class", ["Class", "as they are", "augmented"], rows)
    yield _gains(run)


def _gains(run: Run) -> Table:
    """What augmentation gained where there were few rows, if its benchmark was run."""
    rows = [
        [f"{sample}, {way}", mapping(mapping(run.gains, sample), way).get("accuracy"), one.get("gain")]
        for sample in run.gains
        for way, one in mapping(run.gains, sample).items()
        if isinstance(one, dict)
    ]
    return Table("Augmentation of few rows, as benchmarked", ["Sample and way", "accuracy", "gain"], rows)


def _counts(caption: str, what: str, found: dict[str, Any]) -> Table:
    order = sorted(found, key=lambda name: {"in": -1, "out": 1}.get(name, 0))
    rows = [[_words(name), found[name]] for name in order if plain(found[name])]
    return Table(caption, [what, "Number"], rows)


def _splits(found: dict[str, Any]) -> Table:
    """Rows of each split, and the share of every class in it where the classes are few."""
    labels = sorted({label for name in found for label in mapping(mapping(found, name), "labels")})
    if len(labels) > MAX_CLASSES:
        labels = []
    rows = []
    for name in sorted(found, key=lambda name: SPLITS.index(name) if name in SPLITS else len(SPLITS)):
        split = mapping(found, name)
        rows.append([name, split.get("rows"), *(mapping(split, "labels").get(label) for label in labels)])
    return Table("Splits, and the share of each class", ["Split", "rows", *labels], rows)


def _teacher(run: Run) -> Iterator[Table]:
    found = run.stage("evaluate").part("metrics")
    rival = mapping(found, "baseline")
    rows = [[called, found[name], rival.get(name)] for name, called in SCORES.items() if name in found]
    yield Table("Scores on the test split", ["Score", "Teacher", f"Baseline: {_rival(found)}"], rows)
    yield _classes(found)


def _rival(evaluated: dict[str, Any]) -> str:
    """What the teacher is compared with."""
    return str(evaluated.get("rival", "a simple model"))


def _classes(found: dict[str, Any]) -> Table:
    columns = ("precision", "recall", "f1", "rows")
    classes = mapping(found, "per_class")
    rows = [[label, *(mapping(classes, label).get(column) for column in columns)] for label in classes]
    return Table("Scores of each class on the test split", ["Class", *columns], rows)


def _confusion(run: Run) -> Confusion | None:
    labels = sorted({label for pair in run.confusion for label in pair})
    if not 1 < len(labels) <= MAX_CLASSES:
        return None
    rows = []
    for truth in labels:
        counts = [run.confusion[truth, guess] for guess in labels]
        rows.append([(count, count / (sum(counts) or 1)) for count in counts])
    return Confusion(labels, rows)


def _student(run: Run) -> Iterator[Table]:
    found = run.stage("distill").part("metrics")
    teacher, student = mapping(found, "teacher"), mapping(found, "student")
    both = {name: value for name, value in (student | teacher).items() if plain(value)}
    rows = [[_words(name), teacher.get(name), student.get(name)] for name in both]
    yield Table("Measured in one run", ["Measure", "Teacher", "Student"], rows)
    yield Table(
        "Between the two",
        ["Measure", "Value"],
        [[_words(name), value] for name, value in found.items() if plain(value)],
    )


def mapping(values: dict[str, Any], key: str) -> dict[str, Any]:
    """What lies under `key`, empty where that is no mapping."""
    found = values.get(key)
    return found if isinstance(found, dict) else {}


def _words(name: str) -> str:
    return name.replace("_", " ")
