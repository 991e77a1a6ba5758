"""What is written in place of a value: its type, a pseudonym, or a made-up value.

A pseudonym is an HMAC-SHA-256 of type and value, so that the same value has the same one in the whole data
set, and nobody without the key can try values out. Surrogates are pseudonyms put into words at the very end:
until then the text holds tokens, which every step after masking knows and keeps.

A served model has no key. There, values are numbered within their text: the form is what the model was
trained on, equal values are still equal, the same text gives the same answer, and nothing about a value is
revealed.
"""

import hmac
import re
from collections.abc import Callable, Sequence

from stages.clean.masking.folding import fold
from stages.clean.masking.marks import MARK, mark, write
from stages.clean.masking.spans import Span
from stages.params.clean import Masking

_NOT_WORD = re.compile(r"[\W_]+")
_SPACE = re.compile(r"\s+")
_BY_WORDS = {"PERSON", "ADDRESS"}
_BY_LETTERS = {"PHONE", "CARD", "IBAN", "BANK_ACCOUNT", "NATIONAL_ID"}


class Style:
    """Writes masked texts as `clean.masking.style` asks.

    Args:
        masking: `clean.masking`.
        language: `project.language`.
        key: secret bytes for pseudonyms; None numbers the values of each text.
    """

    def __init__(self, masking: Masking, language: str, key: bytes | None = None) -> None:
        self._style = masking.style
        self._language = language
        self._key = key

    @property
    def needs_key(self) -> bool:
        """Whether the same value is to be known again in another text."""
        return self._style != "tokens"

    def marked(self, text: str, spans: Sequence[Span]) -> str:
        """The text with a token in place of each span."""
        if self._style == "tokens":
            return write(text, spans, lambda span: mark(span.type, None))
        name = self._numbering() if self._key is None else self._pseudonym
        return write(text, spans, lambda span: mark(span.type, name(span.type, text[span.start : span.end])))

    def finished(self, marked: str, polish: Callable[[str], str] = str) -> str:
        """The text with surrogates in place of its pseudonyms, where that is the style.

        Args:
            marked: what `marked` gives, or what has become of it.
            polish: what befell the text around the tokens, to befall the surrogates too.
        """
        if self._style != "surrogates" or "[" not in marked:
            return marked
        from stages.clean.masking.surrogates import surrogate

        def worded(match: re.Match[str]) -> str:
            kind, pseudonym = match.groups()
            return polish(surrogate(kind, pseudonym, self._language)) if pseudonym else match[0]

        return MARK.sub(worded, marked)

    def _pseudonym(self, kind: str, value: str) -> str:
        assert self._key is not None  # noqa: S101
        return hmac.digest(self._key, f"{kind}\0{same(kind, value)}".encode(), "sha256").hex()[:8]

    @staticmethod
    def _numbering() -> Callable[[str, str], str]:
        numbers: dict[tuple[str, str], int] = {}

        def number(kind: str, value: str) -> str:
            return f"{numbers.setdefault((kind, same(kind, value)), len(numbers) + 1):08x}"

        return number


def same(kind: str, value: str) -> str:
    """A form that spellings of the value share: without width, case, and marks that say nothing."""
    plain = fold(value)[0].casefold()
    if kind in _BY_WORDS:
        return _NOT_WORD.sub(" ", plain).strip()
    return (_NOT_WORD if kind in _BY_LETTERS else _SPACE).sub("", plain)
