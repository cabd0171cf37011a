"""A worksheet's cells as text, and what the text does not say: which cells are odd, and where.

The library that reads workbooks cuts numbers after nine decimals and leaves out what it cannot
tell in text. The columns in question are then read a second time, as numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from governance.sources.number_formats import padded
from governance.sources.places import SHOWN, cell_name

ERRORS = {
    "Div0": "#DIV/0!", "NA": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!",
    "Ref": "#REF!", "Value": "#VALUE!", "GettingData": "#GETTING_DATA",
}  # fmt: skip
ERROR_CELL = re.compile(r"'Error\((\w+)\)'")
DATE_CELL = re.compile(r"'DateTime\(ExcelDateTime \{ value: ([-+.0-9eE]+),")

NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"
LONG = "^[0-9]{16,}$"


@dataclass(frozen=True)
class Odd:
    """`cells` cells of the column `place`, and the addresses of the first."""

    code: str
    place: int
    cells: int
    first: list[str]


class Sheet:
    """The used part of a sheet from its first row on, a text column each; row 0 is the sheet's."""

    def __init__(self, book: Any, name: str, columns: list[Any], left: list[int]) -> None:
        self.book, self.name, self.columns = book, name, columns
        self.left = left
        self.beyond: dict[int, list[int]] = {}

    @classmethod
    def load(cls, book: Any, name: str) -> Sheet:
        loaded = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        batch, problems = loaded.to_arrow_with_errors()
        left = [column.absolute_index for column in loaded.selected_columns]
        columns = [batch.column(place) for place in range(batch.num_columns)]
        sheet = cls(book, name, columns, left)
        sheet._fill_in(problems.errors if problems else ())
        return sheet

    def _fill_in(self, problems: Iterable[Any]) -> None:
        """Cells that came empty though they are not: `#N/A` and its kin as Excel shows them, days
        beyond the calendar as the number they are."""
        import pyarrow as pa

        changed: dict[int, list[Any]] = {}
        for problem in problems:
            row, place = problem.offset_position
            error, day = ERROR_CELL.search(problem.detail), DATE_CELL.search(problem.detail)
            if place >= len(self.columns) or not (error or day):
                continue
            cells = changed.setdefault(place, self.columns[place].to_pylist())
            if error:
                cells[row] = ERRORS.get(error[1], f"#{error[1].upper()}")
            elif day:
                cells[row] = plain(float(day[1]))
                self.beyond.setdefault(place, []).append(row)
        for place, cells in changed.items():
            self.columns[place] = pa.array(cells, pa.string())

    def address(self, place: int, row: int) -> str:
        """What people call a cell; `row` counts from 1."""
        return cell_name(self.left[place], row)

    def table(self, width: int, start: int) -> Any:
        """The first columns from the row `start` on, and each row's number from 1 as `r`."""
        import pyarrow as pa

        body = [column.slice(start) for column in self.columns[:width]]
        rows = pa.array(range(start + 1, start + 1 + len(body[0])), pa.int64())
        return pa.table([*body, rows], names=[*(f"c{place}" for place in range(width)), "r"])

    def settle(self, wanted: list[int], start: int, path: Path) -> list[Odd]:
        """Give numbers all their digits, and say what is odd in the `wanted` columns below the
        header."""
        digits = [place for place in wanted if _any(self.columns[place].slice(start), NUMBER)]
        self._exact(digits)
        odd = [
            self._odd("source.damaged_beyond", place, rows)
            for place in wanted
            if (rows := self.beyond.get(place))
        ]
        odd += self._numbers(digits, start)
        for place, rows in self._padded(digits, start, path).items():
            odd.append(self._odd("source.damaged_format", place, rows))
        return odd

    def _again(self, places: list[int], kind: str) -> dict[int, Any]:
        """The columns once more, as another type; what is not of it is null."""
        if not places:
            return {}
        at = [self.left[place] for place in places]
        loaded = self.book.load_sheet(
            self.name,
            header_row=None,
            skip_rows=0,
            use_columns=at,
            dtypes=dict.fromkeys(at, kind),
        ).to_arrow()
        return {place: loaded.column(n) for n, place in enumerate(places)}

    def _exact(self, places: list[int]) -> None:
        """Write numbers that were cut as Excel shows them at most: with fifteen digits."""
        import pyarrow as pa
        import pyarrow.compute as pc

        for place, numbers in self._again(places, "float").items():
            texts = self.columns[place]
            read = pc.if_else(pc.match_substring_regex(texts, NUMBER), texts, None)
            cut = pc.fill_null(pc.not_equal(read.cast(pa.float64()), numbers), False)
            if not pc.any(cut).as_py():
                continue
            rows = pc.indices_nonzero(cut)
            shown = [plain(number) for number in numbers.take(rows).to_pylist()]
            self.columns[place] = pc.replace_with_mask(texts, cut, pa.array(shown, pa.string()))

    def _numbers(self, places: list[int], start: int) -> list[Odd]:
        """Columns in which numbers stand among texts, and numbers longer than Excel keeps.

        Read as truth values, numbers become one and texts do not.
        """
        import pyarrow.compute as pc

        long = [place for place in places if _any(self.columns[place].slice(start), LONG)]
        mixed = [place for place in places if self._is_mixed(place, start)]
        odd = []
        for place, truth in self._again(sorted({*long, *mixed}), "boolean").items():
            texts, is_number = self.columns[place].slice(start), truth.is_valid().slice(start)
            too_long = pc.and_(
                pc.fill_null(pc.match_substring_regex(texts, LONG), False), is_number
            )
            long_rows = _rows(too_long, start)
            odd.append(self._odd("source.damaged_long", place, long_rows))
            if place in mixed:
                is_text = pc.and_not(texts.is_valid(), is_number)
                numbers, words = _rows(is_number, start), _rows(is_text, start)
                fewer = min(numbers, words, key=len)
                # Told already, and worse.
                if fewer != long_rows:
                    odd.append(self._odd("source.damaged_mixed", place, fewer))
        return [found for found in odd if found.cells]

    def _is_mixed(self, place: int, start: int) -> bool:
        """Whether some cells cannot be numbers: letters, or a zero in front."""
        import pyarrow.compute as pc

        texts = self.columns[place].slice(start).drop_null()
        return not pc.all(
            pc.match_substring_regex(texts, r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$")
        ).as_py()

    def _padded(self, places: list[int], start: int, path: Path) -> dict[int, list[int]]:
        """Rows whose number shows more leading zeros than it has."""
        found: dict[int, list[int]] = {}
        at = {self.left[place]: place for place in places}
        for column, row, width in padded(path, self.name, set(at)):
            place = at[column]
            if row < start or row >= len(self.columns[place]):
                continue
            text = self.columns[place][row].as_py()
            if text is not None and text.isdigit() and len(text) < width:
                found.setdefault(place, []).append(row)
        return found

    def _odd(self, code: str, place: int, rows: list[int]) -> Odd:
        first = [self.address(place, row + 1) for row in sorted(rows)[:SHOWN]]
        return Odd(code, place, len(rows), first)


def plain(number: float) -> str:
    """A number as Excel shows it at most, with fifteen digits, and never as a power of ten."""
    return format(Decimal(f"{number:.15g}"), "f")


def _any(cells: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())


def _rows(mask: Any, start: int) -> list[int]:
    import pyarrow.compute as pc

    return [start + row for row in pc.indices_nonzero(mask).to_pylist()]
