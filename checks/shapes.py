"""What values became: candidates for rules of the form "this field, changed in this way".

Candidates come from the table `cases` that `checks.causes.fold` describes; their findings are left
in `matches` (id, field, side, way, param).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from checks import surprise, transforms
from checks.sql import only_row
from checks.surprise import Known
from checks.transforms import LONGEST_VALUE, WAY, WAYS

# What is counted in values that were paired at random weighs as much as this many of them.
PRIOR = 50
TRIALS = 400
EMPTIED, PLACEHOLDER, CONSTANT, RECODED = "emptied", "placeholder", "constant", "recoded"
# How often a value is empty, or just this one, without a rule behind it.
CHANCE = {EMPTIED: 1e-3, PLACEHOLDER: 1e-3, CONSTANT: 1e-3, RECODED: 1e-3}
# Of the records that hold a value, at least these must hold the same other one over there.
RECODED_SHARE = 0.5

# Counts records by the value of a field on a side, for the values given.
Counter = Callable[[str, str, list[str]], Mapping[str, int]]


@dataclass(frozen=True)
class Shape:
    """`count` of the `whole` findings of a field (None: of keys) came about in one way, which by
    accident a share of `chance` would seem to have. `price` is what naming the rule costs.

    `side` is the one that holds what has become; for ways that look alike from both it is right.
    """

    field: str | None
    side: str
    way: str
    param: str
    count: int
    whole: int
    chance: float
    price: float

    def worth(self, count: int) -> float:
        """The bits that are gained by telling this rule of so many findings."""
        return surprise.binomial(count, self.whole, self.chance) - self.price

    @property
    def stem(self) -> tuple[str, ...]:
        return (self.way, self.side, self.field or "", self.param)

    def is_same(self, known: Known) -> bool:
        """Whether this is a cause of the run before."""
        return self.stem == known.stem


def candidates(
    con: Any, total: int, known: frozenset[tuple[str, ...]], count: Counter
) -> list[Shape]:
    """All shapes that are worth telling, the best first. Leaves `matches` where there are any."""
    wholes = dict(con.execute("SELECT field, count(*) FROM cases GROUP BY 1").fetchall())
    if not _enough(con, wholes, surprise.LEAST_KNOWN if known else surprise.LEAST):
        return []
    _match_ways(con)
    _match_values(con)
    trials = dict(
        con.execute("SELECT field, count(*) FROM trials WHERE trial = 1 GROUP BY 1").fetchall()
    )
    rows = con.execute(
        "SELECT *, count(*) OVER (PARTITION BY field, side, way) FROM"
        " (SELECT field, side, way, param, count(*) FILTER (trial = 0) AS n,"
        " count(*) FILTER (trial = 1) FROM matches GROUP BY ALL)"
        " WHERE n >= $least ORDER BY field, side, way, param",
        {"least": surprise.LEAST_KNOWN},
    ).fetchall()
    shares = _shares(rows, total, count)
    found: list[Shape] = []
    for field, side, way, param, n, accident, params in rows:
        is_known = (way, side, field or "", param) in known
        if n < (surprise.LEAST_KNOWN if is_known else surprise.LEAST):
            continue
        chance = shares.get((side, field, way, param), 0.0)
        chance = max(chance, _chance(way, accident, trials.get(field, 0)))
        choices = (len(WAYS) + len(CHANCE)) * len(wholes) * params
        price = surprise.cost(choices, known=is_known)
        found.append(Shape(field, side, way, param, n, wholes[field], chance, price))
    order = {way.code: place for place, way in enumerate(WAYS)}
    worth = [(shape, shape.worth(shape.count)) for shape in found]
    worth.sort(key=lambda pair: (-pair[1], order.get(pair[0].way, 99), pair[0].stem))
    return [shape for shape, bits in worth if bits > 0]


def _enough(con: Any, wholes: Mapping[str | None, int], least: int) -> bool:
    """Whether any field has so many findings, or the keys so many twins, that a shape could: no
    finding of a field matches a way more than once."""
    if any(count >= least for field, count in wholes.items() if field is not None):
        return True
    return bool(only_row(con, "SELECT count(*) FROM twins")[0] >= least)


def _chance(way: str, accident: int, trials: int) -> float:
    if way in CHANCE:
        return CHANCE[way]
    chance = WAY[way].chance
    return max(chance, (accident + PRIOR * chance) / (trials + PRIOR))


def _match_ways(con: Any) -> None:
    """Compare the two values of each finding, and values of different findings for the accident."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE trials AS"
        " WITH both_told AS (SELECT id, field, l, r,"
        " row_number() OVER (PARTITION BY field ORDER BY hash(id), id) AS place,"
        " lead(r) OVER (PARTITION BY field ORDER BY hash(id), id) AS other FROM cases"
        " WHERE field IS NOT NULL AND NOT masked AND l <> '' AND r <> '')"
        " SELECT id, field, 0 AS trial, l, r FROM both_told UNION ALL"
        " SELECT id, field, 1, l, other FROM both_told"
        f" WHERE place <= {TRIALS} AND other <> l UNION ALL"
        " SELECT id, NULL, 0, l, r FROM twins"
    )
    transforms.prepare(con, "turned", "trials")
    con.execute(f"CREATE OR REPLACE TEMP TABLE matches AS FROM ({transforms.matched('turned')})")
    con.execute("DROP TABLE turned")


