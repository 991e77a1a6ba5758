import time
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from stages import tasks
from stages.artifacts import StageError
from stages.distill import export as exporting
from stages.distill import variants
from stages.distill.export import export
from stages.distill.measure import answers, latencies, padded_rows, session, single_logits, single_rows
from stages.distill.quantize import Int8Embedding, with_int8_embeddings, with_int8_matrices
from stages.distill.students.bag import Int8Bag
from stages.distill.students.base import Student
from stages.distill.students.static import StaticStudent
from stages.params.train import Train
from stages.tokenize.arrays import TokenSplit, make_split
from stages.train.networks import registry
from stages.train.predict import predict_logits

TASK = tasks.get("text-classification")
COMMON = {"vocabulary": 400, "outputs": 3, "hidden": 32, "layers": 2, "dropout": 0.1}
EXTRA = {
    "mlp": {"nonlinearity": "relu", "ngrams": 2, "buckets": 300},
    "cnn": {"nonlinearity": "relu", "kernel": 3},
    "lstm": {"bidirectional": True},
    "gru": {"bidirectional": True, "cell": "gru"},
    "rnn": {"bidirectional": False, "cell": "rnn"},
    "transformer": {"nonlinearity": "gelu", "heads": 4, "max_length": 40},
}


def network(name: str) -> nn.Module:
    torch.manual_seed(3)
    if name == "static":
        made = StaticStudent(400, 32, 3, buckets=300, ngrams=3)
        nn.init.normal_(made.grams.vectors.weight)
        nn.init.normal_(made.tokens.importance.weight)
        return made.eval()
    architecture = "lstm" if name in ("gru", "rnn") else name
    return registry.rebuild(architecture, COMMON | EXTRA[name]).eval()


@pytest.fixture(scope="module")
def split() -> TokenSplit:
    random = np.random.default_rng(0)
    rows = [random.integers(5, 400, length).tolist() for length in (1, 2, 3, 9, 17, 40, *range(4, 20))]
    return make_split(rows, random.integers(0, 3, len(rows)))


@pytest.mark.parametrize("name", ["static", *EXTRA])
def test_every_network_becomes_onnx_that_agrees_at_every_shape(
    name: str, split: TokenSplit, tmp_path: Path
) -> None:
    rows = single_rows(split)
    found = export(network(name), tmp_path / "model.onnx", [*rows, padded_rows(rows, 0)])
    assert found.parity < 1e-4
    graph = onnx.load(found.path).graph
    assert [one.name for one in graph.input] == ["ids", "mask"]
    assert [one.name for one in graph.output] == ["logits"]
    wanted = predict_logits(network(name), split, 0)
    assert np.abs(single_logits(found.path, split) - wanted).max() < 1e-4


def test_the_same_network_gives_the_same_bytes_without_a_trace_of_this_machine(
    split: TokenSplit, tmp_path: Path
) -> None:
    files = []
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        path = tmp_path / place / f"{place}.onnx"
        export(with_int8_embeddings(network("transformer")), path, single_rows(split, 4))
        with_int8_matrices(path, path.with_name("small.onnx"))
        files.append((path.read_bytes(), path.with_name("small.onnx").read_bytes()))
    assert files[0] == files[1]
    for content in files[0]:
        for trace in (b"site-packages", b"/home", b"/work", b"stages/", str(tmp_path).encode()):
            assert trace not in content


