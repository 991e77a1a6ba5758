"""Values that are never masked: found in a text all at once, however many there are."""

from collections.abc import Iterable, Iterator, Sequence

import ahocorasick

from stages.clean.masking.spans import Span, resolve


class Allowed:
    """The values of `clean.masking.allow`, in any case."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values = ahocorasick.Automaton()
        for value in values:
            self._values.add_word(_lower(value), len(value))
        if self._values:
            self._values.make_automaton()

    def without(self, text: str, spans: Sequence[Span]) -> Sequence[Span]:
        """The spans but for those that are such a value. What reaches beyond one is masked whole."""
        places = list(self._places(text))
        if not places:
            return spans
        whole = resolve(text, spans)
        return [
            span
            for span in whole
            if not any(start <= span.start and span.end <= end for start, end in places)
        ]

    def blanked(self, text: str) -> str:
        """The text with line breaks in place of such values, where they stand as words of their own."""
        letters: list[str] | None = None
        for start, end in self._places(text):
            if not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
                letters = letters or list(text)
                letters[start:end] = "\n" * (end - start)
        return text if letters is None else "".join(letters)

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        if self._values:
            for last, length in self._values.iter(_lower(text)):
                yield last + 1 - length, last + 1


def _lower(text: str) -> str:
    """Lower case without a change of length, so that places hold."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
