"""One person, or one account of nobody: what they hold, how, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from checks.permissions.model import PersonStatus
from checks.permissions.verdict import Event
from governance.access import Actor
from governance.permissions import people
from governance.permissions.days import looked
from governance.permissions.people import AccountRow, GrantRow, HoldingRow, PersonRow, Place
from governance.permissions.reader import Reader
from governance.permissions.seen import VerdictRow
from governance.reading import Desk
from governance.reading.model import Sealed
from governance.views.overreach import mentioned

# What changed is told against the run so long ago, or the oldest that is kept.
LOOK_BACK = timedelta(days=30)


@dataclass(frozen=True)
class Proof:
    """The verdict that a finding stands for, None where the newest run has none, and the names
    that it needs."""

    verdict: VerdictRow | None
    departments: Mapping[str, str]
    names: Mapping[str, str]


def proof_of(actor: Actor, desk: Desk, finding_id: str) -> Proof:
    """Raises PermissionRefused without the right to view, EvidenceTampered for a changed file."""
    reader = Reader(desk, actor)
    verdict = reader.verdict(finding_id)
    named = reader.names(mentioned([verdict])) if verdict else {}
    return Proof(verdict, reader.departments(), named)


@dataclass(frozen=True)
class Proofs:
    """The verdicts of some findings by their ids, and the names that they need."""

    verdicts: Mapping[str, VerdictRow]
    departments: Mapping[str, str]
    names: Mapping[str, str]


def proofs_of(actor: Actor, desk: Desk, findings: Iterable[str]) -> Proofs:
    """As `proof_of`, for a page of a list."""
    reader = Reader(desk, actor)
    rows = reader.some(findings)
    return Proofs({r.finding_id: r for r in rows}, reader.departments(),
                  reader.names(mentioned(rows)))  # fmt: skip


@dataclass(frozen=True)
class Change:
    """A grant or a function that came (`came`) or went between two runs, or a move."""

    what: str
    came: bool
    system: str | None
    account: str | None
    name: str
    at: datetime | None = None


@dataclass(frozen=True)
class Who:
    """A human of the staff list, one that is only known by accounts, or one account of nobody.

    `days` are those that can be read, newest first; `day` is the one that was read, None the newest
    run. `against` is the day that `changes` are told against, None where there is no other.
    """

    human: str | None
    person: PersonRow | None
    accounts: tuple[AccountRow, ...]
    holdings: tuple[HoldingRow, ...]
    grants: tuple[GrantRow, ...]
    verdicts: tuple[VerdictRow, ...]
    run: Sealed
    days: tuple[date, ...]
    day: date | None
    against: date | None
    changes: tuple[Change, ...]
    departments: Mapping[str, str]
    names: Mapping[str, str]

    @property
    def documents(self) -> tuple[Event, ...]:
        """What this human did, as far as verdicts tell of it, newest first; each once."""
        found = {event for verdict in self.verdicts for event in verdict.witness.events}
        return tuple(sorted(found, key=lambda e: (e.at is None, -_seconds(e.at), e.id)))


def _seconds(at: datetime | None) -> float:
    return 0.0 if at is None else at.timestamp()


def who(
    actor: Actor, desk: Desk, zone: ZoneInfo, asked: str | Place, day: date | None
) -> Who | None:
    """A human by number, or an account by system and id, as the newest run or the last run up to
    `day` has them; None for somebody nobody knows, or before the first run.

    Raises PermissionRefused without the right to view, EvidenceTampered for a changed file.
    """
    runs = looked(actor, desk.database, zone)
    then = _upto(runs, day)
    reader = Reader(desk, actor, None if then is None else runs[then])
    if reader.run is None:
        return None
    human = asked if isinstance(asked, str) else None
    accounts = _accounts(reader, asked)
    person = people.person(reader, human) if human else None
    if person is None and not accounts:
        return None
    places = _own(accounts, asked)
    verdicts = reader.of_human(human) if human else _of_account(reader, places[0])
    against, changes = _changes(actor, desk, runs, reader, places, human)
    candidates = {c for a in accounts for c in a.candidates}
    manager = {person.manager} if person and person.manager else set()
    return Who(
        human=human,
        person=person,
        accounts=accounts,
        holdings=_needed(people.holdings(reader, places), person, accounts),
        grants=people.grants(reader, places),
        verdicts=verdicts,
        run=reader.run,
        days=tuple(runs),
        day=then,
        against=against,
        changes=changes,
        departments=reader.departments(),
        names=reader.names(mentioned(verdicts) | candidates | manager),
    )


def _accounts(reader: Reader, asked: str | Place) -> tuple[AccountRow, ...]:
    if isinstance(asked, str):
        return people.accounts_of(reader, asked)
    found = people.account(reader, asked)
    return (found,) if found else ()


def _needed(
    held: tuple[HoldingRow, ...], person: PersonRow | None, accounts: Iterable[AccountRow]
) -> tuple[HoldingRow, ...]:
    """Whoever has left needs nothing of what their accounts that can be used still hold."""
    if person is None or person.status != PersonStatus.LEFT:
        return held
    able = {(a.system, a.account) for a in accounts if a.is_enabled is not False}
    return tuple(replace(h, beyond=True) if (h.system, h.account) in able else h for h in held)


def _own(accounts: Iterable[AccountRow], asked: str | Place) -> tuple[Place, ...]:
    """The places that are certain: those that only may be theirs are listed, and give nothing."""
    alone = not isinstance(asked, str)
    return tuple((a.system, a.account) for a in accounts if alone or a.human == asked)


def _of_account(reader: Reader, place: Place) -> tuple[VerdictRow, ...]:
    return reader.of_subject(f"account:{place[0]}/{place[1]}")


def _upto(runs: Mapping[date, Sealed], day: date | None) -> date | None:
    """The last day with a run up to `day`; None for the newest."""
    if day is None or not runs or day >= next(iter(runs)):
        return None
    return next((one for one in runs if one <= day), None)


def _changes(
    actor: Actor,
    desk: Desk,
    runs: Mapping[date, Sealed],
    reader: Reader,
    places: tuple[Place, ...],
    human: str | None,
) -> tuple[date | None, tuple[Change, ...]]:
    """What is other than some weeks before the run that is read."""
    assert reader.run is not None
    now = reader.run
    earlier = [day for day, run in runs.items() if run.at < now.at]
    if not earlier:
        return None, ()
    near = [day for day in earlier if now.at - runs[day].at <= LOOK_BACK]
    against = near[-1] if near else earlier[0]
    before = Reader(desk, actor, runs[against])
    if before.run is None:
        return None, ()
    moved = people.moves(reader, human) if human else ()
    since = runs[against].at
    found = [
        Change("moved", True, None, None, f"{old}|{new}", at)
        for old, new, at in moved
        if at > since
    ]
    found += _between(_grants(before, places), _grants(reader, places), "grant")
    found += _between(_functions(before, places), _functions(reader, places), "function")
    return against, tuple(found)


Known = dict[tuple[str, ...], tuple[str, str, str, datetime | None]]


def _between(before: Known, now: Known, what: str) -> list[Change]:
    came = [Change(what, True, *now[key]) for key in now if key not in before]
    went = [Change(what, False, *before[key][:3]) for key in before if key not in now]
    return [*came, *went]


def _grants(reader: Reader, places: tuple[Place, ...]) -> Known:
    return {
        g.key: (g.system, g.account, g.name or g.into, g.first_seen)
        for g in people.grants(reader, places)
    }


def _functions(reader: Reader, places: tuple[Place, ...]) -> Known:
    return {
        (h.system, h.account, h.function, h.scope): (h.system, h.account, f"{h.function}|{h.scope}",
                                                     None)
        for h in people.holdings(reader, places)
    }  # fmt: skip


@dataclass(frozen=True)
class Found:
    """Whom a search found, with the names of their departments."""

    people: tuple[PersonRow, ...]
    departments: Mapping[str, str]


def find(actor: Actor, desk: Desk, text: str) -> Found:
    """People by number or name; nobody for a text of blanks."""
    reader = Reader(desk, actor)
    found = people.search(reader, text) if text.strip() else ()
    return Found(found, reader.departments())
