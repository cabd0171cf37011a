"""Sealed snapshots as they would be under other rules: one column read anew, nothing copied."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from checks.dictionary import Field
from checks.normalisers import expression, install
from checks.prepare import Column, Side, Spec
from checks.sql import quoted

TOUCHED = "touched_keys"


def under(con: Any, side: Side, field: Field, name: str) -> Side:
    """`side` with `field` read and judged as it says now; makes views called after `name`.

    Hashes of whole rows speak of the old reading, so the new side is compared without them.
    """
    old = side.spec.column(field.name)
    new = Column(field.name, field.reader, False, field.tolerance)
    columns = tuple(new if column is old else column for column in side.spec.columns)
    spec = replace(side.spec, columns=columns)
    if new.reader == old.reader:
        return replace(side, spec=spec)
    spec = replace(spec, secret=None)
    if new.reader:
        install(con, [new.reader], spec.zone)
    made = {}
    for part in ("rows", "odd"):
        made[part] = f"memory.main.{quoted(f'{name}_{part}')}"
        query = _read_anew(spec, new, getattr(side, part))
        con.execute(f"CREATE OR REPLACE VIEW {made[part]} AS {query}")
    picked = _read_anew(spec, new, f"({side.under('{keys}')})")
    return Side(made["rows"], made["odd"], spec, "_key", picked)


def _read_anew(spec: Spec, new: Column, relation: str) -> str:
    """SQL for the stored columns with the one read anew: nested, so it is read once a row."""
    stored = ", ".join(
        quoted(name) for name in spec.stored if name != new.canonical or not new.reader
    )
    if not new.reader:
        return f"SELECT {stored} FROM {relation} AS s"
    raw, read = quoted(new.name), quoted(f"{new.name}__x")
    canonical = f"nullif(coalesce({read}, {raw}), {raw}) AS {quoted(new.canonical)}"
    inner = f"SELECT *, {expression(new.reader, raw)} AS {read} FROM {relation} AS s"
    return f"SELECT {stored}, {canonical} FROM ({inner}) AS x"


def touch(con: Any, left: Side, right: Side, column: str, *, is_read_anew: bool) -> str:
    """Name a table of the keys for which another rule of `column` may matter.

    Values written alike are alike under any rule. Copies of a repeated key are told apart by what
    they read as, never by how far they lie apart.
    """
    one, other = left.spec.column(column), right.spec.column(column)
    if is_read_anew:
        differs = f"l.{quoted(one.raw)} IS DISTINCT FROM r.{quoted(other.raw)}"
        odd = f" UNION SELECT _key FROM {left.odd} UNION SELECT _key FROM {right.odd}"
    else:
        differs = f"{one.compared('l.')} IS DISTINCT FROM {other.compared('r.')}"
        odd = ""
    con.execute(
        f"CREATE OR REPLACE TABLE {TOUCHED} AS SELECT l._key FROM {left.rows} AS l"
        f" JOIN {right.rows} AS r ON l._key = r._key WHERE {differs}{odd}"
    )
    return TOUCHED
