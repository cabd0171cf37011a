"""Give the findings of a pair their owner, their term, the money at risk and what it makes of them.

The money is what the newest snapshots say; where one of them cannot be read, what was known of a
finding before stands on.
"""

from __future__ import annotations

from collections.abc import Mapping

from checks import ownership
from checks.dictionary import Entity, Money
from checks.errors import CodedError
from checks.prepare import Side
from governance.runs.findings import PairRun
from governance.runs.work import Seen, Work

_OF_PAIR = (
    "check_name = $check AND left_source = $left AND right_source = $right AND state <> 'gone'"
)

_KEYS = f"""
CREATE OR REPLACE TEMP TABLE money_keys AS
SELECT DISTINCT record_key AS _key FROM findings WHERE {_OF_PAIR} AND record_key IS NOT NULL
"""

# Nested, since each part needs what the one before made: system, money, severity, term.
_SETTLE = """
UPDATE findings SET owner = s.owner, due_at = s.due_at, money = s.money, severity = s.severity
FROM (SELECT place, owner, money, severity, {due} AS due_at FROM (
        SELECT *, {severity} AS severity, {owner} AS owner FROM (
            SELECT f.rowid AS place, f.* EXCLUDE (owner, due_at, money, severity),
                   {money} AS money, {system} AS system
            FROM findings AS f {known} WHERE {pair}) AS a) AS b) AS s
WHERE findings.rowid = s.place
"""


def settle(work: Work, run: PairRun, seen: Mapping[tuple[str, str], Seen]) -> None:
    """Fill `owner`, `due_at`, `money` and `severity` of the pair's findings that are not gone."""
    names = {"check": run.check, **run.names}
    config, con = work.config, work.con
    money, known = "coalesce(f.money, p.money)", "LEFT JOIN previous AS p USING (finding_id)"
    if not run.entity.money:
        money, known = "CAST(NULL AS DECIMAL(38, 2))", ""
    else:
        con.execute(_KEYS, names)
        query = _Amounts(work, run, seen).query()
        if query is not None:
            con.execute(f"CREATE OR REPLACE TEMP TABLE record_money AS {query}")
            money, known = "m.money", "LEFT JOIN record_money AS m ON m._key = f.record_key"
    owner = ownership.owner(config.owners, run.entity.name)
    severity = ownership.severity(config.money_at_risk)
    statement = _SETTLE.format(
        owner=owner.sql,
        severity=severity.sql,
        due=ownership.due(config.due),
        money=money,
        known=known,
        system=ownership.SYSTEM.format(chief="$chief"),
        pair="f." + _OF_PAIR.replace(" AND ", " AND f."),
    )
    values = {**names, "chief": run.entity.authority, **owner.values, **severity.values}
    con.execute(statement, values)


class _Amounts:
    """What the snapshots say of the money that hangs on the records of one pair."""

    def __init__(self, work: Work, run: PairRun, seen: Mapping[tuple[str, str], Seen]) -> None:
        self.work, self.run, self.seen = work, run, seen

    def query(self) -> str | None:
        """SQL for `_key` and `money`; None where a snapshot that it needs cannot be read."""
        told = [self._of(rule) for rule in self.run.entity.money]
        known = [query for query in told if query is not None]
        return ownership.added_up(known) if len(known) == len(told) else None

    def _of(self, rule: Money) -> str | None:
        """What one rule says. The first source is needed, the others step in where it lacks the
        record."""
        entity = self.run.entity
        hanging = self.work.config.entity(rule.entity or entity.name)
        sides = [self._side(hanging, s) for s in ownership.keepers(rule, entity, hanging)]
        if not sides or sides[0] is None:
            return None
        return ownership.first_known(
            [ownership.amounts(rule, side, "money_keys") for side in sides if side is not None]
        )

    def _side(self, entity: Entity, source: str) -> Side | None:
        seen = self.seen.get((source, entity.name))
        snapshot = seen.snapshot if seen is not None else None
        snapshot = snapshot or self.work.ledger.snapshots.newest(source, entity.name)
        if snapshot is None:
            return None
        try:
            return self.work.sides.side(entity, snapshot)
        except CodedError:
            return None
