"""Rules about strong rights: who has them, and who lets them lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from checks.permissions.company import Company
from checks.permissions.identity import Link, LinkKind
from checks.permissions.model import Account
from checks.permissions.rights import Holding
from checks.permissions.rules.common import Hearing, account_subject, paths_of, rule_subject
from checks.permissions.rules.pairs import can_do, judge_risks
from checks.permissions.rules.watching import watched
from checks.permissions.usage import Log, log_gap
from checks.permissions.verdict import Event, RuleKind, RuleResult, Witness


def subject_of(link: Link) -> str:
    return f"human:{link.human}" if link.human else account_subject(link.system, link.account)


def witness_to(company: Company, link: Link, *holdings: Holding, most: int = 1) -> Witness:
    """Whoever stands behind a link, and how these functions are held."""
    places = company.identities.accounts.get(link.human or "", ((link.system, link.account),))
    return Witness(link.human, places, paths_of(*holdings, most=most))


def r10(company: Company) -> RuleResult:
    """Nobody deletes logs, least of all those who watch them. An account of a program that clears
    old lines is shown, but is no failure."""
    hearing = Hearing(company, "R10")
    view, delete = hearing.names("view"), hearing.names("delete")
    systems = hearing.sighted((*view, *delete))
    if systems and not can_do(company, delete):
        return hearing.result("rules.unbound", functions=", ".join(delete))
    if systems:
        hearing.look(*(subject_of(link) for link in company.identities.links.values()))
    watching = {subject_of(link) for link, _ in watched(company, systems, view)}
    for link, holding in watched(company, systems, delete):
        excuse = {
            LinkKind.SERVICE: "rules.r10.program",
            LinkKind.BUILT_IN: "rules.r10.built_in",
        }.get(link.kind)
        reason = "rules.r10.both" if subject_of(link) in watching else "rules.r10.deletes"
        say = hearing.excuse if excuse else hearing.fail
        say(
            subject_of(link),
            excuse or reason,
            params={"system": link.system, "account": link.account},
            facet=f"{link.system}/{link.account}",
            witness=witness_to(company, link, holding),
        )
    return hearing.result("rules.unbound", functions=", ".join(delete))


def r12(company: Company) -> RuleResult:
    """Whoever may export customers does so now and then; else the right is not needed."""
    hearing = Hearing(company, "R12")
    functions = hearing.names("functions")
    for system in hearing.sighted(functions, across=False):
        idle = _Idle(hearing, system)
        for link, holding in watched(company, (system,), functions):
            idle.judge(link, holding)
    nobody = "rules.nobody" if can_do(company, functions) else "rules.unbound"
    return hearing.result(nobody, functions=", ".join(functions))


class _Idle:
    """Which functions of one system nobody used."""

    def __init__(self, hearing: Hearing, system: str) -> None:
        self.hearing = hearing
        self.span: timedelta = hearing.span("unused")
        self.since = hearing.company.facts.as_of - self.span
        self.gap = log_gap(hearing.company, system, self.span)
        self.log = Log(hearing.company, system)
        self.given = _given(hearing.company, system)

    def judge(self, link: Link, holding: Holding) -> None:
        subject, company = account_subject(link.system, link.account), self.hearing.company
        self.hearing.look(subject)
        sure, doubtful = self.log.of(link.account, holding.function, self.since)
        if sure or _is_fresh(company, holding, self.since, self.given):
            return
        about = {"system": link.system, "account": link.account}
        gap = self.gap
        if gap is None and self.log.wanted(holding.function) is None:
            gap = "rules.no_actions", {**about, "function": holding.function}
        if gap is None and doubtful:
            gap = "rules.doubtful_log", about
        # What came with the system can do everything; there is no grant that could be taken back.
        is_built_in = all(right.is_bypass for right in holding.rights)
        idle = self.hearing.excuse if is_built_in else self.hearing.fail
        name = "rules.r12.built_in" if is_built_in else "rules.r12.unused"
        say = idle if gap is None else self.hearing.unclear
        reason, params = gap or (name, {**about, "days": str(self.span.days)})
        say(
            subject,
            reason,
            params=params,
            facet=holding.function,
            system=link.system,
            witness=witness_to(company, link, holding),
        )


def _given(company: Company, system: str) -> dict[tuple[str, str], datetime | None]:
    """Since when each account is in what it is in."""
    memberships = company.facts.systems[system].memberships
    return {(m.member, m.into): m.since or m.granted_at for m in memberships}


def _is_fresh(
    company: Company,
    holding: Holding,
    since: datetime,
    given: Mapping[tuple[str, str], datetime | None],
) -> bool:
    """Whether the account, or all that gives the function, is younger than a moment."""
    account = company.facts.systems[holding.system].accounts[holding.account]
    if account.created_at is not None and account.created_at > since:
        return True
    firsts = [right.path[1].id for right in holding.rights if len(right.path) > 1]
    times = [given.get((holding.account, first)) for first in firsts]
    return bool(times) and all(at is not None and at > since for at in times)


def r22(company: Company) -> RuleResult:
    """Whoever holds a strong function uses the account; a dormant one is a door left open."""
    hearing = Hearing(company, "R22")
    strong = tuple(f.name for f in company.policy.functions.values() if f.is_strong)
    for system in hearing.sighted(strong, across=False):
        sleep = _Sleep(hearing, system)
        held: dict[str, tuple[Link, list[Holding]]] = {}
        for link, holding in watched(company, (system,), strong):
            held.setdefault(link.account, (link, []))[1].append(holding)
        for link, holdings in held.values():
            sleep.judge(link, holdings)
    return hearing.result("rules.no_strong")


class _Sleep:
    """Who of one system has not been there for long."""

    def __init__(self, hearing: Hearing, system: str) -> None:
        self.hearing, self.system = hearing, system
        self.span: timedelta = hearing.span("dormant")
        self.since = hearing.company.facts.as_of - self.span
        self.accounts = hearing.company.facts.systems[system].accounts
        self.log = Log(hearing.company, system)
        self.keeps_logins = any(a.last_login is not None for a in self.accounts.values())
        self.is_elsewhere = system in hearing.names("logins_elsewhere")

    def judge(self, link: Link, holdings: list[Holding]) -> None:
        subject = account_subject(link.system, link.account)
        self.hearing.look(subject)
        account = self.accounts[link.account]
        reason = self._asleep(account)
        if reason is None:
            return
        say = self.hearing.fail if reason == "rules.r22.dormant" else self.hearing.unclear
        last = account.last_login
        newest = max(self._uses(account), default=None)
        shown = newest.date().isoformat() if newest is not None else ""
        witness = witness_to(self.hearing.company, link, *holdings)
        event = Event(link.system, "logged_in", link.account, last, link.account)
        say(
            subject,
            reason,
            params={
                "system": link.system,
                "account": link.account,
                "last": shown,
                "days": str(self.span.days),
                "functions": ", ".join(h.function for h in holdings),
            },
            system=link.system,
            witness=Witness(
                witness.human, witness.accounts, witness.paths, () if last is None else (event,)
            ),
        )

    def _uses(self, account: Account) -> list[datetime]:
        """When an account was there, by its last sign-in and by the log."""
        times = account.last_login, self.log.last(account.id)
        return [at for at in times if at is not None]

    def _asleep(self, account: Account) -> str | None:
        """Why an account does not pass; None if it was used, or is too young to have slept."""
        if any(at >= self.since for at in self._uses(account)):
            return None
        if account.created_at is not None and account.created_at >= self.since:
            return None
        if self.is_elsewhere:
            return "rules.r22.elsewhere"
        if not self.keeps_logins:
            return "rules.r22.keeps_none"
        if account.last_login is None:
            return "rules.r22.no_login"
        return "rules.r22.dormant"


def r25(company: Company) -> RuleResult:
    """Nobody can delete customers and their backups; and more than one person can restore."""
    hearing = Hearing(company, "R25")
    judge_risks(hearing)
    _restorers(hearing)
    return hearing.result("rules.no_risk")


def _restorers(hearing: Hearing) -> None:
    """A single restorer is a gap of its own: nobody is left when they are away."""
    company, functions = hearing.company, hearing.names("restore")
    systems = hearing.sighted(functions)
    if not can_do(company, functions):
        params = {"functions": ", ".join(functions)}
        subject = rule_subject(hearing.spec.id)
        hearing.unclear(subject, "rules.unbound", params=params, facet="restore", kind=RuleKind.GAP)
        return
    found: dict[str, tuple[Link, list[Holding]]] = {}
    strays = 0
    for link, holding in watched(company, systems, functions):
        if link.human is not None:
            found.setdefault(link.human, (link, []))[1].append(holding)
        elif link.kind not in (LinkKind.SERVICE, LinkKind.BUILT_IN):
            strays += 1
    subject = f"function:{functions[0]}"
    hearing.look(subject)
    if len(found) > 1:
        return
    if not found or strays:
        reason = "rules.r25.unsure_restorers" if strays else "rules.r25.no_restorer"
        hearing.unclear(
            subject, reason, params={"accounts": str(strays)}, facet="restore", kind=RuleKind.GAP
        )
        return
    ((link, holdings),) = found.values()
    hearing.fail(
        subject,
        "rules.r25.one_restorer",
        params={"person": link.human or ""},
        facet="restore",
        kind=RuleKind.GAP,
        witness=witness_to(company, link, *holdings),
    )


JUDGES: dict[str, Callable[[Company], RuleResult]] = {
    "R10": r10, "R12": r12, "R22": r22, "R25": r25,
}  # fmt: skip
