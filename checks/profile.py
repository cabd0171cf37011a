"""What each field of a table looked like on the day it was read: counts, lengths, values.

Rows, nulls and blanks are counted over the whole table. What costs more comes, in a large table,
from a share of its rows: those whose key hashes into it, so that the same records are looked at
run after run and nothing moves that did not change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checks.masking import SEPARATOR, VARIABLE, mask
from checks.prepare import Column, Spec
from checks.sql import only_row, quoted

WHOLE_ROWS = 200_000
SAMPLE_ROWS = 50_000
TOP = 5
LONGEST_SHOWN = 120
SKETCHED = 128
NUMERIC = frozenset({"amount", "integer", "decimal", "percent"})

Sketch = tuple[int, ...]


@dataclass(frozen=True)
class Profile:
    """One field of one snapshot. `column` is the source's, `looked` how many rows the numbers
    after it come from: all of them, or a stable share in a large table.

    `nulls` and `blank` (empty, or nothing but spaces) are counted apart. `distinct` counts values
    that are not null; in a table that is not looked at whole it is estimated from all rows, within
    a few per cent. Lengths are in characters. `low` and `high` are by number for numeric fields,
    else by text, blanks left out; None for a masked field. `top` are the values that occur at
    least twice, the most frequent first and at most `TOP`, masked where the field is. `sketch`
    stands for the set of values: see `overlap`.
    """

    field: str
    column: str
    rows: int
    nulls: int
    blank: int
    looked: int
    distinct: int
    shortest: int | None
    average: float | None
    longest: int | None
    low: str | None
    high: str | None
    top: tuple[tuple[str, int], ...]
    sketch: Sketch

    @property
    def is_sampled(self) -> bool:
        return self.looked < self.rows

    @property
    def empty(self) -> int:
        """Cells without a value: null or blank."""
        return self.nulls + self.blank


COLUMNS = (
    "field", "column", "rows", "nulls", "blank", "looked", "distinct", "shortest", "average",
    "longest", "low", "high", "top", "sketch",
)  # fmt: skip
SELECTED = ", ".join(quoted(name) for name in COLUMNS)

_CREATE = """
CREATE OR REPLACE TABLE profile AS
WITH counted AS ({counted}),
summed AS (
    SELECT place, count(*) AS distinct_values, min(length(v)) AS shortest,
           sum(length(v) * n) / sum(n) AS average, max(length(v)) AS longest
    FROM "values" GROUP BY place),
-- Text below '!' is empty or starts with a space or less; only that need be trimmed.
filled AS (SELECT place, v, n, {number} AS number FROM "values" WHERE v >= '!' OR trim(v) <> ''),
ends AS (
    SELECT place, coalesce(min_by(v, number), min(v)) AS low,
           coalesce(max_by(v, number), max(v)) AS high, {sketch} AS sketch
    FROM filled GROUP BY place),
often AS (
    SELECT place, v, n FROM filled WHERE n > 1
    QUALIFY row_number() OVER (PARTITION BY place ORDER BY n DESC, v) <= {most}),
tops AS (
    SELECT place, list({{'value': {shown}, 'rows': n}} ORDER BY n DESC, v) AS top
    FROM often GROUP BY place)
SELECT c.field, c."column", c.rows, c.nulls, c.blank, CAST($looked AS BIGINT) AS looked,
       coalesce(c.estimated, s.distinct_values, 0) AS "distinct",
       s.shortest, s.average, s.longest,
       CASE WHEN NOT c.masked THEN left(e.low, {longest}) END AS low,
       CASE WHEN NOT c.masked THEN left(e.high, {longest}) END AS high,
       coalesce(t.top, []) AS top, coalesce(e.sketch, []) AS sketch
FROM counted AS c LEFT JOIN summed AS s USING (place) LEFT JOIN ends AS e USING (place)
    LEFT JOIN tops AS t USING (place)
