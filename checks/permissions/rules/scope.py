"""Rules about how far a right reaches: whose rows, and which of their fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from checks.permissions.company import Company
from checks.permissions.identity import Link
from checks.permissions.model import FieldAccess, Scope
from checks.permissions.need import Needs
from checks.permissions.policy import Family
from checks.permissions.rights import Holding, Reach, Right
from checks.permissions.rules.common import (
    ACCESS,
    Hearing,
    fields_hop,
    human_subject,
    paths_of,
)
from checks.permissions.rules.watching import (
    family_of,
    members,
    unsure_job,
    unsure_owner,
    watched,
)
from checks.permissions.verdict import RuleResult, Witness

MOST_NAMES = 5


def r01(company: Company) -> RuleResult:
    """Sales people see their own customers only."""
    hearing = Hearing(company, "R01")
    _reaching(hearing, lambda _human, _system: Reach(own=True))
    return hearing.result()


def r02(company: Company) -> RuleResult:
    """Heads of sales see the customers of their department and what lies below it."""
    hearing = Hearing(company, "R02")
    needs = Needs(company)

    def below(human: str | None, system: str) -> Reach | None:
        return None if human is None else needs.reach(human, system, Scope.SUBTREE)

    _reaching(hearing, below)
    return hearing.result()


# What somebody may reach in a system at most; None where that cannot be told.
Limit = Callable[[str | None, str], Reach | None]


def _reaching(hearing: Hearing, limit: Limit) -> None:
    """Judges how far the functions of a rule reach in the hands of its families."""
    company, families = hearing.company, hearing.names("families")
    systems = hearing.sighted(hearing.names("functions"))
    if systems and company.facts.people_known:
        hearing.look(*map(human_subject, members(company, families)))
    found: dict[tuple[str, str], list[Holding]] = {}
    for link, holding in watched(company, systems, hearing.names("functions")):
        if link.human is None:
            if not _fits(holding.reach, limit(None, holding.system)):
                unsure_owner(hearing, link, families)
            continue
        family = family_of(company, link.human, families)
        if family is None and not _fits(holding.reach, limit(link.human, holding.system)):
            unsure_job(hearing, link.human, holding)
        elif family:
            found.setdefault((link.human, holding.system), []).append(holding)
    for (human, system), holdings in found.items():
        _judge(hearing, human, system, holdings, limit(human, system))


def _fits(reach: Reach, limit: Reach | None) -> bool:
    """Whether a reach is certainly within the limit. What reaches nothing always is."""
    if reach.is_nothing or (reach.own and not (reach.is_all or reach.departments or reach.unknown)):
        return True
    return limit is not None and not reach.unknown and reach.within(limit)


def _judge(
    hearing: Hearing, human: str, system: str, holdings: list[Holding], limit: Reach | None
) -> None:
    wide = [h for h in holdings if not _fits(h.reach, limit)]
    if not wide:
        return
    subject = human_subject(human)
    accounts = hearing.company.identities.accounts.get(human, ())
    if limit is None and not any(h.reach.is_all for h in wide):
        hearing.unclear(
            subject, "rules.department_unknown", params={"system": system}, facet=system,
            system=system, witness=Witness(human, accounts),
        )  # fmt: skip
        return
    beyond = [h for h in wide if _is_beyond(h.reach, limit)]
    if not beyond:
        hearing.unclear(
            subject, "rules.reach_unknown", params={"system": system}, facet=system,
            system=system, witness=Witness(human, accounts, paths_of(*wide)),
        )  # fmt: skip
        return
    paths = paths_of(*(_guilty(h, limit) for h in beyond))
    reason, params = _told(hearing.company, system, beyond, limit)
    hearing.fail(
        subject, reason, params=params, facet=system, system=system,
        witness=Witness(human, accounts, paths),
    )  # fmt: skip


def _is_beyond(reach: Reach, limit: Reach | None) -> bool:
    """Whether what is known of a reach lies outside the limit already."""
    known = replace(reach, unknown=False)
    return reach.is_all if limit is None else not known.within(limit)


def _guilty(holding: Holding, limit: Reach | None) -> Holding:
    """The holding with those rights only that go beyond; all where none does by itself."""
    rights: tuple[Right, ...] = tuple(r for r in holding.rights if _is_beyond(r.reach, limit))
    return replace(holding, rights=rights or holding.rights)


def _told(
    company: Company, system: str, holdings: list[Holding], limit: Reach | None
) -> tuple[str, dict[str, str]]:
    """What somebody reaches too much, for the reader."""
    if any(h.reach.is_all for h in holdings):
        return "rules.reach.all", {"system": system}
    inside = limit.departments if limit is not None else frozenset()
    outside = sorted({d for h in holdings for d in h.reach.departments} - inside)
    known = company.facts.systems[system].departments
    names = [(known[d].name or d) if d in known else d for d in outside]
    shown = names[:MOST_NAMES] + (["…"] if len(names) > MOST_NAMES else [])
    params = {"system": system, "count": str(len(names)), "departments": ", ".join(shown)}
    return "rules.reach.departments", params


def r03(company: Company) -> RuleResult:
    """Finance sees approvals and payments, not how to reach the customer."""
    hearing = Hearing(company, "R03")
    families = hearing.names("families")
    systems = hearing.sighted(hearing.names("functions"))
    for system in systems:
        if "field_rights" in company.facts.systems[system].blind:
            hearing.dark(system, "field_rights")
    if systems and company.facts.people_known:
        hearing.look(*map(human_subject, members(company, families)))
    for link, holding in watched(company, systems, hearing.names("functions")):
        if not holding.reach.is_nothing:
            _fields(hearing, link, holding, families)
    return hearing.result()


def _fields(hearing: Hearing, link: Link, holding: Holding, families: tuple[str, ...]) -> None:
    """Judges how one account sees the contact details of customers, page by page and channel by
    channel: what a page masks an interface or an export may still give out."""
    company, human = hearing.company, link.human
    family = family_of(company, human, families) if human is not None else None
    if family is False:
        return
    for record_type in hearing.names("record_types"):
        for field_class in hearing.names("field_classes"):
            kind = record_type, field_class
            seen = company.resolvers[holding.system].fields(holding.account, *kind)
            most = _most(family if isinstance(family, Family) else None, field_class)
            open_ = {c: a for c, a in seen.items() if ACCESS.index(a) > ACCESS.index(most)}
            unsaid = _channels(company, holding.system, kind) - seen.keys()
            if human is None:
                if open_ or unsaid or not seen:
                    unsure_owner(hearing, link, families)
            elif family is None:
                if open_ or unsaid or not seen:
                    unsure_job(hearing, human, holding)
            elif open_:
                _readable(hearing, human, holding, kind, open_)
            elif unsaid or not seen:
                reason = "rules.r03.unsaid" if unsaid else "rules.r03.no_fields"
                _unsaid(hearing, human, holding, kind, reason, unsaid)


def _most(family: Family | None, field_class: str) -> FieldAccess:
    """How a class may be seen: as the family may, but masks never hurt."""
    stated = FieldAccess((family.fields if family else {}).get(field_class, "none"))
    return max(stated, FieldAccess.MASKED, key=ACCESS.index)


def _channels(company: Company, system: str, kind: tuple[str, str]) -> set[str]:
    """The channels for which a system says anything of a class of fields."""
    rows = company.facts.systems[system].field_rights
    return {r.channel for r in rows if (r.record_type, r.field_class) == kind}


def _readable(
    hearing: Hearing,
    human: str,
    holding: Holding,
    kind: tuple[str, str],
    open_: dict[str, FieldAccess],
) -> None:
    path = paths_of(holding, most=1)[0]
    paths = tuple(
        replace(path, hops=(*path.hops, fields_hop(*kind, channel, open_[channel])))
        for channel in sorted(open_)
    )
    is_page = "page" in open_
    hearing.fail(
        human_subject(human),
        "rules.r03.readable" if is_page else "rules.r03.around_the_page",
        params={"system": holding.system, "class": kind[1], "channels": ", ".join(sorted(open_))},
        facet=f"{holding.system}/{kind[1]}",
        witness=Witness(human, hearing.company.identities.accounts.get(human, ()), paths),
    )


def _unsaid(
    hearing: Hearing,
    human: str,
    holding: Holding,
    kind: tuple[str, str],
    reason: str,
    channels: set[str],
) -> None:
    hearing.unclear(
        human_subject(human),
        reason,
        params={
            "system": holding.system, "class": kind[1], "channels": ", ".join(sorted(channels)),
        },
        facet=f"{holding.system}/{kind[1]}",
        system=holding.system,
        witness=Witness(human, hearing.company.identities.accounts.get(human, ())),
    )  # fmt: skip


JUDGES: dict[str, Callable[[Company], RuleResult]] = {"R01": r01, "R02": r02, "R03": r03}
