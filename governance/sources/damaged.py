"""Identifiers that a spreadsheet has spoilt: found and counted, never repaired.

Excel keeps fifteen digits of a number, shows long ones as powers of ten, drops leading zeros and
takes codes for days. What it saved as CSV, or a program copied out of a workbook, shows the same
marks, so every kind of file is looked through once it has landed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from checks.normalisers import expression
from checks.sql import only_row, quoted

if TYPE_CHECKING:
    import duckdb

# With a sign, as Excel writes it, or with a fraction, as Java does: `1E5` alone may be a code.
POWER = r"-?[0-9](?:\.[0-9]+[eE]\+?|[eE]\+)[0-9]{1,3}"
ERROR = r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA|#{3,})"
ROUNDED = "[1-9][0-9]{14}0+"
MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
DAY = (
    f"(?:[0-9]{{1,2}}-{MONTH}|{MONTH}-[0-9]{{2}}|[0-9]{{1,2}}月[0-9]{{1,2}}日"
    "|[0-9]{4}-[0-9]{2}-[0-9]{2} 00:00:00)"
)
SUSPECT = f"(?:{POWER}|{ERROR}|{ROUNDED}|{DAY})"

DIGITS = "[0-9]+"
CODE = "[0-9A-Z]{18}"
DATE = "[0-9]{4}[-/.年][0-9]{1,2}[-/.月].*"
# Day numbers from 1954 to 2119.
SERIAL = r"[2-7][0-9]{4}(?:\.[0-9]+)?"

# A column counts as codes of one width, or as checked codes, from these shares on; fewer strange
# cells than the last one are strangers among others.
MOSTLY = 0.9
HALF = 0.5
FEW = 0.2
SAMPLE = 20_000


@dataclass(frozen=True)
class Damage:
    """`cells` cells of a landed column that `condition`, SQL over an expression, holds for."""

    code: str
    name: str
    cells: int
    condition: Callable[[str], str]


@dataclass(frozen=True)
class _Traits:
    """Shares of a column's filled cells, told from a sample."""

    digits: float
    codes: float
    dates: float


def matching(pattern: str) -> Callable[[str], str]:
    return lambda cell: f"regexp_full_match({cell}, '{pattern}')"


def damage(con: duckdb.DuckDBPyConnection, table: str, names: Sequence[str]) -> Iterator[Damage]:
    """What a spreadsheet did to the columns `names` of a table of texts."""
    sample = _sample(con, table)
    traits = _traits(con, sample, names)
    suspects = _counts(con, table, {name: matching(SUSPECT) for name in names})
    for name in names:
        if suspects[name]:
            yield from _suspect(con, table, name, traits[name])
        if traits[name].digits >= HALF * FEW:
            yield from _lost_zeros(con, table, name)
        if traits[name].codes >= HALF * FEW:
            yield from _wrong_codes(con, table, sample, name)
        if traits[name].dates >= HALF:
            yield from _one(con, table, name, "source.damaged_serial", matching(SERIAL))


def _counts(
    con: duckdb.DuckDBPyConnection, table: str, wanted: dict[str, Callable[[str], str]]
) -> dict[str, int]:
    """In one pass, how many cells of each column its condition holds for."""
    tests = (f"count(*) FILTER ({condition(quoted(name))})" for name, condition in wanted.items())
    return dict(zip(wanted, only_row(con, f"SELECT {', '.join(tests)} FROM {table}"), strict=True))


