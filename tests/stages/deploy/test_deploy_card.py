"""The cards say what the run measured; one that says too little is refused."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import DatasetCard, ModelCard

from stages.artifacts import StageError
from stages.deploy.bundle import PACKAGES
from stages.deploy.card import Told, data_card, model_card, refuse_incomplete
from stages.deploy.dependencies import dependencies
from stages.params.deploy import Card
from stages.params.project import Project

QUALITY = {"calibration_error": 0.1, "brier": 0.3, "log_loss": 0.6}
METRICS: dict[str, Any] = {
    "ingest": {"kept": 8000},
    "clean": {
        "rows": {"in": 8000, "out": 7500},
        "masked": {"EMAIL": 240},
        "splits": {"train": {"rows": 6000, "labels": {"positive": 0.25, "negative": 0.75}}},
    },
    "evaluate": {"accuracy": 0.81, "baseline": {"accuracy": 0.7}, "label_noise": 0.052},
    "distill": {
        "student": {"accuracy": 0.8, "macro_f1": 0.7, "variant": "int8"},
        "calibration": {"temperature": 1.5, "before": QUALITY, "after": QUALITY | {"brier": 0.2}},
        "fairness": {"region": {"equalised_odds": 0.07}, "name": {}},
        "leaks": {"membership": {"auc": 0.53}},
    },
}


def told(card: Card | None = None, **metrics: Any) -> Told:
    return Told(Project(name="tiny"), card or Card(intended="Sorting parcels."), None, METRICS | metrics)


def test_the_model_card_is_read_by_the_hub_s_own_library() -> None:
    card = ModelCard(model_card(told()))
    assert card.data.language == "en"
    assert card.data.pipeline_tag == "text-classification"
    assert {one.metric_type: one.metric_value for one in card.data.eval_results or []} == {
        "accuracy": 0.8,
        "macro_f1": 0.7,
    }
    assert "Sorting parcels." in card.text
    assert "| accuracy | 0.8 | 0.81 | 0.7 |" in card.text
    assert "divided by 1.5" in card.text
    assert "| brier | 0.3 | 0.2 |" in card.text
    assert "By region, largest gap between groups: equalised odds 0.07." in card.text
    assert "By name: not measured" in card.text
    assert "area of 0.53" in card.text


def test_the_data_card_counts_and_quotes_nothing() -> None:
    card = DatasetCard(data_card(told()))
    assert card.data.pretty_name == "tiny"
    assert "- EMAIL: 240" in card.text
    assert "| train | 6000 | positive 0.25, negative 0.75 |" in card.text
    assert "About 5.2%" in card.text


def test_a_run_that_measured_little_has_cards_that_say_so() -> None:
    text = model_card(Told(Project(), Card(), "published news", {}))
    assert "Nothing is known of whether it serves all people alike" in text
    assert "for this reason: published news" in text
    assert "None was found." in data_card(Told(Project(), Card(), None, {}))


@pytest.mark.parametrize(
    ("card", "metrics", "said"),
    [
        (Card(intended=" "), {}, "deploy.card.intended is empty"),
        (Card(excluded=None), {}, "deploy.card.excluded is empty"),
        (Card(license=""), {}, "deploy.card.license is empty"),
        (Card(), {"distill": {}}, "dvc repro distill"),
        (Card(), {"clean": {"splits": {}}}, "dvc repro clean"),
    ],
)
def test_an_incomplete_card_is_refused(card: Card, metrics: dict[str, Any], said: str) -> None:
    with pytest.raises(StageError, match=said):
        refuse_incomplete(told(card, **metrics))


def test_a_complete_card_is_not_refused() -> None:
    refuse_incomplete(told())


def test_dependencies_name_every_package_once_with_what_it_requires() -> None:
    found = dependencies(PACKAGES, "tiny")
    refs = [one["bom-ref"] for one in found["components"]]
    assert len(refs) == len(set(refs))
    assert f"pkg:pypi/onnxruntime@{version('onnxruntime')}" in refs
    assert {one["ref"] for one in found["dependencies"]} == {"tiny", *refs}
    assert all(set(one["dependsOn"]) <= set(refs) for one in found["dependencies"])
    # what the packages require in turn is among them
    assert f"pkg:pypi/huggingface-hub@{version('huggingface-hub')}" in refs


def test_a_bundle_holds_its_cards(built: Path) -> None:
    assert "# tiny" in (built / "README.md").read_text(encoding="utf-8")
    assert "# Data of tiny" in (built / "DATA.md").read_text(encoding="utf-8")
    assert json.loads((built / "dependencies.cdx.json").read_text())["bomFormat"] == "CycloneDX"
