"""Rules about duties that must not meet in one human."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from checks.permissions.company import Company
from checks.permissions.deeds import Paper, Step, Who, same
from checks.permissions.identity import LinkKind
from checks.permissions.rules.common import Hearing, document_subject
from checks.permissions.rules.pairs import judge_risks
from checks.permissions.rules.people import approved, made, seen
from checks.permissions.verdict import RuleKind, RuleResult, Witness

NO_RISK = "rules.no_risk"
# What the executed part of a rule says is kept apart from what could be done.
EXECUTED = "executed"


def r05(company: Company) -> RuleResult:
    """Nobody can both create a contract and approve one."""
    hearing = Hearing(company, "R05")
    judge_risks(hearing)
    return hearing.result(NO_RISK)


def r06(company: Company) -> RuleResult:
    """Whoever enters a payment does not approve it: neither could nor did."""
    hearing = Hearing(company, "R06")
    judge_risks(hearing)
    _executed(hearing)
    return hearing.result(NO_RISK)


def _executed(hearing: Hearing) -> None:
    """Payments whose human stands on both sides, each a document. Where others approved it as well
    (a third step), the rule is broken but somebody made up for it."""
    company, types = hearing.company, frozenset(hearing.names("types"))
    kept = hearing.systems("documents")
    decided = hearing.systems("approvals")
    if not kept or not decided:
        return
    for no, papers in company.deeds.papers.items():
        mine = [p for p in papers if p.document.type in types]
        steps = company.deeds.steps.get(no, ())
        if not mine or not steps:
            continue
        if len(mine) < len(papers):
            _unsure(hearing, mine[0], "rules.r06.ambiguous", seen_steps=steps)
        else:
            _payment(hearing, mine, steps)


def _payment(hearing: Hearing, papers: Sequence[Paper], steps: Sequence[Step]) -> None:
    paper = papers[0]
    hearing.look(document_subject(paper.system, paper.document.no))
    makers = [p.creator for p in papers if p.creator and p.creator.kind is not LinkKind.SERVICE]
    if not makers:
        _unsure(hearing, paper, "rules.r06.no_maker", seen_steps=steps)
        return
    taken = [s for s in steps if s.approval.is_approved is not False]
    own = [s for s in taken if any(_is_by(s, m) for m in makers)]
    if any(s.approval.is_approved for s in own):
        _broken(hearing, paper, makers, own, taken)
        return
    doubtful = [s for s in taken if any(_may_be_by(s, m) for m in makers)]
    if own or doubtful:
        _unsure(hearing, paper, "rules.r06.unsure", seen_steps=doubtful or own)


def _hands(step: Step) -> tuple[Who, ...]:
    return tuple(who for who in (step.actor, step.behalf) if who is not None)


def _is_by(step: Step, maker: Who) -> bool:
    return any(same(maker, who) is True for who in _hands(step))


def _may_be_by(step: Step, maker: Who) -> bool:
    return any(same(maker, who) is None for who in _hands(step))


def _broken(
    hearing: Hearing,
    paper: Paper,
    makers: Sequence[Who],
    own: Sequence[Step],
    taken: Sequence[Step],
) -> None:
    others = {
        s.actor.key
        for s in taken
        if s.approval.is_approved
        and not s.approval.is_automatic
        and all(same(m, who) is False for m in makers for who in _hands(s))
    }
    is_mitigated = len(others) >= hearing.count("others")
    say = hearing.excuse if is_mitigated else hearing.fail
    maker = next(m for m in makers for s in own if _is_by(s, m))
    say(
        document_subject(paper.system, paper.document.no),
        "rules.r06.mitigated" if is_mitigated else "rules.r06.executed",
        params={"document": paper.document.no, "others": str(len(others))},
        facet=EXECUTED,
        kind=RuleKind.DID,
        system=own[0].system,
        witness=Witness(
            maker.human,
            seen(hearing.company, maker),
            events=(made(paper), *map(approved, own)),
        ),
    )


def _unsure(hearing: Hearing, paper: Paper, reason: str, *, seen_steps: Sequence[Step]) -> None:
    hearing.unclear(
        document_subject(paper.system, paper.document.no),
        reason,
        params={"document": paper.document.no},
        facet=EXECUTED,
        kind=RuleKind.DID,
        system=paper.system,
        witness=Witness(events=(made(paper), *map(approved, seen_steps))),
    )


def r07(company: Company) -> RuleResult:
    """Nobody can both keep the vendors' master data and pay vendors."""
    hearing = Hearing(company, "R07")
    judge_risks(hearing)
    return hearing.result(NO_RISK)


def r09(company: Company) -> RuleResult:
    """The officers of system, security and audit are three people."""
    hearing = Hearing(company, "R09")
    judge_risks(hearing)
    return hearing.result(NO_RISK)


JUDGES: dict[str, Callable[[Company], RuleResult]] = {
    "R05": r05, "R06": r06, "R07": r07, "R09": r09,
}  # fmt: skip
