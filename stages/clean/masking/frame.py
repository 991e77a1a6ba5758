"""What params ask of the masker beside its detectors: which types, own types, values that stay."""

from collections.abc import Sequence
from dataclasses import replace

from stages.artifacts import StageError
from stages.clean.masking.allowed import Allowed
from stages.clean.masking.marks import View
from stages.clean.masking.own import OwnRule, own_name
from stages.clean.masking.spans import EXTRA_TYPES, TYPES, Draft, Span
from stages.params.clean import Masking

DEFAULT_TYPES = tuple(kind for kind in TYPES if kind not in EXTRA_TYPES)
"""The types that `clean.masking.types: null` masks."""


class Frame:
    """Stands between the detectors and the text.

    Attributes:
        kinds: the shipped types to mask.
        own: the rules of the user's own types.

    Raises:
        StageError: a type is unknown, or an own type has the name of one that ships.
    """

    def __init__(self, masking: Masking) -> None:
        self.kinds = kinds_of(masking)
        self.own = tuple(OwnRule.of(own) for own in masking.custom)
        self._names = tuple(rule.name for rule in self.own)
        self._allowed = Allowed(masking.allow)

    def view(self, text: str) -> View:
        """The text as the detectors read it."""
        return View(text, self._names)

    def draft(self, text: str) -> Draft:
        """A text under masking, as a view shows it: it takes only what is to be masked."""
        return _Draft(text, self)

    def found(self, view: View, draft: Draft) -> list[Span]:
        """What was found, in places of the original text, under the names of its types."""
        return [_named(view.back(span)) for span in draft.spans]

    def wanted(self, text: str, spans: Sequence[Span]) -> Sequence[Span]:
        """The findings that are to be masked."""
        kept = [span for span in spans if span.type in self.kinds or own_name(span) is not None]
        return self._allowed.without(text, kept) if kept else kept

    def plain(self, text: str) -> str:
        """A masked text as the second scan reads it: tokens in plain form, without values that may stay."""
        return self._allowed.blanked(self.view(text).text)


def kinds_of(masking: Masking) -> frozenset[str]:
    """The shipped types that `clean.masking.types` asks for.

    Raises:
        StageError: one of them is unknown, or an own type has the name of one that ships.
    """
    for own in masking.custom:
        if own.name in TYPES:
            raise StageError(f"clean.masking.custom: {own.name} is a type that ships; choose another name")
    for kind in masking.types or ():
        if kind not in TYPES:
            raise StageError(f"clean.masking.types: {kind!r} is no type; there are: {', '.join(TYPES)}")
    return frozenset(DEFAULT_TYPES if masking.types is None else masking.types)


def _named(span: Span) -> Span:
    name = own_name(span)
    return span if name is None else replace(span, type=name, detector="custom")


class _Draft(Draft):
    def __init__(self, text: str, frame: Frame) -> None:
        super().__init__(text)
        self._frame = frame

    def add(self, spans: Sequence[Span]) -> bool:
        return super().add(self._frame.wanted(self.masked, spans)) if spans else False
