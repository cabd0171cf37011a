"""The kinds of source, and which kind a file's name speaks of."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from governance.sources.filereader import Format

# Kind to how it is found: by an address, by a path, or by a path and a pattern.
KINDS: dict[str, tuple[str, ...]] = {
    "postgresql": ("url",),
    "mysql": ("url",),
    "mariadb": ("url",),
    "sqlalchemy": ("url",),
    "sqlite": ("path",),
    "csv": ("path", "encoding"),
    "tsv": ("path", "encoding"),
    "xlsx": ("path",),
    "parquet": ("path",),
    "jsonl": ("path",),
    "folder": ("path", "pattern", "encoding"),
}
FILE_FORMATS = ("csv", "tsv", "xlsx", "parquet", "jsonl")

SUFFIXES = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xlsx",
    ".xlsb": "xlsx", ".ods": "xlsx", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "jsonl", ".sqlite": "sqlite", ".sqlite3": "sqlite", ".db": "sqlite",
}  # fmt: skip


def kind_of_file(name: str) -> str | None:
    """The kind that a file's suffix stands for; None for a strange one."""
    return SUFFIXES.get(PurePath(name).suffix.lower())


def file_format(kind: str) -> Format:
    """How files of a kind are opened. Raises KeyError for a kind that is not of files."""
    if kind in ("csv", "tsv"):
        from governance.sources.csvfile import CSV

        return CSV
    if kind == "xlsx":
        from governance.sources.xlsx import XLSX

        return XLSX
    if kind == "parquet":
        from governance.sources.parquet import PARQUET

        return PARQUET
    if kind == "jsonl":
        from governance.sources.jsonl import JSONL

        return JSONL
    raise KeyError(kind)
