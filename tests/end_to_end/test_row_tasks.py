"""Tasks of which no sample ships: any number of labels, and a number; from a table to a model."""

import json
import random

import pytest

TOPICS = {
    "food": ["soup", "bread", "salad", "cheese", "noodles"],
    "travel": ["train", "harbour", "airport", "hotel", "bridge"],
    "music": ["piano", "choir", "violin", "concert", "drums"],
}
FILLERS = ["we", "saw", "the", "old", "good", "near", "and", "very", "with", "some", "quite", "there"]


def rows(count: int) -> list[dict[str, object]]:
    """Texts about none, one or more of three topics; the number is how often they are spoken of."""
    draw = random.Random(3)
    found = []
    for _ in range(count):
        topics = draw.sample(sorted(TOPICS), draw.choice([0, 1, 1, 2, 3]))
        words = [draw.choice(TOPICS[topic]) for topic in topics for _ in range(draw.randint(1, 3))]
        text = [*words, *draw.choices(FILLERS, k=draw.randint(5, 12))]
        draw.shuffle(text)
        found.append({"body": " ".join(text), "topics": topics, "count": 100 + 10 * len(words)})
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "label", "student", "figure"),
    [
        ("multi-label-classification", "topics", "transformer", "micro_f1"),
        ("text-regression", "count", "static", "r2"),
    ],
)
def test_a_task_on_rows_runs_to_a_released_model(
    task: str, label: str, student: str, figure: str, make_project
) -> None:
    changes = {
        "project": {"name": "own", "task": task},
        "ingest": {
            "source": "data/own.jsonl",
            "columns": {"text": "body", "label": label},
            "filter": None,
            "limit": None,
        },
        "clean": {"near_duplicates": None},
        "validate": {"language_share": 0.0},
        "tokenize": {"max_length": 32, "vocabulary": 200},
        "train": {"architecture": "mlp", "epochs": 15, "learning_rate": 0.02, "frozen": 0},
        "evaluate": {"gates": {"micro_f1": 0.7, "r2": 0.5}},
        "distill": {"student": student, "epochs": 12, "gates": {"retention": 0.8}},
    }
    project = make_project("tweets", changes)
    (project.root / "data/own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(900)))
    project.dvc("repro")
    project.run("retort", "release")
    metrics = json.loads((project.root / "reports/evaluate/metrics.json").read_text())
    assert metrics[figure] > 0.7
    assert figure in metrics["baseline"]
    bundle = json.loads((project.root / "models/bundle/examples.json").read_text())
    answer = bundle["exchanges"][0]["answer"]["answers"][0]
    assert set(answer) == ({"value"} if figure == "r2" else {"labels", "scores"})
    if figure == "r2":
        assert 90 < answer["value"] < 220
    project.run("python", "-m", "stages.report")
