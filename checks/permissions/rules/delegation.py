"""The rule about approval rights that one person lends to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from checks.permissions.company import Company
from checks.permissions.deeds import Step, Who, same
from checks.permissions.model import Delegation
from checks.permissions.rights import Holding
from checks.permissions.rules.common import Hearing, paths_of, system_subject
from checks.permissions.rules.people import approved, seen, subject_of
from checks.permissions.verdict import Event, RuleKind, RuleResult, Witness


@dataclass(frozen=True)
class Loan:
    """A delegation, who is who in it, and the moment from which it holds no more."""

    system: str
    told: Delegation
    lender: Who
    delegate: Who
    ends: datetime | None

    @property
    def subject(self) -> str:
        return f"delegation:{self.system}/{self.told.id}"

    @property
    def pair(self) -> tuple[str, str, str]:
        return self.system, self.lender.key, self.delegate.key

    def covers(self, at: datetime) -> bool:
        begins = self.told.starts_at
        return (begins is None or begins <= at) and (self.ends is None or at < self.ends)

    def is_for(self, flow: str | None) -> bool:
        return self.told.flow is None or self.told.flow == flow

    def meets(self, other: Loan) -> bool:
        """Whether both hold at one moment."""
        mine, theirs = self.told.starts_at, other.told.starts_at
        first = max((t for t in (mine, theirs) if t is not None), default=None)
        ends = [e for e in (self.ends, other.ends) if e is not None]
        return first is None or not ends or first < min(ends)


def r17(company: Company) -> RuleResult:
    """Approval rights are lent for a time, to somebody who has them, and not round in a circle."""
    hearing = Hearing(company, "R17")
    loans = [
        _loan(company, name, told)
        for name in hearing.systems("delegations")
        for told in sorted(company.facts.systems[name].delegations, key=lambda d: d.id)
    ]
    hearing.look(*(loan.subject for loan in loans))
    open_ = [
        loan
        for loan in loans
        if loan.told.is_active and (loan.ends is None or loan.ends > company.facts.as_of)
    ]
    functions = hearing.names("functions")
    lit = frozenset(hearing.sighted(functions))
    for loan in open_:
        if loan.ends is None:
            _fail(hearing, loan, "endless")
        if not any(company.codes(loan.system, function) for function in functions):
            _unbound(hearing, loan.system, functions)
        elif loan.system in lit:
            _lacking(hearing, loan, functions)
    _circles(hearing, open_)
    hearing.systems("approvals")
    _Lent(hearing, loans).judge()
    return hearing.result()


def _unbound(hearing: Hearing, system: str, functions: Sequence[str]) -> None:
    """Who may approve is not known there, so nor whether a delegate may."""
    params = {"system": system, "functions": ", ".join(functions)}
    subject = system_subject(system)
    hearing.unclear(subject, "deeds.r17.unbound", params=params, facet="unbound", system=system)


def _loan(company: Company, system: str, told: Delegation) -> Loan:
    """An end told as a mere day takes that day in."""
    ends = told.ends_at
    if ends is not None and ends.astimezone(ZoneInfo(company.facts.zone)).time() == time():
        ends += timedelta(days=1)
    who = company.deeds.who
    return Loan(system, told, who(system, told.of), who(system, told.to), ends)


def _params(loan: Loan) -> dict[str, str]:
    return {
        "delegation": loan.told.id,
        "person": loan.lender.key,
        "delegate": loan.delegate.key,
        "until": loan.told.ends_at.date().isoformat() if loan.told.ends_at else "",
    }


def _lending(loan: Loan) -> Event:
    d = loan.told
    lender = loan.lender.account or d.of.value
    return Event(loan.system, "delegated", d.id, d.starts_at, lender, loan.delegate.key)


def _fail(
    hearing: Hearing, loan: Loan, facet: str, *held: Holding, others: Sequence[Loan] = ()
) -> None:
    company = hearing.company
    hearing.fail(
        loan.subject,
        f"deeds.r17.{facet}",
        params=_params(loan),
        facet=facet,
        system=loan.system,
        witness=Witness(
            loan.lender.human or loan.delegate.human,
            seen(company, loan.lender, loan.delegate),
            paths_of(*held, most=1),
            tuple(map(_lending, (loan, *others))),
        ),
    )


def _lacking(hearing: Hearing, loan: Loan, functions: Sequence[str]) -> None:
    """What the lender may approve, held against what the delegate may. Lent for one flow, any of
    it will do: which function a flow asks for is not known."""
    company = hearing.company

    def held(who: Who) -> dict[str, Holding]:
        found = (
            company.holding(system, account, function)
            for system, account in company.deeds.places(who)
            if system == loan.system
            for function in functions
        )
        return {h.function: h for h in found if h is not None}

    lent, own = held(loan.lender), held(loan.delegate)
    missing = sorted(lent.keys() - own.keys())
    if not loan.lender.is_found or (missing and not loan.delegate.is_found):
        _unclear(hearing, loan, "lacks")
    elif missing and (loan.told.flow is None or not own.keys() & lent.keys()):
        _fail(hearing, loan, "lacks", *(lent[function] for function in missing))


def _unclear(hearing: Hearing, loan: Loan, facet: str) -> None:
    hearing.unclear(
        loan.subject,
        "deeds.r17.unsure",
        params=_params(loan),
        facet=facet,
        system=loan.system,
        witness=Witness(events=(_lending(loan),)),
    )


def _circles(hearing: Hearing, loans: Sequence[Loan]) -> None:
    """Rights that come back to whoever lent them: at once, over one other, or over several."""
    pairs: dict[tuple[str, str, str], list[Loan]] = {}
    for loan in loans:
        pairs.setdefault(loan.pair, []).append(loan)
    for loan in loans:
        if same(loan.lender, loan.delegate):
            _fail(hearing, loan, "loop")
            continue
        system, lender, delegate = loan.pair
        back = [o for o in pairs.get((system, delegate, lender), ()) if o.meets(loan)]
        if back:
            _fail(hearing, loan, "loop", others=back[:1])
    now = hearing.company.facts.as_of
    current = [loan for loan in loans if loan.covers(now)]
    for loan in _in_rings(current):
        if not hearing.has(loan.subject, "loop"):
            _fail(hearing, loan, "loop")


def _in_rings(loans: Sequence[Loan]) -> list[Loan]:
    """Those that lie on a ring: taking away, again and again, whoever lends nothing on or is lent
    nothing leaves rings and what joins them; of that, whoever comes back to themselves."""
    left = list(loans)
    while True:
        lenders = {(loan.system, loan.lender.key) for loan in left}
        delegates = {(loan.system, loan.delegate.key) for loan in left}
        kept = [
            loan
            for loan in left
            if (loan.system, loan.delegate.key) in lenders
            and (loan.system, loan.lender.key) in delegates
        ]
        if len(kept) == len(left):
            break
        left = kept
    onward: dict[tuple[str, str], list[Loan]] = {}
    for loan in left:
        onward.setdefault((loan.system, loan.lender.key), []).append(loan)
    return [loan for loan in left if _comes_back(loan, onward)]


def _comes_back(loan: Loan, onward: dict[tuple[str, str], list[Loan]]) -> bool:
    target = loan.system, loan.lender.key
    been: set[tuple[str, str]] = set()
    ahead = [(loan.system, loan.delegate.key)]
    while ahead:
        here = ahead.pop()
        if here == target:
            return True
        if here not in been:
            been.add(here)
            ahead += [(o.system, o.delegate.key) for o in onward.get(here, ())]
    return False


class _Lent:
    """Approvals in somebody's place, held against the delegations that could allow them."""

    def __init__(self, hearing: Hearing, loans: Sequence[Loan]) -> None:
        self.hearing = hearing
        self.seeing = {loan.system for loan in loans} | {
            name
            for name, system in hearing.company.facts.systems.items()
            if "delegations" in system.known
        }
        self.pairs: dict[tuple[str, str, str], list[Loan]] = {}
        for loan in loans:
            self.pairs.setdefault(loan.pair, []).append(loan)

    def judge(self) -> None:
        facts, window = self.hearing.company.facts, self.hearing.company.policy.window
        for steps in self.hearing.company.deeds.steps.values():
            for step in steps:
                at, behalf = step.approval.at, step.behalf
                is_old = at is not None and at < facts.as_of - window
                if behalf is None or is_old or step.approval.is_automatic:
                    continue
                if step.system in self.seeing and not same(step.actor, behalf):
                    self._judge(step, behalf)

    def _judge(self, step: Step, behalf: Who) -> None:
        at, flow = step.approval.at, step.approval.flow
        mine = self.pairs.get((step.system, behalf.key, step.actor.key), [])
        loans = [loan for loan in mine if loan.is_for(flow)]
        if at is None or not loans:
            return self._unlent(step, behalf)
        if any(loan.covers(at) and self._is_sure(loan) for loan in loans):
            return None
        if any(loan.covers(at) for loan in loans):
            return _unclear(self.hearing, next(o for o in loans if o.covers(at)), "late")
        ended = [loan for loan in loans if loan.ends is not None and loan.ends <= at]
        if ended:
            latest = max(ended, key=lambda o: (o.ends or at, o.told.id))
            return self._fail(latest, step, "late")
        first = min(loans, key=lambda o: (o.told.starts_at or at, o.told.id))
        return self._fail(first, step, "early")

    def _is_sure(self, loan: Loan) -> bool:
        """One that was called off before it ended: when, nobody knows."""
        now = self.hearing.company.facts.as_of
        return loan.told.is_active or (loan.ends is not None and loan.ends <= now)

    def _unlent(self, step: Step, behalf: Who) -> None:
        """Without a delegation on record nobody can tell by which right it was done."""
        params = {
            "person": behalf.key, "delegate": step.actor.key, "document": step.approval.doc,
        }  # fmt: skip
        self.hearing.unclear(
            subject_of(step.actor),
            "deeds.r17.no_delegation",
            params=params,
            facet=behalf.key,
            system=step.system,
            witness=Witness(
                step.actor.human, seen(self.hearing.company, step.actor), (), (approved(step),)
            ),
        )

    def _fail(self, loan: Loan, step: Step, facet: str) -> None:
        at = step.approval.at
        assert at is not None
        self.hearing.fail(
            loan.subject,
            f"deeds.r17.{facet}",
            params={
                **_params(loan),
                "document": step.approval.doc,
                "at": at.isoformat(),
            },
            facet=facet,
            kind=RuleKind.DID,
            system=loan.system,
            witness=Witness(
                step.actor.human,
                seen(self.hearing.company, step.actor, loan.lender),
                events=(_lending(loan), approved(step)),
            ),
        )


JUDGES: dict[str, Callable[[Company], RuleResult]] = {"R17": r17}
