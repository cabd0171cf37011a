"""`--findings OUT`: every difference, values verbatim, written whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from checks.sql import quoted
from governance.compare.request import FINDINGS
from governance.errors import ConfigError, StoreError

if TYPE_CHECKING:
    import duckdb

FIELDS = ("kind", "column", "left_value", "right_value", "class", "direction")
FORMS = {
    ".csv": "(FORMAT csv, HEADER true)",
    ".jsonl": "(FORMAT json)",
    ".parquet": "(FORMAT parquet)",
}
SHEET_ROWS = 1_048_575
CELL_CHARACTERS = 32_767


def check_out(out: Path, inputs: Sequence[Path]) -> None:
    """Refuse, before any work, a place that cannot take the findings. Raises ConfigError."""
    if out.suffix.lower() not in FINDINGS:
        raise ConfigError("compare.findings_suffix", file=out.name, allowed=" ".join(FINDINGS))
    if not out.parent.is_dir() or out.is_dir():
        raise ConfigError("compare.findings_folder", file=str(out))
    if any(path.exists() and out.exists() and path.samefile(out) for path in inputs):
        raise ConfigError("compare.findings_input", file=out.name)


def query(key: Sequence[str], columns: Sequence[str]) -> str:
    """Every finding: pairs in the order of key and column, then the rows that stand alone.

    Reads `directed` and `directed_lone`, both with the key's values in their carried lists.
    """
    headers = [*key_headers(key), *FIELDS]
    names = " ".join(f"WHEN {at} THEN {_text(name)}" for at, name in enumerate(columns))
    name = f"CASE place {names} END" if names else "NULL"
    places = range(1, len(headers) + 1)

    def keys(carry: str) -> str:
        return ", ".join(f"{carry}[{at}] AS f{at}" for at in range(1, len(key) + 1))

    cells = ["'mismatch'", name, "left_value", "right_value", "class", "direction"]
    fields = ", ".join(f"{part} AS f{at}" for at, part in enumerate(cells, len(key) + 1))
    shown = ", ".join(f"f{at} AS {quoted(n)}" for at, n in zip(places, headers, strict=True))
    order = ", ".join(f"f{at}" for at in places[: len(key)])
    return (
        f"SELECT {shown} FROM (SELECT 0 AS late, _key, place, {keys('left_carry')}, {fields}"
        f" FROM directed UNION ALL SELECT 1, _key, 0, {keys('carry')}, kind, NULL, NULL, NULL,"
        f" NULL, direction FROM directed_lone) ORDER BY late, f{len(key) + 1}, _key, place, {order}"
    )


def key_headers(key: Sequence[str]) -> tuple[str, ...]:
    """The key columns' names, changed only where a field of the findings has that name."""
    headers: list[str] = []
    for name in key:
        header = name
        while header in FIELDS or header in headers:
            header = f"key_{header}"
        headers.append(header)
    return tuple(headers)


def write(con: duckdb.DuckDBPyConnection, findings: str, out: Path) -> None:
    """Write the findings beside `out` and move them into place.

    Raises ConfigError where XLSX cannot hold them, StoreError where the disk cannot.
    """
    import duckdb

    target = out.resolve()
    aside = target.with_name(f".{uuid.uuid4().hex}{target.suffix.lower()}")
    try:
        if aside.suffix == ".xlsx":
            _write_xlsx(con, findings, aside)
        else:
            place = str(aside).replace("'", "''")
            con.execute(f"COPY ({findings}) TO '{place}' {FORMS[aside.suffix]}")
        aside.replace(target)
    except (OSError, duckdb.IOException) as error:
        reason = error.strerror if isinstance(error, OSError) else ""
        raise StoreError("compare.findings_write", file=out.name, reason=reason or "") from None
    finally:
        aside.unlink(missing_ok=True)


def _write_xlsx(con: duckdb.DuckDBPyConnection, findings: str, aside: Path) -> None:
    import xlsxwriter

    result = con.execute(findings)
    with xlsxwriter.Workbook(str(aside), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("findings")
        for at, column in enumerate(result.description):
            sheet.write_string(0, at, column[0])
        row = 0
        while batch := result.fetchmany(10_000):
            for values in batch:
                row += 1
                if row > SHEET_ROWS or any(v and len(v) > CELL_CHARACTERS for v in values):
                    raise ConfigError("compare.findings_sheet")
                for at, value in enumerate(values):
                    if value is not None:
                        sheet.write_string(row, at, value)


def _text(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
