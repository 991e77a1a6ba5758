"""Every pair of a task of questions and an architecture, in small, from the source to the server's answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from stages import tasks
from stages.artifacts import BUNDLE, STUDENT, TOKENS, read_json, read_table, report
from stages.deploy.model import open_bundle
from stages.deploy.server import create_app
from stages.params import Params

TASK = tasks.get("question-answering")
WORDS = [
    f"{a}{b}" for a in ("al", "be", "co", "du", "er", "fi") for b in ("mo", "na", "pi", "ra", "su", "ti")
]


def house(number: int) -> dict[str, Any]:
    """A paragraph of facts, and questions about them; one of them it does not answer."""
    name = WORDS[number % len(WORDS)]
    facts = [("roof", WORDS[(number * 5 + 1) % 36]), ("door", WORDS[(number * 7 + 2) % 36])]
    context = f"The house of {name} is old. " + " ".join(
        f"Its {thing} is made of {stuff} wood." for thing, stuff in facts
    )
    questions: list[dict[str, Any]] = [
        {
            "question": f"What is the {thing} of {name} made of?",
            "answers": [{"text": stuff, "answer_start": context.index(f" {stuff} wood") + 1}],
        }
        for thing, stuff in facts
    ]
    questions.append({"question": f"Who sold the house of {name}?", "answers": [], "is_impossible": True})
    return {"title": name, "paragraphs": [{"context": context, "qas": questions}]}


def params(weights: Path, architecture: str, student: str) -> Params:
    gates = {"accuracy": None, "macro_f1": None, "calibration_error": None, "beats_baseline": None}
    return Params.model_validate(
        {
            "project": {"name": "houses", "task": TASK.name},
            "ingest": {
                "source": "houses.json",
                "public": "made up",
                "columns": {
                    **{"question": "question", "text": "context", "title": "title", "label": "answers"},
                },
            },
            "clean": {
                "splits": {"valid": 0.2, "test": 0.2, "apart": "question"},
                "canaries": 20,
                "scheduler": "local",
                "near_duplicates": None,
            },
            "augment": {"min_total": 10, "questions": 2},
            "tokenize": {"max_length": 40, "vocabulary": 300},
            "train": {
                "architecture": architecture,
                "weights": str(weights),
                "epochs": 1,
                "learning_rate": 1e-3,
                "network": {"hidden": 16, "layers": 2, "heads": 2},
            },
            "evaluate": {
                "gates": {**gates, "membership_auc": 1.0, "membership_tpr": 1.0, "canary_exposure": 10.0},
                "leaks": {"canaries": 8, "copy_rows": 50},
            },
            "distill": {
                "student": student,
                "epochs": 1,
                "hidden": 16,
                "layers": 2,
                "heads": 2,
                "gates": {"retention": None, "speedup": None},
            },
            "deploy": {"examples": 4, "tolerance": 0.05},
        }
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "student"),
    [
        *((architecture, "transformer") for architecture in TASK.architectures),
        *(("transformer", student) for student in TASK.students if student != "transformer"),
    ],
)
def test_a_pair_goes_through_the_line_and_answers(
    through: Callable[[Params], None], weights: Path, architecture: str, student: str
) -> None:
    Path("houses.json").write_text(json.dumps({"data": [house(number) for number in range(36)]}))
    chosen = params(weights, architecture, student)
    through(chosen)

    found = read_json(report("evaluate") / "metrics.json")
    assert set(found["retrieval"]) == {"passages", "words", "both"}
    assert found["retrieval"]["words"]["recall_at_5"] == 1.0
    assert 0 <= found["f1"] <= 1
    assert found["open"]["rows"] == found["rows"]
    assert read_json(report("clean") / "metrics.json")["targets"] == {"kept": 108}
    train = read_table(Path("data/augmented/train.parquet"))
    assert train["augmented"].sum() > (~train["augmented"]).sum() > 0
    assert read_json(TOKENS / "meta.json")["augmented_rows"] > 0
    assert read_json(STUDENT / "student.json")["slope"] > 0

    with TestClient(create_app(open_bundle(BUNDLE), chosen.serve)) as client:
        context = house(1)["paragraphs"][0]["context"]
        answered = client.post("/answer", json={"question": "What is the roof made of?", "context": context})
        assert answered.status_code == 200
        said = answered.json()
        assert said["passage"] is None
        if said["answer"] is not None:
            assert context[said["start"] : said["end"]] == said["answer"]
        searched = client.post("/answer", json={"question": "What is the roof of almo made of?"}).json()
        assert (searched["answer"] is None) == (searched["passage"] is None)
        if searched["answer"] is not None:
            assert searched["passage"]["text"][searched["start"] : searched["end"]] == searched["answer"]
        for body, line in (
            ({"question": "  "}, "is blank"),
            ({"question": "Who?", "context": " "}, "leave the context out"),
            ({"context": context}, "question"),
            ({"question": "Who?", "passage": 3}, "unknown key"),
        ):
            refused = client.post("/answer", json=body)
            assert refused.status_code == 422
            assert line in refused.json()["detail"]
