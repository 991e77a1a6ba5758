"""What question answering reaches on COVID-QA (English) and the trial part of CMRC 2018 (Chinese).

    python benchmarks/answering.py [covidqa|cmrc2018] [--minutes 6]

Contexts are kept apart: no context that is asked of in the test part was read in training. Within the minutes
given for training, a reader is taught as the handbook recipes teach theirs; COVID-QA's contexts are 6,000
tokens long, so it learns from the windows that hold an answer and as many that do not, and of its test part
`ASKED` questions are read. Retrieval (by words) and the baselines take the whole test part.
"""

import argparse
import io
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pytorch_lightning import Callback, LightningModule, Trainer
from tokenizers import Tokenizer

from stages import tasks
from stages.augment.questions import composed
from stages.clean.splits import anchor, split_of
from stages.evaluate.answers import Reader, Reading, judged
from stages.evaluate.judges.spans import Questions, questions_of, retrieval_scores
from stages.evaluate.leaks.losses import take
from stages.evaluate.retrieval import Retriever, passages_of
from stages.evaluate.sentences import first_sentence
from stages.params.clean import Splits
from stages.params.train import Network, Train
from stages.tasks.question_answering.columns import answers_of, faithful, join, part, placed, written
from stages.tokenize import vocabulary
from stages.tokenize.arrays import Meta, TokenSplit, make_split
from stages.train.networks.registry import rebuild
from stages.train.predict import predict_logits
from stages.train.run import run

DATA = Path("../shared/data")
TASK = tasks.get("question-answering")
ASKED = 30
SEED = 7


@dataclass(frozen=True)
class Case:
    """A public set, and how a reader of it is taught."""

    path: str
    language: str
    length: int
    made: int
    """questions made of each training context"""
    train: Train


CASES = {
    "covidqa": Case(
        "covidqa/200423_covidQA.json",
        "en",
        256,
        0,
        Train(frozen=3, epochs=1, batch_size=16, learning_rate=2e-4, patience=None),
    ),
    "cmrc2018": Case(
        "cmrc2018/cmrc2018_trial.json",
        "zh",
        256,
        20,
        Train(
            architecture="transformer",
            network=Network(hidden=128, layers=3, activation="gelu"),
            epochs=4,
            batch_size=16,
            learning_rate=5e-4,
            patience=None,
        ),
    ),
}


class _Clock(Callback):
    """Ends the training when its minutes are over."""

    def __init__(self, minutes: float) -> None:
        self.end = time.monotonic() + 60 * minutes

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *_: Any) -> None:
        trainer.should_stop = trainer.should_stop or time.monotonic() > self.end


