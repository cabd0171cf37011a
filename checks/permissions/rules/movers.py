"""The rule about people who changed department and kept what they had in the old one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from checks.permissions.company import Company
from checks.permissions.identity import Place
from checks.permissions.model import Account, Move, Scope
from checks.permissions.need import in_system
from checks.permissions.rights import Holding, Right
from checks.permissions.rules.common import (
    Hearing,
    human_subject,
    is_able,
    path_of,
    unsure_of,
)
from checks.permissions.rules.people import Standing, parting
from checks.permissions.verdict import Event, GrantPath, RuleResult, Witness

BY_DEPARTMENT = frozenset({Scope.DEPARTMENT, Scope.SUBTREE})
MOST_PATHS = 3


def r16(company: Company) -> RuleResult:
    """Nobody keeps rights in a department that they left for another."""
    hearing = Hearing(company, "R16")
    lit = frozenset(hearing.sighted(company.policy.functions))
    grace, unsure = hearing.span("grace"), unsure_of(company)
    posts_dark = any("posts" in s.blind for s in company.facts.systems.values())
    joined = _joined(company)
    for move in _lasting(company, hearing):
        subject = human_subject(move.person)
        hearing.look(subject)
        if move.at + grace > company.facts.as_of:
            continue
        kept: list[GrantPath] = []
        dark: list[Place] = []
        for place in company.identities.accounts.get(move.person, ()):
            if place[0] in lit and is_able(company, *place):
                step = _Step.of(company, move, place[0])
                kept += list(_kept(company, step, place, joined.get(place, {})))
                if not step.before and any(map(_is_scoped, company.holdings(*place))):
                    dark.append(place)
        params = {"person": move.person, "before": move.before, "after": move.after}
        if kept and not posts_dark:
            _fail(hearing, subject, move, kept)
            continue
        reason = None
        if kept:
            reason = "deeds.r16.posts_not_read"
        elif dark:
            reason, params = "deeds.r16.unknown_department", {**params, "system": dark[0][0]}
        elif unsure.get(move.person):
            reason, params = "deeds.r16.unsure", {
                **params, "account": "/".join(unsure[move.person][0]),
            }  # fmt: skip
        if reason is not None:
            hearing.unclear(subject, reason, params=params, facet=move.before)
    return hearing.result()


def _lasting(company: Company, hearing: Hearing) -> Iterator[Move]:
    """The moves of people still here into departments that they are not back from; a department
    in which they still hold a post was not left."""
    latest: dict[tuple[str, str], Move] = {}
    for move in company.facts.moves:
        key = move.person, move.before
        if key not in latest or latest[key].at < move.at:
            latest[key] = move
    for (no, before), move in sorted(latest.items()):
        person = company.person(no)
        if person is None or parting(person, hearing.today).standing is Standing.LEFT:
            continue
        if before != move.after and before not in (person.department, *person.posts):
            yield move


def _joined(company: Company) -> dict[Place, dict[str, datetime]]:
    """When accounts were put into roles and groups, where that is recorded."""
    found: dict[Place, dict[str, datetime]] = {}
    movers = {m.person for m in company.facts.moves}
    places = {p for h in movers for p in company.identities.accounts.get(h, ())}
    for name, system in company.facts.systems.items():
        for membership in system.memberships:
            times = [t for t in (membership.since, membership.granted_at) if t is not None]
            if times and (name, membership.member) in places:
                found.setdefault((name, membership.member), {})[membership.into] = max(times)
    return found


@dataclass(frozen=True)
class _Step:
    """A change of department in the numbers of one system; empty where it knows none such."""

    before: frozenset[str]
    after: frozenset[str]
    at: datetime

    @classmethod
    def of(cls, company: Company, move: Move, system: str) -> _Step:
        before, after = (in_system(company, system, d) for d in (move.before, move.after))
        return cls(before, after, move.at)


def _kept(
    company: Company, step: _Step, place: Place, joined: dict[str, datetime]
) -> Iterator[GrantPath]:
    """The rights of an account that hang on the department left behind."""
    account = company.facts.systems[place[0]].accounts[place[1]]
    for holding in company.holdings(*place):
        for right in holding.rights:
            if _hangs_on(right, account, step, joined):
                yield path_of(holding, right)


def _hangs_on(right: Right, account: Account, step: _Step, joined: dict[str, datetime]) -> bool:
    """Whether a right is one of the old department's. One that was given after the move, or that
    reaches the new department as well, was not simply kept."""
    reach = right.reach
    reaches = not reach.is_all and bool(step.before & reach.departments)
    if reaches and account.department in step.before and reach.words & BY_DEPARTMENT:
        return True
    roles = [hop.id for hop in right.path if hop.what in ("role", "group")]
    if any(joined[role] > step.at for role in roles if role in joined):
        return False
    through = any(hop.what == "department" and hop.id in step.before for hop in right.path)
    return through or (reaches and not step.after & reach.departments)


def _is_scoped(holding: Holding) -> bool:
    """Whether a function reaches by department."""
    return bool(holding.reach.departments) and not holding.reach.is_all


def _fail(hearing: Hearing, subject: str, move: Move, kept: list[GrantPath]) -> None:
    paths = sorted(set(kept), key=lambda p: (p.system, p.account, p.function, p.hops))
    shown: dict[tuple[str, str], GrantPath] = {}
    for path in paths:
        shown.setdefault((path.account, path.function), path)
    moved = Event(paths[0].system, "moved", move.person, move.at, None, move.after)
    hearing.fail(
        subject,
        "deeds.r16.kept",
        params={
            "person": move.person,
            "before": move.before,
            "after": move.after,
            "functions": ", ".join(sorted({p.function for p in paths})),
        },
        facet=move.before,
        system=paths[0].system,
        witness=Witness(
            move.person,
            hearing.company.identities.accounts.get(move.person, ()),
            tuple(shown.values())[:MOST_PATHS],
            (moved,),
        ),
    )


JUDGES: dict[str, Callable[[Company], RuleResult]] = {"R16": r16}
