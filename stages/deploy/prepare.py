"""What happens to a text before the model sees it: the same as in the clean stage."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.clean.masking.masker import Masker, Unsettled
from stages.clean.normalise import Normaliser
from stages.deploy import tally
from stages.params.clean import Masking, Normalise

_IDLE = {"processes", "timeout"}


class UnvouchedError(ValueError):
    """A text that the masker cannot vouch for, as masking it again would mask more. It is not scored."""

    def __init__(self, index: int) -> None:
        super().__init__(f"text {index}: the masker cannot vouch for it, so it was not scored")


@dataclass(frozen=True)
class Prepared:
    """A text that may be scored and shown."""

    text: str
    """repaired, masked, normalised"""
    masked: dict[str, int]
    """how many values of each type were masked"""


class Preparer:
    """Repairs, masks and normalises texts.

    Args:
        repair: `clean.repair`.
        normalise: `clean.normalise`.
        masking: `clean.masking`.
        language: `project.language`.

    Raises:
        StageError: the masker cannot be loaded.
    """

    def __init__(self, repair: bool, normalise: Normalise, masking: Masking, language: str) -> None:
        self._normaliser = Normaliser(repair, normalise, language)
        self._masker = Masker.from_params(masking, language)

    def __call__(self, texts: Sequence[str]) -> list[Prepared]:
        """Prepares texts, in their order.

        Raises:
            UnvouchedError: one of them cannot be masked with certainty.
        """
        with tally.timed("mask"):
            seen = [self._normaliser.before(_unicode(text)) for text in texts]
            try:
                found = self._masker.mark(seen)
            except Unsettled:
                raise UnvouchedError(self._first_unsettled(seen)) from None
        if told := tally.listener.get():
            told.masked(Counter(span.type for _, spans in found for span in spans))
        return [
            Prepared(self._written(marked), dict(sorted(Counter(span.type for span in spans).items())))
            for marked, spans in found
        ]

    def own_types(self) -> frozenset[str]:
        """The names of the user's own types."""
        return frozenset(rule.name for rule in self._masker.frame.own)

    def _written(self, marked: str) -> str:
        after = self._normaliser.after
        return self._masker.style.finished(after(marked), after)

    def masker(self) -> dict[str, Any]:
        """What the masker is made of, as JSON."""
        return self._masker.describe()

    def _first_unsettled(self, seen: Sequence[str]) -> int:
        for index, text in enumerate(seen):
            try:
                self._masker.mark([text])
            except Unsettled:
                return index
        return 0


def settings(repair: bool, normalise: Normalise, masking: Masking, language: str) -> dict[str, Any]:
    """What a `Preparer` is made of, as JSON. In how many processes and how fast is the machine's affair.

    No key is among it: a served model numbers the values of a text where the data has pseudonyms.
    """
    return {
        "repair": repair,
        "normalise": normalise.model_dump(),
        "masking": masking.model_dump(exclude=_IDLE),
        "language": language,
    }


def from_settings(found: dict[str, Any]) -> Preparer:
    """The `Preparer` of those settings.

    Raises:
        ValueError, KeyError, TypeError: they are none.
    """
    masking = Masking.model_validate({**found["masking"], "processes": 1})
    return Preparer(
        bool(found["repair"]), Normalise.model_validate(found["normalise"]), masking, found["language"]
    )


def _unicode(text: str) -> str:
    """Replaces lone surrogates, which no tokenizer takes."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
