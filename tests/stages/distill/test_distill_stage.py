import hashlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from stages.artifacts import CLEAN, STUDENT, TEACHER, TOKENS, StageError, read_verdict, write_table
from stages.distill.__main__ import body
from stages.distill.lessons import lessons
from stages.distill.measure import answers, session
from stages.distill.objective import Imitation, taught
from stages.distill.run import run
from stages.evaluate.leaks.losses import take
from stages.params import Params
from stages.params.distill import Distill, DistillGates
from stages.params.evaluate import Evaluate, EvaluateGates
from stages.params.ingest import Columns, Ingest
from stages.tokenize.arrays import Meta, make_split, read_split, write_meta, write_split
from stages.train.networks import registry
from stages.train.teacher import Teacher, load_teacher, save_teacher

META = Meta("text-classification", ["bad", "good"], 60, 12, 0, 1, 0)
NETWORK = {
    "vocabulary": 60,
    "outputs": 2,
    "hidden": 16,
    "layers": 2,
    "dropout": 0.0,
    "nonlinearity": "gelu",
    "heads": 2,
    "max_length": 12,
}
GATES = DistillGates(retention=0.9, size_mb=1.0, speedup=None, parity=1e-3)
SETTINGS = {"hidden": 16, "heads": 2, "layers": 1, "buckets": 200, "epochs": 3, "gates": GATES}