@pytest.mark.slow
def test_the_second_exporter_steps_in_where_the_first_fails(
    split: TokenSplit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = exporting._write

    def broken(network: nn.Module, path: Path, route: str) -> None:
        if route == "torchscript":
            raise RuntimeError("unsupported")
        write(network, path, route)

    monkeypatch.setattr(exporting, "_write", broken)
    rows = single_rows(split)
    found = export(network("transformer"), tmp_path / "model.onnx", [*rows, padded_rows(rows, 0)])
    assert found.route == "dynamo"
    assert found.parity < 1e-4
    assert b"site-packages" not in found.path.read_bytes()


def test_a_network_that_no_exporter_takes_is_one_clear_line(
    split: TokenSplit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(network: nn.Module, path: Path, route: str) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("unsupported")

    monkeypatch.setattr(exporting, "_write", broken)
    with pytest.raises(StageError, match="exporter"):
        export(network("cnn"), tmp_path / "model.onnx", single_rows(split))
    assert not list(tmp_path.iterdir())


def test_int8_rows_are_within_half_a_step_of_the_table() -> None:
    torch.manual_seed(0)
    table = torch.randn(50, 100) * torch.logspace(-3, 2, 50)[:, None]
    small = Int8Embedding(table)
    assert small.integers.dtype == torch.int8
    error = (small(torch.arange(50)) - table).abs().amax(dim=1)
    assert bool((error <= table.abs().amax(dim=1) / 127 * 0.501).all())


def test_int8_embeddings_leave_the_network_as_it_was(split: TokenSplit) -> None:
    plain = network("static")
    before = predict_logits(plain, split, 0)
    small = with_int8_embeddings(plain)
    assert isinstance(small.tokens, Int8Bag)
    assert np.array_equal(predict_logits(plain, split, 0), before)
    assert np.abs(predict_logits(small, split, 0) - before).max() < 0.05 * np.abs(before).max()


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_int8_reaches_the_weights_of_every_recurrent_cell(
    cell: str, split: TokenSplit, tmp_path: Path
) -> None:
    plain = export(network(cell), tmp_path / "plain.onnx", single_rows(split))
    tables = export(with_int8_embeddings(network(cell)), tmp_path / "tables.onnx", single_rows(split))
    with_int8_matrices(tables.path, tmp_path / "small.onnx")
    small = tmp_path / "small.onnx"
    assert small.stat().st_size < 0.45 * plain.path.stat().st_size
    wanted = predict_logits(network(cell), split, 0)
    assert np.abs(single_logits(small, split) - wanted).mean() < 0.05 * np.abs(wanted).max()


def test_int8_static_file_is_small_and_its_answers_do_not_depend_on_the_batch(
    split: TokenSplit, tmp_path: Path
) -> None:
    plain = export(network("static"), tmp_path / "plain.onnx", single_rows(split))
    small = export(with_int8_embeddings(network("static")), tmp_path / "small.onnx", single_rows(split))
    assert small.path.stat().st_size < 0.45 * plain.path.stat().st_size
    rows = single_rows(split)
    together = answers(session(small.path), *padded_rows(rows, 0))
    assert np.abs(together - single_logits(small.path, split)).max() < 1e-5


@pytest.mark.parametrize("quantize", ["int8", "none"])
def test_choose_takes_the_smallest_file_that_keeps_the_labels(
    quantize: str, split: TokenSplit, tmp_path: Path
) -> None:
    student = Student(network("transformer"), "scratch", Train())
    samples = single_rows(split, 4)
    plain = export(student.network, tmp_path / "student.onnx", samples)
    wanted = predict_logits(student.network, split, 0)
    found = variants.choose(student, plain, split, wanted, samples, quantize, TASK.agreement, samples)
    if quantize == "none":
        assert (found.name, found.path, found.agreement) == ("fp32", plain.path, 1.0)
    else:
        assert found.path.stat().st_size < 0.6 * plain.path.stat().st_size
        assert b"MatMulInteger" in found.path.read_bytes()


def test_choose_is_more_careful_where_int8_matrices_change_the_labels(
    split: TokenSplit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def ruin(source: Path, target: Path, seven_bits: bool = False) -> None:
        tried.append(seven_bits)
        model = onnx.load(source)
        head = model.graph.output[0].name
        for node in model.graph.node:
            node.output[:] = ["raw" if name == head else name for name in node.output]
        model.graph.node.append(onnx.helper.make_node("Neg", ["raw"], [head]))
        onnx.save(model, target)

    monkeypatch.setattr(variants, "with_int8_matrices", ruin)
    student = Student(network("transformer"), "scratch", Train())
    samples = single_rows(split, 4)
    plain = export(student.network, tmp_path / "student.onnx", samples)
    wanted = predict_logits(student.network, split, 0)
    found = variants.choose(student, plain, split, wanted, samples, "int8", TASK.agreement, samples)
    assert tried == [False, True]
    assert found.name == "int8 embeddings"
    assert found.agreement >= 0.97


def test_latency_takes_turns_and_ends_with_its_budget(split: TokenSplit) -> None:
    calls: list[str] = []

    def model(name: str):
        return lambda ids, mask: calls.append(name)

    rows = single_rows(split, 16)
    found = latencies({"one": model("one"), "two": model("two")}, rows, rounds=2)
    assert set(found) == {"one", "two"}
    assert calls == (["one"] * 8 + ["two"] * 8) * 5
    calls.clear()
    latencies({"one": model("one")}, rows, budget=0)
    assert len(calls) == 16


def test_latency_leaves_out_the_time_in_which_a_model_does_not_compute(split: TokenSplit) -> None:
    rows = single_rows(split, 8)
    found = latencies({"waits": lambda ids, mask: time.sleep(0.02)}, rows, rounds=1)
    assert found["waits"] < 10
