"""Questions and answers in SQuAD's layout: articles of paragraphs, and what is asked of each paragraph.

Such a file is one JSON value, so it is read whole; its rows are given one by one. Versions 1.1 and 2.0 are
read, and what follows them, as CMRC 2018 and COVID-QA do (Rajpurkar et al. 2016 and 2018).
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from stages.artifacts import StageError
from stages.ingest.sources.base import Row, Table, require

COLUMNS = ("id", "title", "context", "question", "answers", "is_impossible")
"""`answers` is the list of a question's answers; empty where it is said to have none"""


def table(path: Path, encoding: str, name: str | None = None) -> Table:
    """A file as a table of questions, in its order."""
    return Table(name or str(path), partial(_read, path, name or str(path), encoding))


def _read(path: Path, name: str, encoding: str, wanted: Mapping[str, str]) -> Iterator[Row]:
    require(name, wanted, COLUMNS, schema=True)
    for number, (cells, reason) in enumerate(_questions(_load(path, encoding), name), start=1):
        raw = partial(_raw, cells)
        yield Row(number, {} if reason else {key: cells.get(key) for key in wanted}, raw, None, reason)


def _questions(found: Any, name: str) -> Iterator[tuple[dict[str, Any], str | None]]:
    """The cells of each question, and what is wrong with them, if anything is."""
    articles = found.get("data") if isinstance(found, dict) else None
    if not isinstance(articles, list):
        raise StageError(
            f'{name}: JSON, but not in SQuAD\'s layout, {{"data": [{{"title": "", "paragraphs": []}}]}}; '
            "give other JSON as lines (.jsonl)"
        )
    for article in articles:
        paragraphs = article.get("paragraphs") if isinstance(article, dict) else None
        if not isinstance(paragraphs, list):
            yield {"article": article}, "its article holds no paragraphs"
            continue
        for paragraph in paragraphs:
            questions = paragraph.get("qas") if isinstance(paragraph, dict) else None
            if not isinstance(questions, list):
                yield {"paragraph": paragraph}, "its paragraph holds no questions"
                continue
            for question in questions:
                yield _cells(article, paragraph, question)


def _cells(article: Any, paragraph: Any, question: Any) -> tuple[dict[str, Any], str | None]:
    if not isinstance(question, dict):
        return {"question": question}, "it is no object"
    impossible = question.get("is_impossible") is True
    return {
        "id": question.get("id"),
        "title": article.get("title"),
        "context": paragraph.get("context"),
        "question": question.get("question"),
        "answers": [] if impossible else question.get("answers"),
        "is_impossible": impossible,
    }, None


def _raw(cells: dict[str, Any]) -> bytes:
    return json.dumps(cells, ensure_ascii=False).encode("utf-8", "surrogateescape")


def _load(path: Path, encoding: str) -> Any:
    try:
        content = path.read_bytes()
        if path.name.lower().endswith(".gz"):
            content = gzip.decompress(content)
        return json.loads(content.decode("utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding))
    except FileNotFoundError:
        raise StageError(f"{path}: no such file; check ingest.source") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise StageError(f"{path}: damaged or cut gzip; fetch the file again") from None
    except (UnicodeDecodeError, LookupError):
        raise StageError(f"{path}: not {encoding}; set ingest.encoding") from None
    except (ValueError, RecursionError):
        raise StageError(f"{path}: no JSON, or cut; fetch the file again, or give lines as .jsonl") from None
    except OSError:
        raise StageError(f"{path}: cannot be read; check its owner and mode") from None
