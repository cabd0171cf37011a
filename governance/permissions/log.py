"""An operation log, added up inside DuckDB: what a rule asks of it, never line by line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from checks.permissions.model import Activity, Operation, Ref
from governance.permissions.columns import AccessRows

_FIELDS = ("id", "actor", "action", "at", "object", "rows", "address", "successful")

_ACTIVITY = """
SELECT actor, action, sum(n), min(first), max(last), arg_max(last_id, last),
       list(struct_pack(owner := owner, department := department, n := n))
FROM (SELECT l.actor, l.action, r.owner, r.department, count(*) AS n, min(l."at") AS first,
             max(l."at") AS last, arg_max(l.id, l."at") AS last_id
      FROM access_log AS l LEFT JOIN access_touched AS r ON r.no = l.object
      WHERE l."at" >= $since AND l.actor IS NOT NULL AND l.action IS NOT NULL
      GROUP BY ALL)
GROUP BY actor, action ORDER BY actor, action
"""
# Of the rest one line an hour from each address tells where an account was used from.
_OPERATIONS = """
SELECT id, actor, action, "at", object, "rows", address, successful FROM access_log
WHERE "at" >= $since AND actor IS NOT NULL AND list_contains($wanted, action)
UNION ALL
SELECT arg_min(id, "at"), actor, arg_min(action, "at"), min("at"), NULL, NULL, address, NULL
FROM access_log WHERE "at" >= $since AND actor IS NOT NULL AND address IS NOT NULL
    AND NOT list_contains($wanted, action)
GROUP BY actor, address, date_trunc('hour', "at")
ORDER BY 4, 1
"""


class Log:
    """The log of one system since a moment; `records` tell whose rows were touched."""

    def __init__(
        self,
        con: Any,
        tables: Sequence[AccessRows],
        records: Sequence[AccessRows],
        since: datetime,
    ) -> None:
        self.con, self.tables, self.records = con, tables, records
        self.since = since.astimezone(UTC).replace(tzinfo=None)
        lines = " UNION ALL ".join(f"SELECT * FROM {t.relation(*_FIELDS)}" for t in tables)
        con.execute(f"CREATE OR REPLACE TEMP TABLE access_log AS {lines}")
        touched = " UNION ALL ".join(
            f"SELECT * FROM {t.relation('no', 'owner', 'department')}" for t in records
        )
        nothing = "SELECT NULL AS no, NULL AS owner, NULL AS department WHERE false"
        con.execute(
            "CREATE OR REPLACE TEMP TABLE access_touched AS SELECT no, any_value(owner) AS owner,"
            f" any_value(department) AS department FROM ({touched or nothing}) GROUP BY no"
        )

    def begins(self) -> datetime | None:
        """The time of the oldest line."""
        first = self.con.execute('SELECT min("at") FROM access_log').fetchall()[0][0]
        return None if first is None else _aware(first)

    def activity(self) -> tuple[Activity, ...]:
        found = self.con.execute(_ACTIVITY, {"since": self.since}).fetchall()
        return tuple(
            Activity(
                self._actor(actor),
                action,
                int(count),
                _aware(first),
                _aware(last),
                last_id,
                tuple((self._owner(o["owner"]), o["department"], int(o["n"])) for o in owners),
            )
            for actor, action, count, first, last, last_id, owners in found
        )

    def operations(self, wanted: Collection[str]) -> tuple[Operation, ...]:
        """Every line of the actions `wanted` (with `*`), and of the others one an hour for each
        actor and address, without its object."""
        known = self.con.execute("SELECT DISTINCT action FROM access_log").fetchall()
        actions = [a for (a,) in known if a and any(fnmatchcase(a, w) for w in wanted)]
        values = {"since": self.since, "wanted": actions}
        return tuple(
            Operation(
                id=number,
                actor=self._actor(actor),
                action=action,
                at=_aware(at),
                object=thing,
                rows=rows,
                address=address,
                is_successful=self._was_successful(successful),
            )
            for number, actor, action, at, thing, rows, address, successful in self.con.execute(
                _OPERATIONS, values
            ).fetchall()
        )

    def _actor(self, value: str) -> Ref:
        return self.tables[0].reference("actor", value)

    def _owner(self, value: str | None) -> Ref | None:
        return None if value is None else self.records[0].reference("owner", value)

    def _was_successful(self, code: str | None) -> bool:
        return code is None or self.tables[0].word("successful", code) != "false"


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
