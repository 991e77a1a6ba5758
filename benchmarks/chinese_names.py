"""Finds people in real microblogs: `python benchmarks/chinese_names.py [--part dev|test] [--min-score 0.4]`.

Weibo NER (Peng and Dredze 2015, second edition), people by name (PER.NAM); it is never trained on. Measured
are the tagger, the rules for names, the two together, and the whole masker with the tagger in it. Two ways:

- masked: what a masker must know. A name is found when every character of it is covered, and a finding is
  right when it touches a name.
- exact: start and end are right, as entity recognition is scored.

Mentions by noun (PER.NOM, such as "my husband") are nobody's name: a finding on one counts as wrong, and is
left out only under `without PER.NOM`. Of the masker, all that it masks covers a name (it takes what follows
an @ for a handle), and what it calls a person counts as a finding; under `any type`, what it calls something
else and what touches a name is a right finding too, as it is in the recall.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from stages.clean.masking.chinese.tagger import load
from stages.clean.masking.folding import fold
from stages.clean.masking.masker import Masker
from stages.clean.masking.rules import RuleSet, all_rules
from stages.clean.masking.spans import Span, resolve
from stages.params.clean import Masking

HOME = Path(__file__).parent.parent.parent / "shared" / "data" / "weibo-ner-zh"
Gold = list[tuple[int, int, str]]
Find = Callable[[Sequence[str]], list[list[Span]]]


def rows(path: Path) -> Iterator[tuple[str, Gold]]:
    """The texts of a file, and their spans (start, end, type)."""
    for block in path.read_text(encoding="utf-8").strip().split("\n\n"):
        lines = [line.split("\t") for line in block.splitlines()]
        tags = [tag for _, tag in lines] + ["O"]
        spans: Gold = []
        start = None
        for place, tag in enumerate(tags):
            if start is not None and tag[:2] != "I-":
                spans.append((start, place, tags[start][2:]))
                start = None
            if tag[:2] == "B-":
                start = place
        yield "".join(token[0] for token, _ in lines), spans


def score(found: list[list[Span]], gold: list[Gold]) -> dict[str, float]:
    """Recall and precision both ways, and the precision counted otherwise: see the top of the file."""
    there = exact = covered = right = noun = other = total = 0
    for spans, golds in zip(found, gold, strict=True):
        names = [(start, end) for start, end, kind in golds if kind == "PER.NAM"]
        nouns = [(start, end) for start, end, kind in golds if kind == "PER.NOM"]
        hidden = {place for span in spans for place in range(span.start, span.end)}
        people = [(span.start, span.end) for span in spans if span.type == "PERSON"]
        there += len(names)
        total += len(people)
        exact += len(set(names) & set(people))
        covered += sum(hidden.issuperset(range(*name)) for name in names)
        right += sum(_touches(one, names) for one in people)
        other += sum(_touches((span.start, span.end), names) for span in spans if span.type != "PERSON")
        noun += sum(_touches(one, nouns) and not _touches(one, names) for one in people)
    return {
        "masked recall": covered / there,
        "masked precision": right / max(total, 1),
        "without PER.NOM": right / max(total - noun, 1),
        "any type": (right + other) / max(total + other, 1),
        "exact recall": exact / there,
        "exact precision": exact / max(total, 1),
    }


def finders(min_score: float) -> dict[str, Find]:
    """What is measured, by name."""
    tagger, rules = load(), RuleSet(all_rules(("CN",)))

    def by_tagger(texts: Sequence[str]) -> list[list[Span]]:
        return tagger.tag(texts, min_score)

    def by_rules(texts: Sequence[str]) -> list[list[Span]]:
        return [rules.find(fold(text)[0]) for text in texts]

    def by_both(texts: Sequence[str]) -> list[list[Span]]:
        return [one + two for one, two in zip(by_tagger(texts), by_rules(texts), strict=True)]

    return {
        "tagger": _people(by_tagger),
        "rules": _people(by_rules),
        "both": _people(by_both),
        "masker": Masker.from_params(Masking(), "zh").detect,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--part", choices=("dev", "test"), default="dev")
    parser.add_argument(
        "--min-score", type=float, default=0.4, help="of the tagger; the masker has its default"
    )
    given = parser.parse_args()
    path = HOME / f"weiboNER_2nd_conll.{given.part}"
    if not path.is_file():
        raise SystemExit(f"{path}: not found; the benchmark needs Weibo NER there")
    texts, gold = (list(part) for part in zip(*rows(path), strict=True))
    names = sum(kind == "PER.NAM" for golds in gold for *_, kind in golds)
    print(f"{given.part}: {len(texts)} texts, {names} names, scores from {given.min_score}")
    for name, find in finders(given.min_score).items():
        started = time.thread_time()
        found = find(texts)
        pace = len(texts) / (time.thread_time() - started)
        shown = ", ".join(f"{what} {value:.3f}" for what, value in score(found, gold).items())
        print(f"{name}: {shown}; {pace:.0f} texts/s")


def _people(find: Find) -> Find:
    """People alone. Findings that overlap are one; neighbours stay two, though a masker may join them."""

    def people(texts: Sequence[str]) -> list[list[Span]]:
        return [
            list(_apart([span for span in one if span.type == "PERSON"], text))
            for one, text in zip(find(texts), texts, strict=True)
        ]

    return people


def _apart(spans: list[Span], text: str) -> list[Span]:
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if found and span.start < found[-1].end:
            found[-1:] = resolve(text, [found[-1], span])
        else:
            found.append(span)
    return found


def _touches(one: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(one[0] < end and start < one[1] for start, end in others)


if __name__ == "__main__":
    main()
