import ast
import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from stages import tasks
from stages.artifacts import StageError
from stages.params.project import Project
from stages.params.train import Network, Train
from stages.tokenize.arrays import Meta, make_split, pad
from stages.train import hardware
from stages.train.batches import LengthBatches
from stages.train.networks import registry
from stages.train.networks.ensemble import members_of
from stages.train.networks.registry import build
from stages.train.objectives.text_classification import TextClassification, balanced_weights
from stages.train.optimizers import make_optimizer, make_schedule, share_of_peak
from stages.train.predict import length_batches, predict_logits
from stages.train.teacher import load_teacher, save_teacher

META = Meta(
    "text-classification", ["a", "b"], vocabulary=50, max_length=16, pad_id=0, unk_id=1, augmented_rows=0
)
SPLIT = make_split(
    [np.random.default_rng(index).integers(2, 50, 1 + index % 16) for index in range(40)], np.arange(40) % 2
)
ARCHITECTURES = ["mlp", "cnn", "lstm", "transformer", "pretrained"]


def small(architecture: str) -> Train:
    return Train(architecture=architecture, network=Network(hidden=16, heads=2, ngrams=3))  # type: ignore[arg-type]


@pytest.fixture
def tiny_bert(tmp_path: Path) -> Path:
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=50, **sizes)).save_pretrained(tmp_path / "bert")
    return tmp_path / "bert"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_logits_do_not_depend_on_padding_and_survive_saving(
    architecture: str, tmp_path: Path, tiny_bert: Path
) -> None:
    chosen = small(architecture).model_copy(update={"weights": str(tiny_bert)})
    network, description = build(chosen, META, 2)
    together = predict_logits(network, SPLIT, 0)
    one_by_one = predict_logits(network, SPLIT, 0, batch_tokens=1)
    assert together.shape == (40, 2)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, one_by_one, atol=1e-5)
    save_teacher(tmp_path, network.state_dict(), architecture, description, META)
    teacher = load_teacher(tmp_path)
    np.testing.assert_array_equal(predict_logits(teacher.network, SPLIT, 0), together)
    assert teacher.config["labels"] == ["a", "b"]
    assert str(tmp_path) not in json.dumps(teacher.config)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_rows_stand_in_their_own_order(architecture: str, tiny_bert: Path) -> None:
    network, _ = build(small(architecture).model_copy(update={"weights": str(tiny_bert)}), META, 2)
    logits = predict_logits(network, SPLIT, 0)
    ids, mask = pad(SPLIT, [17], 0)
    alone = network(torch.from_numpy(ids), torch.from_numpy(mask)).detach().numpy()[0]
    np.testing.assert_allclose(logits[17], alone, atol=1e-5)


def test_an_ensemble_answers_by_the_mean_of_members_that_start_differently(tmp_path: Path) -> None:
    network, description = build(small("lstm").model_copy(update={"members": 3}), META, 2)
    alone = [predict_logits(member, SPLIT, 0) for member in members_of(network)]
    assert not np.allclose(alone[0], alone[1])
    together = predict_logits(network, SPLIT, 0)
    np.testing.assert_allclose(together, np.mean(alone, axis=0), atol=1e-6)
    save_teacher(tmp_path, network.state_dict(), "lstm", description, META)
    np.testing.assert_array_equal(predict_logits(load_teacher(tmp_path).network, SPLIT, 0), together)


def test_tasks_and_params_name_the_networks_that_there_are() -> None:
    declared = {name for task in tasks.names() for name in tasks.get(task).architectures}
    assert declared == registry.names()
    assert set(get_args(Train.model_fields["architecture"].annotation)) == registry.names()
    assert set(get_args(Project.model_fields["task"].annotation)) == set(tasks.names())


def test_frozen_layers_and_embeddings_keep_their_weights(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=50, **sizes)).save_pretrained(tmp_path)
    chosen = Train(weights=str(tmp_path), frozen=2)
    network, _ = build(chosen, META, 2)
    before = {name: weight.clone() for name, weight in network.named_parameters()}
    network(*map(torch.from_numpy, pad(SPLIT, [1, 2], 0))).sum().backward()
    make_optimizer(network, chosen, fused=True).step()
    moved = {name for name, weight in network.named_parameters() if not torch.equal(weight, before[name])}
    assert not [name for name in moved if "embeddings" in name or "layer.0." in name or "layer.1." in name]
    assert {"head.weight", "encoder.encoder.layer.2.output.dense.weight"} <= moved
    network.train()
    batch = [torch.from_numpy(one) for one in pad(SPLIT, [1, 2], 0)]
    lower, upper = (
        [network.encoder(*batch, output_hidden_states=True).hidden_states[layer] for _ in range(2)]
        for layer in (2, 3)
    )
    assert torch.equal(*lower), "what does not learn has no dropout"
    assert not torch.equal(*upper)
    with pytest.raises(StageError, match=r"train.frozen: 3, but .* has 3 layers"):
        build(chosen.model_copy(update={"frozen": 3}), META, 2)


def test_word_order_counts_for_ngrams() -> None:
    torch.manual_seed(0)
    network, _ = build(small("mlp"), META, 2)
    torch.nn.init.normal_(network.grams.weight)  # type: ignore[union-attr, arg-type]
    ids, mask = torch.tensor([[5, 6, 7], [7, 6, 5]]), torch.ones(2, 3, dtype=torch.long)
    one, other = network.eval()(ids, mask)
    assert not torch.allclose(one, other)


