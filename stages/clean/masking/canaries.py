"""Made-up people, planted into copies of real texts, to see whether anything of theirs survives masking."""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from stages.clean.masking import people
from stages.clean.masking.carriers import carriers

_ATTEMPTS = 20


@dataclass(frozen=True)
class Canary:
    """A text with a made-up person planted in it, and the person's values by type."""

    text: str
    values: dict[str, str]


def plant(
    texts: Sequence[str], count: int, seed: int, language: str, tagger: str = "shipped"
) -> list[Canary]:
    """Plants made-up people at the beginning, at the end and inside of texts drawn from `texts`.

    Args:
        texts: texts as they come to the masker; they may be empty.
        count: how many people.
        seed: the same seed gives the same people at the same places.
        language: `en` or `zh`, the language of the sentences around the values.
        tagger: `clean.masking.tagger`; with `none`, names stand only in sentences that give them away.
    """
    draw = random.Random(seed)  # noqa: S311 (reproducible, not secret)
    chosen = carriers(language, with_tagger=tagger != "none")
    return [_canary(texts, chosen[number % len(chosen)], draw, language) for number in range(count)]


def survivors(canaries: Sequence[Canary], masked: Sequence[str | None]) -> dict[str, int]:
    """How many values stand in the masked texts, wholly or by a telling part, by type; empty where none does.

    Args:
        canaries: what was planted.
        masked: what became of each text; None where the masker did not vouch for it.
    """
    found: Counter[str] = Counter()
    for canary, text in zip(canaries, masked, strict=True):
        if text is not None:
            found.update(kind for kind, value in canary.values.items() if _survives(kind, value, text))
    return dict(found)


def _canary(texts: Sequence[str], carrier: str, draw: random.Random, language: str) -> Canary:
    values = people.person(draw, language)
    values = {kind: value for kind, value in values.items() if f"{{{kind}}}" in carrier}
    planted = re.sub(r"\{([A-Z_]+)\}", lambda match: values[match.group(1)], carrier)
    for _ in range(_ATTEMPTS):
        host = draw.choice(texts) if texts else ""
        # A text that holds such a value of its own could not show that the planted one is gone.
        if not any(_survives(kind, value, host) for kind, value in values.items()):
            return Canary(_inside(host, planted, draw), values)
    return Canary(planted, values)


def _inside(host: str, planted: str, draw: random.Random) -> str:
    gaps = [match.start() for match in re.finditer(r"(?<=[.!?。！？])\s*(?=\S)", host)]
    where = draw.choice(["begin", "end", "inside"])
    if not host:
        return planted
    if where == "begin":
        return f"{planted} {host}"
    if where == "end" or not gaps:
        return f"{host}{draw.choice([' ', chr(10)])}{planted}"
    gap = draw.choice(gaps)
    return f"{host[:gap]} {planted} {host[gap:].lstrip()}"


def _survives(kind: str, value: str, text: str) -> bool:
    if kind == "PERSON" and value.isascii():
        return any(re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) for part in value.split())
    half = len(value) // 2
    parts = [value] if len(value) < 8 else [value[:half], value[half:]]
    if kind == "PERSON" and len(value) > 2:
        parts = [value, value[-2:]]
    return any(part in text for part in parts)
