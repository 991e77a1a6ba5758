"""Fine-tuning: adapters, rates by layer, gradual unfreezing, blended rows, another run's weights."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models

from stages import tasks
from stages.artifacts import StageError
from stages.params.train import Lora, Network, Train
from stages.tokenize.arrays import Meta, TokenSplit, make_split
from stages.train.depth import Thaw, levels
from stages.train.mixup import Blend
from stages.train.networks.registry import build, rebuild
from stages.train.optimizers import make_optimizer
from stages.train.predict import predict_logits
from stages.train.run import Trained, run
from stages.train.start import start
from stages.train.teacher import save_teacher

TASK = tasks.get("text-classification")
META = Meta(TASK.name, ["a", "b", "c"], 40, 12, 0, 1, 0)


def split(rows: int, seed: int) -> TokenSplit:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, rows)
    texts = [random.integers(2, 14, random.integers(3, 12)) + 12 * label for label in labels]
    return make_split(texts, labels)


SPLITS = {"train": split(96, 1), "valid": split(40, 2)}


def params(architecture: str, **changes: object) -> Train:
    base = {"epochs": 4, "batch_size": 16, "learning_rate": 0.01, "precision": "32", "accelerator": "cpu"}
    network = Network(hidden=16, heads=2, layers=2, dropout=0.1)
    return Train(architecture=architecture, network=network, **{**base, **changes})  # type: ignore[arg-type]


def train(folder: Path, chosen: Train, tokenizer: Path = Path("none")) -> Trained:
    folder.mkdir(parents=True, exist_ok=True)
    return run(SPLITS, META, TASK, chosen, 7, folder, folder / "reports", tokenizer=tokenizer)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> str:
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("bert")
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=40, **sizes)).save_pretrained(folder)
    return str(folder)


def test_adapters_learn_and_are_gone_from_what_is_saved(bert: str, tmp_path: Path) -> None:
    chosen = params("pretrained", weights=bert, lora=Lora(rank=4), learning_rate=0.02, epochs=12)
    found = train(tmp_path, chosen)
    assert found.metrics["valid"]["accuracy"] > 0.8
    plain, _ = build(chosen, META, 3)
    before = plain.state_dict()
    assert set(found.weights) == set(before)
    assert found.metrics["parameters"] == sum(one.numel() for one in plain.parameters())
    changed = {name for name, one in found.weights.items() if not torch.equal(one, before[name])}
    # the weights of the encoder's linear layers, and the head: nothing else
    assert changed == {
        name
        for name, one in before.items()
        if name.startswith("head.") or (one.ndim == 2 and "embeddings" not in name)
    }
    summary = found.metrics["summary"]
    assert summary["trainable"] < summary["parameters"] / 2
    network = rebuild("pretrained", found.description)
    network.load_state_dict(found.weights)
    guess = predict_logits(network, SPLITS["valid"], 0).argmax(1)
    assert (guess == SPLITS["valid"].labels).mean() == pytest.approx(found.metrics["valid"]["accuracy"])


@pytest.mark.parametrize(
    ("architecture", "count"), [("transformer", 4), ("lstm", 3), ("mlp", 3), ("cnn", 3), ("pretrained", 4)]
)
def test_levels_lead_from_the_head_to_the_embeddings(architecture: str, count: int, bert: str) -> None:
    network, _ = build(params(architecture, weights=bert), META, 3)
    found = levels(network)
    assert len(found) == count
    assert sum(map(len, found)) == len(list(network.parameters()))
    names = {id(one): name for name, one in network.named_parameters()}
    assert "head.weight" in {names[id(one)] for one in found[0]}
    assert any("embedding" in names[id(one)] for one in found[-1])
    assert not any("embedding" in names[id(one)] for part in found[:-1] for one in part)


def test_rates_fall_from_layer_to_layer() -> None:
    chosen = params("transformer", layer_decay=0.5)
    network, _ = build(chosen, META, 3)
    groups = make_optimizer(network, chosen, fused=True).param_groups
    rates = {id(one): group["lr"] for group in groups for one in group["params"]}
    wanted = {
        "head.weight": 0.01,
        "blocks.1.joined.bias": 0.005,
        "blocks.0.joined.weight": 0.0025,
        "embedding.weight": 0.00125,
        "positions.weight": 0.00125,
    }
    assert {name: rates[id(network.get_parameter(name))] for name in wanted} == pytest.approx(wanted)
    assert groups[0]["lr"] == 0.01
    assert len(rates) == len(list(network.parameters()))


def test_layers_begin_to_learn_from_the_head_downwards() -> None:
    network, _ = build(params("transformer"), META, 3)
    thaw = Thaw(network, share=0.5, steps=12)
    assert [thaw.learning(step) for step in range(8)] == [1, 1, 2, 2, 3, 3, 4, 4]
    thaw(2)
    learning = {name for name, one in network.named_parameters() if one.requires_grad}
    assert "blocks.1.joined.weight" in learning
    assert not learning & {"blocks.0.joined.weight", "embedding.weight"}
    thaw(6)
    assert all(one.requires_grad for one in network.parameters())


def test_what_is_not_yet_unfrozen_keeps_its_weights(tmp_path: Path) -> None:
    chosen = params("transformer", unfreeze=1.0, epochs=1)
    torch.manual_seed(7)
    before, _ = build(chosen, META, 3)
    found = train(tmp_path, chosen)
    # six steps, four levels: the embeddings' turn would come with the seventh
    assert torch.equal(found.weights["embedding.weight"], before.get_parameter("embedding.weight"))
    assert not torch.equal(found.weights["head.weight"], before.get_parameter("head.weight"))


@pytest.mark.parametrize("architecture", ["mlp", "cnn", "lstm", "transformer", "pretrained"])
def test_a_blend_of_rows_lies_between_them(architecture: str, bert: str) -> None:
    network, _ = build(params(architecture, weights=bert), META, 3)
    network.eval()
    ids = torch.tensor([[5, 6, 7], [20, 21, 0]])
    batch = {"ids": ids, "mask": (ids > 0).long(), "rows": torch.arange(2), "target": torch.tensor([0, 1])}
    blend = Blend(batch, 1.0)
    blend.order = torch.tensor([1, 0])
    blend.other = {name: values[blend.order] for name, values in batch.items()}
    seen: list[torch.Tensor] = []

    def loss(logits: torch.Tensor, given: dict[str, torch.Tensor]) -> torch.Tensor:
        seen.append(logits)
        return given["target"].sum().float()

    with torch.no_grad():
        for blend.share in (1.0, 0.0, 0.5):
            blend.loss(network, loss)
    whole, swapped, half = seen[0], seen[2], seen[4]
    assert torch.equal(seen[4], seen[5])
    # half of both is the same from either side; a whole row is itself, wherever it stands
    assert torch.allclose(half[0], half[1], atol=1e-6)
    if architecture != "mlp":
        assert not torch.allclose(whole, swapped, atol=1e-6)
    alone = network(ids[:1], batch["mask"][:1])
    assert torch.allclose(whole[:1], alone, atol=1e-5)


@pytest.mark.parametrize("architecture", ["mlp", "lstm"])
def test_blended_rows_teach(architecture: str, tmp_path: Path) -> None:
    found = train(tmp_path, params(architecture, mixup=0.2, epochs=8))
    assert found.metrics["valid"]["accuracy"] > 0.85


def vocabulary(path: Path, numbers: list[int]) -> Path:
    """A tokenizer that knows a word for each number, in that order."""
    words = {f"word{number}": place for place, number in enumerate(numbers)}
    path.parent.mkdir(parents=True, exist_ok=True)
    Tokenizer(models.WordLevel(words, unk_token="word0")).save(str(path))
    return path


@pytest.fixture
def teacher(tmp_path: Path) -> Path:
    folder = tmp_path / "other"
    found = train(tmp_path / "work", params("lstm", epochs=1))
    vocabulary(folder / "tokenizer.json", list(range(40)))
    save_teacher(folder, found.weights, "lstm", found.description, META)
    return folder


def test_a_training_starts_from_anothers_weights_but_not_from_its_head(teacher: Path, tmp_path: Path) -> None:
    own = vocabulary(tmp_path / "own.json", list(range(40)))
    learned = train(tmp_path / "a", params("lstm", epochs=2, start_from=str(teacher), frozen=0), own)
    fresh = train(tmp_path / "b", params("lstm", epochs=2), own)
    assert learned.metrics["valid"]["loss"] < fresh.metrics["valid"]["loss"]
    assert learned.metrics["start"] == {"tensors": 17, "of": 17, "tokens": 1.0}
    network, _ = build(params("lstm"), META, 3)
    head = network.get_parameter("head.weight").clone()
    start(network, str(teacher), own)
    assert torch.equal(network.get_parameter("head.weight"), head)


def test_a_token_keeps_its_vector_where_vocabularies_number_it_differently(
    teacher: Path, tmp_path: Path
) -> None:
    # half of the words are known, each under another number
    numbers = [*range(39, 19, -1), *range(100, 120)]
    own = vocabulary(tmp_path / "own.json", numbers)
    network, _ = build(params("lstm"), META, 3)
    before = network.get_parameter("embedding.weight").clone()
    found = start(network, str(teacher), own)
    other, _ = build(params("lstm"), META, 3)
    start(other, str(teacher), teacher / "tokenizer.json")
    mine, its = (one.get_parameter("embedding.weight") for one in (network, other))
    assert torch.equal(mine[:20], its[torch.arange(39, 19, -1)])
    assert torch.equal(mine[20:], before[20:])
    assert found.tokens == 0.5


def test_members_start_from_members_or_all_from_the_one(teacher: Path) -> None:
    network, _ = build(params("lstm", members=2), META, 3)
    start(network, str(teacher), teacher / "tokenizer.json")
    first, second = (network.get_parameter(f"members.{place}.embedding.weight") for place in (0, 1))
    assert torch.equal(first, second)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("models/teacher", "is what this stage writes"),
        ("no-such-revision", "no such folder, and no such git revision"),
    ],
)
def test_what_cannot_be_started_from_is_one_line(source: str, complaint: str, tmp_path: Path) -> None:
    network, _ = build(params("lstm"), META, 3)
    with pytest.raises(StageError, match=complaint):
        start(network, source, tmp_path / "own.json")


def test_a_teacher_of_another_kind_is_one_line(teacher: Path) -> None:
    network, _ = build(Train(architecture="cnn", network=Network(hidden=24)), META, 3)
    with pytest.raises(StageError, match="none of its weights"):
        start(network, str(teacher), teacher / "tokenizer.json")
    (teacher / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(StageError, match=r"model.safetensors is damaged"):
        start(network, str(teacher), teacher / "tokenizer.json")