def load(case: Case) -> dict[str, pd.DataFrame]:
    """The splits of a set, contexts apart, as clean leaves them; unmasked, as the sets are public."""
    rows: dict[str, list[dict[str, Any]]] = {"train": [], "valid": [], "test": []}
    repaired = bad = 0
    for article in json.loads((DATA / case.path).read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            context = paragraph["context"]
            split = split_of(anchor(context, None), SEED, Splits(valid=0.1, test=0.2))
            for question in paragraph["qas"]:
                try:
                    answers = answers_of({"label": question["answers"]})
                    spans = placed(answers, context)
                    text = join(question["question"], "", context)
                except ValueError:  # such as an empty question: ingest makes a bad row of it
                    bad += 1
                    continue
                repaired += not faithful(answers, spans, context)
                start = part(text).start
                label = written([(start + first, start + last) for first, last in spans])
                rows[split].append({"row_id": str(question["id"]), "text": text, "label": label})
    total = sum(map(len, rows.values()))
    print(f"  {total} questions, {repaired} of them with answers put right; {bad} bad rows")
    return {name: pd.DataFrame(part, dtype="str") for name, part in rows.items()}


def encoded(tokenizer: Tokenizer, table: pd.DataFrame, case: Case) -> TokenSplit:
    """Windows that hold an answer, and as many that hold none, drawn by chance."""
    found = TASK.sequences(tokenizer, table["text"].tolist(), table["label"].tolist(), [], case.length)
    split = make_split(found.ids, found.labels)
    holding, others = (np.flatnonzero(mask) for mask in (split.labels[:, 1] > 0, split.labels[:, 1] == 0))
    few = np.random.default_rng(SEED).choice(others, min(len(others), len(holding)), replace=False)
    return take(split, np.sort(np.concatenate([holding, few])))


def taught(case: Case, splits: dict[str, pd.DataFrame], minutes: float) -> Reader:
    """A reader of the training part, within the minutes."""
    train = composed(splits["train"], case.made, SEED, frozenset()) if case.made else splits["train"]
    if case.train.architecture == "pretrained":
        tokenizer = vocabulary.pretrained(case.train.weights, case.length)
    else:
        tokenizer = vocabulary.learn(splits["train"]["text"].tolist(), "character", 4000, TASK.separators)
    meta = Meta(
        task=TASK.name,
        labels=TASK.labels([]),
        vocabulary=tokenizer.get_vocab_size(),
        max_length=case.length,
        pad_id=vocabulary.pad_token(tokenizer),
        unk_id=0,
        augmented_rows=0,
    )
    arrays = {
        "train": encoded(tokenizer, train, case),
        "valid": encoded(tokenizer, splits["valid"].head(40), case),
    }
    print(f"  {len(arrays['train'])} windows to learn from, at most {minutes:g} minutes", flush=True)
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        work = Path(folder)
        trained = run(arrays, meta, TASK, case.train, SEED, work, work / "plots", [_Clock(minutes)])
    network = rebuild(case.train.architecture, trained.description)
    network.load_state_dict(trained.weights)
    network.eval()

    def logits(windows: Sequence[list[int]]) -> list[np.ndarray]:
        split = make_split(windows, np.zeros(len(windows)))
        return np.split(predict_logits(network, split, meta.pad_id), split.offsets[1:-1])

    return Reader(logits, tokenizer, case.length)


def some(questions: Questions, count: int) -> Questions:
    """At most `count` questions, spread evenly."""
    total = len(questions.asked)
    places = np.unique(np.linspace(0, total - 1, min(count, total)).astype(int)).tolist()
    return Questions(
        [questions.asked[place] for place in places], [questions.right[place] for place in places]
    )


def measure(name: str, minutes: float) -> None:
    """Prints what the set's test part gives."""
    case, started = CASES[name], time.monotonic()
    print(name)
    splits = load(case)
    questions = {split: questions_of(table) for split, table in splits.items()}
    test = questions["test"]
    passages = passages_of(one for part in questions.values() for one in part.asked)
    # vectors of the 20,000 sentences of COVID-QA's articles would take longer than all the rest
    retriever = Retriever(passages)
    for order, scores in retrieval_scores(retriever, test).items():
        print(f"  retrieval {order}: {show(scores)}")
    found = [retriever.by_words(one.question) for one in test.asked]
    bm25 = [Reading(first_sentence(passages[own[0]].text) if own else "", 0, 0, 1.0) for own in found]
    print(f"  BM25 + first sentence: {show(judged(bm25, test.right, case.language).at(0.0))}")
    given = [Reading(first_sentence(one.context), 0, 0, 1.0) for one in test.asked]
    print(f"  first sentence of the right context: {show(judged(given, test.right, case.language).at(0.0))}")
    reader = taught(case, splits, minutes)
    chosen = some(test, ASKED if case.language == "en" else len(test.asked))
    # every question of both sets has an answer, so none is held back
    own = judged(reader.read(chosen.asked), chosen.right, case.language).at(-np.inf)
    print(f"  reader, {len(chosen.asked)} questions, context given: {show(own)}")
    print(f"  {time.monotonic() - started:.0f} s", flush=True)


def show(scores: Any) -> str:
    """Scores in a line."""
    if not isinstance(scores, dict):
        return str(scores)
    return ", ".join(f"{name} {value:.3f}" for name, value in scores.items())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="*", default=[])
    parser.add_argument("--minutes", type=float, default=6.0)
    asked = parser.parse_args()
    for one in asked.name or CASES:
        measure(one, asked.minutes)
