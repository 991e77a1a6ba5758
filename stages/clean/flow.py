"""The rows at hand while they are cleaned, and how many each step took away."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from stages.artifacts import StageError
from stages.clean.dedup import exact_duplicates
from stages.clean.leftover import holds_personal_value, identifier_left
from stages.clean.masking import MARK, mask_stream
from stages.clean.masking.cache import Cache
from stages.clean.masking.frame import Frame
from stages.clean.masking.styles import Style
from stages.clean.normalise import Normaliser
from stages.clean.traces import Traces
from stages.ingest.raw import Record
from stages.params.clean import Clean
from stages.tasks import Task

LEFT = "an identifier is left after masking"
"""why a row that the masker vouched for is quarantined nevertheless"""


@dataclass(frozen=True, slots=True)
class Row:
    """A record on its way: `text` is what has become of its text so far."""

    record: Record
    text: str = field(repr=False)


class Flow:
    """The rows at hand, and how many each step took away."""

    def __init__(self, rows: list[Row], task: Task) -> None:
        self.rows = rows
        self._task = task
        self.counts = {"in": len(rows)}
        self.quarantined: dict[str, str] = {}
        self.traces = Traces()

    @property
    def texts(self) -> list[str]:
        return [row.text for row in self.rows]

    @property
    def compared(self) -> list[str]:
        """What must be unlike for two rows to count as two."""
        return [self._task.compared(row.text) for row in self.rows]

    def must_hold(self, least: int, otherwise: str) -> None:
        if len(self.rows) < least:
            raise StageError(otherwise)

    def keep(self, step: str, flags: Sequence[bool]) -> None:
        """Keeps the rows flagged, and counts the others under the name of the step."""
        self.counts[step] = len(flags) - sum(flags)
        self.rows = [row for row, flag in zip(self.rows, flags, strict=True) if flag]

    def keep_distinct(self, when: str) -> None:
        flags, undecided = exact_duplicates(self.compared, [row.record.label for row in self.rows])
        self.keep(f"duplicates_{when}", flags)
        self.counts[f"duplicates_{when}"] -= undecided
        self.counts[f"undecided_{when}"] = undecided

    def mask(
        self, settings: Clean, language: str, key: bytes | None = None, cache: Cache | None = None
    ) -> Counter[str]:
        """Masks; quarantines what the masker or the scan of its work does not vouch for. Counts by type."""
        types: Counter[str] = Counter()
        kept = []
        frame = Frame(settings.masking)
        texts = (row.text for row in self.rows)
        outcomes = mask_stream(texts, settings.masking, language, settings.scheduler, key, cache)
        for row, outcome in zip(self.rows, outcomes, strict=True):
            self.traces.add(row.text, outcome)
            if outcome.text is None:
                self.quarantined[row.record.row_id] = outcome.reason or "the masker gives no reason"
            elif identifier_left(outcome.text, frame):
                self.quarantined[row.record.row_id] = LEFT
                self.traces.add_sentence(row.text)
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
        for place in left:
            self.traces.add_sentence(self.rows[place].record.text)
        self.quarantined |= {self.rows[place].record.row_id: LEFT for place in left}
        self.rows = [
            replace(row, text=text)
            for place, (row, text) in enumerate(zip(self.rows, texts, strict=True))
            if place not in left
        ]

    def word_surrogates(self, normaliser: Normaliser, settings: Clean, language: str) -> dict[str, list[str]]:
        """Puts surrogates in place of the tokens that stand for them, where that is the style.

        Gives the pseudonyms that they are made from, by type: whoever has these can make them again, and tell
        them from what masking left.
        """
        if settings.masking.style != "surrogates":
            return {}
        style = Style(settings.masking, language)
        used: dict[str, set[str]] = {}
        for text in self.texts:
            for kind, pseudonym in MARK.findall(text):
                if pseudonym:
                    used.setdefault(kind, set()).add(pseudonym)
        self.rows = [replace(row, text=style.finished(row.text, normaliser.after)) for row in self.rows]
        return {kind: sorted(used[kind]) for kind in sorted(used)}
