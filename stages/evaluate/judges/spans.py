"""Judges what answers questions: the reader on the contexts it is given, the search, and both together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from tokenizers import Tokenizer

from stages.artifacts import CLEAN, SPLITS, TOKENS, Check, StageError, Verdict, at_least, at_most
from stages.evaluate.answers import Judged, Reader, Reading, judged
from stages.evaluate.case import Case, Evaluation
from stages.evaluate.retrieval import Passage, Retriever, passages_of
from stages.evaluate.retrieval.retriever import fused, rank_of
from stages.evaluate.sentences import first_sentence
from stages.params.evaluate import EvaluateGates
from stages.tasks.question_answering.columns import Asked, part, read
from stages.tasks.question_answering.decode import Calibration
from stages.tasks.question_answering.metrics import mean_reciprocal_rank, recall_at
from stages.tasks.text_classification import calibration_error
from stages.tokenize.arrays import make_split
from stages.train.predict import predict_logits

OPEN = 200
"""most questions that are asked without their context: each costs the reading of several passages"""


@dataclass(frozen=True)
class Questions:
    """A cleaned split."""

    asked: list[Asked]
    right: list[list[str]]
    """the right answers of each; none where there is no answer"""


def judge(case: Case) -> Evaluation:
    """The threshold is the validation split's; all scores are the test split's.

    Beside it a baseline that gives the first sentence of the context, or of the passage that BM25 finds.

    Raises:
        StageError: the encoded test split is not that of the cleaned one, or the tokenizer cannot be read.
    """
    language = case.params.project.language
    splits = {name: questions_of(case.table(name)) for name in SPLITS}
    reader = _reader(case)
    if sum(map(len, reader.windows(splits["test"].asked))) != len(case.split("test")):
        raise StageError(f"{TOKENS}: its test split is not that of {CLEAN}; run `dvc repro tokenize`")
    valid, test = (
        judged(reader.read(splits[name].asked), splits[name].right, language) for name in ("valid", "test")
    )
    sure = valid.calibrated()
    metrics: dict[str, Any] = {
        "rows": len(splits["test"].asked),
        **test.at(sure.threshold),
        "threshold": sure.threshold,
        "calibration_error": _calibration_error(test, sure),
    }
    first = [Reading(first_sentence(one.context), 0, 0, 1.0) for one in splits["test"].asked]
    metrics["baseline"] = judged(first, splits["test"].right, language).at(0.0)
    metrics["lead"] = metrics["f1"] - metrics["baseline"]["f1"]
    retriever = _retriever(case, splits.values())
    metrics["retrieval"] = retrieval_scores(retriever, splits["test"])
    metrics["open"] = open_scores(reader, retriever, splits["test"], sure, language)
    return Evaluation(
        metrics, _plots(test, sure), Verdict(tuple(checks(metrics, case.params.evaluate.gates)))
    )


def questions_of(table: pd.DataFrame) -> Questions:
    """The questions of a cleaned split with their answers."""
    texts, targets = table["text"].tolist(), table["label"].tolist()
    right = [
        [text[start:end] for start, end in read(target)] for text, target in zip(texts, targets, strict=True)
    ]
    return Questions([part(text) for text in texts], right)


def retrieval_scores(retriever: Retriever, questions: Questions) -> dict[str, Any]:
    """Recall at 1, 5 and 10 and mean reciprocal rank: by words, by meaning and by both.

    Asked are the questions that have an answer; right is the passage that each was asked of.
    """
    places = {passage.id: place for place, passage in enumerate(retriever.passages)}
    ranks: dict[str, list[int | None]] = {}
    for one, own in zip(questions.asked, questions.right, strict=True):
        if not own:
            continue
        (passage,) = passages_of([one])
        words, meaning = retriever.by_words(one.question), retriever.by_meaning(one.question)
        orders = {"words": words, "both": fused([words, meaning])} | ({"meaning": meaning} if meaning else {})
        for name, order in orders.items():
            ranks.setdefault(name, []).append(rank_of(places[passage.id], order))
    return {"passages": len(places)} | {
        name: {
            **{f"recall_at_{most}": recall_at(found, most) for most in (1, 5, 10)},
            "mrr": mean_reciprocal_rank(found),
        }
        for name, found in ranks.items()
    }


def open_scores(
    reader: Reader, retriever: Retriever, questions: Questions, sure: Calibration, language: str
) -> dict[str, Any]:
    """Scores where no context is given, beside the first sentence of the passage that BM25 finds.

    At most `OPEN` questions are asked, spread evenly over the split.
    """
    count = len(questions.asked)
    chosen = np.unique(np.linspace(0, count - 1, min(OPEN, count)).astype(int)).tolist()
    nothing = Reading("", 0, 0, -np.inf)
    readings, firsts = [], []
    for place in chosen:
        question = questions.asked[place].question
        found = reader.find(question, retriever)
        readings.append(nothing if found is None else found.reading)
        words = retriever.by_words(question)
        text = first_sentence(retriever.passages[words[0]].text) if words else ""
        firsts.append(Reading(text, 0, 0, 1.0))
    right = [questions.right[place] for place in chosen]
    return {
        "rows": len(chosen),
        **judged(readings, right, language).at(sure.threshold),
        "baseline": judged(firsts, right, language).at(0.0),
    }


def checks(metrics: dict[str, Any], gates: EvaluateGates) -> Iterator[Check]:
    """Holds the metrics against every gate that asks for something."""
    yield from at_least("f1", metrics["f1"], gates.f1)
    yield from at_least("recall_at_5", metrics["retrieval"]["both"]["recall_at_5"], gates.recall_at_5)
    yield from at_most("calibration_error", metrics["calibration_error"], gates.calibration_error)
    yield from at_least("beats_baseline", metrics["lead"], gates.beats_baseline)


def _reader(case: Case) -> Reader:
    path = TOKENS / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception:  # the library raises nothing narrower
        raise StageError(f"{path}: missing or no tokenizer; run `dvc repro tokenize`") from None

    def logits(windows: Sequence[list[int]]) -> list[np.ndarray]:
        split = make_split(windows, np.zeros(len(windows)))
        return np.split(predict_logits(case.network, split, case.meta.pad_id), split.offsets[1:-1])

    return Reader(logits, tokenizer, case.meta.max_length)


def _retriever(case: Case, splits: Any) -> Retriever:
    passages: list[Passage] = passages_of(one for split in splits for one in split.asked)
    weights = case.params.train.retriever
    if weights is None:
        return Retriever(passages)
    # transformers takes seconds to import, and words alone do not need it
    from stages.evaluate.retrieval.encoder import embedder

    return Retriever(passages, embedder(weights))


def _outcomes(test: Judged, sure: Calibration) -> tuple[np.ndarray, np.ndarray]:
    """Whether each question has an answer, and both probabilities of that."""
    there = np.array([sure.probability(margin) for margin in test.margins])
    return (test.silence == 0).astype(np.int64), np.stack([1 - there, there], axis=1)


def _calibration_error(test: Judged, sure: Calibration) -> float:
    return calibration_error(*_outcomes(test, sure))


def _plots(test: Judged, sure: Calibration) -> dict[str, pd.DataFrame]:
    """Who has an answer and who gets one; and how far the probability of an answer can be trusted."""
    from stages.evaluate.plots import confusion_table, reliability_table

    truth, probabilities = _outcomes(test, sure)
    guess = (test.margins > sure.threshold).astype(np.int64)
    return {
        "confusion": confusion_table(truth, guess, ["no answer", "answer"]),
        "reliability": reliability_table(truth, probabilities),
    }
