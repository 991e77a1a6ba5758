"""Learning a class for each token, from arrays to a quantised student."""

from pathlib import Path

import numpy as np
import pytest
import torch

from stages import tasks
from stages.artifacts import StageError
from stages.distill.run import run as distill
from stages.evaluate.classes import run_tokens
from stages.evaluate.lookup import lookup_probabilities
from stages.params.distill import Distill, DistillGates
from stages.params.evaluate import EvaluateGates
from stages.params.train import Network, Train
from stages.tokenize.arrays import Meta, TokenSplit, make_split, read_split, tokens_of, write_split
from stages.train import objectives
from stages.train.networks.registry import rebuild
from stages.train.predict import predict_logits
from stages.train.run import Trained, run
from stages.train.teacher import Teacher

TASK = tasks.get("token-classification")
LABELS = ["O", "B-PERSON", "I-PERSON"]
META = Meta(TASK.name, LABELS, vocabulary=30, max_length=16, pad_id=0, unk_id=1, augmented_rows=0)
CUE = 3


def split(rows: int, seed: int) -> TokenSplit:
    """After a cue, the next two tokens are a person, whatever they are: a single token tells nothing."""
    random = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(rows):
        text = random.integers(4, 30, random.integers(6, 14))
        tags = np.zeros(len(text) + 1, dtype=int)
        if random.random() < 0.7:
            place = int(random.integers(0, len(text) - 2))
            text[place] = CUE
            tags[place + 2], tags[place + 3] = 1, 2
        texts.append([2, *text])
        labels.append(tags)
    return make_split(texts, np.concatenate(labels))


SPLITS = {"train": split(400, 1), "valid": split(60, 2), "test": split(60, 3)}


def params(architecture: str, **changes: object) -> Train:
    base = {
        "epochs": 15 if architecture == "transformer" else 6,
        "batch_size": 16,
        "learning_rate": 0.01,
        "precision": "32",
        "accelerator": "cpu",
    }
    network = Network(hidden=24, heads=2, layers=1, dropout=0.0, ngrams=2, buckets=500)
    return Train(architecture=architecture, network=network, **{**base, **changes})  # type: ignore[arg-type]


def trained_by(folder: Path, architecture: str) -> Trained:
    folder.mkdir(exist_ok=True)
    chosen = {name: SPLITS[name] for name in ("train", "valid")}
    return run(chosen, META, TASK, params(architecture), 7, folder, folder)


@pytest.fixture(scope="module", params=["lstm", "transformer"])
def teacher(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Teacher:
    found = trained_by(tmp_path_factory.mktemp("teacher") / "work", request.param)
    network = rebuild(request.param, found.description)
    network.load_state_dict(found.weights)
    return Teacher(network.eval(), {"metrics": found.metrics, "architecture": request.param})


def test_splits_with_a_class_per_token_are_read_as_they_were_written(tmp_path: Path):
    write_split(tmp_path, "valid", SPLITS["valid"])
    found = read_split(tmp_path, "valid")
    assert len(found) == 60
    assert (found.labels == SPLITS["valid"].labels).all()
    assert found.ids[tokens_of(found, [5, 2])].tolist() == [*found.row(5), *found.row(2)]


def test_networks_learn_spans_from_what_stands_beside_them(teacher: Teacher):
    assert teacher.config["metrics"]["valid"]["f1"] > 0.9


def test_scores_of_validation_are_those_of_the_whole_split(teacher: Teacher):
    valid = SPLITS["valid"]
    logits = predict_logits(teacher.network, valid, META.pad_id, batch_tokens=40)
    whole = TASK.metrics(valid.labels, torch.from_numpy(logits).softmax(1).numpy(), LABELS)
    objective = objectives.get(META, valid, params("lstm"))
    parts = []
    for rows in (range(25), range(25, 60)):
        batch = objective.collate(valid, list(rows))
        with torch.no_grad():
            parts.append(objective.outcome(teacher.network(batch["ids"], batch["mask"]), batch))
    found = objective.scores(torch.cat(parts), valid)
    for name in ("accuracy", "f1", "macro_f1"):
        assert found[name] == pytest.approx(whole[name])


def test_logits_do_not_depend_on_the_batch(teacher: Teacher):
    valid = SPLITS["valid"]
    alone = predict_logits(teacher.network, valid, META.pad_id, batch_tokens=1)
    together = predict_logits(teacher.network, valid, META.pad_id, batch_tokens=4000)
    assert alone.shape == (len(valid.ids), 3)
    assert np.allclose(alone, together, atol=1e-4)


def test_the_baseline_knows_tokens_and_not_their_neighbours(teacher: Teacher):
    test = SPLITS["test"]
    rival = lookup_probabilities(SPLITS["train"], test, 3)
    assert rival.sum(axis=1) == pytest.approx(1)
    logits = predict_logits(teacher.network, test, META.pad_id)
    found = run_tokens(logits, SPLITS["train"], test, LABELS, TASK, EvaluateGates(beats_baseline=0.5))
    assert found.metrics["baseline"]["f1"] < 0.2
    assert found.metrics["lead"] == found.metrics["f1"] - found.metrics["baseline"]["f1"]
    assert found.verdict.passed
    assert not (
        (found.plots["confusion"]["actual"] == "O") & (found.plots["confusion"]["predicted"] == "O")
    ).any()


def test_a_token_never_seen_has_the_shares_of_all(teacher: Teacher):
    train = make_split([[2, 3]], np.array([0, 1]))
    assert lookup_probabilities(train, make_split([[9]], np.array([0])), 2).tolist() == [[0.5, 0.5]]


def test_a_student_keeps_the_teachers_spans_in_int8(teacher: Teacher):
    kind = teacher.config["architecture"]
    settings = Distill(
        student=kind,
        hidden=24,
        heads=2,
        layers=1,
        epochs=2 if kind == "lstm" else 15,
        learning_rate=0.01,
        batch_size=16,
        # so few rows measure no leak
        gates=DistillGates(retention=0.9, size_mb=1.0, speedup=None, membership_tpr=None),
    )
    found = distill(SPLITS, META, teacher, TASK, settings, 7)
    assert found.verdict.passed, found.metrics
    assert found.metrics["agreement"] > 0.97
    assert found.metrics["student"]["from"] == ("teacher" if kind == "lstm" else "scratch")


def test_a_student_that_cannot_learn_the_task_is_refused(teacher: Teacher):
    with pytest.raises(StageError, match=r"distill\.student: static"):
        distill(SPLITS, META, teacher, TASK, Distill(student="static"), 7)
