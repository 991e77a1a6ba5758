"""Finds people in real microblogs: `python benchmarks/chinese_names.py [--part dev|test] [--min-score 0.5]`.

Weibo NER (Peng and Dredze 2015, second edition), people by name (PER.NAM). It is never trained on. The
tagger, the rules for Chinese names, and both together are held against it in two ways: `exact` wants start
and end right, as NER is scored; `masked` asks what a masker must know: a person is found when every
character of the name is covered, and a finding is right when it touches a person. Mentions by noun (PER.NOM,
such as "girl" or "my husband") are nobody's name: a finding on one is wrong, unless it is counted apart.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from stages.clean.masking.chinese.tagger import load
from stages.clean.masking.folding import fold
from stages.clean.masking.rules import RuleSet, all_rules
from stages.clean.masking.spans import Span, resolve

HOME = Path(__file__).parent.parent.parent / "shared" / "data" / "weibo-ner-zh"
Gold = list[tuple[int, int, str]]
Find = Callable[[list[str]], list[list[Span]]]


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


def score(found: list[list[tuple[int, int]]], gold: list[Gold]) -> dict[str, float]:
    """Recall and precision both ways, and the precision where a finding on PER.NOM is not counted wrong."""
    there = exact = covered = right = noun = total = 0
    for spans, golds in zip(found, gold, strict=True):
        names = [(start, end) for start, end, kind in golds if kind == "PER.NAM"]
        nouns = [(start, end) for start, end, kind in golds if kind == "PER.NOM"]
        there += len(names)
        total += len(spans)
        exact += len(set(names) & set(spans))
        visible = {place for start, end in spans for place in range(start, end)}
        covered += sum(visible.issuperset(range(*name)) for name in names)
        touched = [any(span[0] < end and start < span[1] for start, end in names) for span in spans]
        right += sum(touched)
        noun += sum(
            not hit and any(span[0] < end and start < span[1] for start, end in nouns)
            for hit, span in zip(touched, spans, strict=True)
        )
    return {
        "masked recall": covered / there,
        "masked precision": right / max(total, 1),
        "without PER.NOM": right / max(total - noun, 1),
        "exact recall": exact / there,
        "exact precision": exact / max(total, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("train", "dev", "test"), default="dev")
    parser.add_argument("--min-score", type=float, default=0.5)
    given = parser.parse_args()
    path = HOME / f"weiboNER_2nd_conll.{given.part}"
    if not path.is_file():
        raise SystemExit(f"{path}: not found; the benchmark needs Weibo NER there")
    texts, gold = (list(part) for part in zip(*rows(path), strict=True))
    tagger, rules = load(), RuleSet(all_rules(("CN",)))

    def by_tagger(texts: list[str]) -> list[list[Span]]:
        return tagger.tag(texts, given.min_score)

    def by_rules(texts: list[str]) -> list[list[Span]]:
        return [rules.find(fold(text)[0]) for text in texts]

    def by_both(texts: list[str]) -> list[list[Span]]:
        return [one + two for one, two in zip(by_tagger(texts), by_rules(texts), strict=True)]

    finders: dict[str, Find] = {"tagger": by_tagger, "rules": by_rules, "both": by_both}
    print(f"{given.part}: {len(texts)} texts, {sum(k == 'PER.NAM' for one in gold for *_, k in one)} names")
    for name, find in finders.items():
        started = time.thread_time()
        people = [[span for span in one if span.type == "PERSON"] for one in find(texts)]
        seconds = time.thread_time() - started
        # overlapping findings are one finding; neighbours stay two, though a masker would write one token
        merged = [[(s.start, s.end) for s in _apart(one, text)] for one, text in zip(people, texts, strict=True)]
        shown = ", ".join(f"{what} {value:.3f}" for what, value in score(merged, gold).items())
        print(f"{name}: {shown}; {len(texts) / seconds:.0f} texts/s")


def _apart(spans: list[Span], text: str) -> list[Span]:
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if found and span.start < found[-1].end:
            found[-1:] = resolve(text, [found[-1], span])
        else:
            found.append(span)
    return found


if __name__ == "__main__":
    main()
