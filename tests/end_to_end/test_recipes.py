"""Every shipped recipe, reduced, from its source to a released model that answers, through the real DVC."""

import json
from pathlib import Path

import pytest

# spans are learned later than labels: with fewer rows and steps the teacher would find none at all
MORE = {
    "tagger-zh": {
        "ingest": {"limit": 4000},
        "train": {"epochs": 4, "batch_size": 16, "learning_rate": 0.01, "network": {"buckets": 5000}},
    },
    "writer": {
        "ingest": {"limit": 140},
        "validate": {"min_rows": 4},
        "train": {"epochs": 1, "network": {"layers": 2, "buckets": 5000}},
        "evaluate": {"gates": {"bits_per_byte": None, "beats_baseline": None}, "leaks": {"seconds": None}},
        "distill": {"layers": 1},
    },
    "handbook": {
        "ingest": {"limit": 260},
        "augment": {"questions": 1},
        "tokenize": {"max_length": 96},
        "train": {"epochs": 1},
        "evaluate": {"gates": {"f1": None, "recall_at_5": None}, "leaks": {"seconds": None}},
        "distill": {"epochs": 0, "layers": 6, "gates": {"retention": None}},
    },
    "handbook-zh": {
        "ingest": {"limit": 260},
        "augment": {"questions": 1},
        "tokenize": {"max_length": 96},
        "train": {"epochs": 1},
        "evaluate": {"gates": {"f1": None, "recall_at_5": None}, "leaks": {"seconds": None}},
        "distill": {"epochs": 1, "gates": {"retention": None}},
    },
}
RECIPES = sorted(path.stem for path in (Path(__file__).parent.parent.parent / "recipes").glob("*.yaml"))


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_runs_to_a_released_model(name: str, make_project):
    project = make_project(name, MORE.get(name))
    project.dvc("repro")
    project.run("retort", "release")
    versions = project.root / "registry" / name
    live = project.live(name)
    manifest = json.loads((versions / live / "manifest.json").read_text())
    assert manifest
    project.run("python", "-m", "stages.report")
    assert (project.root / "reports" / "index.html").stat().st_size > 1000
