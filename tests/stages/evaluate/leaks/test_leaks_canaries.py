from collections.abc import Sequence

import numpy as np
import pytest

from stages import tasks
from stages.artifacts import Check
from stages.evaluate.leaks.canaries import (
    CHANCE,
    SPREADS,
    Canaries,
    Exposure,
    UnmeasuredError,
    audit,
    draw_canaries,
    exposure,
)
from stages.evaluate.leaks.copying import teaching
from stages.evaluate.leaks.membership import Membership
from stages.evaluate.leaks.run import Leaks, checks
from stages.params import Params
from stages.params.evaluate import Evaluate, EvaluateGates
from stages.params.train import Network, Train
from stages.tokenize.arrays import Meta, TokenSplit, make_split

TASK = tasks.get("text-classification")
SPREAD = SPREADS["rows"](np.arange(2))
META = Meta(TASK.name, ["a", "b"], vocabulary=60, max_length=16, pad_id=0, unk_id=1, augmented_rows=0)


def encode(texts: Sequence[str]) -> list[list[int]]:
    """A token for every digit, and one for what stands before."""
    return [[2, *(3 + int(one) for one in text if one.isdigit())] for text in texts]


def split(rows: int, seed: int) -> TokenSplit:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, rows)
    return make_split([random.integers(20, 40, 8) + 20 * label for label in labels], labels)


def params(**changes: object) -> Train:
    network = Network(hidden=32, layers=1, ngrams=3, buckets=20000, dropout=0.0)
    base = {"epochs": 4, "batch_size": 16, "learning_rate": 0.02, "precision": "32", "accelerator": "cpu"}
    return Train(architecture="mlp", network=network, **{**base, **changes})  # type: ignore[arg-type]


def drawn(count: int = 16) -> Canaries:
    return draw_canaries(encode, "en", 2, SPREAD, np.arange(2, 60), count, seed=7)


def test_exposure_is_ten_bits_for_the_first_and_none_for_the_last() -> None:
    others = np.arange(1, 1024)
    assert exposure(0, others) == 10
    assert exposure(2000, others) == 0
    assert exposure(1.5, others) == pytest.approx(9)
    # equal losses share their ranks
    assert exposure(0, np.zeros(1023)) == pytest.approx(1, abs=0.01)


def test_the_mean_exposure_of_what_was_never_planted_is_as_expected() -> None:
    random = np.random.default_rng(1)
    others = random.normal(size=1023)
    found = [exposure(loss, others) for loss in random.normal(size=4000)]
    assert np.mean(found) == pytest.approx(CHANCE, abs=0.1)


def test_a_secret_planted_often_is_exposed_and_one_never_planted_is_not(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    teach = teaching(split(60, 2), META, TASK, params(), seed=7, seconds=60)
    found = audit(drawn(), split(200, 1), teach, rows=120, repeats=20, seed=7)
    assert found.planted > 6
    assert found.interval[0] > 4
    assert found.control < 3
    assert found.canaries == 16
    assert not list(tmp_path.glob("work/*")), "the copy's checkpoints hold the secrets"


def test_the_copy_holds_every_secret_as_often_as_asked_and_the_split_itself_none() -> None:
    canaries, train = drawn(), split(200, 1)
    copy = canaries.planted(train, rows=50, repeats=3, seed=7)
    texts = [copy.row(row).tolist() for row in range(len(copy))]
    assert len(copy) == 50 + 3 * 16
    assert all(texts.count(secret) == 3 for secret in canaries.rows[:16])
    assert not any(secret in texts for secret in canaries.rows[16:])
    assert 0 < canaries.labels.mean() < 1


def blind(texts: Sequence[str]) -> list[list[int]]:
    """A vocabulary without digits."""
    return [[2, 1] for _ in texts]


def test_without_digits_secrets_are_made_of_the_tokens_of_training() -> None:
    canaries = draw_canaries(blind, "en", 2, SPREAD, np.arange(4, 20), 16, seed=7)
    assert len({tuple(row) for row in canaries.rows}) > 1000
    assert {token for row in canaries.rows for token in row} == set(range(4, 20))


def test_a_vocabulary_of_two_tokens_cannot_be_audited() -> None:
    with pytest.raises(UnmeasuredError, match="hardly any tokens"):
        draw_canaries(blind, "en", 2, SPREAD, np.array([1, 2, 1]), 16, seed=7)


def test_a_training_that_takes_too_long_is_given_up_and_fails_its_gate(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    teach = teaching(split(60, 2), META, TASK, params(epochs=500), seed=7, seconds=0.01)
    with pytest.raises(UnmeasuredError, match=r"raise evaluate\.leaks\.seconds"):
        teach(split(200, 1))
    assert not list(tmp_path.glob("work/*"))


def test_gates_of_the_audits() -> None:
    member = Membership(0.8, (0.75, 0.85), 0.2, (0.1, 0.3), 100)
    exposed = Exposure(5.0, (4.0, 6.0), 10.0, 1.4, 16)
    asked = EvaluateGates(membership_auc=0.7, membership_tpr=0.3, canary_exposure=3)
    given = Params(evaluate=Evaluate(gates=asked))
    assert [check.passed for check in checks(Leaks(member, exposed, None), given)] == [False, True, False]
    left_out = list(checks(Leaks(member, None, None), given))
    assert [check.name for check in left_out] == ["membership_auc", "membership_tpr"]
    unmeasured = list(checks(Leaks(member, None, "no time"), given))
    assert unmeasured[-1] == Check("canary_exposure", None, 3, False)
    nothing = EvaluateGates(membership_auc=None, membership_tpr=None, canary_exposure=None)
    given = Params(evaluate=Evaluate(gates=nothing))
    assert not list(checks(Leaks(member, None, "no time"), given))


def test_secrets_of_a_task_with_a_class_for_each_token_have_one_for_each_token() -> None:
    rows = [[2, 5, 6], [2, 7], [2, 8, 9, 9], [2, 4]]
    drawn = Canaries(rows, np.array([1]), SPREADS["tokens"](np.array([])))
    train = make_split([[2, 3], [2, 4, 4]], np.array([0, 1, 0, 1, 1]))
    planted = drawn.planted(train, rows=2, repeats=2, seed=7)
    assert planted.labels.tolist() == [0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1]
    assert len(planted.ids) == len(planted.labels)
