"""The masker: rules and tagger behind one interface, run until nothing more is found."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from stages.clean.masking import tagger
from stages.clean.masking.folding import fold
from stages.clean.masking.propagation import propagated
from stages.clean.masking.rules import RuleSet, all_rules, extra_rules
from stages.clean.masking.spans import EXTRA_TYPES, TYPES, Draft, Span
from stages.params.clean import Masking

ROUNDS = 8
"""Most passes over a text; two are the rule. A text that still changes then is not vouched for."""

Tag = Callable[[Sequence[str]], list[list[Span]]]


class Unsettled(Exception):
    """Masking a text again would mask more even after `ROUNDS` passes."""


class Masker:
    """Finds and masks personal values. Make one with `from_params`.

    A detector reads the text as masked so far, and the text is read again until no detector finds anything:
    so masking a masked text changes nothing.
    """

    def __init__(
        self, rules: RuleSet, tag: Tag | None, settings: dict[str, Any], extra: RuleSet | None = None
    ) -> None:
        self._rules = rules
        self._tag = tag
        self._settings = settings
        self._extra = extra

    @classmethod
    def from_params(cls, masking: Masking, language: str, extra_types: Sequence[str] = ()) -> "Masker":
        """The masker that `clean.masking` asks for. The tagger knows English only.

        Raises:
            StageError: the tagger is missing or altered.
        """
        tag: Tag | None = None
        if masking.tagger == "rampart" and language == "en":
            model = tagger.load(tagger.folder())

            def tag(texts: Sequence[str]) -> list[list[Span]]:
                return model.tag(texts, masking.min_score, places="LOCATION" in extra_types)

        settings = {
            "language": language,
            "min_score": masking.min_score,
            "phone_regions": list(masking.phone_regions),
            "tagger": masking.tagger if tag else "none",
            "tagger_files": dict(tagger.DIGESTS) if tag else {},
            "types": [kind for kind in TYPES if kind in extra_types or kind not in EXTRA_TYPES],
        }
        return cls(
            RuleSet(all_rules(masking.phone_regions)), tag, settings, RuleSet(extra_rules(extra_types))
        )

    def describe(self) -> dict[str, Any]:
        """What this masker was made of, for the bundle and the reports."""
        return dict(self._settings)

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """Per text its personal values: spans in order that do not overlap."""
        return [draft.spans for draft in self._drafts(texts)]

    def mask(self, texts: Sequence[str]) -> list[str]:
        """The texts with a type token, such as `[EMAIL]`, for every personal value."""
        return [draft.masked for draft in self._drafts(texts)]

    def mask_with_spans(self, texts: Sequence[str]) -> list[tuple[str, list[Span]]]:
        """Per text what `mask` and what `detect` give."""
        return [(draft.masked, draft.spans) for draft in self._drafts(texts)]

    def _drafts(self, texts: Sequence[str]) -> list[Draft]:
        drafts = [Draft(text) for text in texts]
        active = drafts
        for _ in range(ROUNDS):
            self._settle(active)
            # Last, since a country masked before would hide from the tagger the address that it ends.
            active = [draft for draft in active if self._apply_extra(draft)]
            if not active:
                return drafts
        raise Unsettled

    def _settle(self, drafts: Sequence[Draft]) -> None:
        for _ in range(ROUNDS):
            for draft in drafts:
                self._apply_rules(draft)
            drafts = self._apply_tagger(drafts)
            if not drafts:
                return
        raise Unsettled

    def _apply_extra(self, draft: Draft) -> bool:
        extra = self._extra
        return extra is not None and draft.add(_read([draft.masked], lambda texts: [extra.find(texts[0])])[0])

    def _apply_rules(self, draft: Draft) -> None:
        for _ in range(ROUNDS):
            found = draft.add(_read([draft.masked], self._by_rules)[0])
            found |= draft.add(propagated(draft.masked, draft.original, draft.spans))
            if not found:
                return
        raise Unsettled

    def _apply_tagger(self, drafts: Sequence[Draft]) -> list[Draft]:
        """The drafts in which the tagger found something new."""
        if self._tag is None:
            return []
        found = _read([draft.masked for draft in drafts], self._tag)
        return [draft for draft, spans in zip(drafts, found, strict=True) if draft.add(spans)]

    def _by_rules(self, folded: Sequence[str]) -> list[list[Span]]:
        return [self._rules.find(text) for text in folded]


def _read(texts: Sequence[str], detector: Callable[[Sequence[str]], list[list[Span]]]) -> list[list[Span]]:
    """Lets a detector read folded texts; its spans are in places of the texts as they are."""
    folded = [fold(text) for text in texts]
    found = detector([text for text, _ in folded])
    return [
        spans
        if places is None
        else [replace(span, start=places[span.start], end=places[span.end - 1] + 1) for span in spans]
        for spans, (_, places) in zip(found, folded, strict=True)
    ]
