"""Which split a row belongs to. A row's own content decides, so new data never moves an old row."""

import hashlib
from collections import Counter
from collections.abc import Sequence

from stages.params.clean import Splits


def split_of(place: bytes, seed: int, shares: Splits) -> str:
    """`train`, `valid` or `test`.

    Every row falls by a hash of its own, so each label is split in the same proportion, up to chance:
    `label_gap` says how far off chance has been. Choosing rows so as to hit the shares exactly would let new
    rows move old ones.

    Args:
        place: what keeps the row where it is, from `anchor`.
        seed: `project.seed`.
        shares: `clean.splits`.
    """
    drawn = hashlib.sha256(f"split\0{seed}\0".encode() + place).digest()
    point = int.from_bytes(drawn[:8], "big") / 2**64
    if point < shares.test:
        return "test"
    return "valid" if point < shares.test + shares.valid else "train"


def anchor(text: str, person: bytes | None) -> bytes:
    """What keeps a row in its split: the person it is about, where there is one, else its text.

    Neither label nor groups count, so correcting one moves nothing.

    Args:
        text: the text as it came in, or the part of it that holds several rows together.
        person: keyless digest of the person's name, from `digests_of_people`.
    """
    return hashlib.sha256(text.encode()).digest() if person is None else person


def label_shares(labels: Sequence[str]) -> dict[str, float]:
    """The share of each label, by label."""
    counts = Counter(labels)
    return {label: counts[label] / len(labels) for label in sorted(counts)}


def label_gap(part: Sequence[str], whole: Sequence[str]) -> float:
    """Largest difference between a label's share in a split and in all rows; 0 for an empty split."""
    if not part:
        return 0.0
    inside, overall = label_shares(part), label_shares(whole)
    return max(abs(inside.get(label, 0.0) - share) for label, share in overall.items())
