"""What there is to review: every grant of a sealed run with all that is known of it.

A line exists because a grant exists, not because a person does: a grant to an account that is gone
is a line too, marked as orphan.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from governance.errors import ConfigError
from governance.ledger.review_rows import Facts
from governance.ledger.rows import RunRow
from governance.store import Home, Proofs, attached, engine

KEY = ("system", "account", "into_node", "into")
Key = tuple[str, str, str, str]
Row = dict[str, Any]

# What a campaign may be narrowed to. An empty list narrows nothing.
FILTERS = ("systems", "functions", "roles", "departments", "humans", "findings")


@dataclass(frozen=True, slots=True)
class Human:
    """Somebody of the staff list."""

    no: str
    name: str | None
    has_left: bool
    department: str | None
    manager: str | None


@dataclass(frozen=True, slots=True)
class Unit:
    """A department of one system; `leader` is a human."""

    id: str
    parent: str | None
    name: str | None
    leader: str | None


@dataclass(frozen=True)
class Population:
    """All grants of one run in the order of their keys, and the people who could review them."""

    lines: tuple[Facts, ...]
    people: Mapping[str, Human]
    units: Mapping[tuple[str, str], Unit]

    def within(self, filters: Mapping[str, Collection[str]]) -> tuple[Facts, ...]:
        """The lines that every filter lets through."""
        return tuple(line for line in self.lines if _is_within(line, filters))

    def unit(self, system: str, department: str) -> Unit | None:
        """A department by its id: that of `system`, else of the first that has one."""
        found = self.units.get((system, department))
        return found or next((u for (_, id_), u in self.units.items() if id_ == department), None)


def key_of(facts: Mapping[str, Any]) -> Key:
    system, account, node, into = (str(facts[name]) for name in KEY)
    return system, account, node, into


def grant_key(facts: Mapping[str, Any]) -> str:
    """The grant's name over runs, as one text."""
    return json.dumps(key_of(facts), ensure_ascii=False)


def canonical(facts: Facts) -> str:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(lines: Iterable[Facts]) -> str:
    """SHA-256 over the canonical lines in the order of their keys, one a line."""
    ordered = sorted(lines, key=key_of)
    told = "\n".join(canonical(line) for line in ordered)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def population_of(
    home: Home, proofs: Proofs, run: RunRow, strong: Collection[str] = ()
) -> Population:
    """What a run sealed of grants; `strong` are the functions that only few should hold.

    Raises EvidenceTampered for a file that is not what the ledger says, ConfigError
    `reviews.no_grants` for a run that did not look at permissions.
    """
    assert run.file is not None
    assert run.sha256 is not None
    path = proofs.prove(home, run.file, run.sha256)
    # A sealed file never changes, so what was read of it once stays true.
    return _read(home, path, run.sha256, run.id, frozenset(strong))


@lru_cache(maxsize=2)
def _read(home: Home, path: Path, _sha: str, run: int, strong: frozenset[str]) -> Population:
    con = engine(home)
    try:
        with attached(con, path, "run"):
            asked = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'perm_grants'"
            if not con.execute(asked).fetchall():
                raise ConfigError("reviews.no_grants", run=run)
            return _assembled(lambda table: _rows(con, table), strong)
    finally:
        con.close()


def _rows(con: Any, table: str) -> list[Row]:
    found = con.execute(f"SELECT * FROM run.main.{table}")
    names = [column[0] for column in found.description]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]


def _assembled(rows: Callable[[str], list[Row]], strong: frozenset[str]) -> Population:
    people = {
        r["human"]: Human(
            r["human"], r["name"], r["status"] == "left", r["department"], r["manager"]
        )
        for r in rows("perm_people")
    }
    staff = {r["human"]: r for r in rows("perm_people")}
    units = {
        (r["system"], r["id"]): Unit(r["id"], r["parent"], r["name"], r["leader"])
        for r in rows("perm_departments")
    }
    accounts = {(r["system"], r["account"]): r for r in rows("perm_accounts")}
    empty = Population((), people, units)
    grants: dict[Key, list[Row]] = {}
    for row in rows("perm_grants"):
        grants.setdefault(key_of(row), []).append(row)
    failing = _failing(rows("perm_verdicts"), grants)
    used = {(r["system"], r["account"], r["function"]): r for r in rows("perm_holdings")}
    lines = []
    for key in sorted(grants):
        account = accounts.get(key[:2])
        human = account["human"] if account else None
        facts = granted(key, grants[key], strong) | _held_by(empty, account, staff.get(human))
        facts |= {"human": human} | _use([used.get((*key[:2], f)) for f in facts["functions"]])
        lines.append(facts | failing.get(key, _NOTHING_FAILS))
    return Population(tuple(lines), people, units)


