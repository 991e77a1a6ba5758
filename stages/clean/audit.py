"""Does the masker do its work on this very data? Made-up people are planted into a copy of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stages.clean.masking import canaries, mask_all
from stages.clean.masking.frame import kinds_of
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

    Values of types that `clean.masking.types` leaves out are not looked for. Whatever `clean.masking.style`
    is, tokens take the place of what is found: a surrogate might be the very name that was planted.

    Args:
        texts: texts as they come to the masker; without any there is nothing to plant in.
        settings: `clean`.
        language: `project.language`.
        seed: `project.seed`.
    """
    if not texts:
        return Audit(0, 0, {})
    planted = canaries.plant(texts, settings.canaries, seed, language, settings.masking.tagger)
    kinds = kinds_of(settings.masking)
    planted = [
        replace(canary, values={kind: value for kind, value in canary.values.items() if kind in kinds})
        for canary in planted
    ]
    masking = settings.masking.model_copy(update={"style": "tokens"})
    masked = mask_all([canary.text for canary in planted], masking, language, settings.scheduler)
    found = canaries.survivors(planted, [outcome.text for outcome in masked])
    return Audit(len(planted), sum(len(canary.values) for canary in planted), dict(sorted(found.items())))