ORDER BY c.place
"""


def profile(con: Any, landed: str, spec: Spec, columns: Mapping[str, str]) -> None:
    """Leave the table `profile`: a row per column of `spec`, from `landed`, which is all text.

    `columns` names the source's column of each field. Needs the secret, with which sketches are
    keyed: no value can be told from one. No raw value of a masked column is kept.
    """
    assert spec.secret is not None
    names = [c.name for c in spec.columns]
    counts = _counts(con, landed, names)
    rows = counts[0]
    looked_at = _look_at(con, landed, rows, spec.key)
    _values(con, looked_at, names)
    statement = _CREATE.format(
        counted=_counted(spec, counts, _estimates(con, landed, names, rows)),
        number=_number(spec.columns),
        sketch=_sketch(spec.secret),
        shown=_shown(spec.columns),
        most=TOP,
        longest=LONGEST_SHOWN,
    )
    looked = only_row(con, f"SELECT count(*) FROM {looked_at}")[0]
    _keyed(con, spec.secret, statement, {"looked": looked, **_named(spec, columns)})


def read(con: Any, relation: str = "profile") -> tuple[Profile, ...]:
    """The profiles in a table that `profile` made."""
    return tuple(
        profile_of(row) for row in con.execute(f"SELECT {SELECTED} FROM {relation}").fetchall()
    )


def profile_of(row: Sequence[Any]) -> Profile:
    """A row of `SELECTED` as a value."""
    told = dict(zip(COLUMNS, row, strict=True))
    told["top"] = tuple((one["value"], one["rows"]) for one in told["top"])
    told["sketch"] = tuple(told["sketch"])
    return Profile(**told)


def sketches(
    con: Any, landed: str, names: Sequence[str], key: Sequence[str], secret: bytes
) -> dict[str, Sketch]:
    """The sketch of each of the columns `names`, of the rows that `profile` would look at."""
    rows = only_row(con, f"SELECT count(*) FROM {landed}")[0]
    _values(con, _look_at(con, landed, rows, key), names)
    filled = "v >= '!' OR trim(v) <> ''"
    query = f'SELECT place, {_sketch(secret)} FROM "values" WHERE {filled} GROUP BY place'
    found = dict(_keyed(con, secret, query, {}))
    return {name: tuple(found.get(place) or ()) for place, name in enumerate(names)}


def overlap(one: Sketch, other: Sketch) -> float:
    """How much of two columns' values is common: 0 none, 1 all (Jaccard's index, estimated).

    A sketch lists the values that come first in a keyed order, so the place of a common value in
    the order of both together is known: before it come those of either list, the common ones once.
    """
    places = {value: place for place, value in enumerate(other)}
    common = [(place, places[value]) for place, value in enumerate(one) if value in places]
    known = len(set(one) | set(other))
    looked_at = min(known, SKETCHED)
    if not looked_at:
        return 0.0
    found = sum(a + b - n < looked_at for n, (a, b) in enumerate(common))
    return found / looked_at


def _counts(con: Any, landed: str, names: Sequence[str]) -> list[int]:
    """Rows, then per column its nulls and its blanks.

    Trimming every text costs three times what all else here does: only those that start like a
    blank one are.
    """
    parts = (f"count({quoted(n)}), countif({quoted(n)} < '!')" for n in names)
    rows, *found = only_row(con, f"SELECT count(*), {', '.join(parts)} FROM {landed}")
    suspect = [n for n, some in zip(names, found[1::2], strict=True) if some]
    blanks = dict.fromkeys(names, 0)
    if suspect:
        blank = "SELECT count(*) FROM {0} WHERE {1} < '!' AND trim({1}) = ''"
        trims = (f"({blank.format(landed, quoted(n))})" for n in suspect)
        row = only_row(con, f"SELECT {', '.join(trims)}")
        blanks |= dict(zip(suspect, row, strict=True))
    there = zip(names, found[::2], strict=True)
    return [rows, *(n for name, full in there for n in (rows - full, blanks[name]))]


def _look_at(con: Any, landed: str, rows: int, key: Sequence[str]) -> str:
    """The relation to look at closely: all of it, or the records whose key hashes to nothing."""
    if rows <= WHOLE_ROWS:
        return landed
    one_in = 1
    while rows / one_in > SAMPLE_ROWS:
        one_in *= 2
    parts = [quoted(name) for name in key]
    chosen = f"hash({', '.join(parts)}) % {one_in} = 0"
    missing = " OR ".join(f"{part} IS NULL" for part in parts)
    if only_row(con, f"SELECT EXISTS (FROM {landed} WHERE {missing})")[0]:
        # Rows without a key would all be chosen or none.
        chosen = f"CASE WHEN {missing} THEN hash(l) % {one_in} = 0 ELSE {chosen} END"
    con.execute(f"CREATE OR REPLACE TABLE looked_at AS SELECT * FROM {landed} AS l WHERE {chosen}")
    return "looked_at"


def _values(con: Any, relation: str, names: Sequence[str]) -> None:
    """The table `values`: place of the column, value, how often it occurs; nulls left out."""
    selects = (
        f"SELECT {place} AS place, {quoted(name)} AS v, count(*) AS n FROM {relation}"
        f" WHERE {quoted(name)} IS NOT NULL GROUP BY ALL"
        for place, name in enumerate(names)
    )
    con.execute(f'CREATE OR REPLACE TABLE "values" AS {" UNION ALL ".join(selects)}')


def _estimates(con: Any, landed: str, names: Sequence[str], rows: int) -> list[int | None]:
    if rows <= WHOLE_ROWS:
        return [None] * len(names)
    parts = (f"approx_count_distinct({quoted(name)})" for name in names)
    row = only_row(con, f"SELECT {', '.join(parts)} FROM {landed}")
    return list(row)


def _counted(spec: Spec, counts: list[int], estimates: list[int | None]) -> str:
    """SQL for what was counted over the whole table; the names are bound, they are no numbers."""
    rows, *found = counts
    lines = (
        f"({place}, $field{place}, $column{place}, {rows}, {found[2 * place]},"
        f" {found[2 * place + 1]}, {'NULL' if estimate is None else estimate}, {column.masked})"
        for place, (column, estimate) in enumerate(zip(spec.columns, estimates, strict=True))
    )
    head = '(place, field, "column", rows, nulls, blank, estimated, masked)'
    return (
        'SELECT place, field, "column", CAST(rows AS BIGINT) AS rows, CAST(nulls AS BIGINT) AS'
        " nulls, CAST(blank AS BIGINT) AS blank, CAST(estimated AS BIGINT) AS estimated, masked"
        f" FROM (VALUES {', '.join(lines)}) AS t{head}"
    )


def _named(spec: Spec, columns: Mapping[str, str]) -> dict[str, str]:
    told = {f"field{place}": c.name for place, c in enumerate(spec.columns)}
    return told | {f"column{place}": columns[c.name] for place, c in enumerate(spec.columns)}


def _number(columns: Sequence[Column]) -> str:
    """SQL for a value's number, by which the low and high of numeric fields are told."""
    places = [str(place) for place, c in enumerate(columns) if c.reader in NUMERIC]
    if not places:
        return "CAST(NULL AS DOUBLE)"
    plain = "TRY_CAST(replace(v, ',', '') AS DOUBLE)"
    return f"CASE WHEN place IN ({', '.join(places)}) THEN {plain} END"


