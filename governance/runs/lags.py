"""How long a change may take to arrive before a difference counts against anybody.

Learned from what arrived in the last weeks where that is enough, else as the entity declares it.
`checks.lag` has the formulas, `governance.runs.arrivals` what is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from checks.lag import Curve, Times, curve
from checks.sql import quoted
from governance.ledger.rows import Metric
from governance.runs import arrivals

if TYPE_CHECKING:
    from checks.consistency import PairPlan
    from checks.dictionary import Entity
    from checks.prepare import Side
    from governance.ledger.rows import SnapshotRow
    from governance.runs.findings import PairRun

# What arrived longer ago than this says nothing of how it is today.
WINDOW = timedelta(days=90)
# The longest that anything learned can excuse. Otherwise one outage, whose changes arrive late all
# at once, would teach to keep silent about the next. Three days are a weekend.
LONGEST, LONGEST_DECLARED, TIMES_DECLARED = timedelta(days=7), timedelta(days=3), 2
# Runs a day apart are not so to the second; what stood for a day must not count as younger.
SLACK = 0.99

# The field that speaks of all fields of a pair together; NULL speaks of whole rows.
ALL = ""
PATIENCE = 0.99

LEARNED = {
    "check_name": "VARCHAR",
    "left_source": "VARCHAR",
    "right_source": "VARCHAR",
    "field": "VARCHAR",
    "direction": "VARCHAR",
    "arrived": "DOUBLE",
    "waiting": "DOUBLE",
    "p50": "DOUBLE",
    "p95": "DOUBLE",
    "p99": "DOUBLE",
    "p99_limit": "DOUBLE",
    "stuck": "DOUBLE",
    "stuck_low": "DOUBLE",
    "stuck_high": "DOUBLE",
    "seconds": "DOUBLE",
    "how": "VARCHAR",
    "pending": "BIGINT",
    "standing": "BIGINT",
}
# What a run seals of all this, and the next one remembers.
TABLES: Mapping[str, Mapping[str, str]] = {
    "lag_looks": arrivals.LOOKS,
    "lag_times": arrivals.TIMES,
    "lag_learned": LEARNED,
}

_PAIR = "check_name = $check AND left_source = $left AND right_source = $right"
_LIMITS = f"""
SELECT field, p99_limit FROM previous_lag_learned
WHERE {_PAIR} AND direction IS NULL AND p99_limit IS NOT NULL
"""
_TIMES = f"""
SELECT field, direction, lower, upper, CAST(sum(n) AS BIGINT) FROM lag_times WHERE {_PAIR}
GROUP BY ALL
"""
_STANDING = f"""
SELECT field, count(*) FILTER (state = 'pending'), count(*) FROM findings
WHERE {_PAIR} AND state <> 'gone' AND kind IN ('mismatch', 'only_left', 'only_right')
GROUP BY field
"""


@dataclass(frozen=True)
class Patience:
    """How long a difference is pending, in seconds, and what says so.

    `how`: `learned` of this field, `pair` of all fields of the pair together, `declared`; with
    `capped` where more was learned than anything is waited for.
    """

    seconds: float
    how: str
    capped: bool = False


def patience(own: float | None, of_all: float | None, declared: timedelta) -> Patience:
    """What counts of the upper limits of p99: the field's own, that of the pair, or neither."""
    known = own if own is not None else of_all
    if known is None:
        return Patience(declared.total_seconds(), "declared")
    most = longest(declared).total_seconds()
    how = "learned" if own is not None else "pair"
    return Patience(min(known, most), how, known > most)


def longest(declared: timedelta) -> timedelta:
    """The most that is waited for: a week, or where a lag is declared three days or twice that."""
    return max(LONGEST_DECLARED, TIMES_DECLARED * declared) if declared else LONGEST


def create(con: Any) -> None:
    """Empty tables for what is learned."""
    arrivals.create(con)
    declared = ", ".join(f"{quoted(name)} {kind}" for name, kind in LEARNED.items())
    con.execute(f"CREATE TABLE lag_learned ({declared})")


def expected(con: Any, pair: PairRun) -> None:
    """Fill `pair_lags`: seconds per field of the pair, the NULL field speaking of whole rows."""
    limits = dict(con.execute(_LIMITS, {"check": pair.check, **pair.names}).fetchall())
    con.execute("CREATE OR REPLACE TABLE pair_lags (field VARCHAR, seconds DOUBLE)")
    rows = []
    for name in (None, *(f.name for f in pair.entity.fields)):
        counts = _patience(limits, name, pair.entity.lag)
        exact = counts.how == "declared"
        rows.append([name, counts.seconds if exact else counts.seconds * SLACK])
    con.executemany("INSERT INTO pair_lags VALUES (?, ?)", rows)


def _patience(
    limits: Mapping[str | None, float | None], field: str | None, declared: timedelta
) -> Patience:
    """A new record takes another way than a changed field, so rows learn from rows alone."""
    of_all = None if field is None else limits.get(ALL)
    return patience(limits.get(field), of_all, declared)


def keep(con: Any, pair: PairRun) -> None:
    """A pair that could not be compared teaches nothing; what is known of it is carried on."""
    arrivals.keep(con, pair, pair.moment - WINDOW)


@dataclass(frozen=True)
class Look:
    """A comparison as time sees it: what was compared, whether under rules known before, and
    whether only touched keys were."""

    plan: PairPlan
    left: Side
    right: Side
    left_snapshot: SnapshotRow
    right_snapshot: SnapshotRow
    is_known: bool
    is_partial: bool


