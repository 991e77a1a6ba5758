"""Secrets planted as text are exposed by a network that learns them by heart, and by no other."""

import numpy as np

from stages.evaluate.leaks.canaries import CANDIDATES, draw_sentences
from stages.tokenize.arrays import TokenSplit, make_split

COUNT = 8


def encode(texts: list[str]) -> list[list[int]]:
    return [list(text.encode()) for text in texts]


def stream(rows: int = 30) -> TokenSplit:
    ids = np.random.default_rng(0).integers(0, 256, (rows, 16))
    return make_split(list(ids[:, :-1]), ids[:, 1:].ravel())


def test_secrets_are_planted_in_their_own_order_with_the_next_token_as_label() -> None:
    drawn = draw_sentences(encode, "en", np.arange(9), COUNT, 1)
    planted = drawn.planted(stream(), 10, 2, 1)
    assert len(planted) == 10 + 2 * COUNT
    for row, secret in enumerate(drawn.rows[:COUNT] * 2, 10):
        first, last = planted.offsets[row], planted.offsets[row + 1]
        assert planted.row(row).tolist() == secret[:-1]
        assert planted.labels[first:last].tolist() == secret[1:]
        assert bytes(secret).startswith(b"my number is ")


def test_a_secret_known_by_heart_is_exposed_and_others_are_not() -> None:
    drawn = draw_sentences(encode, "en", np.arange(9), COUNT, 1)
    known = {tuple(row[:-1]) for row in drawn.rows[:COUNT]}

    def losses(split: TokenSplit) -> np.ndarray:
        rows = [tuple(split.row(row).tolist()) for row in range(len(split))]
        return np.array([0.1 if row in known else 1 + hash(row) % 97 / 100 for row in rows])

    planted, control = drawn.exposures(losses)
    assert planted.min() > np.log2(CANDIDATES) - 0.1
    assert control.mean() < 3
