"""Rules about people who left: what they can still use, used, or own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import chain

from checks.permissions.company import Company
from checks.permissions.deeds import Who
from checks.permissions.identity import LinkKind, Place
from checks.permissions.model import Account
from checks.permissions.rules.common import (
    Hearing,
    account_subject,
    human_subject,
    lone,
    unsure_of,
)
from checks.permissions.rules.people import Parting, Standing, after, parting, seen, subject_of
from checks.permissions.verdict import Event, RuleResult, Witness


def partings(hearing: Hearing) -> Iterator[tuple[str, Parting]]:
    """Everybody on the staff list who has left, or of whom it is unclear."""
    for no, person in sorted(hearing.company.facts.persons.items()):
        found = parting(person, hearing.today)
        if found.standing is not Standing.HERE:
            yield no, found


def r13(company: Company) -> RuleResult:
    """No account of somebody who left can still be used."""
    hearing = Hearing(company, "R13")
    seeing = frozenset(hearing.systems("accounts"))
    if not company.facts.people_known:
        return hearing.result()
    grace, unsure, uses = hearing.span("grace"), unsure_of(company), _Usable(company)
    for human, left in partings(hearing):
        hearing.look(human_subject(human))
        if left.day is not None and hearing.today <= left.day + grace:
            continue
        for place in company.identities.accounts.get(human, ()):
            if place[0] in seeing:
                _alive(hearing, human, left, place, uses.how(place))
        for place in unsure.get(human, ()):
            if uses.how(place) in ("enabled", "token"):
                _unclear(hearing, human, "deeds.r13.unsure", place)
    _unlisted(hearing)
    return hearing.result()


class _Usable:
    """How accounts can be used."""

    def __init__(self, company: Company) -> None:
        self.systems = company.facts.systems
        self.keeping_tokens = {
            name
            for name, system in self.systems.items()
            if any(a.has_live_token is not None for a in system.accounts.values())
        }

    def how(self, place: Place) -> str:
        """`enabled`, by its `token` alone, not (`no`), or `unknown`."""
        account = self.systems[place[0]].accounts[place[1]]
        if account.is_enabled:
            return "enabled"
        if account.has_live_token:
            return "token"
        may_have = account.has_live_token is None and place[0] in self.keeping_tokens
        return "unknown" if account.is_enabled is None or may_have else "no"


def _alive(hearing: Hearing, human: str, left: Parting, place: Place, how: str) -> None:
    company, (system, account) = hearing.company, place
    if how == "no":
        return None
    if how == "unknown":
        return _unclear(hearing, human, "deeds.r13.unknown", place)
    if left.standing is Standing.UNCLEAR:
        return _unclear(hearing, human, "deeds.r13.contradiction", place)
    if left.day is None:
        return _unclear(hearing, human, "deeds.r13.no_day", place)
    known = company.facts.systems[system].accounts[account]
    hearing.fail(
        human_subject(human),
        f"deeds.r13.{how}",
        params={
            "person": human,
            "account": _login(known),
            "system": system,
            "day": left.day.isoformat(),
        },
        facet="/".join(place),
        system=system,
        witness=Witness(
            human,
            company.identities.accounts.get(human, ()),
            events=_logins(system, known),
        ),
    )
    return None


def _unclear(hearing: Hearing, human: str, reason: str, place: Place) -> None:
    account = hearing.company.facts.systems[place[0]].accounts[place[1]]
    hearing.unclear(
        human_subject(human),
        reason,
        params={"person": human, "account": _login(account), "system": place[0]},
        facet="/".join(place),
        system=place[0],
        witness=Witness(human, (place,)),
    )


def _unlisted(hearing: Hearing) -> None:
    """Accounts in use of nobody on the staff list: whose they were is what nobody can say."""
    company = hearing.company
    humans = company.identities.accounts.keys() - company.facts.persons.keys()
    places = [p for h in humans for p in company.identities.accounts[h]]
    places += [(link.system, link.account) for link in lone(company, LinkKind.NOBODY)]
    for place in places:
        account = company.facts.systems[place[0]].accounts[place[1]]
        if account.is_enabled:
            hearing.unclear(
                account_subject(*place),
                "deeds.r13.unlisted",
                params={"account": _login(account), "system": place[0]},
                system=place[0],
                witness=Witness(None, (place,)),
            )


def _login(account: Account) -> str:
    return account.login or account.id


def _logins(system: str, account: Account) -> tuple[Event, ...]:
    if account.last_login is None:
        return ()
    return (Event(system, "logged_in", _login(account), account.last_login, account.id),)


def r14(company: Company) -> RuleResult:
    """Nobody logs in, or does anything, after they left."""
    hearing = Hearing(company, "R14")
    seeing = frozenset(hearing.systems("accounts"))
    if not company.facts.people_known:
        return hearing.result()
    handover, unsure = hearing.span("handover"), unsure_of(company)
    gone = dict(partings(hearing))
    places = {p for h in gone for p in company.identities.accounts.get(h, ())}
    places |= {p for h in gone for p in unsure.get(h, ())}
    uses = _Uses(company, hearing.names("jobs"), places)
    for human, left in gone.items():
        subject = human_subject(human)
        hearing.look(subject)
        if left.day is None:
            if company.identities.accounts.get(human):
                hearing.unclear(subject, "deeds.r14.no_day", params={"person": human})
            continue
        since = after(left.day, handover, company.facts.zone)
        found = [
            uses.after(place, since)
            for place in company.identities.accounts.get(human, ())
            if place[0] in seeing
        ]
        _used(hearing, human, left, found)
        for place in unsure.get(human, ()):
            if uses.after(place, since).events:
                _unclear(hearing, human, "deeds.r14.unsure", place)
    return hearing.result()


@dataclass(frozen=True)
class _Use:
    """What an account did after a moment; `is_seen` is whether it would have been noticed."""

    place: Place
    events: tuple[Event, ...]
    jobs: tuple[Event, ...]
    is_seen: bool


class _Uses:
    """When accounts were last used, by what they say themselves and by the logs."""

    def __init__(self, company: Company, jobs: tuple[str, ...], wanted: set[Place]) -> None:
        self.company, self.jobs = company, jobs
        self.by_place: dict[Place, list[Event]] = {}
        for name, system in sorted(company.facts.systems.items()):
            added = ((a.actor, a.action, a.last_at, a.last_id) for a in system.activity)
            single = ((o.actor, o.action, o.at, o.id) for o in system.operations if o.is_successful)
            for actor, action, at, number in chain(added, single):
                account = company.account(name, actor)
                if account is not None and (name, account) in wanted:
                    event = Event(name, "used", number, at, account, action)
                    self.by_place.setdefault((name, account), []).append(event)

    def after(self, place: Place, since: datetime) -> _Use:
        system = self.company.facts.systems[place[0]]
        account = system.accounts[place[1]]
        logged = [e for e in _logins(place[0], account) if e.at is not None and e.at >= since]
        done = {e.id: e for e in self.by_place.get(place, ()) if e.at is not None and e.at >= since}
        jobs = [e for e in done.values() if self._is_job(e)]
        events = [*logged, *(e for e in done.values() if not self._is_job(e))]
        back = max(since, self.company.facts.as_of - self.company.policy.window)
        begins = system.log_from if "operations" in system.known else None
        is_seen = account.last_login is not None or (begins is not None and begins <= back)
        return _Use(place, _newest(events), _newest(jobs), is_seen)

    def _is_job(self, event: Event) -> bool:
        return any(fnmatchcase(event.detail or "", job) for job in self.jobs)


def _newest(events: list[Event]) -> tuple[Event, ...]:
    def order(event: Event) -> tuple[float, str]:
        return -(event.at.timestamp() if event.at else 0), event.id

    return tuple(sorted(events, key=order)[:3])


def _used(hearing: Hearing, human: str, left: Parting, found: list[_Use]) -> None:
    subject, accounts = human_subject(human), hearing.company.identities.accounts.get(human, ())
    events = _newest([e for use in found for e in use.events])
    jobs = _newest([e for use in found for e in use.jobs])
    assert left.day is not None
    params = {"person": human, "day": left.day.isoformat()}
    if events:
        last = events[0]
        params["system"] = last.system
        is_clear = left.standing is Standing.LEFT
        say = hearing.fail if is_clear else hearing.unclear
        reason = "deeds.r14.used" if is_clear else "deeds.r14.contradiction"
        witness = Witness(human, accounts, events=events)
        say(subject, reason, params=params, system=last.system, witness=witness)
    elif not all(use.is_seen for use in found):
        dark = next(use for use in found if not use.is_seen)
        params["system"] = dark.place[0]
        hearing.unclear(subject, "deeds.r14.unseen", params=params, system=dark.place[0])
    elif jobs:
        params["action"] = jobs[0].detail or ""
        witness = Witness(human, accounts, events=jobs)
        hearing.listed(
            subject, "deeds.r14.job", params=params, system=jobs[0].system, witness=witness
        )


def r15(company: Company) -> RuleResult:
    """No customer still belongs to somebody who left."""
    hearing = Hearing(company, "R15")
    types, pools = frozenset(hearing.names("record_types")), frozenset(hearing.names("pools"))
    if not company.facts.people_known:
        return hearing.result()
    owned: dict[Who, list[str]] = {}
    for name in hearing.systems("records"):
        for record in company.facts.systems[name].records:
            if record.type in types and record.owner is not None:
                owner = company.deeds.who(name, record.owner)
                owned.setdefault(owner, []).append(record.no)
    gone = dict(partings(hearing))
    unsure = {p: h for h, places in unsure_of(company).items() for p in places if h in gone}
    for owner, numbers in owned.items():
        if not _is_pool(company, owner, pools):
            _owns(hearing, owner, gone, sorted(numbers), is_suspect=owner.place in unsure)
    return hearing.result()


def _is_pool(company: Company, owner: Who, pools: frozenset[str]) -> bool:
    """Whether customers under this name wait to be given to somebody."""
    names = {owner.ref.value}
    if owner.account is not None:
        names.add(_login(company.facts.systems[owner.system].accounts[owner.account]))
    return bool(names & pools) or owner.kind in (LinkKind.SHARED, LinkKind.SERVICE)


def _owns(
    hearing: Hearing,
    owner: Who,
    gone: dict[str, Parting],
    numbers: list[str],
    *,
    is_suspect: bool,
) -> None:
    company, subject = hearing.company, subject_of(owner)
    hearing.look(subject)
    left = gone.get(owner.human or "")
    params = {
        "person": owner.key,
        "count": str(len(numbers)),
        "first": ", ".join(numbers[:3]),
        "system": owner.system,
    }
    witness = Witness(owner.human, seen(company, owner))
    if left is not None and left.standing is Standing.LEFT:
        reason, say = "deeds.r15.owns", hearing.fail
    elif left is not None:
        reason, say = "deeds.r15.contradiction", hearing.unclear
    elif is_suspect:
        reason, say = "deeds.r15.unsure", hearing.unclear
    elif owner.human not in company.facts.persons:
        reason, say = "deeds.r15.nobody", hearing.unclear
    else:
        return
    say(subject, reason, params=params, facet=owner.system, system=owner.system, witness=witness)


JUDGES: dict[str, Callable[[Company], RuleResult]] = {"R13": r13, "R14": r14, "R15": r15}
