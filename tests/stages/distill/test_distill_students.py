import numpy as np
import pytest
import torch

from stages.distill.students.build import build
from stages.distill.students.static import StaticStudent, reduced
from stages.distill.students.transformer import evenly, thinned
from stages.params.distill import Distill
from stages.tokenize.arrays import Meta
from stages.train.networks.cnn import Cnn
from stages.train.networks.ensemble import Ensemble
from stages.train.networks.transformer import Transformer
from stages.train.teacher import Teacher

META = Meta("text-classification", ["a", "b", "c"], 60, 16, 0, 1, 0)
SMALL = Distill(hidden=16, heads=2, layers=2, buckets=200, ngrams=3)


def transformer(layers: int = 4) -> Transformer:
    torch.manual_seed(1)
    return Transformer(60, 3, 16, 16, layers, 2, "gelu", 0.0).eval()


def static(ngrams: int) -> StaticStudent:
    torch.manual_seed(2)
    network = StaticStudent(60, 8, 3, buckets=97, ngrams=ngrams).eval()
    if ngrams > 1:  # they start at zero
        torch.nn.init.normal_(network.grams.vectors.weight)
    torch.nn.init.normal_(network.tokens.importance.weight)
    return network


def batch(*rows: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(map(len, rows))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    return ids, mask


@pytest.mark.parametrize("ngrams", [1, 2, 4])
def test_static_answers_do_not_depend_on_the_padding_of_the_batch(ngrams: int) -> None:
    network = static(ngrams)
    rows = [[5], [6, 7], [8, 9, 10, 11, 12, 13]]
    together = network(*batch(*rows))
    alone = torch.cat([network(*batch(row)) for row in rows])
    assert torch.allclose(together, alone, atol=1e-6)


def test_static_sees_word_order_only_through_ngrams() -> None:
    one, other = batch([5, 6, 7]), batch([7, 6, 5])
    assert torch.allclose(static(1)(*one), static(1)(*other), atol=1e-6)
    assert not torch.allclose(static(2)(*one), static(2)(*other), atol=1e-3)


def test_ngrams_fill_the_buckets_evenly_and_count_only_whole_ones() -> None:
    network = StaticStudent(30000, 8, 3, buckets=1000, ngrams=3)
    ids = torch.from_numpy(np.random.default_rng(0).integers(0, 30000, (500, 40)))
    buckets, present = network.hashes(ids, torch.ones_like(ids))
    assert buckets.shape == present.shape == (500, 80)
    assert int(buckets.min()) >= 0 and int(buckets.max()) < 1000
    counts = torch.bincount(buckets[present == 1], minlength=1000)
    assert int(counts.max()) < 2 * float(counts.float().mean())
    # 39 pairs and 38 triples of 40 tokens
    assert present[0, :40].sum() == 39
    assert present[0, 40:].sum() == 38


def test_ngrams_that_training_never_saw_leave_the_static_answer_alone() -> None:
    network = StaticStudent(60, 8, 3, buckets=97, ngrams=2).eval()
    alone = network.head(network.tokens.vectors(torch.tensor([5])))
    assert torch.allclose(network(*batch([5, 5, 5])), alone, atol=1e-5)


def test_reduced_keeps_the_directions_that_matter_and_pads_what_is_narrow() -> None:
    random = torch.Generator().manual_seed(0)
    table = torch.randn(200, 2, generator=random) @ torch.randn(2, 10, generator=random)
    found = reduced(table, 4)
    assert found.shape == (200, 4)
    centred = table - table.mean(dim=0)
    cosine = torch.nn.functional.cosine_similarity
    assert (
        float(cosine(centred[:100], centred[100:]).sub(cosine(found[:100], found[100:])).abs().max()) < 1e-3
    )
    assert reduced(table, 16)[:, 10:].abs().max() == 0


@pytest.mark.parametrize(
    ("count", "keep", "places"), [(6, 3, [0, 2, 5]), (6, 1, [0]), (12, 4, [0, 4, 7, 11]), (2, 2, [0, 1])]
)
def test_layers_are_taken_evenly(count: int, keep: int, places: list[int]) -> None:
    assert evenly(count, keep) == places


def test_a_student_with_all_layers_answers_as_its_teacher() -> None:
    teacher = transformer()
    ids, mask = batch([5, 6, 7], [8])
    same = thinned(teacher, 9)
    assert same is not None
    assert torch.equal(same(ids, mask), teacher(ids, mask))


def test_thinning_leaves_the_teacher_whole() -> None:
    teacher = transformer()
    student = thinned(teacher, 2)
    assert student is not None
    assert len(student.get_submodule("blocks")) == 2
    assert len(teacher.blocks) == 4
    assert torch.equal(student.get_parameter("blocks.1.joined.weight"), teacher.blocks[3].joined.weight)


def test_a_bert_like_teacher_gives_its_layers_and_its_width() -> None:
    from transformers import BertConfig, BertModel

    from stages.train.networks.pretrained import Pretrained

    config = BertConfig(
        vocab_size=60, hidden_size=24, num_hidden_layers=4, num_attention_heads=2, intermediate_size=32
    )
    teacher = Pretrained(BertModel(config), 3, 0.1).eval()
    student = build(SMALL, META, Teacher(teacher, {}))
    assert student.origin == "teacher"
    network = student.network.eval()
    assert len(network.encoder.encoder.layer) == 2
    assert network.encoder.config.num_hidden_layers == 2
    assert teacher.encoder.config.num_hidden_layers == 4
    assert network(*batch([5, 6], [7])).shape == (2, 3)
    frozen = [
        not all(one.requires_grad for one in layer.parameters()) for layer in network.encoder.encoder.layer
    ]
    assert frozen == [True, False]
    assert not any(one.requires_grad for one in network.encoder.embeddings.parameters())


def test_a_student_of_an_ensemble_takes_the_layers_of_its_first_member() -> None:
    members = [transformer(), transformer()]
    student = thinned(Ensemble(members), 2)
    assert student is not None
    assert torch.equal(student.get_parameter("blocks.1.joined.weight"), members[0].blocks[3].joined.weight)


def test_a_teacher_without_attention_gives_a_transformer_from_scratch() -> None:
    torch.manual_seed(0)
    teacher = Cnn(60, 3, 16, 3, 3, "relu", 0.0)
    student = build(SMALL, META, Teacher(teacher, {}))
    assert student.origin == "scratch"
    assert isinstance(student.network, Transformer)


def test_a_static_student_starts_from_the_teachers_token_vectors() -> None:
    student = build(SMALL.model_copy(update={"student": "static"}), META, Teacher(transformer(), {}))
    assert student.origin == "teacher's embeddings"
    assert not student.matrices
    vectors = student.network.tokens.vectors.weight
    assert torch.allclose(vectors.std(), torch.tensor(0.1), atol=0.02)
