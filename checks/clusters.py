"""What findings have in common besides their values: when they began, and whose records they are.

A cluster is a group of findings (all, those of a field, of a kind, those where one side moved) of
which far more than their share lie in one place: a span of time, one value of a column of the
record, a range of keys. Two such places may come together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from checks import surprise
from checks.surprise import Known

ALL, FIELD, KIND, MOVER, WHERE = "all", "field", "kind", "mover", "where"
WINDOW, VALUE, KEYS = "window", "value", "keys"
BIN = {WINDOW: "began_bin", KEYS: "key_bin"}
# A cluster is at least this much denser than the rest.
LIFT = 3.0
# Only a column of few values is looked at together with a span.
MOST_VALUES = 64


@dataclass(frozen=True)
class Size:
    """What findings are held against: how many `records` there are, how many `moments` at which a
    finding could begin, and into how many ranges of equal size their `keys` were put."""

    records: int
    moments: int
    keys: int


@dataclass(frozen=True)
class Place:
    """Where findings lie thick. `first` and `last` are bins of time or of the keys' order; `name`
    and `value` a column of the record and what it holds. `share` of all records lies there, and
    `count` of the `whole` group's findings."""

    kind: str
    count: int = 0
    whole: int = 0
    share: float = 0.0
    name: str = ""
    value: str = ""
    first: int = 0
    last: int = 0

    @property
    def stem(self) -> tuple[str, ...]:
        return (self.kind, self.name, self.value)

    def meets(self, first: int, last: int) -> bool:
        return self.first <= last and first <= self.last


@dataclass(frozen=True)
class Cluster:
    """A group of findings within a place. `which` names the field, kind or side of the group, or
    with WHERE a second place. `choices` is how many such clusters there could have been, which
    `worth` has paid for."""

    what: str
    which: str
    place: Place
    worth: float
    choices: float
    second: Place | None = None

    @property
    def stem(self) -> tuple[str, ...]:
        where = self.second.stem if self.second else ()
        return (self.what, self.which, *self.place.stem, *where)

    def is_same(self, known: Known) -> bool:
        """Whether this is a cause of the run before, though its span may have moved."""
        if self.stem != known.stem:
            return False
        return self.place.kind == VALUE or self.place.meets(known.first, known.last)


def gather(con: Any, cases: str) -> None:
    """Make `grouped` (id, what, which, name, value) of the relation `cases`."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE grouped AS"
        f" WITH here AS MATERIALIZED (FROM {cases}),"
        f" one AS (SELECT id, '{ALL}' AS what, '' AS which, '' AS name, '' AS value FROM here"
        f" UNION ALL SELECT id, '{FIELD}', field, '', '' FROM here WHERE field IS NOT NULL"
        f" UNION ALL SELECT id, '{KIND}', kind, '', '' FROM here WHERE field IS NULL"
        f" UNION ALL SELECT id, '{MOVER}', mover, '', '' FROM here WHERE mover IS NOT NULL"
        f" UNION ALL SELECT id, '{WHERE}', '', name, value FROM attributes SEMI JOIN here"
        " USING (id) WHERE name IN (SELECT name FROM attributes GROUP BY name"
        f" HAVING count(DISTINCT value) <= {MOST_VALUES}))"
        " FROM one SEMI JOIN (SELECT what, which, name, value FROM one GROUP BY ALL"
        f" HAVING count(*) >= {surprise.LEAST_KNOWN}) AS several USING (what, which, name, value)"
    )


def best(con: Any, cases: str, size: Size, known: Sequence[Known]) -> Cluster | None:
    """The cluster among `cases` that says most; None where none says enough."""
    gather(con, cases)
    found = _worthy(con, size, known)
    return max(found, key=lambda c: (c.worth, c.stem), default=None)


def members(cluster: Cluster) -> tuple[str, list[object]]:
    """SQL for the ids of the cluster's findings in `grouped`, with its values."""
    group, values = (cluster.what, cluster.which), list[object]()
    second = cluster.second or Place(VALUE)
    inside, bound = _inside(cluster.place)
    query = "SELECT id FROM grouped WHERE what = ? AND which = ? AND name = ? AND value = ?"
    values += [*group, second.name, second.value, *bound]
    return f"{query} AND id IN ({inside})", values


def around(cluster: Cluster) -> tuple[str, list[object]]:
    """SQL for the ids of all findings that lie where the cluster does, with its values."""
    inside, values = _inside(cluster.place)
    if cluster.second:
        more, bound = _inside(cluster.second)
        return f"{inside} INTERSECT {more}", [*values, *bound]
    return inside, values


def _inside(place: Place) -> tuple[str, list[object]]:
    if place.kind == VALUE:
        query = "SELECT id FROM attributes WHERE name = ? AND value = ?"
        return query, [place.name, place.value]
    bin_ = BIN[place.kind]
    return f"SELECT id FROM cases WHERE {bin_} BETWEEN ? AND ?", [place.first, place.last]


