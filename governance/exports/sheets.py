"""Tables for people to open in a spreadsheet, made so that no cell can act.

A cell that comes out of a source may start a formula, a link or a macro call. In CSV such a start
is neutralised by an apostrophe; in XLSX every cell is written as text. Files meant for a machine
do not pass through here: they are verbatim.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

if TYPE_CHECKING:
    from pathlib import Path

# What spreadsheets take for the start of a formula, full-width forms and control starts included.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
LONGEST_CELL = 32_767
MOST_ROWS = 1_048_576
LONGEST_NAME = 31

_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def inert(text: str) -> str:
    """`text` as a CSV cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def cut(text: str, mark: str) -> str:
    """`text` as Excel can hold it: at most 32,767 UTF-16 units, ending in `mark` where cut.

    `mark` may name `{length}`, the number of characters there were.
    """
    if len(text) <= LONGEST_CELL // 2 or _units(text) <= LONGEST_CELL:
        return text
    said = mark.format(length=f"{len(text):,}")
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * (LONGEST_CELL - _units(said))]
    return kept.decode("utf-16-le", "ignore") + said


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def sheet_name(title: str, taken: Iterable[str]) -> str:
    """`title` as a sheet's name: what Excel allows, and not yet taken (case does not count)."""
    used = {name.casefold() for name in taken}
    base = " ".join(_FORBIDDEN.sub(" ", title).split()).strip(" '")[:LONGEST_NAME].strip(" '")
    if not base or base.casefold() == "history":  # Excel keeps that name for itself
        base = f"{base} -".strip()
    name, number = base, 1
    while name.casefold() in used:
        number += 1
        tail = f" ({number})"
        name = base[: LONGEST_NAME - len(tail)] + tail
    return name


class CsvFile:
    """A CSV file with a byte order mark, so that Excel reads it as UTF-8.

    Every cell is quoted: where `;` separates, an unquoted cell could fall apart into a formula.
    """

    def __init__(self, stream: TextIO, header: Sequence[str]) -> None:
        stream.write("\ufeff")
        self._writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        self.row(header)

    def row(self, cells: Sequence[str | None]) -> None:
        self._writer.writerow([inert(cell or "") for cell in cells])


@dataclass(frozen=True)
class Layout:
    """Header, column widths in characters, and the word that says a cell was cut."""

    header: tuple[str, ...]
    widths: tuple[int, ...]
    cut_mark: str


@dataclass
class _Sheet:
    sheet: Any
    title: str
    next_row: int = 1


@dataclass
class XlsxFile:
    """A workbook written row by row; memory does not grow with it. Sheets come as they are named.

    A sheet that is full goes on in another one. `scratch` is a folder for half-written sheets.
    """

    path: Path
    layout: Layout
    scratch: Path
    # Sheets that have other columns than the rest, by title.
    layouts: Mapping[str, Layout] = field(default_factory=dict)
    _open: dict[str, _Sheet] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)
    _all: list[tuple[Any, _Sheet]] = field(default_factory=list)

    def __post_init__(self) -> None:
        import xlsxwriter

        self._book = xlsxwriter.Workbook(
            str(self.path), {"constant_memory": True, "tmpdir": str(self.scratch)}
        )
        font = {"font_size": 10, "valign": "top"}
        self._head = self._book.add_format(
            {**font, "bold": True, "bg_color": "#E6EBF2", "bottom": 1, "text_wrap": True}
        )
        self._plain = self._book.add_format({**font, "num_format": "@"})
        self._marks = {
            "before": self._book.add_format({**font, "num_format": "@", "bg_color": "#FBE9E7"}),
            "after": self._book.add_format(
                {**font, "num_format": "@", "bg_color": "#E3F1E8", "bold": True}
            ),
        }

    def sheet(self, title: str) -> None:
        """Make sure that a sheet of this title is there, even if it stays empty."""
        if title not in self._open:
            self._open[title] = self._new(title)

    def row(self, title: str, cells: Sequence[str | None], marked: dict[int, str]) -> None:
        """Add a row to the sheet `title`; `marked` names cells as `before` or `after`."""
        self.sheet(title)
        target = self._open[title]
        if target.next_row >= MOST_ROWS:
            target = self._open[title] = self._new(title)
        for place, text in enumerate(cells):
            shown = cut(text or "", self.layout.cut_mark)
            style = self._marks.get(marked.get(place, ""), self._plain)
            target.sheet.write_string(target.next_row, place, shown, style)
        target.next_row += 1

    def _new(self, title: str) -> _Sheet:
        name = sheet_name(title, self._names)
        self._names.append(name)
        sheet = self._book.add_worksheet(name)
        layout = self.layouts.get(title, self.layout)
        for place, width in enumerate(layout.widths):
            sheet.set_column(place, place, width)
        for place, word in enumerate(layout.header):
            sheet.write_string(0, place, word, self._head)
        sheet.freeze_panes(1, 0)
        made = _Sheet(sheet, title)
        self._all.append((sheet, made))
        return made

    def close(self) -> None:
        if not self._open:
            self.sheet("-")
        for sheet, rows in self._all:
            columns = len(self.layouts.get(rows.title, self.layout).header)
            sheet.autofilter(0, 0, max(rows.next_row - 1, 0), columns - 1)
        self._book.close()


def utf8(stream: BinaryIO) -> TextIO:
    """`stream` as text for `CsvFile`; line ends are written as given."""
    import io

    return io.TextIOWrapper(stream, encoding="utf-8", errors="surrogatepass", newline="")
