"""What lies open beyond need, and what is used of what is granted, as a run sealed it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from governance.permissions.reader import Reader

UNKNOWN = "?"


@dataclass(frozen=True)
class Open:
    """A department's people, or everybody's (`department` None): so many accounts were looked at,
    so many reach too much; the records and distinct phone numbers that these reach in all.
    `unclear` counts accounts by the reason (a message code) for which nobody can tell."""

    department: str | None
    looked_at: int
    accounts: int
    rows: int
    phones: int
    unclear: Mapping[str, int]


@dataclass(frozen=True)
class Use:
    """A function in the hands of accounts that can be used: granted, and used or not by the log.
    `why` are the reasons for which of some nobody can tell, with their parameters."""

    function: str
    granted: int
    used: int
    unused: int
    unclear: int
    why: tuple[tuple[str, Mapping[str, str]], ...]


def exposed(reader: Reader) -> tuple[Open | None, tuple[Open, ...]]:
    """Everybody (None for whoever sees a part only, or where nothing was measured) and each
    department that reaches too much or of which something is unclear, the most rows first."""
    query = (
        "SELECT department, looked_at, accounts, rows, phones, unclear FROM {exposure}"
        " ORDER BY rows DESC, accounts DESC, department"
    )
    lines = [
        Open(department, looked_at, accounts, rows, phones, json.loads(unclear))
        for department, looked_at, accounts, rows, phones, unclear in reader.ask(query)
    ]
    whole = next((line for line in lines if line.department == ""), None)
    seen = reader.actor.departments
    mine = [
        line
        for line in lines
        if line.department and (seen is None or line.department in seen)
        and (line.accounts or line.unclear)
    ]  # fmt: skip
    is_told = whole is not None and (whole.looked_at or whole.unclear)
    return whole if reader.is_whole and is_told else None, tuple(mine)


def used(reader: Reader) -> tuple[Use, ...]:
    """Each function that anybody holds, those that lie unused most first."""
    query = (
        "SELECT h.function, count(*), count(*) FILTER (h.used = 'used'),"
        " count(*) FILTER (h.used = 'unused'), count(*) FILTER (h.used = 'not_evaluable'),"
        " list(DISTINCT [h.used_reason, h.used_params]) FILTER (h.used_reason <> '')"
        " FROM {holdings} AS h JOIN {accounts} AS a USING (system, account)"
        " WHERE a.is_enabled IS DISTINCT FROM false GROUP BY ALL ORDER BY 4 DESC, 2 DESC, 1"
    )
    return tuple(
        Use(name, granted, is_used, unused, unclear, tuple(_reason(*one) for one in why or ()))
        for name, granted, is_used, unused, unclear, why in reader.ask(query)
    )


def _reason(code: str, params: str | None) -> tuple[str, Mapping[str, str]]:
    return code, json.loads(params or "{}")
