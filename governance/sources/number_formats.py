"""Cells of a workbook whose leading zeros are only shown: a number with the format `00000`.

Read from the file itself, which is a zip archive of XML; older and other formats tell nothing.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
RELATION = re.compile(r"^\{[^}]*officeDocument/(?:2006/)?relationships\}id$")
ZEROS = re.compile(r"^0{2,}(?:;.*)?$")
CELL = re.compile(rb"<c\s([^>]*)>")
REFERENCE = re.compile(rb'(?:^|\s)r="([A-Z]+)([0-9]+)"')
STYLE = re.compile(rb'(?:^|\s)s="([0-9]+)"')
CHUNK = 1 << 20


def padded(path: Path, sheet: str, columns: set[int]) -> Iterator[tuple[int, int, int]]:
    """Column and row, both from 0, and shown width of every cell whose format is zeros only.

    The sheet is looked through only where the workbook has such a format at all.
    """
    if not columns or not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            widths = _widths(archive)
            part = _part(archive, sheet) if widths else None
            if part is not None:
                yield from _cells(archive, part, widths, columns)
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, OSError, ValueError):
        # The workbook was read; only what its styles say is not known.
        return


def _widths(archive: zipfile.ZipFile) -> dict[int, int]:
    """Number of a style to the digits that its format shows at least."""
    root = ElementTree.fromstring(archive.read("xl/styles.xml"))  # noqa: S314 - expat refuses bombs
    main = MAIN if root.tag.startswith(MAIN) else STRICT
    formats = {
        entry.get("numFmtId"): (entry.get("formatCode") or "").partition(";")[0]
        for entry in root.iterfind(f"{main}numFmts/{main}numFmt")
        if ZEROS.match(entry.get("formatCode") or "")
    }
    styles = root.iterfind(f"{main}cellXfs/{main}xf")
    return {
        number: len(formats[style.get("numFmtId")])
        for number, style in enumerate(styles)
        if style.get("numFmtId") in formats
    }


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The archive's name for a sheet."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {link.get("Id"): link.get("Target") or "" for link in links}
    for entry in book.iter():
        if entry.tag.endswith("}sheet") and entry.get("name") == sheet:
            wanted = next(v for k, v in entry.attrib.items() if RELATION.match(k))
            target = targets[wanted]
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return None


def _cells(
    archive: zipfile.ZipFile, part: str, widths: dict[int, int], columns: set[int]
) -> Iterator[tuple[int, int, int]]:
    with archive.open(part) as stream:
        rest = b""
        while piece := stream.read(CHUNK):
            text = rest + piece
            end = text.rfind(b"<")
            for cell in CELL.finditer(text, 0, end):
                style, where = STYLE.search(cell[1]), REFERENCE.search(cell[1])
                if style is None or where is None or int(style[1]) not in widths:
                    continue
                column = _number(where[1])
                if column in columns:
                    yield column, int(where[2]) - 1, widths[int(style[1])]
            rest = text[end:]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1