def _worthy(con: Any, size: Size, known: Sequence[Known]) -> list[Cluster]:
    found = [
        *_by_value(con, size.records),
        *_by_interval(con, size),
    ]
    priced = (
        (replace(c, worth=c.worth - surprise.cost(c.choices, known=old)), old)
        for c in found
        for old in (any(c.is_same(k) for k in known),)
    )
    return [c for c, old in priced if c.worth > 0 and (old or c.place.count >= surprise.LEAST)]


def focus(con: Any, size: Size, share: float) -> dict[str, Place]:
    """Per group of `grouped` (what = 'cause'), the place that tells most of where it lies, if at
    least a `share` of the group does."""
    found = _worthy(con, size, ())
    chosen: dict[str, Cluster] = {}
    for cluster in sorted(found, key=lambda c: (-c.worth, c.stem)):
        if cluster.place.count >= share * cluster.place.whole:
            chosen.setdefault(cluster.which, cluster)
    return {which: cluster.place for which, cluster in chosen.items()}


def _by_value(con: Any, total: int) -> list[Cluster]:
    """Groups in which one value of a column stands out from what it is among all records."""
    bits = surprise.binomial_sql("n", "whole", "share")
    rows = con.execute(
        "WITH held AS (SELECT g.what, g.which, a.name, a.value, count(*) AS n FROM grouped AS g"
        f" JOIN attributes AS a USING (id) WHERE g.what <> '{WHERE}' GROUP BY ALL),"
        " shares AS (SELECT h.*, sum(n) OVER (PARTITION BY what, which, h.name) AS whole,"
        " coalesce(p.records, 0) / CAST($total AS DOUBLE) AS share, count(*) OVER () AS choices"
        " FROM held AS h LEFT JOIN population AS p ON p.name = h.name AND p.value = h.value)"
        f" SELECT what, which, name, value, n, whole, share, choices, {bits} AS bits FROM shares"
        " WHERE n >= $least AND n / whole >= $lift * share AND share > 0"
        " QUALIFY row_number() OVER (PARTITION BY what, which ORDER BY bits DESC, name, value) = 1",
        {"total": max(total, 1), "least": surprise.LEAST_KNOWN, "lift": LIFT},
    ).fetchall()
    found = []
    for what, which, name, value, n, whole, share, choices, worth in rows:
        place = Place(VALUE, n, int(whole), share, name, value)
        found.append(Cluster(what, which, place, worth, choices))
    return found


def _by_interval(con: Any, size: Size) -> list[Cluster]:
    """Groups that lie in a span of time or of keys much thicker than outside it.

    Every span that begins and ends with a finding is looked at. Bins count from 1; findings of
    none are not known to lie anywhere.
    """
    bins = f"CASE kind WHEN '{WINDOW}' THEN {size.moments} ELSE {size.keys} END"
    share = f"(l - f + 1) / CAST({bins} AS DOUBLE)"
    bits = surprise.binomial_sql("n", "whole", "share")
    group = "kind, what, which, name, value"
    placed = " UNION ALL ".join(
        f"SELECT id, '{kind}' AS kind, {bin_} AS bin FROM cases WHERE {bin_} > 0 AND {most} > 1"
        for (kind, bin_), most in zip(BIN.items(), (size.moments, size.keys), strict=True)
    )
    rows = con.execute(
        f"WITH counted AS (SELECT {group}, bin, count(*) AS n FROM grouped"
        f" JOIN ({placed}) AS p USING (id) GROUP BY ALL),"
        f" summed AS (SELECT *, sum(n) OVER (PARTITION BY {group} ORDER BY bin) AS upto,"
        f" sum(n) OVER (PARTITION BY {group}) AS whole FROM counted),"
        f" spans AS (SELECT {group}, a.bin AS f, b.bin AS l, whole, b.upto - a.upto + a.n AS n"
        f" FROM summed AS a JOIN summed AS b USING ({group}, whole)"
        " WHERE a.bin <= b.bin AND whole >= $least),"
        f" shares AS (SELECT *, {share} AS share FROM spans)"
        f" SELECT {group}, f, l, n, whole, share, {bins},"
        f" (SELECT count(DISTINCT (what, which, name, value)) FROM counted), {bits} AS bits"
        " FROM shares WHERE n >= $least AND n / whole >= $lift * share"
        f" QUALIFY row_number() OVER (PARTITION BY {group} ORDER BY bits DESC, l - f, f) = 1",
        {"least": surprise.LEAST_KNOWN, "lift": LIFT},
    ).fetchall()
    found = []
    for kind, what, which, name, value, *span in rows:
        first, last, n, whole, part, most, groups, worth = span
        place = Place(kind, int(n), int(whole), part, first=first, last=last)
        cluster = Cluster(what, which, place, worth, groups * most * (most + 1) / 2)
        if what == WHERE:
            cluster = replace(cluster, second=Place(VALUE, name=name, value=value))
        found.append(cluster)
    return found