def collect(con: Any, pair: PairRun, look: Look) -> None:
    """Count what arrived by this comparison, and what still stands, once findings are settled."""
    arrivals.keep(con, pair, pair.moment - WINDOW, standing=False)
    taken = [s.taken_at.astimezone(UTC) for s in (look.left_snapshot, look.right_snapshot)]
    low, high = sorted(moment.replace(tzinfo=None) for moment in taken)
    is_new = arrivals.look(con, pair, low, high, is_known=look.is_known)
    arrivals.collect(con, pair)
    if is_new and look.is_known and look.is_partial:
        arrivals.collect_unseen(con, pair, look.plan, look.left, look.right)


def learn(con: Any, check: str, entity: Entity, plans: Iterable[PairPlan]) -> list[Metric]:
    """Fill `lag_learned` for the pairs of a check, and hand out what is kept of it over time."""
    rows = []
    for plan in plans:
        names = {"check": check, "left": plan.left, "right": plan.right}
        times = _sorted(con.execute(_TIMES, names).fetchall())
        standing = {f: (young, n) for f, young, n in con.execute(_STANDING, names).fetchall()}
        pair = {"check_name": check, "left_source": plan.left, "right_source": plan.right}
        rows += [pair | told for told in _told(entity, times, standing)]
    if rows:
        marks = ", ".join(f"({', '.join('?' for _ in LEARNED)})" for _ in rows)
        values = [row.get(name) for row in rows for name in LEARNED]
        con.execute(f"INSERT INTO lag_learned VALUES {marks}", values)
    return [metric for row in rows for metric in metrics_of(row)]


Known = dict[str | None, dict[str | None, list[Times]]]


def _sorted(rows: Sequence[tuple[Any, ...]]) -> Known:
    """By field, all together too, and by direction; None is whole rows, and every direction."""
    known: Known = {ALL: {}}
    for field, direction, lower, upper, n in rows:
        times = Times(lower, upper, n)
        for name in (field,) if field is None else (field, ALL):
            known.setdefault(name, {}).setdefault(direction, []).append(times)
    return known


def _told(
    entity: Entity, known: Known, standing: Mapping[str | None, tuple[int, int]]
) -> list[dict[str, Any]]:
    names = (ALL, None, *(f.name for f in entity.fields))
    curves = {name: directed(known.get(name, {})) for name in names}
    limits = {name: curves[name][None].limit(PATIENCE) for name in names}
    cells = [counts for field, counts in standing.items() if field is not None]
    of_all = sum(young for young, _ in cells), sum(n for _, n in cells)
    rows = []
    for name in names:
        counts = _patience(limits, name, entity.lag)
        young, stands = of_all if name == ALL else standing.get(name, (0, 0))
        for direction, learned in curves[name].items():
            row = {"field": name, "direction": direction, **numbers(learned)}
            if direction is None:
                row |= {"seconds": counts.seconds, "how": counts.how}
                row |= {"pending": young, "standing": stands}
            rows.append(row)
    return rows


def directed(times: Mapping[str | None, Sequence[Times]]) -> dict[str | None, Curve]:
    """The curve of all changes (None), and one for each direction that is known of any.

    Of a change that began and arrived between two looks nobody knows which side moved first. These
    are shared out as those are whose direction is known.
    """
    curves: dict[str | None, Curve] = {None: curve(t for some in times.values() for t in some)}
    arrived = {
        name: sum(t.n for t in some if t.upper is not None)
        for name, some in times.items()
        if name is not None
    }
    whole = sum(arrived.values())
    unknown = [t for t in times.get(None, ()) if t.upper is not None]
    for name, n in sorted(arrived.items()):
        shared = (Times(t.lower, t.upper, t.n * n / whole) for t in unknown) if n else ()
        curves[name] = curve([*times[name], *shared])
    return curves


def numbers(learned: Curve) -> dict[str, float | None]:
    """What a curve comes to, by the columns of `lag_learned`."""
    low, high = learned.stuck_band or (None, None)
    return {
        "arrived": learned.arrived,
        "waiting": learned.waiting,
        "p50": learned.quantile(0.5),
        "p95": learned.quantile(0.95),
        "p99": learned.quantile(PATIENCE),
        "p99_limit": learned.limit(PATIENCE),
        "stuck": learned.stuck,
        "stuck_low": low,
        "stuck_high": high,
    }


# Metrics of a direction end in the side that moved first.
_SIDE = {"left_moved": "_left", "right_moved": "_right"}


def metrics_of(row: Mapping[str, Any]) -> list[Metric]:
    """The numbers of one row of `lag_learned` that are kept over time.

    `lag_p50`, `lag_p95` (seconds, by direction with `_left` or `_right`), `lag_stuck`,
    `lag_pending` (shares) and `lag_patience` (seconds); of whole rows `lag_row_p50` and so on.
    """
    direction, field = row["direction"], row["field"]
    values = {"p50": row["p50"], "p95": row["p95"]}
    if direction is None:
        share = row["pending"] / row["standing"] if row["standing"] else None
        values |= {"stuck": row["stuck"], "pending": share}
        values["patience"] = row["seconds"] if row["arrived"] else None
    head = "lag_row_" if field is None else "lag_"
    pair = row["check_name"], row["left_source"], row["right_source"]
    side = _SIDE.get(direction or "", "")
    return [
        Metric(*pair, f"{head}{name}{side}", value, field or "")
        for name, value in values.items()
        if value is not None
    ]