def test_a_teacher_that_does_not_fit_its_description_is_one_line(tmp_path: Path) -> None:
    network, description = build(small("cnn"), META, 2)
    save_teacher(tmp_path, network.state_dict(), "cnn", {**description, "hidden": 32}, META)
    with pytest.raises(StageError, match="do not fit"):
        load_teacher(tmp_path)


def test_missing_weights_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="no such folder"):
        build(Train(weights=str(tmp_path / "gone")), META, 2)


@pytest.mark.parametrize(("rows", "ranks"), [(100, 1), (101, 2), (7, 3)])
def test_ranks_take_equally_many_batches_and_leave_no_row_out(rows: int, ranks: int) -> None:
    lengths = np.random.default_rng(0).integers(1, 60, rows)
    shares = [list(LengthBatches(lengths, 4, (7, 0), rank, ranks)) for rank in range(ranks)]
    assert {len(share) for share in shares} == {len(LengthBatches(lengths, 4, (7, 0), 0, ranks))}
    assert {row for share in shares for batch in share for row in batch} == set(range(rows))


def test_batches_hold_like_lengths_and_change_with_the_epoch() -> None:
    lengths = np.random.default_rng(0).integers(1, 60, 3200)
    batches = list(LengthBatches(lengths, 32, (7, 0)))
    padded = sum(len(batch) * lengths[batch].max() for batch in batches)
    assert lengths.sum() / padded > 0.95
    assert batches == list(LengthBatches(lengths, 32, (7, 0)))
    assert batches != list(LengthBatches(lengths, 32, (7, 1)))


def test_prediction_batches_stay_within_the_budget() -> None:
    lengths = np.array([5, 90, 3, 40, 40, 1])
    batches = list(length_batches(lengths, 80))
    assert sorted(np.concatenate(batches).tolist()) == list(range(6))
    assert all(len(batch) == 1 or len(batch) * lengths[batch].max() <= 80 for batch in batches)


def test_biases_and_norms_do_not_decay() -> None:
    network, _ = build(small("transformer"), META, 2)
    decays, rest = make_optimizer(network, Train(weight_decay=0.1), fused=True).param_groups
    assert (decays["weight_decay"], rest["weight_decay"]) == (0.1, 0.0)
    assert all(parameter.ndim > 1 for parameter in decays["params"])
    assert sum(len(group["params"]) for group in (decays, rest)) == len(list(network.parameters()))


def test_the_rate_rises_and_falls_as_asked() -> None:
    assert [share_of_peak("linear", step, 10, 4) for step in (0, 3, 4, 7, 10)] == [0.2, 0.8, 1.0, 0.5, 0.0]
    assert share_of_peak("cosine", 7, 10, 4) == pytest.approx(0.5)
    assert share_of_peak("constant", 10, 10, 4) == 1.0


def test_warm_up_leaves_the_plateau_its_say() -> None:
    network, _ = build(small("mlp"), META, 2)
    chosen = Train(schedule="plateau", warmup=0.4, learning_rate=1.0)
    optimizer = make_optimizer(network, chosen, fused=True)
    schedule = make_schedule(optimizer, chosen, steps=10)
    rates = []
    for step in range(8):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
        if step == 5:
            optimizer.param_groups[0]["lr"] *= 0.5
    assert rates == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 0.5, 0.5])


def test_the_loss_that_chooses_the_epoch_is_smoothed_as_in_training() -> None:
    doubtful, sure = torch.tensor([[2.0, 0.0], [0.0, 2.0]]), torch.tensor([[9.0, 0.0], [0.0, 9.0]])
    split = make_split([[2], [3]], np.array([0, 1]))
    plain, smoothed = (TextClassification(META, split, Train(label_smoothing=share)) for share in (0.0, 0.2))
    assert plain.scores(sure, split)["loss"] < plain.scores(doubtful, split)["loss"]
    assert smoothed.scores(sure, split)["loss"] > smoothed.scores(doubtful, split)["loss"]


def test_class_weights_even_out_the_classes() -> None:
    weights = balanced_weights(np.array([0, 0, 0, 1]), 2)
    assert weights.tolist() == pytest.approx([4 / 6, 2.0])


@pytest.mark.parametrize(("gain", "expected"), [(2.5, "bf16-mixed"), (1.0, "32-true"), (0.0, "32-true")])
def test_auto_takes_bfloat16_only_where_the_processor_gains(
    gain: float, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "bfloat16_gain", lambda: gain)
    assert hardware.precision("auto", "cpu") == expected


@pytest.mark.parametrize("found", [{"avx2": True}, {"avx512_bf16": True}, {"bf16": False}])
def test_the_gain_is_measured_where_the_processor_knows_bfloat16_and_leaves_the_seed_alone(
    found: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
    monkeypatch.setattr(hardware, "_ROUNDS", 1)
    hardware.bfloat16_gain.cache_clear()
    torch.manual_seed(5)
    wanted = torch.rand(1)
    torch.manual_seed(5)
    assert (hardware.bfloat16_gain() > 0) == bool(found.get("avx512_bf16"))
    assert torch.equal(torch.rand(1), wanted)
    hardware.bfloat16_gain.cache_clear()


def test_the_package_itself_imports_nothing_heavy() -> None:
    for package in ("train", "tokenize"):
        tree = ast.parse(Path(f"stages/{package}/__init__.py").read_text())
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
