"""Rules about documents: their amounts, and whether anybody approved them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from checks.permissions.company import Company
from checks.permissions.deeds import Paper, Step
from checks.permissions.identity import LinkKind
from checks.permissions.rules.common import Hearing, document_subject
from checks.permissions.rules.people import approved, begins, made, says, seen, subject_of
from checks.permissions.verdict import Event, RuleResult, Witness


def r19(company: Company) -> RuleResult:
    """Nobody splits a contract so that each part stays below the limit of an approval."""
    hearing = Hearing(company, "R19")
    limit, types = hearing.amount("limit"), frozenset(hearing.names("types"))
    if limit is None:
        return hearing.result("deeds.r19.no_limit")
    hearing.systems("documents")
    groups: dict[tuple[str, str], list[Paper]] = {}
    unknown: list[Paper] = []
    for papers in company.deeds.papers.values():
        paper = _fullest([p for p in papers if p.document.type in types])
        if paper is None or paper.document.is_effective is False:
            continue
        customer = paper.document.customer
        if paper.creator is None or customer is None:
            unknown.append(paper)
        else:
            groups.setdefault((subject_of(paper.creator), customer), []).append(paper)
    if not groups:
        return hearing.result("deeds.not_kept", field="customer")
    for paper in unknown:
        hearing.unclear(
            document_subject(paper.system, paper.document.no),
            "deeds.r19.unknown",
            params={"document": paper.document.no},
            system=paper.system,
        )
    for (subject, customer), mine in groups.items():
        hearing.look(subject)
        _Split(hearing, limit, subject, customer).judge(mine)
    return hearing.result()


def _fullest(papers: Iterable[Paper]) -> Paper | None:
    """Of one contract in several systems, the one that says most; a service account makes none."""

    def told(paper: Paper) -> int:
        d = paper.document
        creator = paper.creator
        is_made = creator is not None and creator.kind is not LinkKind.SERVICE
        return 4 * is_made + sum(v is not None for v in (d.customer, d.amount, d.created_at))

    return max(papers, key=told, default=None)


class _Split:
    """What one person made for one customer, against a limit."""

    def __init__(self, hearing: Hearing, limit: Decimal, subject: str, customer: str) -> None:
        self.hearing, self.limit = hearing, limit
        self.subject, self.customer = subject, customer
        self.within = hearing.span("within")
        self.currencies = hearing.names("currencies")

    def judge(self, papers: Sequence[Paper]) -> None:
        """Parts of a frame contract are what it foresaw. One whose amount is not known, or is in
        money that the limit is not in, may be a part that is missing here."""
        loose = [p for p in papers if not self._is_framed(p)]
        parts, dark = [], []
        for paper in loose:
            d = paper.document
            foreign = d.currency is not None and d.currency not in self.currencies
            if d.amount is None or d.created_at is None or foreign:
                dark.append(paper)
            elif d.amount < self.limit:
                parts.append(paper)
        parts.sort(key=lambda p: (_made_at(p), p.document.no))
        found = self._heaviest(parts)
        if len(found) > 1 and self._sum(found) >= self.limit:
            self._say(found)
        elif dark and len(parts) + len(dark) > 1:
            self._say(dark, is_clear=False)

    def _is_framed(self, paper: Paper) -> bool:
        frame = paper.document.frame
        return frame is not None and frame in self.hearing.company.deeds.papers

    def _sum(self, papers: Iterable[Paper]) -> Decimal:
        return sum((p.document.amount or Decimal() for p in papers), Decimal())

    def _heaviest(self, parts: Sequence[Paper]) -> Sequence[Paper]:
        """The parts within the span that come to most."""
        best: Sequence[Paper] = ()
        most, running, first = Decimal(-1), Decimal(), 0
        for at, paper in enumerate(parts):
            running += paper.document.amount or Decimal()
            while _made_at(paper) - _made_at(parts[first]) > self.within:
                running -= parts[first].document.amount or Decimal()
                first += 1
            if running > most:
                most, best = running, parts[first : at + 1]
        return best

    def _say(self, papers: Sequence[Paper], *, is_clear: bool = True) -> None:
        creator = papers[0].creator
        assert creator is not None
        # Behind a shared or a service account several people may each have made one.
        is_clear = is_clear and creator.is_one
        say = self.hearing.fail if is_clear else self.hearing.unclear
        reason = "deeds.r19.split" if is_clear else "deeds.r19.unsure"
        say(
            self.subject,
            reason,
            params={
                "person": creator.key,
                "customer": self.customer,
                "documents": str(len(papers)),
                "amount": str(self._sum(papers)),
                "limit": str(self.limit),
            },
            facet=self.customer,
            system=papers[0].system,
            witness=Witness(
                creator.human,
                seen(self.hearing.company, creator),
                events=tuple(map(_priced, papers)),
            ),
        )


def _made_at(paper: Paper) -> datetime:
    assert paper.document.created_at is not None
    return paper.document.created_at


def _priced(paper: Paper) -> Event:
    d = paper.document
    account = None if paper.creator is None else paper.creator.account
    amount = None if d.amount is None else str(d.amount)
    return Event(paper.system, "created", d.no, d.created_at, account, amount)


def r20(company: Company) -> RuleResult:
    """No contract is worth another amount than was approved."""
    hearing = Hearing(company, "R20")
    types = frozenset(hearing.names("types"))
    hearing.systems("documents")
    hearing.systems("approvals")
    if not says(company, types, "amount"):
        return hearing.result("deeds.not_kept", field="amount")
    alone: list[Paper] = []
    for no, papers in company.deeds.papers.items():
        mine = [p for p in papers if p.document.type in types]
        steps = [s for s in company.deeds.steps.get(no, ()) if s.approval.is_approved]
        last = max(steps, key=lambda s: s.order, default=None)
        if last is None or not mine:
            continue
        decided = [p for p in mine if p.system == last.system]
        for paper in mine:
            if not decided:
                alone.append(paper)
            elif paper.system != last.system:
                hearing.look(document_subject(paper.system, no))
                _changed(hearing, paper, decided[0], last)
    return _with_alone(hearing, alone)


def _with_alone(hearing: Hearing, alone: Sequence[Paper]) -> RuleResult:
    """What was approved under a number that the approving system keeps no amount for. Where it
    keeps none at all, that is said once."""
    result = hearing.result("deeds.r20.alone")
    if not alone or not result.population:
        return result
    for paper in alone:
        no = paper.document.no
        subject, params = document_subject(paper.system, no), {"document": no}
        hearing.unclear(subject, "deeds.r20.no_amount", params=params, system=paper.system)
    return hearing.result()


def _changed(hearing: Hearing, paper: Paper, decided: Paper, last: Step) -> None:
    """Holds a contract against the document that was approved. Only a change after the last
    approval is one that nobody saw."""
    now, then = paper.document, decided.document
    subject = document_subject(paper.system, now.no)
    unseen = _incomparable(paper, decided)
    if unseen is None:
        assert now.amount is not None
        assert then.amount is not None
        tolerance = hearing.amount("tolerance") or Decimal()
        if abs(now.amount - then.amount) <= tolerance:
            return
        if now.updated_at is None or last.approval.at is None:
            unseen = "deeds.r20.no_time"
        elif last.at >= now.updated_at:
            return
        elif _is_tax(hearing.names("tax_rates"), now.amount, then.amount, tolerance):
            unseen = "deeds.r20.tax"
    updated = Event(paper.system, "updated", now.no, now.updated_at, None, str(now.amount))
    creator = paper.creator
    say = hearing.fail if unseen is None else hearing.unclear
    say(
        subject,
        unseen or "deeds.r20.changed",
        params={"document": now.no, "now": _told(paper), "approved": _told(decided)},
        system=paper.system,
        witness=Witness(
            None if creator is None else creator.human,
            () if creator is None else seen(hearing.company, creator),
            events=(approved(last), updated),
        ),
    )


def _told(paper: Paper) -> str:
    d = paper.document
    return "?" if d.amount is None else f"{d.amount} {d.currency or ''}".rstrip()


def _incomparable(paper: Paper, decided: Paper) -> str | None:
    """Why two amounts cannot be held against each other."""
    now, then = paper.document, decided.document
    if now.amount is None or then.amount is None:
        return "deeds.r20.no_amount"
    if now.currency is not None and then.currency is not None and now.currency != then.currency:
        return "deeds.r20.currency"
    return None


def _is_tax(rates: Iterable[str], one: Decimal, other: Decimal, tolerance: Decimal) -> bool:
    """Whether one amount is the other with a tax on top, give or take the tolerance."""
    net, gross = sorted((one, other))
    for text in rates:
        try:
            rate = Decimal(text)
        except InvalidOperation:
            continue
        if abs(net * (1 + rate) - gross) <= tolerance:
            return True
    return False


def r21(company: Company) -> RuleResult:
    """No contract takes effect that nobody approved."""
    hearing = Hearing(company, "R21")
    hearing.systems("documents")
    if not hearing.systems("approvals"):
        return hearing.result("deeds.r21.no_approvals")
    types = frozenset(hearing.names("types"))
    if not says(company, types, "is_effective"):
        return hearing.result("deeds.not_kept", field="effective")
    effects = _Effects(hearing)
    for papers in company.deeds.papers.values():
        mine = [p for p in papers if p.document.type in types]
        states = {p.document.is_effective for p in mine}
        if True in states:
            effects.judge([p for p in mine if p.document.is_effective])
        elif mine and False not in states:
            effects.judge(mine)
    return hearing.result()


class _Effects:
    """Holds contracts in effect against the approvals that are there."""

    def __init__(self, hearing: Hearing) -> None:
        company = hearing.company
        self.hearing, self.steps = hearing, company.deeds.steps
        since = hearing.day("since")
        self.start = None if since is None else begins(since, company.facts.zone)
        self.sees_all = not any("approvals" in s.blind for s in company.facts.systems.values())
        times = (s.approval.at for steps in self.steps.values() for s in steps)
        self.oldest = min((at for at in times if at is not None), default=None)

    def judge(self, papers: Sequence[Paper]) -> None:
        """Contracts from before the day that approvals were asked for are nobody's fault."""
        times = [p.document.created_at for p in papers if p.document.created_at is not None]
        created = min(times, default=None)
        if self.start is not None and created is not None and created < self.start:
            return
        no = papers[0].document.no
        subject = document_subject(papers[0].system, no)
        self.hearing.look(subject)
        steps = self.steps.get(no, ())
        if _is_approved(steps):
            return
        unseen = self._unseen(papers, steps, created)
        say = self.hearing.unclear if unseen else self.hearing.fail
        creator = next((p.creator for p in papers if p.creator is not None), None)
        say(
            subject,
            unseen or ("deeds.r21.refused" if steps else "deeds.r21.unapproved"),
            params={"document": no},
            system=papers[0].system,
            witness=Witness(
                None if creator is None else creator.human,
                () if creator is None else seen(self.hearing.company, creator),
                events=(*map(made, papers), *map(approved, steps)),
            ),
        )

    def _unseen(
        self, papers: Sequence[Paper], steps: Sequence[Step], created: datetime | None
    ) -> str | None:
        """Why a contract without an approval may still have one."""
        if not self.sees_all:
            return "deeds.r21.not_all_read"
        if all(p.document.is_effective is None for p in papers):
            return "deeds.r21.unknown_state"
        if any(s.approval.is_approved is None for s in steps):
            return "deeds.r21.unknown_decision"
        if created is None and self.start is not None:
            return "deeds.r21.no_day"
        if self.oldest is None or (created is not None and created < self.oldest):
            return "deeds.r21.before_log"
        return None


def _is_approved(steps: Sequence[Step]) -> bool:
    """Whether the last decision was to approve. A refusal that bears no time is the last."""
    decided = [s for s in steps if s.approval.is_approved is not None]
    refused = [s for s in decided if not s.approval.is_approved]
    granted = [s for s in decided if s.approval.is_approved]
    if any(s.approval.at is None for s in refused):
        return False
    return bool(granted) and all(max(g.at for g in granted) > r.at for r in refused)


JUDGES: dict[str, Callable[[Company], RuleResult]] = {"R19": r19, "R20": r20, "R21": r21}
