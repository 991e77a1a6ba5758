"""Is the data trainable, and if not, how many copies of which class would make it so?"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stages.artifacts import Check, Verdict, at_least, at_most
from stages.params.augment import Augment


@dataclass(frozen=True)
class Decision:
    """What is to be done with the training split.

    Attributes:
        trainable: it needs no augmentation.
        hopeless: why augmentation cannot help; empty where it can, or is not needed.
        reasons: why it is not trainable as it is; empty where it is.
        targets: rows wanted of each label, copies included; the rows there are where nothing is to be done.
    """

    trainable: bool
    hopeless: list[str]
    reasons: list[str]
    targets: dict[str, int]

    def augments(self, counts: Mapping[str, int]) -> bool:
        """Whether there are copies to make."""
        return any(self.targets[label] > count for label, count in counts.items())


def decide(counts: Mapping[str, int], settings: Augment, labelled: bool = True) -> Decision:
    """Decides what to do with training rows counted by label; where there are none, their total counts."""
    reasons = list(shortcomings(counts, settings, labelled))
    wanted = settings.when == "always" or (settings.when == "needed" and bool(reasons))
    targets = _targets(counts, settings) if wanted else dict(counts)
    hopeless = []
    if reasons:
        copied = f"with {settings.max_copies} copies of a row, " if wanted else ""
        still = [copied + line for line in shortcomings(targets, settings, labelled)]
        hopeless = [*(_too_few_seeds(counts, settings) if labelled else ()), *still]
        if hopeless and settings.when == "never":
            hopeless.append("augment.when is never; set it to needed")
    if hopeless:
        targets = dict(counts)
    return Decision(not reasons, list(dict.fromkeys(hopeless)), reasons, targets)


def shortcomings(counts: Mapping[str, int], settings: Augment, labelled: bool = True) -> Iterator[str]:
    """Yields a line for everything that is missing in rows counted by label."""
    if labelled and len(counts) < 2:
        yield f"{len(counts)} label, where two are needed; check ingest.columns.label and ingest.filter"
    total = sum(counts.values())
    if total < settings.min_total:
        yield f"{total} training rows, fewer than augment.min_total {settings.min_total}"
    if not labelled:
        return
    for label, count in sorted(counts.items()):
        if count < settings.min_per_class:
            least = settings.min_per_class
            yield f"class {label!r} has {count} rows, fewer than augment.min_per_class {least}"
    ratio = imbalance(counts)
    if ratio > settings.max_imbalance:
        most = settings.max_imbalance
        yield f"the largest class is {ratio:.1f} times the smallest, over augment.max_imbalance {most}"


def imbalance(counts: Mapping[str, int]) -> float:
    """Rows of the largest class over rows of the smallest; 1 without rows."""
    return max(counts.values()) / min(counts.values()) if counts else 1.0


def verdict(
    before: Mapping[str, int], after: Mapping[str, int], settings: Augment, labelled: bool = True
) -> Verdict:
    """Whether the training split as it goes on is trainable; copies also need enough real rows."""
    if not labelled:
        return Verdict((*at_least("training rows", sum(after.values()), settings.min_total),))
    seeds: tuple[Check, ...] = ()
    if any(shortcomings(before, settings)):
        seeds = tuple(at_least("real rows of the smallest class", _least(before), settings.min_seed_rows))
    return Verdict(
        (
            *at_least("labels", len(after), 2),
            *seeds,
            *at_least("training rows", sum(after.values()), settings.min_total),
            *at_least("rows of the smallest class", _least(after), settings.min_per_class),
            *at_most("largest class over smallest", round(imbalance(after), 4), settings.max_imbalance),
        )
    )


def _too_few_seeds(counts: Mapping[str, int], settings: Augment) -> Iterator[str]:
    for label, count in sorted(counts.items()):
        if count < settings.min_seed_rows:
            least = settings.min_seed_rows
            yield f"class {label!r} has {count} rows, and copies need augment.min_seed_rows {least}"


def _targets(counts: Mapping[str, int], settings: Augment) -> dict[str, int]:
    """All classes raised to one level, each as far as `max_copies` allows.

    The level is the size of the largest class (twice it, so that every class gets copies, for `always`), and
    more where the rows would not come to `min_total` or `min_per_class`.
    """
    most = {label: count * (1 + settings.max_copies) for label, count in counts.items()}
    largest = max(counts.values(), default=0)
    level = max(largest * (2 if settings.when == "always" else 1), settings.min_per_class)
    while sum(min(level, cap) for cap in most.values()) < settings.min_total and level < max(
        most.values(), default=0
    ):
        level += 1
    return {label: max(counts[label], min(level, cap)) for label, cap in most.items()}


def _least(counts: Mapping[str, int]) -> int:
    return min(counts.values(), default=0)


def count(labels: list[str]) -> dict[str, int]:
    """Rows by label, in the order of the labels' names."""
    counts = Counter(labels)
    return {label: counts[label] for label in sorted(counts)}