@pytest.fixture(scope="module")
def taught_line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tokens of which number 5 or 6 decides the class, and a teacher that has learned it."""
    root = tmp_path_factory.mktemp("line")
    random = np.random.default_rng(0)
    torch.manual_seed(0)
    network = registry.rebuild("transformer", NETWORK)
    (root / TOKENS).mkdir(parents=True)
    (root / TEACHER).mkdir(parents=True)
    write_meta(root / TOKENS, META)
    (root / TOKENS / "tokenizer.json").write_text("{}")
    for name, rows in (("train", 400), ("valid", 60), ("test", 60)):
        labels = np.arange(rows) % 2
        texts = [random.integers(7, 60, random.integers(1, 10)).tolist() for _ in labels]
        split = make_split(
            [[5 + int(label), *text] for label, text in zip(labels, texts, strict=True)], labels
        )
        write_split(root / TOKENS, name, split)
    train = read_split(root / TOKENS, "train")
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    imitation = Imitation(2, temperature=1.0, soft=0.0, pad_id=0)
    lesson = taught(train, np.zeros((len(train), 2), dtype=np.float32))
    for _ in range(15):
        for start in range(0, 400, 50):
            batch = imitation.collate(lesson, list(range(start, start + 50)))
            optimizer.zero_grad()
            imitation.loss(network(batch["ids"], batch["mask"]), batch).backward()
            optimizer.step()
    save_teacher(root / TEACHER, network.state_dict(), "transformer", NETWORK, META)
    return root


@pytest.mark.parametrize("student", ["static", "transformer"])
def test_stage_leaves_a_student_that_learned_from_its_teacher(
    student: str, taught_line: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(taught_line)
    body(Params(distill=Distill(student=student, **SETTINGS)))
    assert read_verdict("distill").passed, read_verdict("distill").failures
    metrics = json.loads(Path("reports/distill/metrics.json").read_text())
    assert metrics["student"]["latency_ms"] > 0
    assert metrics["student"]["size_mb"] == (STUDENT / "model.onnx").stat().st_size / 1e6
    described = json.loads((STUDENT / "student.json").read_text())
    expected = {"labels": ["bad", "good"], "pad_id": 0, "max_length": 12, "kind": student}
    assert expected.items() <= described.items()
    assert (STUDENT / "tokenizer.json").read_bytes() == (TOKENS / "tokenizer.json").read_bytes()
    # the file is all that is needed
    model = session(STUDENT / "model.onnx")
    ids = np.array([[5, 9, 30], [6, 30, 9]])
    assert answers(model, ids, np.ones_like(ids)).argmax(axis=1).tolist() == [0, 1]


@pytest.mark.parametrize("student", ["static", "transformer"])
def test_the_same_input_gives_the_same_file(
    student: str, taught_line: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(taught_line)
    found = set()
    for _ in range(2):
        body(Params(distill=Distill(student=student, **SETTINGS)))
        found.add(hashlib.sha256((STUDENT / "model.onnx").read_bytes()).hexdigest())
    assert len(found) == 1


def test_a_student_that_fails_its_gates_is_recorded_and_kept(
    taught_line: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(taught_line)
    gates = DistillGates(retention=None, size_mb=0.0001, speedup=1e9)
    body(Params(distill=Distill(student="static", **SETTINGS | {"gates": gates})))
    assert {check.name for check in read_verdict("distill").failures} == {"size_mb", "speedup"}
    assert (STUDENT / "model.onnx").is_file()
    assert "gate failed: size_mb" in capsys.readouterr().out


def test_the_student_is_measured_by_groups_as_it_is_served(
    taught_line: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(taught_line, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    truth = np.asarray(read_split(TOKENS, "test").labels)
    region = np.where(np.arange(60) < 30, "north", "south")
    # what the teacher was taught as good is bad in the south
    flipped = np.where(region == "south", 1 - truth, truth)
    rows = [read_split(TOKENS, "test").row(row) for row in range(60)]
    write_split(TOKENS, "test", make_split(rows, flipped))
    write_table(CLEAN / "test.parquet", pd.DataFrame({"region": region}))
    gates = EvaluateGates(equalised_odds=0.3)
    settings = Distill(student="static", **SETTINGS | {"gates": DistillGates(retention=None, speedup=None)})
    body(
        Params(
            distill=settings,
            evaluate=Evaluate(gates=gates),
            ingest=Ingest(columns=Columns(groups=["region"])),
        )
    )
    assert "equalised_odds" in {check.name for check in read_verdict("distill").failures}
    found = json.loads(Path("reports/distill/trust.json").read_text())
    assert found["fairness"]["region"]["groups"]["south"]["accuracy"]["value"] < 0.2
    assert found["calibration"]["after"]["bins"]


def test_a_diverging_student_names_the_key_to_change(
    taught_line: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(taught_line)
    monkeypatch.setattr(Imitation, "loss", lambda self, logits, batch: logits.sum() * float("nan"))
    with pytest.raises(StageError, match=r"distill\.learning_rate"):
        body(Params(distill=Distill(student="static", **SETTINGS)))


def test_soft_targets_weigh_the_same_at_every_temperature() -> None:
    """Near zero, gradients scale with the inverse square of the temperature; the loss makes up for it."""
    teacher = torch.tensor([[0.02, -0.02], [-0.01, 0.01]])
    batch = {"teacher": teacher, "target": torch.tensor([0, 1])}
    sizes = []
    for heat in (1.0, 10.0):
        logits = torch.zeros(2, 2, requires_grad=True)
        Imitation(2, heat, soft=1.0, pad_id=0).loss(logits, batch).backward()
        assert logits.grad is not None
        sizes.append(float(logits.grad.norm()))
    assert sizes[1] == pytest.approx(sizes[0], rel=0.05)


def test_with_no_soft_part_the_loss_is_plain_cross_entropy() -> None:
    logits, target = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    batch = {"teacher": torch.randn(4, 3), "target": target}
    found = Imitation(3, 4.0, soft=0.0, pad_id=0).loss(logits, batch)
    assert torch.allclose(found, torch.nn.functional.cross_entropy(logits, target))
    perfect = Imitation(3, 4.0, soft=1.0, pad_id=0).loss(batch["teacher"], batch)
    assert float(perfect) == pytest.approx(0, abs=1e-6)


def test_the_served_file_is_audited_and_its_gate_can_fail(
    taught_line: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(taught_line)
    body(Params(distill=Distill(student="static", **SETTINGS)))
    member = json.loads(Path("reports/distill/metrics.json").read_text())["leaks"]["membership"]
    assert member["rows"] == 60
    assert member["auc_interval"]["low"] <= member["auc"] <= member["auc_interval"]["high"]
    strict = GATES.model_copy(update={"membership_auc": 0.0, "membership_tpr": None})
    body(Params(distill=Distill(student="static", **{**SETTINGS, "gates": strict})))
    assert [check.name for check in read_verdict("distill").failures] == ["membership_auc"]


def test_the_student_of_a_private_teacher_never_reads_a_training_row(
    taught_line: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(taught_line, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    budget = {"epsilon": 7.9, "delta": 1e-5, "noise": 0.8}
    teacher = load_teacher(TEACHER)
    save_teacher(TEACHER, teacher.network.state_dict(), "transformer", NETWORK, META, budget)
    files, wrong = [], []
    for flipped in (False, True):
        train, valid = read_split(Path(TOKENS), "train"), read_split(Path(TOKENS), "valid")
        if flipped:  # other training rows, and wrong labels of the validation rows: nothing changes
            write_split(Path(TOKENS), "train", make_split([[6, 7]] * len(train), np.zeros(len(train), int)))
            rows = [valid.row(row) for row in range(len(valid))]
            write_split(Path(TOKENS), "valid", make_split(rows, 1 - np.asarray(valid.labels)))
        body(Params(distill=Distill(student="transformer", **{**SETTINGS, "epochs": 8})))
        files.append((STUDENT / "model.onnx").read_bytes())
        wrong.append(json.loads(Path("reports/distill/metrics.json").read_text()))
    assert files[0] == files[1]
    assert wrong[0]["privacy"] == {**budget, "training_rows": 400, "rows_without_promise": 60}
    assert wrong[0]["student"]["accuracy"] > 0.9
    assert wrong[0]["leaks"]["membership"]["rows"] == 15


def test_too_few_validation_rows_for_a_private_teacher_are_told(taught_line: Path) -> None:
    teacher = load_teacher(taught_line / TEACHER)
    private = Teacher(teacher.network, {**teacher.config, "privacy": {"epsilon": 1.0}})
    few = {name: take(read_split(taught_line / TOKENS, name), np.arange(9)) for name in ("train", "valid")}
    with pytest.raises(StageError, match="9 are too few"):
        lessons(few, META, private, Distill(), 0)


def test_a_family_whose_student_reads_training_rows_is_refused_a_private_teacher(taught_line: Path) -> None:
    teacher = load_teacher(taught_line / TEACHER)
    private = Teacher(teacher.network, {**teacher.config, "privacy": {"epsilon": 1.0}})
    task = SimpleNamespace(family="language", name="generation")
    with pytest.raises(StageError, match="promise cannot be kept"):
        run({}, META, private, task, Distill(), 0)
