"""Two landed sides compared in one statement, exactly, without preparing tables first.

For a comparison of which nothing is kept. Where rows are sealed and compared again and again,
`prepare` and `reconcile` do the work per value only once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checks import tolerance
from checks.cells import Names, any_differs, cells_query, count_cells, listed, near
from checks.multiset import cancel_copies
from checks.normalisers import install
from checks.prepare import Spec, key_of, prepared_query
from checks.reconcile import Found, SideTotals, Totals, clear, finish, part
from checks.sql import only_row, quoted


@dataclass(frozen=True)
class AtOnce:
    """`unread` are, per side, the columns with values their normaliser could not read."""

    totals: Totals
    unread_left: dict[str, int]
    unread_right: dict[str, int]


@dataclass(frozen=True)
class Lines:
    """A file in which nothing is quoted, so that a line's text says all that its cells say.

    `relation` has the column `line`; every line holds `width` cells parted by `delimiter`, an
    empty one is NULL. `places` says which cell, from 1, each column of the spec is. Two files of
    the same shape are compared line by line, and only lines that differ are taken apart.
    """

    relation: str
    delimiter: str
    width: int
    places: Mapping[str, int]

    @property
    def shape(self) -> tuple[object, ...]:
        return self.delimiter, self.width, dict(self.places)


def reconcile_at_once(
    con: Any,
    left: str | Lines,
    right: str | Lines,
    spec: Spec,
    columns: Sequence[str],
    *,
    carry: Sequence[str] = (),
    into: str = "",
) -> AtOnce:
    """Compare the `columns` of two relations of text; each is read once.

    Lines may only be given for both sides, of the same shape, and without any normaliser.

    Leaves what `reconcile` leaves. Raises CodedError for an unknown normaliser and what DuckDB
    raises for a relation that cannot be read; then nothing is left.
    """
    names = Names(into)
    compared = [spec.column(name) for name in columns]
    clear(con, names)
    install(con, {c.reader for c in spec.columns if c.reader}, spec.zone)
    tolerance.install(con, compared)
    con.execute(f"CREATE TABLE {names.near} AS {_statement(left, right, spec, columns, carry)}")
    sides, unread, null = [], [], []
    for side in ("left", "right"):
        counted, cells = _counted(con, side, spec, names)
        sides.append(counted)
        unread.append(cells)
        kept = listed([f"{side[0]}_carry{at}" for at in range(len(carry))])
        null.append(
            f"SELECT '{side}', 'null_key_{side}', NULL, {side[0]}_raw_hash, {kept}"
            f" FROM {names.apart} WHERE again = 'null_{side}'"
        )
    counts = count_cells(con, compared, names)
    # There is but one `near`, so its cells are looked at where they lie.
    con.execute(f"CREATE VIEW {names.cells} AS {cells_query(compared, carry, names)}")
    for table, query in part(carry, names):
        con.execute(f"CREATE TABLE {table} AS {query}")
    cancelled = cancel_copies(con, None, None, compared, carry, names)
    found = Found(sides[0], sides[1], counts, cancelled, (0,) * len(compared), tuple(null))
    return AtOnce(finish(con, found, compared, names), unread[0], unread[1])


def _statement(
    left: str | Lines, right: str | Lines, spec: Spec, columns: Sequence[str], carry: Sequence[str]
) -> str:
    """A row without a key or with a repeated one gets no key to join on, and so stands alone."""
    compared = [spec.column(name) for name in columns]
    # Most rows have `_join` alone: a key is not carried through the join twice.
    wanted = near(spec, spec, compared, carry, key="coalesce({side}._join, {side}._apart)")
    tests = [f"{c.compared('l.')} IS DISTINCT FROM {c.compared('r.')}" for c in compared]
    hard = f"({' OR '.join(tests)})" if tests else "false"
    repeated = " UNION ".join(_repeated(f"{side}_side") for side in ("left", "right"))
    apart = [
        f"CASE WHEN {letter}._apart IS NOT NULL THEN '{side}' WHEN {letter}._alone"
        f" THEN 'null_{side}' ELSE '' END"
        for side, letter in (("left", "l"), ("right", "r"))
    ]
    if isinstance(left, Lines) and isinstance(right, Lines):
        queries = [_lines_query(side, spec) for side in (left, right)]
        rows = _taken_apart(_joined("l.line IS DISTINCT FROM r.line"), left, spec)
    else:
        queries = [prepared_query(str(side), spec) for side in (left, right)]
        rows = _joined(any_differs([quoted(c.raw) for c in compared]))
    return (
        f"WITH left_side AS MATERIALIZED ({queries[0]}),"
        f" right_side AS MATERIALIZED ({queries[1]}), again AS MATERIALIZED ({repeated})"
        f" SELECT {', '.join(wanted.outer)} FROM (SELECT {', '.join(wanted.inner)},"
        f" l._alone IS NOT NULL AND r._alone IS NOT NULL AND {hard} AS hard,"
        f" CASE WHEN r._alone IS NULL THEN {apart[0]} WHEN l._alone IS NULL THEN {apart[1]}"
        f" ELSE '' END AS again FROM {rows})"
        f"{_tally('left', spec)}{_tally('right', spec)}"
    )


def _joined(differ: str) -> str:
    """Pairs that `differ` and rows that stand alone, as `l` and `r`."""
    sides = [
        f"(SELECT s.*, a._key AS _apart, s._key IS NULL OR a._key IS NOT NULL AS _alone,"
        f" CASE WHEN a._key IS NULL THEN s._key END AS _join"
        f" FROM {side} AS s LEFT JOIN again AS a ON s._key = a._key) AS {letter}"
        for side, letter in (("left_side", "l"), ("right_side", "r"))
    ]
    return (
        f"{sides[0]} FULL JOIN {sides[1]} ON l._join = r._join"
        f" WHERE l._alone IS NULL OR r._alone IS NULL OR {differ}"
    )


def _lines_query(side: Lines, spec: Spec) -> str:
    keys = [f"nullif({_cell(side, side.places[name])}, '')" for name in spec.key]
    return f"SELECT {key_of(keys)} AS _key, line FROM {side.relation} WHERE line IS NOT NULL"


def _cell(side: Lines, place: int) -> str:
    """One cell of a line, for all lines: `split_part` would cut each of them to the end."""
    mark = _text(side.delimiter)
    if place == 1:
        return f"left(line, instr(line, {mark}) - 1)"
    other = f"[^{re.escape(side.delimiter)}]*"
    before = f"^(?:{other}{re.escape(side.delimiter)}){{{place - 1}}}"
    return f"regexp_extract(line, {_text(f'{before}({other})')}, 1)"


def _taken_apart(rows: str, shape: Lines, spec: Spec) -> str:
    """The rows with their lines cut into cells, one struct a side. A line with too few or too many
    cells is an error when it runs."""
    kept, cells = [], []
    for side in "lr":
        parts = f"string_split({side}.line, {_text(shape.delimiter)})"
        kept += [f"{side}.{name} AS {side}{name}" for name in ("_join", "_apart", "_alone")]
        kept.append(
            f"CASE WHEN {side}.line IS NULL OR len({parts}) = {shape.width} THEN {parts}"
            f" ELSE error('ragged') END AS {side}_parts"
        )
        fields = [f"'{name}': {side}{name}" for name in ("_join", "_apart", "_alone")]
        fields.append("'_raw_hash': CAST(NULL AS UHUGEINT)")
        for column in spec.columns:
            cell = f"{side}_parts[{shape.places[column.name]}]"
            fields.append(f"{_text(column.name)}: nullif({cell}, '')")
        cells.append(f"{{{', '.join(fields)}}} AS {side}")
    return f"(SELECT {', '.join(cells)} FROM (SELECT {', '.join(kept)} FROM {rows}))"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _repeated(side: str) -> str:
    """SQL for the keys seen more than once. Numbers are grouped in half the time of texts; keys
    whose hashes fall together by chance are told apart afterwards."""
    hashes = f"SELECT hash(_key) AS h FROM {side} GROUP BY h HAVING count(*) > 1"
    return (
        f"SELECT _key FROM {side} WHERE _key IS NOT NULL AND hash(_key) IN ({hashes})"
        " GROUP BY _key HAVING count(*) > 1"
    )


def _tally(side: str, spec: Spec) -> str:
    """One more row with the counts that need a look at every row of a side."""
    unread = [f"count(*) FILTER ({quoted(c.name + '__u')})" for c in spec.columns if c.reader]
    return (
        f" UNION ALL BY NAME SELECT false AS hard, 'tally_{side}' AS again,"
        f" concat_ws(',', {', '.join(['count(*)', *unread])}) AS _left_key FROM {side}_side"
    )


def _counted(con: Any, side: str, spec: Spec, names: Names) -> tuple[SideTotals, dict[str, int]]:
    (tally,) = only_row(con, f"SELECT _left_key FROM {names.near} WHERE again = 'tally_{side}'")
    rows, *cells = map(int, tally.split(","))
    (null,) = only_row(con, f"SELECT count(*) FROM {names.near} WHERE again = 'null_{side}'")
    keys, repeated, copies = only_row(
        con,
        "SELECT count(*), count(*) FILTER (copies > 1), coalesce(sum(copies), 0)"
        f" FROM (SELECT count(*) AS copies FROM {names.near} WHERE again = '{side}'"
        f" GROUP BY _{side}_key)",
    )
    read = [c.name for c in spec.columns if c.reader]
    unread = {name: n for name, n in zip(read, cells, strict=True) if n}
    return SideTotals(rows, rows - null - int(copies) + keys, repeated, null), unread
