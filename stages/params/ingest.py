"""Where the data comes from."""

from typing import Literal

from pydantic import Field

from stages.params.base import Section


class Columns(Section):
    text: str = Field("text", min_length=1)
    """column that holds the text"""
    question: str | None = Field(None, min_length=1)
    """column that holds the question about the text; null where the task has none"""
    title: str | None = Field(None, min_length=1)
    """column that holds the title of the text that a question is about; null where there is none"""
    label: str | None = Field("label", min_length=1)
    """column that holds the class, for token-classification spans (start, end, type), or the answers"""
    start: str | None = Field(None, min_length=1)
    """column that holds where the answer begins in the text; null: it is searched, or there is none"""
    subject: str | None = None
    """column that names the person a row is about; null where there is none"""
    groups: list[str] = Field([])
    """columns kept for fairness measurements only, never as features"""


class Image(Section):
    size: int = Field(ge=4, le=1024)
    """height and width that every image is resized to, in pixels"""
    channels: Literal[1, 3] = 1
    """1: shades of grey; 3: red, green and blue"""
    max_pixels: int = Field(50_000_000, ge=1)
    """largest image that is opened, in pixels; a larger one is a bad row"""


class Ingest(Section):
    source: str | list[str] = Field("sample:tweets", min_length=1)
    """sample:NAME, files (csv, tsv, jsonl, parquet, SQuAD json, txt, images), folders, globs, database URL"""
    query: str | None = None
    """the SQL query, for a database URL; ${NAME} in the URL is read from the environment"""
    columns: Columns = Columns()
    image: Image | None = None
    """for image-classification: the form of images, such as {size: 28, channels: 1}; null: rows are text"""
    vault: str | None = None
    """database that keeps the data keys, as postgresql://...; null keeps them in a file beside the key's"""
    public: str | None = Field(None, min_length=1)
    """why names and addresses may stay, such as: published news; only secrets and checked numbers go then"""
    filter: str | None = None
    """keep only rows for which this holds, such as: confidence >= 0.6"""
    limit: int | None = Field(None, ge=1)
    """take a seeded sample of so many rows; null takes all"""
    encoding: str = "utf-8"
    """character encoding of text files"""
    on_bad_rows: Literal["fail", "quarantine"] = "fail"
    """what to do with rows that cannot be read"""
    max_cell: int = Field(1_000_000, ge=1000)
    """longest cell accepted, in characters; a longer one is a bad row"""
    chunk_rows: int = Field(5000, ge=1)
    """rows held in memory at a time"""
