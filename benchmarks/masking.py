"""What the masker leaves visible and how fast it is, beside Presidio and DataFog in the same run.

    python benchmarks/masking.py [--peers PYTHON] [--half first|second]

PYTHON has the peers installed (`pip install presidio-analyzer datafog` and an English spaCy model, in an
environment of its own: they are no dependency); a peer that is not there is skipped. The texts are the 1,500
of presidio-research in `../shared/data`. They are made from templates, so halves are of templates: what is
learnt from one half says something of the other. Spans count whatever their type, since what matters is what
stays visible:

- leak: characters of the gold spans that no finding covers, with a 95% interval (bootstrap over documents);
- span F2: spans that touch are one; a gold span counts when half of it is found, a finding when half of it
  is gold;
- with leak: documents in which any gold character stays visible, among those that have a gold span;
- touched: documents without a gold span in which anything is found.

Direct identifiers are measured with the types that are on by default, all types with the extra ones too.
Processor seconds count, on one core; the rules are read once before, since RE2 makes its states as it reads.
Aims: all types: leak 0.15, F2 0.88, documents with leak 0.25; direct identifiers: leak 0.05; touched 10%;
twice Presidio's documents a second; rules 4 MB/s dense, 20 MB/s sparse.
"""

import argparse
import json
import random
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from masking_chinese import print_chinese

from stages.clean.masking import Masker
from stages.clean.masking.folding import fold
from stages.clean.masking.rules import RuleSet, all_rules
from stages.clean.masking.rules.base import listed
from stages.clean.masking.spans import EXTRA_TYPES, TYPES
from stages.params.clean import Masking

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
GOLD = DATA / "presidio-research" / "synth_dataset_v2.json"
PROSE = DATA / "tinyshakespeare" / "input.txt"
DIRECT = frozenset(
    listed(
        """
        PERSON STREET_ADDRESS CREDIT_CARD PHONE_NUMBER EMAIL_ADDRESS ZIP_CODE IBAN_CODE US_SSN IP_ADDRESS
        US_DRIVER_LICENSE
        """
    )
)
RESULTS = ROOT / "benchmarks" / "results" / "masking.json"
"""what reports/privacy.html shows"""
RESAMPLES = 1000
DOCUMENT = 4000
"""characters of a document in the measurement of the rules alone"""

Pairs = list[tuple[int, int]]


@dataclass(frozen=True)
class Document:
    """A text, its gold spans as (start, end, type), and the half that its template falls into."""

    text: str
    gold: list[tuple[int, int, str]]
    half: str


class Found(NamedTuple):
    """What a detector found in each document, in how many processor seconds."""

    name: str
    spans: list[Pairs]
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description="the masker beside its peers")
    parser.add_argument("--peers", help="a Python that has presidio-analyzer, a spaCy model and datafog")
    parser.add_argument("--half", choices=["first", "second"], help="only documents of these templates")
    options = parser.parse_args()
    if not GOLD.exists():
        raise SystemExit(f"benchmarks/masking.py: {GOLD} is not there; nothing to measure on")
    documents = [one for one in gold() if options.half in (None, one.half)]
    texts = [one.text for one in documents]
    default, every = ours("ours, default types", texts, ()), ours("ours, every type", texts, EXTRA_TYPES)
    peers = [found for name in ("presidio", "datafog") if (found := peer(options.peers, name, texts))]
    leaks = {
        "all types": print_quality("all types", documents, [every, *peers], None),
        "direct identifiers": print_quality(
            "direct identifiers", documents, [default, every, *peers], DIRECT
        ),
    }
    if options.half is None:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(leaks, indent=2) + "\n", encoding="utf-8")
        for half in ("first", "second"):
            rows = [row for row, one in enumerate(documents) if one.half == half]
            part = [found._replace(spans=[found.spans[row] for row in rows]) for found in (every, default)]
            chosen = [documents[row] for row in rows]
            print_quality(f"all types, {half} half of the templates", chosen, part[:1], None)
            print_quality(f"direct identifiers, {half} half", chosen, part[1:], DIRECT)
    print("\ndocuments a second on one core")
    for found in (default, every, *peers):
        print(f"  {found.name:45} {len(texts) / found.seconds:9.0f}")
    print_chinese()
    print_rules(texts)


