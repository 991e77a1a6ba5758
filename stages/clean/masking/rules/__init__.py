"""Every rule there is. A new kind of value is a `Rule` in the file of its subject."""

import re
from collections.abc import Sequence

import ahocorasick

from stages.clean.masking.rules import address, contact, finance, identity, names, network, secrets
from stages.clean.masking.rules.base import Rule
from stages.clean.masking.spans import Span

__all__ = ["Rule", "RuleSet", "all_rules"]

_NOT_DIGITS = re.compile("[^0-9]+")


def all_rules(phone_regions: Sequence[str]) -> tuple[Rule, ...]:
    """The rules in force, with the telephone formats of these regions."""
    return (
        *secrets.RULES,
        *finance.RULES,
        *identity.RULES,
        *network.RULES,
        *contact.RULES,
        *contact.phone_rules(phone_regions),
        *names.RULES,
        *address.RULES,
    )


class RuleSet:
    """Rules that are tried together: one pass over a text tells which of them can find anything in it."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._always = [rule for rule in rules if not rule.hints]
        self._hinted = [rule for rule in rules if rule.hints]
        wanting: dict[str, list[int]] = {}
        for place, rule in enumerate(self._hinted):
            for hint in rule.hints:
                wanting.setdefault(hint, []).append(place)
        self._hints = ahocorasick.Automaton()
        for hint, places in wanting.items():
            self._hints.add_word(hint, tuple(places))
        self._hints.make_automaton()

    def find(self, text: str) -> list[Span]:
        """What the rules find in a folded text; findings may overlap."""
        digits = len(_NOT_DIGITS.sub("", text))
        hit = {place for _, places in self._hints.iter(text.lower()) for place in places}
        tried = [*self._always, *(self._hinted[place] for place in sorted(hit))]
        tried = [rule for rule in tried if digits >= rule.digits]
        found = [span for rule in tried if not rule.last for span in rule.find(text)]
        for rule in tried:
            if rule.last:
                found += rule.find(_without(text, found))
        return found


def _without(text: str, spans: Sequence[Span]) -> str:
    """The text with letters in place of what was found, of the same length."""
    pieces, at = [], 0
    for span in sorted(spans, key=lambda one: one.start):
        if span.end > at:
            start = max(at, span.start)
            pieces += [text[at:start], "x" * (span.end - start)]
            at = span.end
    return "".join([*pieces, text[at:]])
