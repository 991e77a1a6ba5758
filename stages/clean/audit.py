"""Does the masker do its work on this very data? Made-up people are planted into a copy of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from stages.clean.masking import canaries, mask_all
from stages.params.clean import Clean


@dataclass(frozen=True)
class Audit:
    """What was planted and found.

    Attributes:
        people: made-up people planted.
        values: personal values of theirs.
        survivors: values that could still be read after masking, by type; empty where there are none.
    """

    people: int
    values: int
    survivors: dict[str, int]

    @property
    def survived(self) -> int:
        """How many values could still be read."""
        return sum(self.survivors.values())


def audit(texts: Sequence[str], settings: Clean, language: str, seed: int) -> Audit:
    """Plants `clean.canaries` people into copies of texts, masks those as the data is masked, looks for them.

    Args:
        texts: texts as they come to the masker.
        settings: `clean`.
        language: `project.language`.
        seed: `project.seed`.
    """
    planted = canaries.plant(texts, settings.canaries, seed, language, settings.masking.tagger)
    masked = mask_all([canary.text for canary in planted], settings.masking, language)
    found = canaries.survivors(planted, [outcome.text for outcome in masked])
    return Audit(len(planted), sum(len(canary.values) for canary in planted), dict(sorted(found.items())))
