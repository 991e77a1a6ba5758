"""Is anything personal left in a text that should hold none? Asked of rules only, which do not guess."""

from collections.abc import Sequence

from stages.clean.masking import mask_all, scan
from stages.clean.masking.frame import Frame
from stages.params.clean import Masking


def holds_personal_value(texts: Sequence[str], masking: Masking, language: str) -> list[bool]:
    """For each text whether a rule of the masker, or the residual scan, finds something in it.

    The tagger is left out: it sees names in words that are none, and has had its say in masking.

    Args:
        texts: texts that are masked, or should need no masking.
        masking: `clean.masking`.
        language: `project.language`.
    """
    # rules read thousands of texts a second: less than starting processes costs
    rules = masking.model_copy(update={"tagger": "none"})
    frame = Frame(rules)
    return [
        outcome.text is None or bool(outcome.counts) or identifier_left(text, frame)
        for text, outcome in zip(texts, mask_all(texts, rules, language, "local"), strict=True)
    ]


def identifier_left(text: str, frame: Frame) -> bool:
    """Whether the residual scan finds an identifier, of a type that was to be masked, in a masked text."""
    return not frame.kinds.isdisjoint(scan.residual([frame.plain(text)]))
