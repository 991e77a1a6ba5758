"""Texts are packed without a gap, tokens drawn as asked for, and answers end where they must."""

from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from stages import tasks
from stages.tasks.text_generation import scores, size_in_bytes
from stages.tasks.text_generation.sampling import Sampler, Sampling
from stages.tasks.text_generation.writing import Limits, Piece, write, written
from stages.tokenize.vocabulary import learn

TASK = tasks.get("text-generation")
LOGITS = np.log(np.array([0.5, 0.3, 0.15, 0.05]))
TEXTS = ["Héllo [EMAIL]\n\n  world", "你好 again", ""]


def drawn(how: Sampling, times: int = 400, prompt: Sequence[int] = ()) -> np.ndarray:
    return np.array(
        [Sampler(how, np.array(prompt, dtype=int), 4, (seed,)).next(LOGITS) for seed in range(times)]
    )


def test_texts_are_packed_in_their_order_and_come_back_as_they_were() -> None:
    tokenizer = learn(TEXTS, "bytes", 300)
    found = TASK.sequences(tokenizer, TEXTS, [""] * 3, [], 5)
    stream = np.concatenate(found.ids)
    assert [len(row) for row in found.ids[:-1]] == [5] * (len(found.ids) - 1)
    assert (found.labels[:-1] == stream[1:]).all()
    end = tokenizer.token_to_id("<|endoftext|>")
    assert stream[0] == found.labels[-1] == end
    text = tokenizer.decode([*stream, int(found.labels[-1])], skip_special_tokens=False)
    assert text.split("<|endoftext|>")[1:-1] == TEXTS
    assert tokenizer.token_to_id("[EMAIL]") in stream


def test_a_vocabulary_of_one_word_is_enough() -> None:
    tokenizer = learn(["a"] * 3, "bytes", 257)
    found = TASK.sequences(tokenizer, ["a"] * 3, [""] * 3, [], 8)
    assert len(found.labels) == 6


def test_bits_per_byte_do_not_depend_on_the_tokens() -> None:
    size = size_in_bytes(["abcd", "é"])
    assert size == 8
    found = scores(8 * np.log(2), 4, size)
    assert found["bits_per_byte"] == pytest.approx(1)
    assert found["perplexity"] == pytest.approx(4)


def test_draws_follow_the_chances_and_the_seed() -> None:
    found = drawn(Sampling())
    assert np.bincount(found, minlength=4) / len(found) == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.08)
    assert (found == drawn(Sampling())).all()


@pytest.mark.parametrize(
    ("how", "allowed"),
    [
        (Sampling(temperature=0), {0}),
        (Sampling(top_k=2), {0, 1}),
        (Sampling(top_k=99), {0, 1, 2, 3}),
        (Sampling(top_p=0.6), {0, 1}),
        (Sampling(top_p=0.5), {0}),
        (Sampling(temperature=1e-6), {0}),
    ],
)
def test_only_the_likeliest_are_drawn(how: Sampling, allowed: set[int]) -> None:
    assert set(drawn(how).tolist()) == allowed


def test_what_was_there_before_is_penalised() -> None:
    assert set(drawn(Sampling(temperature=0, repetition_penalty=5.0), 1, prompt=[0]).tolist()) == {1}
    sampler = Sampler(Sampling(temperature=0, frequency_penalty=2.0), np.array([0]), 4, (0,))
    assert [sampler.next(LOGITS) for _ in range(3)] == [0, 1, 2]


class Script:
    """A network that says what it was told to say."""

    def __init__(self, ids: Iterable[int]) -> None:
        self._ids = iter(ids)

    def read(self, ids: np.ndarray) -> np.ndarray:
        logits = np.zeros((len(ids), 300), dtype=np.float32)
        logits[:, next(self._ids)] = 9
        return logits


def said(text: bytes, stop: tuple[str, ...] = (), most: int = 99, end: int | None = None) -> list[Piece]:
    def decode(ids: Sequence[int]) -> str:
        return bytes(ids).decode("utf-8", "replace")

    limits = Limits(most, stop, end)
    return list(write(Script(text), np.array([1]), Sampling(temperature=0), limits, decode, 0, 1))


def test_an_answer_ends_before_a_stop_text_and_never_shows_a_part_of_it() -> None:
    pieces = said(b"one STOX two STOP three", ("STOP", "never"))
    (answer,) = written(iter(pieces), 1)
    assert (answer.text, answer.finish) == ("one STOX two ", "stop")
    assert not any(piece.text.endswith(("S", "ST", "STO")) for piece in pieces)


def test_a_letter_of_several_bytes_is_shown_whole() -> None:
    pieces = said("a你b".encode(), most=5)
    assert [piece.text for piece in pieces] == ["a", "你", "b"]
    assert pieces[-1].finish == "length"


def test_an_answer_ends_with_the_text() -> None:
    (answer,) = written(iter(said(b"ab\x00cd", end=0)), 1)
    assert (answer.text, answer.finish, answer.tokens) == ("ab", "stop", 2)
