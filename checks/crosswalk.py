"""One key for two records that are one, where each source has a key of its own.

The key of a pair holds both own keys, so it needs no list to be read, and a pair that is split and
merged again is the same record as before.
"""

from __future__ import annotations

from typing import Any

from checks.dictionary import Entity
from checks.prepare import Side
from checks.sql import quoted


def joint(left: str | None, right: str | None) -> str:
    """The key under which two records are compared; of one alone where the other is None."""
    return "".join(f"{len((own or '').encode())}:{own or ''}" for own in (left, right))


def own_keys(key: str) -> tuple[str | None, str | None]:
    """The own keys that a joint one holds, left and right. Raises ValueError for another text."""
    raw, parts = key.encode(), []
    for _ in range(2):
        length, mark, raw = raw.partition(b":")
        if not mark or not length.isdigit() or len(raw) < int(length):
            raise ValueError("no joint key")
        parts.append(raw[: int(length)].decode() or None)
        raw = raw[int(length) :]
    if raw:
        raise ValueError("no joint key")
    return parts[0], parts[1]


def own_key(entity: Entity, source: str, key: str) -> str | None:
    """The key that a record of a matched entity has in one of its two sources, if it is there.

    None also where more than two sources are matched: which two the key speaks of is not in it.
    """
    sources = [mapping.source for mapping in entity.mappings]
    if len(sources) != 2 or source not in sources:
        return None
    return own_keys(key)[sources.index(source)]


def rekeyed(con: Any, side: Side, which: str, walk: str, name: str) -> Side:
    """`side` under joint keys. `which` is left or right, `walk` a table (left_key, right_key) of
    the pairs that are one record, `name` what the views may be called; keys of NULL stay NULL."""
    own = "coalesce(strlen({0}) || ':' || {0}, '0:')"
    alone = ("s._key", "NULL") if which == "left" else ("NULL", "s._key")
    joined = " || ".join(own.format(f"coalesce(w.{n}_key, {a})") for n, a in
                         zip(("left", "right"), alone, strict=True))  # fmt: skip
    views = []
    for part, relation in (("rows", side.rows), ("odd", side.odd)):
        view = quoted(f"{name}_{part}")
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT s.* REPLACE ("
            f"CASE WHEN s._key IS NOT NULL THEN {joined} END AS _key) FROM {relation} AS s"
            f" LEFT JOIN {walk} AS w ON s._key = w.{which}_key"
        )
        views.append(view)
    return Side(views[0], views[1], side.spec, "_key")
