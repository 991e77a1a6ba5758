"""Questions made of a context's own sentences: a reader learns from them what looking for an answer is.

A sentence loses one phrase, which is the answer; a question word takes its place, some words are dropped, and
the order may change (cloze questions, as in Lewis, Denoyer and Riedel 2019, "Unsupervised Question Answering
by Cloze Translation"). The context is cut to the sentences around it: short rows teach as much for less.
"""

import hashlib
import random
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from stages.tasks.question_answering.columns import Asked, Span, join, part, read, written

if TYPE_CHECKING:
    import pandas as pd

_SENTENCE = re.compile(r"(?:[^.;!?。；！？]|[.;!?](?=\S))+[.;!?。；！？]?")
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:[-.'’_/][^\W_\u3400-\u9fff]+)*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_WHAT = {
    False: ("what", "what", "what", "which", "who", "when", "where", "how many"),
    True: ("什么", "什么", "哪个", "谁", "多少", "哪里"),
}
# phrases neither begin with these words nor hold them
_PARTING = """
a an the of to in on at by for with and or but is are was were be been it its that this these those which who
whom whose what when where how why as from not no nor so than then there their them they he she his her you
your we our i all any each both has have had do does did will would can may must should into over under only
also if up out off more most less least very
的 了 是 在 和 与 或 也 都 就 而 及 着 被 把 从 到 对 由 给 让 不 没 有 会 能 要 可 以 这 那 它 他 她 们
"""
_BETWEEN = frozenset(_PARTING.split())
_LONGEST = {False: 9, True: 12}
_DROPPED = 0.15
_NEAR = 12
"""words on each side of the phrase that a question keeps at most"""
_TRIES = 4


def composed(train: "pd.DataFrame", count: int, seed: int, others: frozenset[str]) -> "pd.DataFrame":
    """The training split with made-up questions after it, and a column `augmented` that tells them apart.

    Each context gets `count` questions; and each real question is asked once more of the sentences around
    its answer. Seeded by the texts, so neither order nor key matters.

    Args:
        train: rows of questions, as clean leaves them.
        count: questions made of each context.
        seed: `project.seed`.
        others: texts of the other splits; none of them is made.
    """
    import pandas as pd

    made = []
    seen: set[tuple[str, str]] = set()
    taken = set(train["text"]) | others
    for row in train.to_dict("records"):
        asked = part(row["text"])
        draw = random.Random(_drawn(seed, row["text"]))  # noqa: S311 (not for secrets)
        found = [_cropped(row["text"], read(row["label"]), draw)]
        if (asked.title, asked.context) not in seen:
            seen.add((asked.title, asked.context))
            found += list(_questions(asked, count, draw))
        for number, (text, spans) in enumerate(found):
            if text not in taken:
                taken.add(text)
                made.append(
                    {**row, "text": text, "label": written(spans), "row_id": f"{row['row_id']}+{number}"}
                )
    copies = pd.DataFrame(made, columns=train.columns).astype(train.dtypes)
    return pd.concat([train.assign(augmented=False), copies.assign(augmented=True)], ignore_index=True)


def _questions(asked: Asked, count: int, draw: random.Random) -> Iterator[tuple[str, list[Span]]]:
    sentences = _sentences(asked.context)
    for _ in range(count):
        for _ in range(_TRIES):
            first, last = draw.choice(sentences)
            found = _cloze(asked.context[first:last], draw)
            if found is not None:
                question, (start, end) = found
                text = join(question, asked.title, asked.context)
                shift = part(text).start + first
                yield _cropped(text, [(shift + start, shift + end)], draw)
                break


def _cloze(sentence: str, draw: random.Random) -> tuple[str, Span] | None:
    """A question that a phrase of the sentence answers, and where the phrase stands in it."""
    words = list(_WORD.finditer(sentence))
    chinese = bool(_HAN.search(sentence))
    runs = _runs(sentence, words)
    if not runs:
        return None
    first, last = draw.choice(runs)
    most = _LONGEST[chinese]
    if chinese and last - first > 2:
        # without spaces a run is often a whole clause: some of it will do
        size = draw.randint(2, min(most, last - first))
        first = draw.randint(first, last - size)
        last = first + size
    if last - first > most:
        return None
    left = [word[0] for word in words[max(0, first - _NEAR) : first] if draw.random() > _DROPPED]
    right = [word[0] for word in words[last : last + _NEAR] if draw.random() > _DROPPED]
    if len(left) + len(right) < 2:
        return None
    what = draw.choice(_WHAT[chinese])
    order = draw.choice(([*left, what, *right], [what, *right, *left], [what, *left, *right]))
    question = ("" if chinese else " ").join(order) + ("？" if chinese else "?")
    return question, (words[first].start(), words[last - 1].end())


def _runs(sentence: str, words: Sequence[re.Match[str]]) -> list[Span]:
    """Runs of words, by number, that neither punctuation nor a word of `_BETWEEN` parts."""
    runs: list[Span] = []
    first: int | None = None
    for number, word in enumerate(words):
        apart = number > 0 and sentence[words[number - 1].end() : word.start()].strip()
        inside = word[0].lower() not in _BETWEEN
        if first is not None and (apart or not inside):
            runs.append((first, number))
            first = None
        if inside and first is None:
            first = number
    return runs if first is None else [*runs, (first, len(words))]


def _cropped(text: str, spans: Sequence[Span], draw: random.Random) -> tuple[str, list[Span]]:
    """The same question of the sentences around its first answer, or of some where it has none."""
    asked = part(text)
    sentences = _sentences(asked.context)
    if spans:
        start, end = (place - asked.start for place in spans[0])
        holding = [at for at, (first, last) in enumerate(sentences) if first < end and last > start]
    else:
        holding = [draw.randrange(len(sentences))]
    low = max(0, (holding or [0])[0] - draw.randint(0, 1))
    high = min(len(sentences) - 1, (holding or [0])[-1] + draw.randint(0, 1))
    first, last = sentences[low][0], sentences[high][1]
    kept = [(start - first, end - first) for start, end in spans if first <= start - asked.start < last]
    kept = [(start, end) for start, end in kept if end - asked.start <= last - first]
    return join(asked.question, asked.title, asked.context[first:last]), kept


def _sentences(context: str) -> list[Span]:
    spans = [match.span() for match in _SENTENCE.finditer(context)]
    return [span for span in spans if context[slice(*span)].strip()] or [(0, len(context))]


def _drawn(seed: int, text: str) -> int:
    return int.from_bytes(hashlib.sha256(f"questions\0{seed}\0{text}".encode()).digest()[:8], "big")


COMPOSERS = {"spans": composed}
"""What makes new rows for a family of tasks whose rows cannot be altered."""
