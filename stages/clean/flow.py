"""The rows at hand while they are cleaned, and how many each step took away."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from stages.artifacts import StageError
from stages.clean.dedup import exact_duplicates
from stages.clean.leftover import holds_personal_value
from stages.clean.masking import mask_all, scan
from stages.clean.normalise import Normaliser
from stages.clean.traces import Traces
from stages.ingest.raw import Record
from stages.params.clean import Clean

LEFT = "an identifier is left after masking"
"""why a row that the masker vouched for is quarantined nevertheless"""


@dataclass(frozen=True, slots=True)
class Row:
    """A record on its way: `text` is what has become of its text so far."""

    record: Record
    text: str = field(repr=False)


class Flow:
    """The rows at hand, and how many each step took away."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.counts = {"in": len(rows)}
        self.quarantined: dict[str, str] = {}
        self.traces = Traces()

    @property
    def texts(self) -> list[str]:
        return [row.text for row in self.rows]

    def must_hold(self, least: int, otherwise: str) -> None:
        if len(self.rows) < least:
            raise StageError(otherwise)

    def keep(self, step: str, flags: Sequence[bool]) -> None:
        """Keeps the rows flagged, and counts the others under the name of the step."""
        self.counts[step] = len(flags) - sum(flags)
        self.rows = [row for row, flag in zip(self.rows, flags, strict=True) if flag]

    def keep_distinct(self, when: str) -> None:
        flags, undecided = exact_duplicates(self.texts, [row.record.label for row in self.rows])
        self.keep(f"duplicates_{when}", flags)
        self.counts[f"duplicates_{when}"] -= undecided
        self.counts[f"undecided_{when}"] = undecided

    def mask(self, settings: Clean, language: str) -> Counter[str]:
        """Masks; quarantines what the masker or the scan of its work does not vouch for. Counts by type."""
        types: Counter[str] = Counter()
        kept = []
        for row, outcome in zip(self.rows, mask_all(self.texts, settings.masking, language), strict=True):
            self.traces.add(row.text, outcome)
            if outcome.text is None:
                self.quarantined[row.record.row_id] = outcome.reason or "the masker gives no reason"
            elif scan.residual([outcome.text]):
                self.quarantined[row.record.row_id] = LEFT
            else:
                types.update(outcome.counts)
                kept.append(replace(row, text=outcome.text))
        self.rows = kept
        return types

    def quarantine_left(self, normaliser: Normaliser, settings: Clean, language: str) -> None:
        """Normalises what is masked, and quarantines rows in which that made something personal appear."""
        texts = [normaliser.after(text) for text in self.texts]
        changed = [place for place, row in enumerate(self.rows) if texts[place] != row.text]
        held = holds_personal_value([texts[place] for place in changed], settings.masking, language)
        left = {place for place, found in zip(changed, held, strict=True) if found}
        self.quarantined |= {self.rows[place].record.row_id: LEFT for place in left}
        self.rows = [
            replace(row, text=text)
            for place, (row, text) in enumerate(zip(self.rows, texts, strict=True))
            if place not in left
        ]
