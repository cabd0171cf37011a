"""Can who see what: a person and a record, or a record and everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from checks.permissions.verdict import Hop
from governance.access import Actor
from governance.config.permissions import PermissionsConfig
from governance.permissions import people, records
from governance.permissions.people import AccountRow, HoldingRow, PersonRow
from governance.permissions.reader import Reader
from governance.permissions.records import Reached, RecordRow
from governance.permissions.seen import Blind
from governance.reading import Desk
from governance.reading.model import Sealed

# What of a system must have been read whole for a no to be one.
NEEDED = frozenset((
    "accounts", "memberships", "roles", "grants", "permissions", "departments",
    "scope_departments",
))  # fmt: skip
ROLES = ("role", "group", "administrator", "department")


class Answer(StrEnum):
    """`unclear`: not seen to, but something that counts could not be seen, or an account may be
    theirs that does."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Role:
    """What lets people reach a record: so many, and so many of them beyond need."""

    what: str
    id: str
    name: str | None
    people: int
    beyond: int


@dataclass(frozen=True)
class Reach:
    """`person` and `record` are those of the question, None where none was asked for or is known.

    `reached` are the accounts that reach the record (of the person, where one was asked for),
    `others` what the person's accounts hold of it without reaching it, `unsure` accounts that may
    be theirs. `blind` is what of the record's system could not be seen. `functions` are those that
    show such records.
    """

    run: Sealed
    person: PersonRow | None
    record: RecordRow | None
    functions: tuple[str, ...]
    reached: tuple[Reached, ...]
    accounts: tuple[AccountRow, ...]
    others: tuple[HoldingRow, ...]
    unsure: tuple[AccountRow, ...]
    blind: tuple[Blind, ...]
    departments: Mapping[str, str]
    names: Mapping[str, str]
    is_whole: bool

    @property
    def able(self) -> tuple[Reached, ...]:
        """Those whose account can be used."""
        return tuple(r for r in self.reached if r.is_enabled is not False)

    @property
    def answer(self) -> Answer:
        if self.able:
            return Answer.YES
        return Answer.UNCLEAR if self.blind or self.unsure else Answer.NO

    @property
    def humans(self) -> frozenset[str]:
        return frozenset(r.holding.human for r in self.able if r.holding.human)

    @property
    def beyond(self) -> frozenset[str]:
        """The humans who reach it beyond need."""
        return frozenset(r.holding.human for r in self.able if r.beyond and r.holding.human)

    @property
    def nobodys(self) -> int:
        """Accounts of no human that reach it."""
        return len({r.holding.account for r in self.able if not r.holding.human})

    @property
    def roles(self) -> tuple[Role, ...]:
        """Through which roles, those that let most people in first."""
        found: dict[tuple[str, str], tuple[Hop, set[str], set[str]]] = {}
        for one in self.able:
            who = one.holding.human or f"{one.holding.system}/{one.holding.account}"
            for hop in {hop for path in one.giving.paths for hop in _last_role(path)}:
                _, all_, beyond = found.setdefault((hop.what, hop.id), (hop, set(), set()))
                all_.add(who)
                if one.beyond:
                    beyond.add(who)
        made = (Role(h.what, h.id, h.name, len(a), len(b)) for h, a, b in found.values())
        return tuple(sorted(made, key=lambda role: (-role.beyond, -role.people, role.id)))


def _last_role(path: tuple[Hop, ...]) -> tuple[Hop, ...]:
    """What gives the permission at the end of a path."""
    roles = [hop for hop in path if hop.what in ROLES]
    return tuple(roles[-1:])


def reach(
    actor: Actor, desk: Desk, access: PermissionsConfig, person: str | None, record: str | None
) -> Reach | None:
    """The answer of the newest run; None before the first.

    Raises PermissionRefused without the right to view, EvidenceTampered for a changed file.
    """
    reader = Reader(desk, actor)
    if reader.run is None:
        return None
    human = people.person(reader, person) if person else None
    row = records.record(reader, access, record) if record else None
    functions = records.functions_of(access, row.type) if row else ()
    found: tuple[Reached, ...] = ()
    mine: tuple[AccountRow, ...] = ()
    others: tuple[HoldingRow, ...] = ()
    if human is not None:
        mine = people.accounts_of(reader, human.human)
    if row is not None:
        only = human.human if human else None
        found = records.reached(reader, row, functions, human=only)
        others = _others(reader, mine, row, functions, found)
    return Reach(
        run=reader.run,
        person=human,
        record=row,
        functions=functions,
        reached=found,
        accounts=tuple(a for a in mine if a.human),
        others=others,
        unsure=tuple(a for a in mine if not a.human and row and a.system == row.system),
        blind=_blind(reader, row),
        departments=reader.departments(),
        names=reader.names(r.holding.human for r in found if r.holding.human),
        is_whole=reader.is_whole and not reader.is_stale,
    )


def _others(
    reader: Reader,
    accounts: tuple[AccountRow, ...],
    row: RecordRow,
    functions: tuple[str, ...],
    found: tuple[Reached, ...],
) -> tuple[HoldingRow, ...]:
    places = [(a.system, a.account) for a in accounts if a.human and a.system == row.system]
    reaching = {(r.holding.account, r.holding.function) for r in found}
    return tuple(
        h
        for h in people.holdings(reader, places)
        if h.function in functions and (h.account, h.function) not in reaching
    )


def _blind(reader: Reader, row: RecordRow | None) -> tuple[Blind, ...]:
    if row is None:
        return ()
    return tuple(b for b in reader.blind() if b.system == row.system and b.kind in NEEDED)


@dataclass(frozen=True)
class Choices:
    """What two searches found, with the names of departments."""

    people: tuple[PersonRow, ...]
    records: tuple[RecordRow, ...]
    departments: Mapping[str, str]


def choices(
    actor: Actor, desk: Desk, access: PermissionsConfig, person: str, record: str
) -> Choices:
    """People and records by number or name; nothing for texts of blanks."""
    reader = Reader(desk, actor)
    return Choices(
        people.search(reader, person, 8) if person.strip() else (),
        records.find(reader, access, record, 8) if record.strip() else (),
        reader.departments(),
    )
