"""Root causes: the few rules that explain most of a pair's findings.

Two kinds of rule are looked for: a field that was changed in one way (`checks.shapes`), and
findings that lie thick in one place (`checks.clusters`). The rule that gains most is taken, what it
explains is put aside, and the rest is looked at again, until no rule pays for its own name
(`checks.surprise`). So each finding has one cause at most, and many have none: that is a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

from checks import clusters, shapes, surprise
from checks.clusters import KEYS, Cluster, Place, Size
from checks.shapes import Counter, Shape
from checks.sql import only_row
from checks.surprise import Known, Stem

CLUSTER = "cluster"
# No list of causes is longer; what comes behind is not told.
MOST_SHAPES, MOST_CLUSTERS = 40, 12
EXAMPLES = 5
# A cause lies in a place if at least this share of its findings does.
MOSTLY = 0.8


@dataclass(frozen=True)
class Cause:
    """One rule and what it explains.

    `way` is a way of `checks.transforms` or `checks.shapes`, or `cluster`. `side`, `field` and
    `param` belong to a way; `what` and `which` name the group of a cluster. `places` say where the
    findings lie: of a cluster they are the rule, of a way most of its findings lie there. `reach`
    counts the records that could have been hit, where that can be told. `odd` findings lie where
    this cause does and are not explained by it, nor by another.
    """

    stem: Stem
    way: str
    side: str
    field: str | None
    param: str
    what: str
    which: str
    places: tuple[Place, ...]
    count: int
    worth: float
    reach: int | None
    odd: int
    examples: tuple[str, ...]
    oddities: tuple[str, ...]
    known: str | None = None


def fold(con: Any, size: Size, known: Sequence[Known], count: Counter) -> tuple[Cause, ...]:
    """The causes of the findings in `cases`, largest gain first; `caused` (id, place) says which
    finding has which of them.

    `cases` has id, field, kind, l, r (what is compared; a token where `masked`), masked, mover,
    pending, began_bin (1 to `size.moments`; 0 where nobody knows when it began) and key_bin (1 to
    `size.keys`, 0 for none). `attributes` (id, name, value) tells what else their records hold,
    never the finding's own field; `population` (name, value, records) how many records do.
    `twins` (id, l, r) holds keys of rows on one side only that may be one key.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE caused (id VARCHAR, place INTEGER)")
    stems = frozenset(k.stem for k in known)
    found: list[Shape | Cluster] = [
        *_take_shapes(con, shapes.candidates(con, size.records, stems, count)),
    ]
    lying = _focus(con, size)
    found += _take_clusters(con, len(found), size, known)
    return tuple(
        _told(con, at, one, lying.get(str(at)), size.records, known) for at, one in enumerate(found)
    )


def _take_shapes(con: Any, candidates: list[Shape]) -> list[Shape]:
    """Take the best, count the others again without its findings, and so on."""
    taken: list[Shape] = []
    waiting = [(-shape.worth(shape.count), place, shape.count, shape)
               for place, shape in enumerate(candidates)]  # fmt: skip
    heapify(waiting)
    while waiting and len(taken) < MOST_SHAPES:
        _, place, counted, shape = heappop(waiting)
        (left,) = only_row(con, f"SELECT count(DISTINCT id) FROM ({_LEFT})", _names(shape))
        if left == counted:
            con.execute(
                f"INSERT INTO caused SELECT DISTINCT id, {len(taken)} FROM ({_LEFT})", _names(shape)
            )
            taken.append(shape)
        elif shape.worth(left) > 0 and left >= surprise.LEAST_KNOWN:
            heappush(waiting, (-shape.worth(left), place, left, shape))
    return taken


_LEFT = (
    "SELECT id FROM matches ANTI JOIN caused USING (id) WHERE trial = 0"
    " AND field IS NOT DISTINCT FROM ? AND side = ? AND way = ? AND param = ?"
)


def _names(shape: Shape) -> list[str | None]:
    return [shape.field, shape.side, shape.way, shape.param]


def _focus(con: Any, size: Size) -> dict[str, Place]:
    """Where the findings of each cause lie, if nearly all of them lie in one place."""
    if not only_row(con, "SELECT count(*) FROM caused")[0]:
        return {}
    con.execute(
        "CREATE OR REPLACE TEMP TABLE grouped AS SELECT id, 'cause' AS what,"
        " CAST(place AS VARCHAR) AS which, '' AS name, '' AS value FROM caused"
    )
    return clusters.focus(con, size, MOSTLY)


def _take_clusters(con: Any, at: int, size: Size, known: Sequence[Known]) -> list[Cluster]:
    taken: list[Cluster] = []
    while len(taken) < MOST_CLUSTERS:
        best = clusters.best(con, _OPEN, size, known)
        if best is None:
            break
        members, values = clusters.members(best)
        con.execute(f"INSERT INTO caused SELECT id, {at + len(taken)} FROM ({members})", values)
        taken.append(best)
    return taken


_OPEN = "(FROM cases ANTI JOIN caused USING (id) WHERE NOT pending)"


def _told(
    con: Any, at: int, found: Shape | Cluster, lies: Place | None, total: int,
    known: Sequence[Known],
) -> Cause:  # fmt: skip
    count, examples = _sample(con, f"SELECT id FROM caused WHERE place = {at}")
    if isinstance(found, Shape):
        around = "SELECT id FROM cases ANTI JOIN caused USING (id) WHERE field = ?"
        odd, oddities = _sample(con, around, [found.field])
        places: tuple[Place, ...] = (lies,) if lies else ()
        parts = (found.way, found.side, found.field, found.param, "", "")
        worth, reach = found.worth(count), None
    else:
        around, values = clusters.around(found)
        odd, oddities = _sample(con, f"FROM ({around}) ANTI JOIN caused USING (id)", values)
        places = (found.place, found.second) if found.second else (found.place,)
        field = found.which if found.what == clusters.FIELD else None
        parts = (CLUSTER, "", field, "", found.what, found.which)
        worth, reach = found.worth, _reach(found, total)
    before = next((k.cause for k in known if found.is_same(k)), None)
    return Cause(found.stem, *parts, places, count, worth, reach, odd, examples, oddities, before)


def _reach(found: Cluster, total: int) -> int | None:
    """How many records lie in the cluster's place: a span of time has none."""
    whole = found.second is None and found.place.kind in (clusters.VALUE, KEYS)
    return round(found.place.share * total) if whole else None


def _sample(con: Any, query: str, values: Sequence[object] = ()) -> tuple[int, tuple[str, ...]]:
    """How many findings, and the first few of them in an order that does not change."""
    count, ids = only_row(
        con, f"SELECT count(*), list(id ORDER BY id)[:{EXAMPLES}] FROM ({query})", values
    )
    return int(count), tuple(ids or ())
