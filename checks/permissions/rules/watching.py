"""Whose right it is: the accounts a rule watches, with their people, jobs and departments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checks.permissions.company import Company
from checks.permissions.identity import Link, LinkKind
from checks.permissions.policy import Family
from checks.permissions.rights import Holding
from checks.permissions.rules.common import Hearing, account_subject, human_subject, is_able
from checks.permissions.verdict import Witness

# Kinds of links behind which somebody stands whom nobody can name.
STRAY = frozenset({LinkKind.UNSURE, LinkKind.NOBODY, LinkKind.SHARED})


def watched(
    company: Company, systems: Iterable[str], functions: Iterable[str]
) -> Iterator[tuple[Link, Holding]]:
    """Each of the functions in the hands of each usable account of these systems, in order."""
    links = company.identities.links
    found = [h for s in systems for f in functions for h in company.holders(s, f)]
    found.sort(key=lambda h: (h.system, h.account))
    for holding in found:
        if is_able(company, holding.system, holding.account):
            yield links[holding.system, holding.account], holding


def members(company: Company, families: Iterable[str]) -> tuple[str, ...]:
    """The people whose job is in one of the families, by number."""
    wanted = frozenset(families)
    found = []
    for no in sorted(company.facts.persons):
        family = company.family(no)
        if family is not None and family.name in wanted:
            found.append(no)
    return tuple(found)


def family_of(company: Company, human: str, families: Iterable[str]) -> Family | bool | None:
    """The family of somebody if it is one of these; False if it is another, None if their job is
    not known or in none."""
    family = company.family(human)
    if family is None:
        return None
    return family if family.name in tuple(families) else False


def unsure_job(hearing: Hearing, human: str, holding: Holding) -> None:
    """Somebody whose job is not known, or in no family, holds what would be too much for some."""
    person = hearing.company.person(human)
    job = person.job if person is not None else None
    reason = "rules.job_unknown" if job is None else "rules.job_in_no_family"
    hearing.unclear(
        human_subject(human),
        reason,
        params={"job": job or "", "system": holding.system},
        facet=holding.system,
        system=holding.system,
        witness=Witness(human, hearing.company.identities.accounts.get(human, ())),
    )


def unsure_owner(hearing: Hearing, link: Link, families: Iterable[str]) -> None:
    """An account holds what would be too much for some, and nobody knows whose it is. Those it may
    belong to are not known to pass either."""
    if link.kind not in STRAY:
        return
    company, params = hearing.company, {"system": link.system, "account": link.account}
    concerned = [h for h in link.candidates if family_of(company, h, families) is not False]
    if link.candidates and not concerned:
        return
    about = Witness(None, ((link.system, link.account),))
    subject = account_subject(link.system, link.account)
    hearing.unclear(subject, owner_reason(link), params=params, witness=about)
    for human in concerned:
        if family_of(company, human, families):
            hearing.unclear(
                human_subject(human), "rules.unsure_account", params=params, facet=link.system,
                witness=Witness(human, company.identities.accounts.get(human, ())),
            )  # fmt: skip


def owner_reason(link: Link) -> str:
    """Why an account's human cannot be named."""
    reasons = {
        LinkKind.UNSURE: "rules.unsure",
        LinkKind.SHARED: "rules.shared",
        LinkKind.NOBODY: "rules.no_person",
    }
    return reasons[link.kind]
