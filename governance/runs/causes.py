"""Root causes in a run: what the findings of a pair have in common, sealed with them.

What is looked for stands in `checks.causes`. Of a personal field only tokens are kept, so nobody
can tell how its values came about: such findings have a cause only in what else their records hold,
in when they began, and in being empty or the same value everywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from checks import causes, transforms
from checks.causes import Cause
from checks.clusters import KEYS, WINDOW, Place
from checks.sql import quoted
from checks.surprise import LEAST, LEAST_KNOWN, Known
from governance.runs.cause_cases import Cases
from governance.runs.findings import PairRun, naive

if TYPE_CHECKING:
    from checks.prepare import Side

# `places` is a list of objects: kind, count, whole, and the column and value, or `first` and `last`
# of a span (moments or keys). `share` is the part of the check's findings of this pair that it
# explains, `reach` how many records could have been hit.
CAUSES = {
    "cause": "VARCHAR",
    "check_name": "VARCHAR",
    "entity": "VARCHAR",
    "left_source": "VARCHAR",
    "right_source": "VARCHAR",
    "way": "VARCHAR",
    "side": "VARCHAR",
    "field": "VARCHAR",
    "param": "VARCHAR",
    "grp": "VARCHAR",
    "which": "VARCHAR",
    "places": "VARCHAR",
    "findings": "INTEGER",
    "share": "DOUBLE",
    "reach": "BIGINT",
    "odd": "INTEGER",
    "examples": "VARCHAR[]",
    "oddities": "VARCHAR[]",
    "bits": "DOUBLE",
    "stem": "VARCHAR",
    "first_seen": "TIMESTAMP",
    "first_run": "INTEGER",
    "last_run": "INTEGER",
}


def create(con: Any) -> None:
    """An empty table `causes`."""
    declared = ", ".join(f"{quoted(name)} {kind}" for name, kind in CAUSES.items())
    con.execute(f"CREATE TABLE causes ({declared})")


def keep(con: Any, pair: PairRun) -> None:
    """What was known of a pair that could not be compared now is known still."""
    con.execute(
        "INSERT INTO causes SELECT * FROM previous_causes"
        " WHERE left_source = $left AND right_source = $right",
        pair.names,
    )


def fold(
    con: Any, pair: PairRun, left: Side, right: Side, moments: Sequence[datetime]
) -> tuple[Cause, ...]:
    """Find the causes of a compared pair's standing findings; fill `causes` and findings.cause.

    `moments` are the runs that compared the pair, this one among them.
    """
    cases = Cases(con, pair, left, right, sorted({naive(at) for at in moments}))
    # What was found under keys that nothing touched was carried over with its cause of then.
    con.execute(
        "UPDATE findings SET cause = NULL WHERE check_name = ? AND left_source = ?"
        " AND right_source = ? AND state IN ('open', 'pending')",
        [pair.check, pair.left, pair.right],
    )
    known = _before(con, pair)
    standing = cases.count()
    if standing < (LEAST_KNOWN if known else LEAST):
        return ()
    size = cases.lay_out()
    transforms.install(con)
    found = causes.fold(con, size, [_known(row, cases) for row in known], cases.held)
    _write(cases, found, standing)
    return found


def _before(con: Any, pair: PairRun) -> list[dict[str, Any]]:
    names = ("cause", "stem", "places", "first_seen", "first_run")
    rows = con.execute(
        f"SELECT {', '.join(names)} FROM previous_causes"
        " WHERE left_source = $left AND right_source = $right ORDER BY cause",
        pair.names,
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _known(row: dict[str, Any], cases: Cases) -> Known:
    """A cause of the run before, its span in the bins of today."""
    first, last = 0, 0
    places = json.loads(row["places"])
    if places and places[0]["kind"] in (WINDOW, KEYS):
        first, last = (cases.bin_of(places[0]["kind"], places[0][end]) for end in ("first", "last"))
    return Known(row["cause"], tuple(json.loads(row["stem"])), first, last)


def _write(cases: Cases, found: Sequence[Cause], standing: int) -> None:
    con, pair = cases.con, cases.pair
    before = {row["cause"]: row for row in _before(con, pair)}
    rows = []
    for cause in found:
        places = [_place(cases, place) for place in cause.places]
        name = cause.known or _name(pair, cause, places)
        old = before.get(name, {})
        rows.append(
            [
                *(name, pair.check, pair.entity.name, pair.left, pair.right),
                *(cause.way, cause.side or None, cause.field, cases.shown(cause)),
                *(cause.what or None, cause.which or None, _json(places)),
                *(cause.count, cause.count / standing, cause.reach, cause.odd),
                *(list(cause.examples), list(cause.oddities), cause.worth, _json(cause.stem)),
                *(old.get("first_seen", pair.moment), old.get("first_run", pair.run), pair.run),
            ]
        )
    if not rows:
        return
    marks = ", ".join("?" for _ in CAUSES)
    con.executemany(f"INSERT INTO causes VALUES ({marks})", rows)
    names = [row[0] for row in rows]
    con.execute(
        "UPDATE findings SET cause = (?::VARCHAR[])[c.place + 1] FROM caused AS c"
        " WHERE c.id = findings.finding_id AND findings.check_name = ?"
        " AND findings.left_source = ? AND findings.right_source = ?",
        [names, pair.check, pair.left, pair.right],
    )


def _name(pair: PairRun, cause: Cause, places: Sequence[dict[str, Any]]) -> str:
    """The id of a rule: the same in every run. A span is named by where it began when it was first
    told; as long as it meets the span of the run before, the id stays."""
    spans = [p["first"] for p in places if "first" in p] if cause.way == causes.CLUSTER else []
    parts = (pair.check, pair.entity.name, pair.left, pair.right, *cause.stem, *spans)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def _place(cases: Cases, place: Place) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": place.kind, "count": place.count, "whole": place.whole}
    if place.kind in (WINDOW, KEYS):
        first, last = cases.ends_of(place.kind, place.first, place.last)
        return {**told, "share": place.share, "first": first, "last": last}
    return {**told, "share": place.share, "column": place.name, "value": place.value}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