def _match_values(con: Any) -> None:
    """Values that stand alone: empty ones, and one value in the place of many."""
    sides = (("left", "l", "r"), ("right", "r", "l"))
    for side, b, a in sides:
        con.execute(
            f"INSERT INTO matches SELECT id, field, 0, '{side}', '{EMPTIED}', ''"
            f" FROM cases WHERE field IS NOT NULL AND coalesce({b}, '') = '' AND {a} <> ''"
        )
        con.execute(
            f"INSERT INTO matches SELECT id, field, 0, '{side}', '{PLACEHOLDER}', {b} FROM cases"
            f" WHERE field IS NOT NULL AND coalesce({a}, '') = '' AND {b} <> ''"
            f" AND length({b}) <= {LONGEST_VALUE}"
        )
        con.execute(
            f"INSERT INTO matches SELECT id, field, 0, '{side}', '{CONSTANT}', {b} FROM cases"
            f" SEMI JOIN (SELECT field, {b} FROM cases WHERE {a} <> '' AND {b} <> ''"
            f" AND length({b}) <= {LONGEST_VALUE} GROUP BY ALL"
            f" HAVING count(DISTINCT {a}) >= {surprise.LEAST}) AS often"
            f" ON often.field = cases.field AND often.{b} = cases.{b} WHERE {a} <> ''"
        )
    con.execute(
        f"INSERT INTO matches SELECT id, field, 0, 'right', '{RECODED}', l || chr(31) || r FROM"
        " cases SEMI JOIN (SELECT field, l, r FROM cases WHERE NOT masked AND l <> '' AND r <> ''"
        f" AND length(l) + length(r) <= {LONGEST_VALUE} GROUP BY ALL"
        f" HAVING count(*) >= {surprise.LEAST_KNOWN}) AS often"
        " ON often.field = cases.field AND often.l = cases.l AND often.r = cases.r"
    )


def _shares(
    rows: list[tuple[Any, ...]], total: int, count: Counter
) -> dict[tuple[str, str, str, str], float]:
    """How likely the value of a rule is in this field anyway, where a rule names a value."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for field, side, way, param, *_ in rows:
        if way in (PLACEHOLDER, CONSTANT):
            wanted.setdefault((side, field), set()).add(param)
        elif way == RECODED:
            wanted.setdefault(("left", field), set()).add(param.split("\x1f")[0])
    held = {place: count(*place, sorted(values)) for place, values in wanted.items()}
    shares: dict[tuple[str, str, str, str], float] = {}
    for field, side, way, param, n, *_ in rows:
        if way in (PLACEHOLDER, CONSTANT):
            there = held[side, field].get(param, 0)
            # Its own findings are among those that hold the value, and say nothing about chance.
            shares[side, field, way, param] = max(there - n, 0) / max(total, 1)
        elif way == RECODED:
            there = held["left", field].get(param.split("\x1f")[0], 0)
            shares[side, field, way, param] = 1.0 if n < RECODED_SHARE * there else CHANCE[RECODED]
    return shares
