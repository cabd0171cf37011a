"""Whose a finding is, by when it is due, and how much money hangs on its record.

Pure: rules as values, and the SQL that carries them out over the table `findings` of a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from checks.dictionary import Entity, Money
from checks.normalisers.numbers import is_plain
from checks.outcome import Severity, severity_of
from checks.prepare import Side, key_of
from checks.sql import quoted

# From the least to the worst: a place in this list is a rank.
RANKED = tuple(reversed(Severity))
# A single amount beyond this is a slip of the pen; sums of it could not be held exactly.
MOST = 10**20

# The source that has to be changed: the one that is not the authority; the one that lacks a
# record or holds a row that should not stand there. An authority that takes no part in the pair
# is spoken for by the entity's, and where that takes none either, by the left. For a row `f`.
SYSTEM = """
CASE WHEN f.kind = 'only_left' THEN f.right_source
     WHEN f.kind = 'only_right' THEN f.left_source
     WHEN f.kind LIKE '%\\_left' ESCAPE '\\' THEN f.left_source
     WHEN f.kind LIKE '%\\_right' ESCAPE '\\' THEN f.right_source
     WHEN f.authority = f.right_source THEN f.left_source
     WHEN f.authority = f.left_source THEN f.right_source
     WHEN {chief} = f.right_source THEN f.left_source
     ELSE f.right_source END
"""


@dataclass(frozen=True)
class OwnerRule:
    """Who sees to what. An empty part stands for everything, several parts must all hold.

    A rule that names fields does not speak of whole rows. `systems` are those to be changed.
    """

    owner: str
    entities: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Terms:
    """How long after it began to stand a finding of each severity is due."""

    critical: timedelta = timedelta(days=2)
    high: timedelta = timedelta(days=7)
    medium: timedelta = timedelta(days=30)
    low: timedelta = timedelta(days=90)

    def of(self, severity: Severity) -> timedelta:
        term: timedelta = getattr(self, severity.value)
        return term


@dataclass(frozen=True)
class Levels:
    """From how much money on (either sign) a finding is at least so severe; None says nothing."""

    high: Decimal | None = None
    critical: Decimal | None = None


@dataclass(frozen=True)
class Expression:
    """SQL with its bound values, by name."""

    sql: str
    values: dict[str, object] = field(default_factory=dict)


def owner(rules: Iterable[OwnerRule], entity: str) -> Expression:
    """The owner by the first rule that holds, NULL where none does.

    Speaks of rows of `findings` with a column `system`, all of one `entity`.
    """
    branches: list[str] = []
    values: dict[str, object] = {}
    mine = (rule for rule in rules if not rule.entities or entity in rule.entities)
    for at, rule in enumerate(mine):
        conditions = []
        for part, column in (("fields", "field"), ("departments", "department"),
                             ("systems", "system")):  # fmt: skip
            names: tuple[str, ...] = getattr(rule, part)
            if names:
                values[f"owner{at}_{part}"] = list(names)
                shown = "trim(department)" if part == "departments" else quoted(column)
                conditions.append(f"list_contains($owner{at}_{part}, {shown})")
        values[f"owner{at}"] = rule.owner
        when = " AND ".join(f"coalesce({c}, false)" for c in conditions) or "true"
        branches.append(f"WHEN {when} THEN $owner{at}")
    if not branches:
        return Expression("CAST(NULL AS VARCHAR)")
    return Expression(f"CASE {' '.join(branches)} END", values)


def severity(levels: Levels) -> Expression:
    """The higher of what the columns `weight` and `money` say."""
    ranks = ", ".join(str(RANKED.index(severity_of(weight))) for weight in range(1, 11))
    names = ", ".join(f"'{level.value}'" for level in RANKED)
    branches: list[str] = []
    values: dict[str, object] = {}
    for level in (Severity.CRITICAL, Severity.HIGH):
        least: Decimal | None = getattr(levels, level.value)
        if least is not None:
            values[f"least_{level.value}"] = least
            rank = RANKED.index(level)
            branches.append(f"WHEN abs(money) >= $least_{level.value} THEN {rank}")
    by_money = f"CASE {' '.join(branches)} ELSE 0 END" if branches else "0"
    by_weight = f"coalesce([{ranks}][weight], 0)"
    return Expression(f"[{names}][1 + greatest({by_weight}, {by_money})]", values)


def due(terms: Terms) -> str:
    """The moment by the column `severity`; a finding that was never open is due by none.

    It follows from when the finding began to stand, so it does not move while that stands.
    """
    branches = " ".join(
        f"WHEN '{level.value}' THEN {int(terms.of(level).total_seconds())}" for level in Severity
    )
    return (
        "CASE WHEN state = 'open' OR opened_at IS NOT NULL THEN coalesce(since, first_seen)"
        f" + to_seconds(CASE severity {branches} END) END"
    )


def keepers(rule: Money, of: Entity, hanging: Entity) -> tuple[str, ...]:
    """The sources that may tell the amounts of `rule`, the one whose word counts first.

    `of` is the entity of the record, `hanging` the one that keeps the amount (the same for an
    amount of its own, which other sources may tell where the authority lacks the record).
    """
    needed = {rule.field, *rule.by}
    known = [m.source for m in hanging.mappings if needed <= m.columns.keys()]
    first = (hanging.authority_of(rule.field), hanging.authority)
    ordered = sorted(known, key=lambda s: first.index(s) if s in first else len(first))
    return tuple(ordered if hanging.name == of.name and not rule.by else ordered[:1])


def amounts(rule: Money, side: Side, keys: str) -> str:
    """SQL for `_key` and `money` of the records whose keys are in the table `keys`.

    Sums are exact; rows whose amount could not be read do not count, and a record without any that
    could is not in the result. Every row counts, also those of a repeated key.
    """
    spec = side.spec
    parts = [spec.column(name).compared() for name in rule.by]
    key = key_of(parts) if parts else "_key"
    text = spec.column(rule.field).compared()
    number = f"CASE WHEN {is_plain('text')} THEN TRY_CAST(text AS DECIMAL(38, 8)) END"
    picked = (
        f"SELECT {key} AS _key, {text} AS text FROM {side.rows}"
        f" UNION ALL SELECT {key} AS _key, {text} AS text FROM {side.odd}"
    )
    return (
        f"SELECT _key, sum(number) AS money FROM (SELECT _key, {number} AS number FROM ({picked})"
        f" AS p SEMI JOIN {keys} AS k USING (_key)) AS n WHERE abs(number) < {MOST} GROUP BY _key"
    )


def first_known(queries: Sequence[str]) -> str:
    """SQL for `_key` and `money` as the first of `queries` that knows the record tells it."""
    placed = " UNION ALL ".join(
        f"SELECT {at} AS place, _key, money FROM ({query}) AS q{at}"
        for at, query in enumerate(queries)
    )
    return f"SELECT _key, arg_min(money, place) AS money FROM ({placed}) AS a GROUP BY _key"


def added_up(queries: Sequence[str]) -> str:
    """SQL for `_key` and `money`, what several rules say of a record added up, to the cent."""
    every = " UNION ALL ".join(f"SELECT _key, money FROM ({query}) AS r" for query in queries)
    total = "CAST(round(sum(money), 2) AS DECIMAL(38, 2))"
    return f"SELECT _key, {total} AS money FROM ({every}) AS a GROUP BY _key"