def _shown(columns: Sequence[Column]) -> str:
    """SQL for a value as people see it. The mask is made of the value as written: its readers'
    SQL would cost more to plan than all else here."""
    cases = [
        f"WHEN {place} THEN {mask(c.reader, 'v', 'v')}"
        for place, c in enumerate(columns)
        if c.masked
    ]
    cut = f"left(v, {LONGEST_SHOWN})"
    return f"CASE place {' '.join(cases)} ELSE {cut} END" if cases else cut


def _sketch(secret: bytes) -> str:
    """SQL for a column's sketch: the values that come first in an order only we know, as keyed
    numbers that are made nowhere else."""
    order = int.from_bytes(hashlib.sha256(b"sketch" + secret).digest()[:8])
    first = f"min_by(v, xor(hash(v), {order}::UBIGINT), {SKETCHED})"
    keyed = f"getvariable('{VARIABLE}') || {SEPARATOR} || 'sketch' || {SEPARATOR} || x"
    return f"list_transform({first}, lambda x: md5_number_lower({keyed}))"


def _keyed(con: Any, secret: bytes, statement: str, values: dict[str, Any]) -> list[Any]:
    con.execute(f"SET VARIABLE {VARIABLE} = $1", [secret.hex()])
    try:
        return list(con.execute(statement, values).fetchall())
    finally:
        con.execute(f"RESET VARIABLE {VARIABLE}")
