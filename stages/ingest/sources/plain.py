"""Plain text: a file is a document, and its passages are the rows, in their order.

A passage is made of whole paragraphs, which blank lines part, as many as fit. So what learns from the rows
meets a document in its order, while a split, which takes or leaves whole rows, cuts no sentence.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from stages.ingest.sources.base import Row, Table, require
from stages.ingest.sources.lines import open_lines

LONGEST = 2000
"""characters of a passage, but for a single word that is longer"""

_COLUMNS = ("text", "document", "passage")
_LAST_SPACE = re.compile(r"\s+(?=\S*$)")


def table(path: Path, encoding: str, max_cell: int) -> Table:
    """A text file as a table: `text` of a passage, the file's name (`document`), its number (`passage`)."""
    return Table(str(path), partial(_read, path, encoding, max_cell))


def _read(path: Path, encoding: str, max_cell: int, wanted: Mapping[str, str]) -> Iterator[Row]:
    require(str(path), wanted, _COLUMNS, schema=True)
    document = path.name.removesuffix(".gz").removesuffix(path.suffix)
    with open_lines(path, encoding, max_cell) as lines:
        for number, (line, text) in enumerate(_passages(_paragraphs(lines)), 1):
            cells = {"text": text, "document": document, "passage": number}
            yield Row(number, cells, partial(text.encode, "utf-8", "surrogateescape"), line)


def _paragraphs(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Each paragraph with the line where it begins; one that grows too long is given in pieces."""
    held, begun = "", 0
    for number, line in enumerate(lines, 1):
        plain = line.rstrip("\r\n")
        if not plain.strip():
            if held:
                yield begun, held
            held = ""
            continue
        held, begun = (f"{held}\n{plain}", begun) if held else (plain, number)
        while len(held) > LONGEST:
            # at the last line end or space that fits, or else within the word
            fits = held[: LONGEST + 1]
            end = max(fits.rfind("\n"), 0) or (
                found.start() if (found := _LAST_SPACE.search(fits)) else LONGEST
            )
            yield begun, held[:end]
            held, begun = held[end:].lstrip("\n "), number
    if held:
        yield begun, held


def _passages(paragraphs: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    held, begun = "", 0
    for number, paragraph in paragraphs:
        if held and len(held) + len(paragraph) + 2 > LONGEST:
            yield begun, held
            held = ""
        held, begun = (f"{held}\n\n{paragraph}", begun) if held else (paragraph, number)
    if held:
        yield begun, held
