"""CSV and TSV: text as written; an unquoted empty cell is NULL, `""` is empty text."""

from __future__ import annotations

import csv
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from governance.errors import SourceRefused
from governance.sources.encoding import as_utf8, detect, known, transcode
from governance.sources.filereader import Ask, Format, Opened
from governance.sources.landing import scratch_file
from governance.sources.model import Columns, Note
from governance.sources.places import Places, cell_name

LINE = 64 << 20
LINE_NUMBER = re.compile(r"Line: (\d+)")


@contextmanager
def opened(ask: Ask) -> Iterator[Opened]:
    """The table of a text file. Raises SourceRefused for a broken one, naming the line."""
    encoding = known(ask.config.encoding) if ask.config.encoding else detect(ask.path)
    if ask.con is None:
        with as_utf8(ask.path, encoding) as path:
            header, _ = head(ask, path)
            yield Opened(columns(ask, header), lambda: iter(()))
        return
    stop = None if ask.watch is None else lambda: ask.watch.reason is not None  # type: ignore[union-attr]
    with scratch_file(ask.con) as copy:
        with copy.open("wb") as out:
            if encoding in ("utf-8", "utf-8-sig"):
                with ask.path.open("rb") as source:
                    shutil.copyfileobj(source, out, 1 << 20)
            else:
                transcode(ask.path, out, encoding, stop)
        lines = ends(copy)
        if ask.watch is not None:
            ask.watch.check()
        header, delimiter = head(ask, copy)
        last = close(copy, len(header), delimiter)
        relation, bound = reading(copy, len(header), delimiter)
        yield Opened(
            columns(ask, header),
            lambda: iter(((relation, bound),)),
            last,
            lambda: remarks(ask, encoding, delimiter),
            lambda error: broken(ask, error),
            lines,
            Places(f"(SELECT row_number() OVER () + 1 AS r, * FROM {relation})", bound, cell_name),
        )


def ends(path: Path) -> int:
    """About how many rows the file has: its line ends, those inside quotation marks too."""
    found = returns = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            found += piece.count(b"\n")
            returns += piece.count(b"\r")
    return found or returns


def head(ask: Ask, path: Path) -> tuple[list[str], str]:
    """The header's cells, and what parts them."""
    file = ask.path.name
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            line = stream.readline()
            delimiter = "\t" if ask.config.kind == "tsv" or file.lower().endswith(".tsv") else ","
            if delimiter not in line:
                # Spreadsheets call tab- and semicolon-parted text CSV too.
                delimiter = next((mark for mark in "\t;" if mark in line), delimiter)
            stream.seek(0)
            header = next(csv.reader(stream, delimiter=delimiter, strict=True), [])
    except (csv.Error, UnicodeError):
        raise SourceRefused(
            "source.csv_broken", source=ask.config.name, file=file, line=1
        ) from None
    if not any(header):
        raise SourceRefused("source.no_header", source=ask.config.name, file=file)
    return header, delimiter


def columns(ask: Ask, header: list[str]) -> Columns:
    repeated = [name for name in header if name and header.count(name) > 1]
    if repeated:
        raise SourceRefused(
            "source.header_repeated",
            source=ask.config.name, file=ask.path.name, column=repeated[0],
        )  # fmt: skip
    return tuple((name, "text") for name in header)


def close(copy: Path, width: int, delimiter: str) -> str:
    """Append a row of our own. DuckDB drops an unclosed quotation at the end without a word, and
    would drop this row with it."""
    with copy.open("rb+") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(0)
        first = file.readline(1 << 16)
        if b"\n" not in first and b"\r" in first:
            first = b"\r"
        file.seek(max(size - 2, 0))
        tail = file.read()
        # Line ends must not be mixed: as the last row's, or where that has none, as the header's.
        shown = tail if tail.endswith((b"\n", b"\r")) else first
        end = next((mark for mark in (b"\r\n", b"\n", b"\r") if shown.endswith(mark)), b"\n")
        last = secrets.token_hex(16)
        file.seek(0, 2)
        file.write(b"" if tail.endswith((b"\n", b"\r")) else end)
        file.write(delimiter.join([last] * width).encode() + end)
    return last


def reading(copy: Path, width: int, delimiter: str) -> tuple[str, list[Any]]:
    """One thread: text in quotation marks that looks like rows must not be cut into them."""
    names = {f"c{place}": "VARCHAR" for place in range(width)}
    relation = f"""read_csv(?, columns = {names}, auto_detect = false, header = true,
        delim = '{delimiter}', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false,
        parallel = false, max_line_size = {LINE}, buffer_size = {LINE})"""
    return relation, [str(copy)]


def broken(ask: Ask, error: Exception | None) -> SourceRefused:
    """The file and the line; DuckDB's own words quote the row."""
    if error is None:
        return SourceRefused("source.cut_short", source=ask.config.name, file=ask.path.name)
    found = LINE_NUMBER.search(str(error))
    return SourceRefused(
        "source.csv_broken",
        source=ask.config.name,
        file=ask.path.name,
        line=found[1] if found else "?",
    )


def remarks(ask: Ask, encoding: str, delimiter: str) -> tuple[Note, ...]:
    named = ask.named
    notes = []
    if not encoding.startswith("utf-8"):
        notes.append(Note("source.encoding_read", {**named, "encoding": encoding}))
    if delimiter == ";" or (delimiter == "\t" and ask.config.kind == "csv"):
        shown = "tab" if delimiter == "\t" else delimiter
        notes.append(Note("source.delimiter_read", {**named, "delimiter": shown}))
    return tuple(notes)


CSV = Format(opened, lambda ask: [ask.path.name])
