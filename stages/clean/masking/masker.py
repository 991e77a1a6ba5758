"""The masker: rules and tagger behind one interface, run until nothing more is found."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from stages.artifacts import StageError
from stages.clean.masking.folding import fold
from stages.clean.masking.frame import Frame
from stages.clean.masking.propagation import propagated
from stages.clean.masking.rules import RuleSet, all_rules, extra_rules
from stages.clean.masking.spans import EXTRA_TYPES, TYPES, Draft, Span
from stages.clean.masking.styles import Style
from stages.clean.masking.taggers import DIGESTS, Tag, tagging
from stages.clean.masking.windows import windows
from stages.params.clean import Masking

LANGUAGES = ("en", "zh")
"""Those for which there are detectors."""

BATCH = 400_000
"""Most characters that a detector is handed at once: what it needs of memory does not grow with the texts."""
ROUNDS = 8
"""Most passes over a text; two are the rule. A text that still changes then is not vouched for."""


class Unsettled(Exception):
    """Masking a text again would mask more even after `ROUNDS` passes."""


class Masker:
    """Finds and masks personal values. Make one with `from_params`.

    A detector reads the text as masked so far, and the text is read again until no detector finds anything:
    so masking a masked text changes nothing.
    """

    def __init__(
        self,
        rules: RuleSet,
        extra: RuleSet,
        tag: Tag | None,
        settings: dict[str, Any],
        frame: Frame,
        style: Style,
    ) -> None:
        self._rules = rules
        self._tag = tag
        self._settings = settings
        self._extra = extra
        self.frame = frame
        self.style = style

    @classmethod
    def from_params(cls, masking: Masking, language: str, key: bytes | None = None) -> "Masker":
        """The masker that `clean.masking` asks for.

        Args:
            masking: `clean.masking`.
            language: `project.language`.
            key: secret bytes for pseudonyms and surrogates; without them, they hold within a text only.

        Raises:
            StageError: the tagger is missing or altered, or the language or a type is unknown.
        """
        if language not in LANGUAGES:
            raise StageError(
                f"project.language: there are no detectors for {language!r}; "
                f"there are for: {', '.join(LANGUAGES)}"
            )
        frame = Frame(masking)
        tag = tagging(masking, language, frame.kinds)
        settings = {
            "language": language,
            "min_score": masking.min_score,
            "phone_regions": list(masking.phone_regions),
            "tagger": masking.tagger if tag else "none",
            "tagger_files": dict(DIGESTS) if tag else {},
            "types": [kind for kind in TYPES if kind in frame.kinds],
            "own_types": [own.name for own in masking.custom],
            "style": masking.style,
        }
        wanted = [rule for rule in all_rules(masking.phone_regions) if rule.type in frame.kinds]
        extra = RuleSet(extra_rules([kind for kind in EXTRA_TYPES if kind in frame.kinds]))
        return cls(RuleSet(wanted), extra, tag, settings, frame, Style(masking, language, key))

    def describe(self) -> dict[str, Any]:
        """What this masker was made of, for the bundle and the reports."""
        return dict(self._settings)

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """Per text its personal values: spans in order that do not overlap."""
        views = [self.frame.view(text) for text in texts]
        drafts = self._drafts([view.text for view in views])
        return [self.frame.found(view, draft) for view, draft in zip(views, drafts, strict=True)]

    def mask(self, texts: Sequence[str]) -> list[str]:
        """The texts with a type token, such as `[EMAIL]`, for every personal value, or as the style asks."""
        return [masked for masked, _ in self.mask_with_spans(texts)]

    def mask_with_spans(self, texts: Sequence[str]) -> list[tuple[str, list[Span]]]:
        """Per text what `mask` and what `detect` give."""
        return [(self.style.finished(marked), spans) for marked, spans in self.mark(texts)]

    def mark(self, texts: Sequence[str]) -> list[tuple[str, list[Span]]]:
        """As `mask_with_spans`, but where surrogates are asked for, their tokens still stand for them."""
        found = self.detect(texts)
        return [(self.style.marked(text, spans), spans) for text, spans in zip(texts, found, strict=True)]

    def _drafts(self, texts: Sequence[str]) -> list[Draft]:
        drafts = [self.frame.draft(text) for text in texts]
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
        found = _read([draft.masked], lambda folded: [self._extra.find(text) for text in folded])
        return draft.add(found[0])

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
        own = self.frame.own
        return [
            [*(span for rule in own for span in rule.find(text)), *self._rules.find(text)] for text in folded
        ]


def _read(texts: Sequence[str], detector: Callable[[Sequence[str]], list[list[Span]]]) -> list[list[Span]]:
    """Lets a detector read folded texts, long ones in windows; its spans are in places of the texts."""
    spans: list[list[Span]] = [[] for _ in texts]
    for batch in _batches(texts):
        folded = [fold(texts[owner][start:end]) for owner, start, end in batch]
        found = detector([text for text, _ in folded])
        for (owner, first, _), (_, places), part in zip(batch, folded, found, strict=True):
            for span in part:
                start, end = span.start, span.end
                if places is not None:
                    start, end = places[start], places[end - 1] + 1
                spans[owner].append(replace(span, start=first + start, end=first + end))
    return spans


def _batches(texts: Sequence[str]) -> Iterator[list[tuple[int, int, int]]]:
    """Windows, as text, start and end, in batches of a limited length."""
    batch: list[tuple[int, int, int]] = []
    length = 0
    for owner, text in enumerate(texts):
        for start, end in windows(text):
            if batch and length + end - start > BATCH:
                yield batch
                batch, length = [], 0
            batch.append((owner, start, end))
            length += end - start
    if batch:
        yield batch