def gold() -> list[Document]:
    """The documents of the gold set; which half a template falls into is drawn once for all."""
    rows = json.loads(GOLD.read_text())
    templates = sorted({row["template_id"] for row in rows})
    first = set(random.Random(20).sample(templates, len(templates) // 2))
    return [
        Document(
            row["full_text"],
            [(one["start_position"], one["end_position"], one["entity_type"]) for one in row["spans"]],
            "first" if row["template_id"] in first else "second",
        )
        for row in rows
    ]


def ours(name: str, texts: Sequence[str], extra_types: Sequence[str]) -> Found:
    """Our masker over the texts."""
    types = [kind for kind in TYPES if kind in extra_types or kind not in EXTRA_TYPES]
    masker = Masker.from_params(Masking(processes=1, types=types), "en")
    masker.detect(texts[:50])
    found, seconds = timed(lambda: masker.detect(texts))
    return Found(name, [[(one.start, one.end) for one in spans] for spans in found], seconds)


def peer(python: str | None, name: str, texts: Sequence[str]) -> Found | None:
    """A peer over the texts, in a process of its own; None, and a line, where it is not installed."""
    if python is None:
        print(f"{name}: skipped, no --peers given")
        return None
    command = [python, str(ROOT / "benchmarks" / "masking_peers.py"), name]
    answer = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=False)
    if answer.returncode == 3:
        print(f"{name}: skipped, not installed for {python} (or no English spaCy model there)")
        return None
    if answer.returncode:
        raise SystemExit(f"benchmarks/masking.py: {name} failed: {answer.stderr.strip().splitlines()[-1]}")
    found = json.loads(answer.stdout)
    return Found(found["name"], [[(a, b) for a, b in spans] for spans in found["spans"]], found["seconds"])


def print_quality(
    title: str, documents: Sequence[Document], detectors: Sequence[Found], kinds: frozenset[str] | None
) -> dict[str, dict[str, float]]:
    """One line a detector; with `kinds` only gold spans of these types, and no precision to speak of.

    Returns:
        By detector the leak and the ends of its 95% interval.
    """
    leaks = {}
    print(f"\n{title}: {len(documents)} documents")
    print(f"  {'':45}      leak (95%)          span F2   with leak   touched")
    for found in detectors:
        counts = np.array(
            [_counts(one, spans, kinds) for one, spans in zip(documents, found.spans, strict=True)]
        )
        low, high = interval(counts[:, :2])
        leaks[found.name] = {"leak": float(counts[:, 0].sum() / counts[:, 1].sum()), "from": low, "to": high}
        visible, total, right, missed, wrong = counts.sum(axis=0)
        precision, recall = right / max(right + wrong, 1), right / max(right + missed, 1)
        f2 = f"{5 * precision * recall / max(4 * precision + recall, 1e-9):.3f}" if kinds is None else "    -"
        having = counts[:, 1] > 0
        clean = [spans for one, spans in zip(documents, found.spans, strict=True) if not one.gold]
        print(
            f"  {found.name:45} {visible / total:.3f} ({low:.3f} to {high:.3f})   {f2}      "
            f"{(counts[having, 0] > 0).mean():.3f}    {sum(map(bool, clean))} of {len(clean)}"
        )
    return leaks


def _counts(document: Document, spans: Pairs, kinds: frozenset[str] | None) -> tuple[int, int, int, int, int]:
    """Visible and all gold characters; gold spans found and missed; findings that are not gold."""
    gold_pairs = [(start, end) for start, end, kind in document.gold if kinds is None or kind in kinds]
    found = {place for start, end in spans for place in range(start, end)}
    asked = {place for start, end in gold_pairs for place in range(start, end)}
    hits = [_half(pair, found) for pair in _merged(document.text, gold_pairs)]
    wrong = sum(not _half(pair, asked) for pair in _merged(document.text, spans))
    return len(asked - found), len(asked), sum(hits), len(hits) - sum(hits), wrong


def _merged(text: str, spans: Pairs) -> Iterator[tuple[int, int]]:
    """Spans with no letter or digit between them as one."""
    at: tuple[int, int] | None = None
    for start, end in sorted(spans):
        if at is not None and (start < at[1] or not re.search(r"\w", text[at[1] : start])):
            at = at[0], max(at[1], end)
            continue
        if at is not None:
            yield at
        at = start, end
    if at is not None:
        yield at


def _half(pair: tuple[int, int], places: set[int]) -> bool:
    return 2 * sum(place in places for place in range(*pair)) >= pair[1] - pair[0]


def interval(counts: np.ndarray) -> tuple[float, float]:
    """The 95% interval of the leak: percentile bootstrap over documents (Efron 1979)."""
    draw = np.random.default_rng(20)
    rows = draw.integers(0, len(counts), (RESAMPLES, len(counts)))
    sums = counts[rows].sum(axis=1)
    low, high = np.percentile(sums[:, 0] / np.maximum(sums[:, 1], 1), [2.5, 97.5])
    return float(low), float(high)


def print_rules(texts: Sequence[str]) -> None:
    """The rules alone: on the gold texts (dense) and on plays (sparse), each in documents of like length."""
    rules = RuleSet(all_rules(Masking().phone_regions))
    print(f"\nrules alone, documents of {DOCUMENT} characters")
    sparse = PROSE.read_text() if PROSE.exists() else None
    for name, text in {"dense": "\n".join(texts), "sparse": sparse}.items():
        if text is None:
            print(f"  {name}: skipped, {PROSE} is not there")
            continue
        parts = [fold(text[at : at + DOCUMENT])[0] for at in range(0, len(text), DOCUMENT)]
        for part in parts:
            rules.find(part)
        found, seconds = timed(partial(list, map(rules.find, parts)))
        size = len(text.encode()) / 1e6
        print(
            f"  {name:7} {size / seconds:6.1f} MB/s ({sum(map(len, found)) / size / 1000:.1f} findings a kB)"
        )


def timed(call: Callable[[], list]) -> tuple[list, float]:
    """What a call gives, and its processor seconds."""
    before = time.process_time()
    return call(), time.process_time() - before


if __name__ == "__main__":
    main()
