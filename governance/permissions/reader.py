"""What the newest sealed run says of permissions, as one reader may see it.

Whoever sees some departments only sees their people, the accounts of these, and what was found of
them; what belongs to no department that is known is nobody's to see but of those who see all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any

from checks.permissions import CODE
from checks.sql import quoted
from governance.access import Actor, Right
from governance.permissions.seen import Blind, Narrow, RuleCount, Tally, VerdictRow
from governance.permissions.tables import ALL
from governance.permissions.told import read_witness
from governance.reading.model import Reading, Sealed, Source

if TYPE_CHECKING:
    from governance.reading import Desk
    from governance.reading.shelf import Handle

Values = Mapping[str, object]

_OF_PEOPLE = "department IN (SELECT unnest($scope::VARCHAR[]))"
_ACCOUNTS = (
    "(SELECT a.* FROM {accounts} AS a LEFT JOIN {people} AS p ON p.human = a.human"
    " WHERE coalesce(p.department, a.department) IN (SELECT unnest($scope::VARCHAR[])))"
)
_MINE = _ACCOUNTS + " USING (system, account))"
# How each table is narrowed for somebody who sees some departments only.
_SCOPED = {
    "people": "(SELECT * FROM {people} WHERE " + _OF_PEOPLE + ")",
    "verdicts": "(SELECT * FROM {verdicts} WHERE " + _OF_PEOPLE + ")",
    "accounts": _ACCOUNTS,
    "holdings": "(SELECT h.* FROM {holdings} AS h SEMI JOIN " + _MINE,
    "grants": "(SELECT g.* FROM {grants} AS g SEMI JOIN " + _MINE,
    "moves": "(SELECT m.* FROM {moves} AS m SEMI JOIN (SELECT human AS person FROM {people} WHERE "
    + _OF_PEOPLE + ") USING (person))",
}  # fmt: skip


_ORDER = (
    "list_position(['failed', 'not_evaluable', 'excepted', 'passed'], v.ruling), "
    "list_position(['critical', 'high', 'medium', 'low'], v.severity), "
    "v.rule, v.subject, v.facet"
)
_VERDICT = (
    "v.finding_id, v.rule, v.kind, v.ruling, v.subject, v.facet, v.severity, v.system, "
    "v.department, v.human, v.reason, v.params, v.witness, v.exempt_owner, v.exempt_reason, "
    "v.exempt_until, v.first_seen, v.first_run, p.name"
)


class Reader:
    """Bound to one sealed run. Methods raise EvidenceTampered for a file that was changed."""

    def __init__(self, desk: Desk, actor: Actor, at: Sealed | None = None) -> None:
        """Of the newest run, or of the run `at`. Raises PermissionRefused without the right to
        view."""
        actor.require(Right.VIEW)
        self.desk, self.actor = desk, actor
        then = Reading((Source(CODE, at),)) if at else None
        self._reading = then or desk.view(actor, (CODE,)).reading
        self.run, self.is_stale = self._speaking()

    @property
    def is_whole(self) -> bool:
        """Whether the reader sees every department."""
        return self.actor.departments is None

    def rules(self) -> tuple[RuleCount, ...]:
        """Every rule that was asked, in order of their ids."""
        if self.is_whole:
            names = "rule, population, passed, failed, not_evaluable, excepted"
            return tuple(
                RuleCount(*row) for row in self.ask(f"SELECT {names} FROM {{rules}} ORDER BY rule")
            )
        sums = ", ".join(
            f"count(*) FILTER (ruling = '{ruling}')"
            for ruling in ("failed", "not_evaluable", "excepted")
        )
        query = (
            f"SELECT r.rule, NULL, NULL, {sums} FROM {{rules}} AS r"
            " LEFT JOIN {verdicts} AS v ON v.rule = r.rule GROUP BY ALL ORDER BY r.rule"
        )
        return tuple(RuleCount(*row) for row in self.ask(query))

    def tallies(self) -> tuple[Tally, ...]:
        """All verdicts, counted."""
        names = "rule, kind, ruling, severity, system, department"
        query = f"SELECT {names}, count(*) FROM {{verdicts}} GROUP BY ALL ORDER BY ALL"
        return tuple(Tally(*row) for row in self.ask(query))

    def blind(self) -> tuple[Blind, ...]:
        query = "SELECT system, kind, code, params FROM {blind} ORDER BY system, kind"
        return tuple(
            Blind(s, k, code, json.loads(params)) for s, k, code, params in self.ask(query)
        )

    def verdicts(
        self, narrow: Narrow, *, subject: str | None = None, limit: int = 50, offset: int = 0
    ) -> tuple[VerdictRow, ...]:
        """Verdicts, the gravest first."""
        condition, values = _condition(narrow)
        if subject is not None:
            condition += " AND v.subject = $subject"
            values["subject"] = subject
        query = (
            f"SELECT {_VERDICT} FROM {{verdicts}} AS v LEFT JOIN {{people}} AS p"
            f" ON p.human = v.human WHERE {condition} ORDER BY {_ORDER} LIMIT $limit OFFSET $offset"
        )
        return self.told(query, {**values, "limit": limit, "offset": offset})

    def blind_verdicts(self) -> tuple[VerdictRow, ...]:
        """Where a rule could not see at all, or not in one system."""
        query = (
            f"SELECT {_VERDICT} FROM {{verdicts}} AS v LEFT JOIN {{people}} AS p"
            " ON p.human = v.human WHERE v.ruling = 'not_evaluable'"
            " AND (starts_with(v.subject, 'rule:') OR starts_with(v.subject, 'system:'))"
            f" ORDER BY {_ORDER} LIMIT 500"
        )
        return self.told(query, {})

    def verdict(self, finding_id: str) -> VerdictRow | None:
        query = (
            f"SELECT {_VERDICT} FROM {{verdicts}} AS v LEFT JOIN {{people}} AS p"
            " ON p.human = v.human WHERE v.finding_id = $id"
        )
        found = self.told(query, {"id": finding_id})
        return found[0] if found else None

    def some(self, findings: Iterable[str]) -> tuple[VerdictRow, ...]:
        """The verdicts of these findings, as far as the reader may see them."""
        query = (
            f"SELECT {_VERDICT} FROM {{verdicts}} AS v LEFT JOIN {{people}} AS p"
            " ON p.human = v.human WHERE v.finding_id IN (SELECT unnest($ids::VARCHAR[]))"
        )
        wanted = sorted(set(findings))
        return self.told(query, {"ids": wanted}) if wanted else ()

    def of_human(self, human: str) -> tuple[VerdictRow, ...]:
        """Every verdict about a human, also about one of their accounts or documents."""
        query = (
            f"SELECT {_VERDICT} FROM {{verdicts}} AS v LEFT JOIN {{people}} AS p"
            f" ON p.human = v.human WHERE v.human = $human ORDER BY {_ORDER} LIMIT 200"
        )
        return self.told(query, {"human": human})

    def of_subject(self, subject: str) -> tuple[VerdictRow, ...]:
        """Every verdict about an account, a document or a role."""
        return self.verdicts(Narrow(), subject=subject, limit=200)

    def told(self, query: str, values: Values) -> tuple[VerdictRow, ...]:
        return tuple(_verdict(row) for row in self.ask(query, values))

    def departments(self) -> dict[str, str]:
        """Department ids and their names, where one is known; numbers of all systems together."""
        query = "SELECT id, name FROM {departments} WHERE name IS NOT NULL ORDER BY system"
        found: dict[str, str] = {}
        for code, name in self.ask(query):
            found.setdefault(code, name)
        return found

    def names(self, humans: Iterable[str]) -> dict[str, str]:
        """The names of these people, as far as the reader may see them."""
        wanted = sorted(set(humans))
        query = (
            "SELECT human, name FROM {people}"
            " WHERE name IS NOT NULL AND human IN (SELECT unnest($humans::VARCHAR[]))"
        )
        return dict(self.ask(query, {"humans": wanted})) if wanted else {}

    def ask(self, query: str, values: Values | None = None) -> list[tuple[Any, ...]]:
        """The rows of a query over `{verdicts}` and the like; nothing where no run speaks.

        Values are bound by name (`$human`); sealed files never change, so answers are kept.
        """
        if self.run is None:
            return []
        ready = query.format_map(self._tables())
        bound = dict(values or {})
        if "$scope" in ready:
            bound["scope"] = sorted(d for d in self.actor.departments or () if d)
        with self._open() as handle:
            key = ("perm", ready, repr(sorted(bound.items())))
            found: list[tuple[Any, ...]] = handle.remembered(
                key, lambda: handle.con.cursor().execute(ready, bound).fetchall()
            )
            return found

    def _tables(self) -> dict[str, str]:
        assert self.run is not None
        whole = {
            name.removeprefix("perm_"): f"run_{self.run.run}.main.{quoted(name)}" for name in ALL
        }
        if self.is_whole:
            return whole
        return whole | {name: query.format_map(whole) for name, query in _SCOPED.items()}

    @contextmanager
    def _open(self) -> Iterator[Handle]:
        with self.desk.shelf.open(self._reading) as handle:
            yield handle

    def _speaking(self) -> tuple[Sealed | None, bool]:
        """The newest run that asked its rules, and whether a newer one failed to."""
        if not self._reading.parts:
            return None, False
        part = self._reading.parts[0]
        with self._open() as handle:
            for sealed in (part.newest, part.earlier):
                if sealed is not None and handle.remembered(
                    ("perm", "asked", sealed.run),
                    lambda s=sealed: _asked(handle, s),  # type: ignore[misc]
                ):
                    return sealed, sealed is not part.newest
        return None, False


def _asked(handle: Handle, sealed: Sealed) -> bool:
    """Whether a run file has our tables, with something in them."""
    known = "SELECT table_name FROM duckdb_tables() WHERE database_name = $name"
    cursor = handle.con.cursor()
    names = {n for (n,) in cursor.execute(known, {"name": f"run_{sealed.run}"}).fetchall()}
    if not names >= ALL.keys():
        return False
    query = f"SELECT 1 FROM run_{sealed.run}.main.perm_rules LIMIT 1"
    return cursor.execute(query).fetchone() is not None


def _condition(narrow: Narrow) -> tuple[str, dict[str, object]]:
    parts: list[str] = ["true"]
    values: dict[str, object] = {}
    for name in ("rule", "kind", "ruling", "severity", "system", "department"):
        chosen = getattr(narrow, name)
        if chosen:
            parts.append(f"coalesce(v.{name}, '') IN (SELECT unnest(${name}::VARCHAR[]))")
            values[name] = list(chosen)
    return " AND ".join(parts), values


def _verdict(row: tuple[Any, ...]) -> VerdictRow:
    values = list(row)
    values[11] = json.loads(values[11])
    values[12] = read_witness(values[12])
    values[16] = values[16].replace(tzinfo=UTC)
    return VerdictRow(*values)