_NOTHING_FAILS: Facts = {"fails": [], "excepted": [], "findings": []}


def granted(key: Key, same: list[Row], strong: Collection[str] = ()) -> Facts:
    """The grant itself, from rows of `perm_grants`. One that a system holds several times over is
    one line."""
    functions = sorted({f for row in same for f in json.loads(row["functions"])})
    paths = [row["path"] for row in same if row["path"]]
    return dict(zip(KEY, key, strict=True)) | {
        "into_name": _first(row["name"] for row in same),
        "scope": sorted({row["scope"] for row in same if row["scope"]}),
        "until": None
        if any(row["until"] is None for row in same)
        else _told(max(row["until"] for row in same)),
        "granted_by": _first(row["granted_by"] for row in same),
        "granted_at": _first(_told(row["granted_at"]) for row in same),
        "since": _told(min(row["first_seen"] for row in same)),
        "functions": functions,
        "strong": [name for name in functions if name in strong],
        "path": json.loads(paths[0]) if paths else [],
        "orphan": any(row["is_orphan"] for row in same),
    }


def _held_by(known: Population, account: Row | None, person: Row | None) -> Facts:
    department = person["department"] if person else account["department"] if account else None
    unit = known.unit(account["system"], department) if account and department else None
    return {
        "login": account["login"] if account else None,
        "account_name": account["name"] if account else None,
        "account_kind": account["kind"] if account else None,
        "enabled": account["is_enabled"] if account else None,
        "last_login": _told(account["last_login"]) if account else None,
        "link": account["link"] if account else None,
        "name": person["name"] if person else None,
        "status": person["status"] if person else None,
        "left_on": _told(person["left_on"]) if person else None,
        "job": person["job"] if person else None,
        "department": department,
        "department_name": unit.name if unit else None,
    }


def _use(held: Sequence[Row | None]) -> Facts:
    """What the log says of the functions that a grant gives: `used`, `unused` only where none was,
    else that nobody can tell; and when one was last."""
    states = {row["used"] for row in held if row is not None}
    times = [row["used_at"] for row in held if row is not None and row["used_at"]]
    state = "not_evaluable"
    if "used" in states:
        state = "used"
    elif states == {"unused"}:
        state = "unused"
    return {"used": state, "last_used": _told(max(times)) if times else None}


def _failing(verdicts: list[Row], grants: Mapping[Key, object]) -> dict[Key, Facts]:
    """By grant the rules that it fails or is excepted from, and the findings of the failures.

    A failure with paths is about the grants that they begin with. One without is about all grants
    of its accounts, unless it is about something that was done.
    """
    of_account: dict[tuple[str, str], list[Key]] = {}
    for key in grants:
        of_account.setdefault(key[:2], []).append(key)
    found: dict[Key, dict[str, set[str]]] = {}
    for row in verdicts:
        if row["ruling"] not in ("failed", "excepted"):
            continue
        witness = json.loads(row["witness"])
        if witness["paths"]:
            keys = [_start(path) for path in witness["paths"]]
        elif row["kind"] == "did":
            keys = []
        else:
            keys = [k for place in witness["accounts"] for k in of_account.get(tuple(place), ())]
        for key in keys:
            told = found.setdefault(key, {name: set() for name in _NOTHING_FAILS})
            told["fails" if row["ruling"] == "failed" else "excepted"].add(row["rule"])
            if row["ruling"] == "failed":
                told["findings"].add(row["finding_id"])
    return {key: {n: sorted(those) for n, those in told.items()} for key, told in found.items()}


def _start(path: Row) -> Key:
    """The grant that a path begins with: its second hop."""
    hop = path["hops"][1] if len(path["hops"]) > 1 else {"what": "", "id": ""}
    return path["system"], path["account"], hop["what"], hop["id"]


def _is_within(line: Facts, filters: Mapping[str, Collection[str]]) -> bool:
    held: dict[str, Collection[str]] = {
        "systems": (line["system"],),
        "functions": line["functions"],
        "roles": (line["into"],),
        "departments": (line["department"],),
        "humans": (line["human"],),
        "findings": line["findings"],
    }
    return all(set(held[name]) & set(wanted) for name, wanted in filters.items() if wanted)


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value is not None), None)


def _told(moment: Any) -> str | None:
    """A moment of a sealed file (UTC without a zone) or a day, as text."""
    if moment is None:
        return None
    text: str = moment.isoformat()
    return f"{text}Z" if isinstance(moment, datetime) else text
