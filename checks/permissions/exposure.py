"""Overreach measured: which records, and whose phone numbers, people reach beyond their need.

The need is what the policy lets the job family reach (`checks.permissions.need`). Where job,
department, owner or reach cannot be told, nothing is counted but the account itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from checks.permissions.company import Company
from checks.permissions.identity import LinkKind
from checks.permissions.model import FieldAccess
from checks.permissions.need import Needs
from checks.permissions.rights import Holding, Reach
from checks.permissions.rules.common import department_of, is_able, unread_rights

VIEW = "CUST_VIEW"
RECORD_TYPES = ("customer",)
FIELD_CLASS = "pii"
# One bit a record and department, and as many for phone numbers: 64 MB each at most.
MOST_KEPT_BITS = 512 * 1024 * 1024

_Key = tuple[str | None, str | None]  # department, owner


@dataclass(frozen=True)
class Beyond:
    """What one account reaches beyond its human's need: so many records, and so many distinct phone
    numbers that none of the records they need bears."""

    system: str
    account: str
    human: str
    department: str | None
    rows: int
    phones: int


@dataclass(frozen=True)
class Exposure:
    """Everybody of a department (None: not known) together. `accounts` reach beyond need, `rows`
    and `phones` are what they reach in all, each counted once; `looked_at` accounts could be
    judged, `unclear` counts by reason (a message code) those that could not."""

    department: str | None
    looked_at: int = 0
    accounts: int = 0
    rows: int = 0
    phones: int = 0
    unclear: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Exposed:
    """The whole company, its departments, and every account that reaches too much; `unread` are
    systems of which nothing could be counted, each with the kind that is missing."""

    total: Exposure
    departments: tuple[Exposure, ...]
    accounts: tuple[Beyond, ...]
    unread: Mapping[str, str] = field(default_factory=dict)


def exposure(
    company: Company, function: str = VIEW, record_types: Iterable[str] = RECORD_TYPES
) -> Exposed:
    """Measures one function that reaches records. A record is told apart by system and number."""
    wanted = frozenset(record_types)
    meter = _Meter(company)
    unread = {}
    for system in sorted(company.facts.systems):
        known = company.policy.functions.get(function)
        if known is None or not known.permissions.get(system):
            continue
        kind = unread_rights(company, system)
        if kind is None and "records" not in company.facts.systems[system].known:
            kind = "records"
        if kind is not None:
            unread[system] = kind
            continue
        meter.measure(system, function, wanted)
    return meter.exposed(unread)


@dataclass
class _Sum:
    looked_at: int = 0
    accounts: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    phones: int = 0
    unclear: dict[str, int] = field(default_factory=dict)

    def told(self, department: str | None) -> Exposure:
        rows = sum(mask.bit_count() for mask in self.rows.values())
        phones = self.phones.bit_count()
        unclear = dict(sorted(self.unclear.items()))
        return Exposure(department, self.looked_at, self.accounts, rows, phones, unclear)


class _Meter:
    """Adds up. Sets of records and of phone numbers are bits of whole numbers: a company's union
    over thousands of accounts then costs next to nothing."""

    def __init__(self, company: Company) -> None:
        self.company, self.needs = company, Needs(company)
        self.total = _Sum()
        self.by_department: dict[str | None, _Sum] = {}
        self.found: list[Beyond] = []
        self._phones: dict[str, int] = {}

    def measure(self, system: str, function: str, record_types: frozenset[str]) -> None:
        shelf = _Shelf(self.company, system, record_types, self._phones)
        for account in sorted(self.company.facts.systems[system].accounts):
            if not is_able(self.company, system, account):
                continue
            holding = self.company.holding(system, account, function)
            if holding is not None and not holding.reach.is_nothing:
                self._account(holding, shelf)

    def _account(self, holding: Holding, shelf: _Shelf) -> None:
        link = self.company.identities.links[holding.system, holding.account]
        human = link.human
        department = department_of(self.company, human) if human is not None else None
        sums = (self.total, self.by_department.setdefault(department, _Sum()))
        if link.kind in (LinkKind.SERVICE, LinkKind.BUILT_IN):
            reason: str | None = "rules.exposure.nobodys"
            need = None
        else:
            reason, need = self._need(holding, human)
        if reason is not None or need is None or human is None:
            for each in sums:
                code = reason or "rules.exposure.no_owner"
                each.unclear[code] = each.unclear.get(code, 0) + 1
            return
        rows, phones = shelf.beyond(holding, human, need)
        for each in sums:
            each.looked_at += 1
            each.accounts += bool(rows)
            each.rows[holding.system] = each.rows.get(holding.system, 0) | rows
            each.phones |= phones
        if rows:
            counts = rows.bit_count(), phones.bit_count()
            place = holding.system, holding.account
            self.found.append(Beyond(*place, human, department, *counts))

    def _need(self, holding: Holding, human: str | None) -> tuple[str | None, Reach | None]:
        """What somebody needs to reach, or why that cannot be told."""
        if human is None:
            return "rules.exposure.no_owner", None
        scope = self.needs.scope(human, holding.function)
        if scope is None:
            return "rules.exposure.no_job", None
        need = self.needs.reach(human, holding.system, scope)
        if need is None:
            return "rules.exposure.no_department", None
        if holding.reach.unknown and not (holding.reach.is_all or need.is_all):
            return "rules.exposure.no_reach", None
        return None, need

    def exposed(self, unread: Mapping[str, str]) -> Exposed:
        order = sorted(self.by_department, key=lambda name: (name is None, name or ""))
        return Exposed(
            self.total.told(None),
            tuple(self.by_department[name].told(name) for name in order),
            tuple(sorted(self.found, key=lambda b: (-b.rows, b.system, b.account))),
            dict(unread),
        )


class _Shelf:
    """The records of one system by department and owner: which of them, and whose phones."""

    def __init__(
        self, company: Company, system: str, record_types: frozenset[str], phones: dict[str, int]
    ) -> None:
        self.company, self.system = company, system
        self._rows: dict[_Key, list[int]] = {}
        self._phones: dict[_Key, list[int]] = {}
        self._masks: dict[str, tuple[int, int]] = {}
        accounts = company.facts.systems[system].accounts
        kept = [r for r in company.facts.systems[system].records if r.type in record_types]
        for at, record in enumerate(kept):
            # Somebody with two accounts owns under both; tables may name the person or an account.
            account = company.account(system, record.owner)
            owner = company.human(system, record.owner) or account
            department = record.department
            if department is None and account is not None:
                department = accounts[account].department
            key = department, owner
            self._rows.setdefault(key, []).append(at)
            if record.phone is not None:
                number = phones.setdefault(record.phone, len(phones))
                self._phones.setdefault(key, []).append(number)
        self._of_owner: dict[str | None, list[_Key]] = {}
        self._of_department: dict[str | None, list[_Key]] = {}
        for key in self._rows:
            self._of_department.setdefault(key[0], []).append(key)
            self._of_owner.setdefault(key[1], []).append(key)
        self._is_small = len(kept) * len(self._of_department) < MOST_KEPT_BITS

    def beyond(self, holding: Holding, human: str, need: Reach) -> tuple[int, int]:
        """Records and phone numbers that a function reaches and the need does not."""
        rows, phones = self._reached(human, holding.reach)
        fair_rows, fair_phones = self._reached(human, need)
        if not self._shows_phones(holding.account):
            phones = 0
        return rows & ~fair_rows, phones & ~fair_phones

    def _reached(self, human: str, reach: Reach) -> tuple[int, int]:
        rows, phones = self._wide(reach)
        if reach.own and not reach.is_all:
            own = self._bits(self._of_owner.get(human, ()))
            rows, phones = rows | own[0], phones | own[1]
        return rows, phones

    def _wide(self, reach: Reach) -> tuple[int, int]:
        """What a reach takes in whoever asks."""
        if reach.is_all:
            return self._everything
        rows = phones = 0
        for department in reach.departments:
            mine = self._masks.get(department)
            if mine is None:
                mine = self._bits(self._of_department.get(department, ()))
                if self._is_small:
                    self._masks[department] = mine
            rows, phones = rows | mine[0], phones | mine[1]
        return rows, phones

    @cached_property
    def _everything(self) -> tuple[int, int]:
        return self._bits(self._rows)

    def _bits(self, keys: Iterable[_Key]) -> tuple[int, int]:
        rows: list[int] = []
        phones: list[int] = []
        for key in keys:
            rows += self._rows[key]
            phones += self._phones.get(key, ())
        return bits(rows), bits(phones)

    def _shows_phones(self, account: str) -> bool:
        """Whether contact details can be read on any channel; so where nothing says otherwise."""
        resolver = self.company.resolvers[self.system]
        seen = resolver.fields(account, RECORD_TYPES[0], FIELD_CLASS)
        return not seen or any(
            access in (FieldAccess.READ, FieldAccess.EDIT) for access in seen.values()
        )


def bits(numbers: Collection[int]) -> int:
    """A whole number with these bits set."""
    made = bytearray(max(numbers, default=-1) // 8 + 1)
    for number in numbers:
        made[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(made, "little")
