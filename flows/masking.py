"""`retort mask`: the masker alone, on a file or a stream. It needs neither DVC nor a server."""

import json
import re
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from flows.errors import FlowError
from flows.texts import Form, Row, form_of
from stages.artifacts import write_file
from stages.clean.leftover import identifier_left
from stages.clean.masking import Masked, mask_stream
from stages.clean.masking.frame import Frame
from stages.clean.masking.styles import Style
from stages.ingest.vault import open_or_make_vault
from stages.params import Params, load

_LEFT = "an identifier is left after masking"
_LONE = re.compile("[\ud800-\udfff]")
"""Half a character, which JSON can hold and no text: it is replaced, as the line does too."""
_NAMED = 20
"""Rows that are named in a message."""


def settings() -> Params:
    """The params of this folder; the defaults where it has none."""
    return load() if Path("params.yaml").exists() else Params()


def mask(source: str, target: str, params: Params, form: str | None, column: str | None, spans: bool) -> str:
    """Masks the texts of `source` into `target`, some thousand at a time, and says how many there were.

    Args:
        source, target: files; `-` is standard input or output. A file is written whole or not at all.
        params: `clean.masking`, `clean.scheduler`, `project.language`, and `ingest.columns.text`.
        form: `text`, `csv` or `jsonl`; None goes by the endings of the names.
        column: the column of CSV to mask; None takes `ingest.columns.text`.
        spans: write where the values stand, never a value, instead of the masked texts.

    Raises:
        FlowError: the source cannot be read; or a text cannot be vouched for, whose place is left empty.
    """
    chosen = form_of(form, source, target, column or params.ingest.columns.text)
    work = _Work(params, source)

    def fill(out: BinaryIO) -> None:
        with _opened(source) as stream:
            pairs = work.masked(work.read(chosen, stream))
            lines = work.places(pairs) if spans else chosen.lines(work.written(pairs))
            for line in lines:
                # in JSON, a lone surrogate beside the text is written as it was
                out.write(line.encode("utf-8", "backslashreplace"))
            out.flush()

    if target == "-":
        fill(sys.stdout.buffer)
    else:
        write_file(Path(target), lambda partial: _fill(partial, fill))
    work.must_be_vouched_for()
    made = f"; made {' and '.join(work.made)}: keep a copy" if work.made else ""
    public = "; ingest.public is set, so names and addresses stay" if params.ingest.public else ""
    return f"{work.count} texts, {work.values} values masked{public}{made}"


class _Work:
    """The way of the rows through the masker, and what is counted on it."""

    def __init__(self, params: Params, source: str) -> None:
        self._params = params
        self._masking = params.cleaning.masking
        self._frame = Frame(self._masking)
        self._style = Style(self._masking, params.project.language)
        self._source = "standard input" if source == "-" else source
        self._refused: list[int] = []
        self._reasons: Counter[str] = Counter()
        self.count = self.values = 0
        self.made: list[str] = []

    def read(self, form: Form, stream: BinaryIO) -> Iterator[Row]:
        """The rows of the source; what is wrong with one is told by its number."""
        number = 0
        try:
            for row in form.rows(self._lines(stream)):
                number += 1
                # as long as before, so that the places of the spans hold
                yield replace(row, text=_LONE.sub("\ufffd", row.text))
        except ValueError as error:
            raise FlowError(f"{self._source}: row {number + 1} {error}; mend it") from None

    def _lines(self, stream: BinaryIO) -> Iterator[str]:
        """Decoded one by one, so that a bad one has a number. Only line feeds end a line."""
        for number, line in enumerate(stream, start=1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise FlowError(f"{self._source}: line {number}: not UTF-8; save it as UTF-8") from None

    def masked(self, rows: Iterable[Row]) -> Iterator[tuple[Row, Masked]]:
        """Each row with what the masker made of its text; the second scan has its say too."""
        ahead: deque[Row] = deque()

        def texts() -> Iterator[str]:
            for row in rows:
                ahead.append(row)
                yield row.text

        clean = self._params.cleaning
        project = self._params.project
        key, language = self._key(project.name), project.language
        for outcome in mask_stream(texts(), self._masking, language, clean.scheduler, key):
            self.count += 1
            if outcome.text is not None and identifier_left(outcome.text, self._frame):
                outcome = Masked(None, reason=_LEFT)
            if outcome.text is None:
                self._refused.append(self.count)
                self._reasons[outcome.reason or ""] += 1
            self.values += len(outcome.spans)
            yield ahead.popleft(), outcome

    def _key(self, project: str) -> bytes | None:
        """That of the line, so that a value has the same pseudonym here and there."""
        if not self._style.needs_key:
            return None
        vault, self.made = open_or_make_vault(project, self._params.ingest.vault)
        return vault.identity.masking

    def written(self, pairs: Iterable[tuple[Row, Masked]]) -> Iterator[Row]:
        """The rows as they are written: a text that cannot be vouched for is left empty."""
        for row, outcome in pairs:
            yield replace(row, text="" if outcome.text is None else self._style.finished(outcome.text))

    def places(self, pairs: Iterable[tuple[Row, Masked]]) -> Iterator[str]:
        """For each row a line of JSON: its number and its spans, null where it cannot be vouched for."""
        for number, (_, outcome) in enumerate(pairs, start=1):
            found = [
                {name: getattr(span, name) for name in ("start", "end", "type", "detector", "score")}
                for span in outcome.spans
            ]
            line = {"row": number, "spans": None if outcome.text is None else found}
            yield json.dumps(line) + "\n"

    def must_be_vouched_for(self) -> None:
        if self._refused:
            rows = ", ".join(map(str, self._refused[:_NAMED]))
            more = f" and {len(self._refused) - _NAMED} more" if len(self._refused) > _NAMED else ""
            reasons = "; ".join(self._reasons)
            raise FlowError(
                f"{self._source}: cannot be vouched for and left empty: row {rows}{more} ({reasons})"
            )


@contextmanager
def _opened(source: str) -> Iterator[BinaryIO]:
    if source == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115, closed below
    except OSError as error:
        raise FlowError(f"{source}: cannot be read ({error.strerror}); name a file") from None
    with file:
        yield file


def _fill(partial: Path, fill: Callable[[BinaryIO], None]) -> None:
    with partial.open("wb") as out:
        fill(out)
