import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tokenizers import Tokenizer

from stages import tasks
from stages.artifacts import StageError
from stages.params.tokenize import Tokenize
from stages.tokenize import arrays
from stages.tokenize.run import run

TASK = tasks.get("text-classification")
ROOT = Path(__file__).parents[3]


def tables(
    texts: list[str], labels: list[str], **other: tuple[list[str], list[str]]
) -> dict[str, pd.DataFrame]:
    parts = {"train": (texts, labels), "valid": (texts, labels), "test": (texts, labels), **other}
    return {
        name: pd.DataFrame({"text": part[0], "label": part[1], "augmented": False})
        for name, part in parts.items()
    }


TEXTS = ["the cat sat on the mat", "write to [EMAIL] now", "the dog sat", "call [PERSON] at [PHONE] now"] * 5
LABELS = ["a", "b", "a", "b"] * 5
SMALL = Tokenize(max_length=6, vocabulary=120)


def test_mask_tokens_are_single_tokens_of_a_learned_vocabulary() -> None:
    tokenizer = run(tables(TEXTS, LABELS), TASK, SMALL, None).tokenizer
    assert "[EMAIL]" in tokenizer.encode("mail [EMAIL] please").tokens
    # as text it would have been lower-cased
    assert "[PERSON]" in tokenizer.encode("[PERSON]").tokens


def test_rows_are_cut_at_max_length_and_the_share_is_reported() -> None:
    encoded = run(tables(TEXTS, LABELS), TASK, SMALL, None)
    split = encoded.splits["train"]
    assert split.lengths.max() == 6
    # [CLS] and six words are seven tokens; [CLS] call [PERSON] at [PHONE] now are six
    assert encoded.metrics["train"]["cut_share"] == 0.25


def test_unknown_share_counts_what_the_vocabulary_lacks() -> None:
    strange = (["\u4e00\u4e01 the"] * 4, ["a"] * 4)
    encoded = run(tables(TEXTS, LABELS, test=strange), TASK, Tokenize(vocabulary=120), None)
    assert encoded.metrics["train"]["unknown_share"] == 0
    # [CLS] [UNK] [UNK] the
    assert encoded.metrics["test"]["unknown_share"] == 0.5


def test_characters_are_the_unit_for_chinese() -> None:
    texts = ["\u4e66\u5f88\u597d\u770b [PERSON] OK", "\u4e66\u4e0d\u597d\u770b"] * 3
    found = run(tables(texts, ["a", "b"] * 3), TASK, Tokenize(level="character", vocabulary=100), None)
    assert found.tokenizer.encode(texts[0]).tokens == [
        "[CLS]",
        *"\u4e66\u5f88\u597d\u770b",
        "[PERSON]",
        *"ok",
    ]


def test_a_blank_text_still_has_a_token() -> None:
    blank = (["  "], ["a"])
    for weights in (None, "minilm"):
        encoded = run(tables(TEXTS, LABELS, test=blank), TASK, SMALL, weights)
        assert encoded.splits["test"].lengths.min() >= 1


def test_pretrained_tokens_are_those_of_the_weights() -> None:
    encoded = run(tables(TEXTS, LABELS), TASK, Tokenize(max_length=64), "minilm")
    assert encoded.meta.vocabulary == 30522
    # the numbers of bert-base-uncased for [CLS] the dog sat [SEP]
    assert encoded.splits["train"].row(2).tolist() == [101, 1996, 3899, 2938, 102]


def test_every_process_learns_the_same_vocabulary(tmp_path: Path) -> None:
    code = (
        "import random; from stages.tokenize.vocabulary import learn; random.seed(1);"
        "words=[''.join(random.choices('abcdefgh\u00e9\u00fc', k=5)) for _ in range(400)];"
        "texts=[' '.join(random.choices(words, k=8)) for _ in range(300)];"
        "print(*(learn(texts, *how).to_str() for how in (('wordpiece', 300), ('character', 9))))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout
        for _ in range(3)
    ]
    assert len(set(runs)) == 1


def test_a_label_that_training_lacks_is_one_line() -> None:
    with pytest.raises(StageError, match=r"valid\.parquet: 1 rows have a label that the training split"):
        run(tables(TEXTS, LABELS, valid=(["x y"], ["secret"])), TASK, SMALL, None)


def test_an_empty_split_is_one_line() -> None:
    with pytest.raises(StageError, match=r"test\.parquet: no rows"):
        run(tables(TEXTS, LABELS, test=([], [])), TASK, SMALL, None)


@pytest.mark.parametrize(
    ("weights", "said"),
    [("./nowhere", "no such folder"), ("/nowhere/at/all", "no such folder"), (".", "no config.json")],
)
def test_missing_weights_are_one_line(
    weights: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StageError, match=f"train.weights: .*{said}"):
        run(tables(TEXTS, LABELS), TASK, SMALL, weights)


def test_weights_are_never_asked_for_more_than_they_read() -> None:
    with pytest.raises(StageError, match=r"tokenize\.max_length: 1000, but minilm reads at most 512"):
        run(tables(TEXTS, LABELS), TASK, Tokenize(max_length=1000), "minilm")


def test_arrays_come_back_as_they_were_and_are_mapped(tmp_path: Path) -> None:
    split = arrays.make_split([[5, 6], [7], [8, 9, 10]], np.array([1, 0, 1]))
    arrays.write_split(tmp_path, "train", split)
    found = arrays.read_split(tmp_path, "train")
    assert isinstance(found.ids, np.memmap)
    assert [found.row(index).tolist() for index in range(3)] == [[5, 6], [7], [8, 9, 10]]
    assert found.lengths.tolist() == [2, 1, 3]
    ids, mask = arrays.pad(found, [2, 1], 0)
    assert ids.tolist() == [[8, 9, 10], [7, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_a_damaged_array_is_one_line(tmp_path: Path) -> None:
    arrays.write_split(tmp_path, "train", arrays.make_split([[5, 6]], np.array([1])))
    (tmp_path / "train.ids.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(StageError, match="no whole array"):
        arrays.read_split(tmp_path, "train")


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    arrays.write_split(tmp_path, "train", arrays.make_split([[5, 6]], np.array([1])))
    np.save(tmp_path / "train.ids.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(StageError, match="no whole array"):
        arrays.read_split(tmp_path, "train")


def test_the_stage_writes_arrays_and_metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stages.params import Params
    from stages.params.train import Train
    from stages.tokenize.__main__ import body

    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data/augmented"
    folder.mkdir(parents=True)
    for name, table in tables(TEXTS, LABELS).items():
        table.to_parquet(folder / f"{name}.parquet")
    body(Params(tokenize=SMALL, train=Train(architecture="mlp")))
    meta = arrays.read_meta(tmp_path / "data/tokens")
    assert (meta.labels, meta.max_length, meta.task) == (["a", "b"], 6, TASK.name)
    saved = Tokenizer.from_file(str(tmp_path / "data/tokens/tokenizer.json"))
    split = arrays.read_split(tmp_path / "data/tokens", "test")
    assert saved.encode(TEXTS[3]).ids == split.row(3).tolist()
    assert (
        json.loads((tmp_path / "reports/tokenize/metrics.json").read_text())["vocabulary"] == meta.vocabulary
    )
