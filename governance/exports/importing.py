"""Import sheets: what a system's own import is fed with, so verbatim and nothing more than needed.

The columns are the record's key and the fields that change for any record of the sheet, named and
ordered as in the system's import template. A cell that does not change holds what the system holds
now: imports that take an empty cell for "clear this" do no harm then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.dictionary import Entity
from governance.exports.sheets import LONGEST_CELL, sheet_name

FORMS = ("csv", "xlsx", "json")


@dataclass(frozen=True)
class Record:
    """One record of the target: every field as it is there now, and what it shall be."""

    now: Mapping[str, str | None]
    changes: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """One table of an import file."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


def template(entity: Entity, system: str) -> Mapping[str, str]:
    """Field to column of the system's import template, in its order. Where none is configured, the
    mapped columns."""
    mapping = entity.mapping_of(system)
    assert mapping is not None
    return mapping.import_template or mapping.columns


def sheet(name: str, entity: Entity, system: str, records: Sequence[Record]) -> Sheet:
    """The records of one entity; every changed field must be in the template."""
    columns = template(entity, system)
    changed = {field for record in records for field in record.changes}
    fields = [field for field in columns if field in changed or field in entity.key]
    rows = tuple(
        tuple(record.changes.get(field, record.now.get(field)) for field in fields)
        for record in records
    )
    return Sheet(name, tuple(columns[field] for field in fields), rows)


def fits(text: str | None) -> bool:
    """Whether a workbook's cell can hold it; an import must not be fed with half a value."""
    return text is None or len(text.encode("utf-16-le", "surrogatepass")) // 2 <= LONGEST_CELL


def write(path: Path, form: str, sheets: Sequence[Sheet]) -> None:
    """Write the file. CSV holds exactly one sheet, JSON one list of objects per sheet."""
    if form == "csv":
        (only,) = sheets
        _csv(path, only)
    elif form == "json":
        _json(path, sheets)
    else:
        _xlsx(path, sheets)


def _csv(path: Path, sheet: Sheet) -> None:
    """Nothing at all for null and quotes around every text, so that empty text and null differ."""

    def cell(text: str | None) -> str:
        return "" if text is None else '"' + text.replace('"', '""') + '"'

    lines = (",".join(map(cell, row)) + "\r\n" for row in (sheet.header, *sheet.rows))
    path.write_bytes("".join(lines).encode("utf-8", "surrogatepass"))


def _json(path: Path, sheets: Sequence[Sheet]) -> None:
    told = {s.name: [dict(zip(s.header, row, strict=True)) for row in s.rows] for s in sheets}
    text = json.dumps(told, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", errors="surrogatepass")


def _xlsx(path: Path, sheets: Sequence[Sheet]) -> None:
    """Every cell is text: an import must not see 7 where 007 was meant."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    plain = book.add_format({"num_format": "@"})
    names: list[str] = []
    for one in sheets:
        names.append(sheet_name(one.name, names))
        page = book.add_worksheet(names[-1])
        for at, word in enumerate(one.header):
            page.write_string(0, at, word)
        for down, row in enumerate(one.rows, 1):
            for at, text in enumerate(row):
                if text is not None:
                    page.write_string(down, at, text, plain)
    book.close()