def _sample(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """Rows from the head and the middle of a table: regular expressions over all would cost more
    than reading them did."""
    (rows,) = only_row(con, f"SELECT count(*) FROM {table}")
    if rows <= SAMPLE:
        return table
    half = SAMPLE // 2
    parts = (f"(SELECT * FROM {table} LIMIT {half} OFFSET {start})" for start in (0, rows // 2))
    return f"({' UNION ALL '.join(parts)})"


def _traits(
    con: duckdb.DuckDBPyConnection, sample: str, names: Sequence[str]
) -> dict[str, _Traits]:
    """Which tests each column is worth."""
    tests = ", ".join(
        f"count(*) FILTER ({condition(quoted(name))}) / greatest(count({quoted(name)}), 1)"
        for name in names
        for condition in (matching(DIGITS), matching(CODE), matching(DATE))
    )
    shares = only_row(con, f"SELECT {tests} FROM {sample}")
    return {name: _Traits(*shares[at * 3 : at * 3 + 3]) for at, name in enumerate(names)}


def _one(
    con: duckdb.DuckDBPyConnection,
    table: str,
    name: str,
    code: str,
    condition: Callable[[str], str],
) -> Iterator[Damage]:
    cells = _counts(con, table, {name: condition})[name]
    if cells:
        yield Damage(code, name, cells, condition)


def _suspect(
    con: duckdb.DuckDBPyConnection, table: str, name: str, traits: _Traits
) -> Iterator[Damage]:
    yield from _one(con, table, name, "source.damaged_errors", matching(ERROR))
    yield from _one(con, table, name, "source.damaged_power", matching(POWER))
    yield from _rounded(con, table, name)
    if traits.dates < FEW:
        for found in _one(con, table, name, "source.damaged_date", matching(DAY)):
            (filled,) = only_row(con, f"SELECT count({quoted(name)}) FROM {table}")
            if found.cells < FEW * filled:
                yield found


def _rounded(con: duckdb.DuckDBPyConnection, table: str, name: str) -> Iterator[Damage]:
    """Long digits whose sixteenth and later are all 0, more of them than chance gives."""
    condition = matching(ROUNDED)
    rounded, chance = only_row(
        con,
        f"SELECT count(*) FILTER ({condition(quoted(name))}),"
        f" coalesce(sum(pow(10.0, 15 - strlen({quoted(name)}))), 0) FROM {table}"
        f" WHERE {matching('[0-9]{16,}')(quoted(name))}",
    )
    if rounded > chance + 3 * sqrt(chance):
        yield Damage("source.damaged_rounded", name, rounded, condition)


def _lost_zeros(con: duckdb.DuckDBPyConnection, table: str, name: str) -> Iterator[Damage]:
    """Digits shorter than the one width that nearly all have: leading zeros may be gone.

    Not where the short ones are a run of numbers, 1 to 999 before 1000: nobody lost anything.
    """
    cell = quoted(name)
    is_digits = matching(DIGITS)
    widths = con.execute(
        f"SELECT strlen({cell}) AS width, count(*) AS cells,"
        f" max(TRY_CAST({cell} AS HUGEINT)) - min(TRY_CAST({cell} AS HUGEINT)) AS span"
        f" FROM {table} WHERE {is_digits(cell)} GROUP BY ALL ORDER BY cells DESC, width DESC"
    ).fetchall()
    (filled,) = only_row(con, f"SELECT count({cell}) FROM {table}")
    if not widths or widths[0][0] < 4 or widths[0][1] < MOSTLY * filled:
        return
    width = widths[0][0]
    short = [row for row in widths if row[0] < width]
    cells = sum(count for _, count, _ in short)
    if not cells or (cells > 10 and all(span < 2 * count for _, count, span in short)):
        return
    yield Damage(
        "source.damaged_width", name, cells, lambda c: f"{is_digits(c)} AND strlen({c}) < {width}"
    )


def _wrong_codes(
    con: duckdb.DuckDBPyConnection, table: str, sample: str, name: str
) -> Iterator[Damage]:
    """Eighteen-character codes whose last character fails both checks: as a credit code
    (GB 32100) and as an identity number (GB 11643).

    Where most of them fail they are codes of another kind.
    """
    for rows in dict.fromkeys((sample, table)):
        cell = quoted(name)
        filled, shaped, wrong = only_row(
            con,
            f"SELECT count({cell}), count(*) FILTER ({matching(CODE)(cell)}),"
            f" count(*) FILTER ({fails(cell)}) FROM {rows}",
        )
        if shaped < HALF * filled or not wrong <= HALF * shaped:
            return
    if wrong:
        yield Damage("source.damaged_check", name, wrong, fails)


def fails(cell: str) -> str:
    """SQL: the cell, a name, has the shape of such a code and is neither."""
    credit, number = (expression(name, cell, skip=1) for name in ("credit_code", "id_number"))
    return (
        f"CASE WHEN {matching(CODE)(cell)} THEN coalesce({credit}, {number}) IS NULL ELSE false END"
    )
