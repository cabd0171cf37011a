"""Rules about the steps of an approval: who took them, and whether they might."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from checks.permissions.company import Company
from checks.permissions.deeds import Paper, Step, Who, same
from checks.permissions.identity import LinkKind
from checks.permissions.rights import Holding
from checks.permissions.rules.common import Hearing, document_subject, is_able, paths_of
from checks.permissions.rules.pairs import can_do
from checks.permissions.rules.people import approved, made, says, seen, subject_of
from checks.permissions.verdict import RuleResult, Witness


def r04(company: Company) -> RuleResult:
    """Nobody approves a contract that they made themselves."""
    hearing = Hearing(company, "R04")
    types = frozenset(hearing.names("types"))
    hearing.systems("documents")
    hearing.systems("approvals")
    if not says(company, types, "creator"):
        return hearing.result("deeds.not_kept", field="creator")
    for no, papers in company.deeds.papers.items():
        steps = company.deeds.steps.get(no, ())
        mine = [p for p in papers if p.document.type in types]
        if not mine or not steps:
            continue
        if len(mine) < len(papers):
            _about(hearing, mine[0], "deeds.ambiguous_number", no)
        else:
            _own_approval(hearing, mine, steps)
    return hearing.result()


def _about(hearing: Hearing, paper: Paper, reason: str, no: str, who: str = "") -> None:
    subject = document_subject(paper.system, no)
    witness = Witness(events=(made(paper),))
    params = {"document": no, "person": who}
    hearing.unclear(subject, reason, params=params, system=paper.system, witness=witness)


def _own_approval(hearing: Hearing, papers: list[Paper], steps: Sequence[Step]) -> None:
    """Judges one document. Where an interface filed it in one system, whoever made it in the other
    counts."""
    no = papers[0].document.no
    hearing.look(document_subject(papers[0].system, no))
    makers = [
        (p, p.creator)
        for p in papers
        if p.creator is not None and p.creator.kind is not LinkKind.SERVICE
    ]
    if not makers:
        return _about(hearing, papers[0], "deeds.r04.no_creator", no)
    taken = [s for s in steps if s.approval.is_approved is not False]
    others = [
        s for s in taken
        if not s.approval.is_automatic and all(same(c, s.actor) is False for _, c in makers)
    ]  # fmt: skip
    doubt: Who | None = None
    for paper, creator in makers:
        for step in taken:
            hands = [h for h in (step.actor, step.behalf) if h is not None]
            verdicts = [same(creator, h) for h in hands]
            if True in verdicts and not (step.approval.is_automatic and others):
                if step.approval.is_approved:
                    return _approved_own(hearing, paper, creator, step)
                doubt = doubt or step.actor
            elif None in verdicts:
                doubt = doubt or next(w for w in (creator, *hands) if w.human is None)
    if doubt is not None:
        _about(hearing, papers[0], "deeds.r04.unsure", no, doubt.key)
    return None


def _approved_own(hearing: Hearing, paper: Paper, creator: Who, step: Step) -> None:
    actor, no = step.actor, paper.document.no
    if step.approval.is_automatic:
        reason = "deeds.r04.automatic"
    elif not same(creator, actor):
        reason = "deeds.r04.in_name_of"
    elif step.behalf is not None:
        reason = "deeds.r04.as_delegate"
    elif creator.place != actor.place:
        reason = "deeds.r04.two_accounts"
    else:
        reason = "deeds.r04.own"
    hearing.fail(
        document_subject(paper.system, no),
        reason,
        params={"document": no, "person": creator.key, "actor": actor.key},
        system=step.system,
        witness=Witness(
            creator.human,
            seen(hearing.company, creator, actor),
            events=(made(paper), approved(step)),
        ),
    )


def r08(company: Company) -> RuleResult:
    """Nobody who administers accounts, roles or flows decides on business documents."""
    hearing = Hearing(company, "R08")
    functions = hearing.names("functions")
    lit = frozenset(hearing.sighted(functions))
    hearing.systems("approvals")
    if not can_do(company, functions):
        return hearing.result("rules.unbound", functions=", ".join(functions))
    since = company.facts.as_of - company.policy.window
    actors: dict[str, Who] = {}
    decided: dict[tuple[str, bool], list[Step]] = {}
    for no, steps in company.deeds.steps.items():
        known = no in company.deeds.papers
        for step in steps:
            a = step.approval
            if a.is_automatic or not a.is_approved or (a.at is not None and a.at < since):
                continue
            subject = subject_of(step.actor)
            actors.setdefault(subject, step.actor)
            decided.setdefault((subject, known), []).append(step)
    for subject, who in actors.items():
        hearing.look(subject)
        business = decided.get((subject, True), [])
        held = tuple(h for h in _held(company, who, functions) if h.system in lit)
        if held and business:
            _administrator(hearing, subject, who, held, business)
        elif held:
            params = {"person": who.key, "documents": str(len(decided[subject, False]))}
            hearing.unclear(subject, "deeds.r08.unknown_documents", params=params)
        elif who.human is None:
            params = {"person": who.key}
            hearing.unclear(subject, "deeds.unsure_actor", params=params, system=who.system)
    return hearing.result()


def _held(company: Company, who: Who, functions: Iterable[str]) -> tuple[Holding, ...]:
    """Which of the functions somebody holds, in any account that can be used."""
    if who.human is not None:
        return tuple(h for f in functions for h in company.held(who.human, f))
    if who.account is None or not is_able(company, who.system, who.account):
        return ()
    found = (company.holding(who.system, who.account, f) for f in functions)
    return tuple(h for h in found if h is not None)


def _administrator(
    hearing: Hearing, subject: str, who: Who, held: tuple[Holding, ...], steps: list[Step]
) -> None:
    last = max(steps, key=lambda s: s.order)
    functions = sorted({h.function for h in held})
    hearing.fail(
        subject,
        "deeds.r08.approved",
        params={
            "person": who.key,
            "functions": ", ".join(functions),
            "documents": str(len({s.approval.doc for s in steps})),
            "last": last.approval.doc,
        },
        system=held[0].system,
        witness=Witness(
            who.human,
            seen(hearing.company, who),
            paths_of(*held, most=1),
            tuple(approved(s) for s in sorted(steps, key=lambda s: s.order, reverse=True)[:3]),
        ),
    )


def r18(company: Company) -> RuleResult:
    """As many humans decide on a document as its flow has steps."""
    hearing = Hearing(company, "R18")
    hearing.systems("approvals")
    for no, steps in company.deeds.steps.items():
        flows: dict[tuple[str, str], list[Step]] = {}
        for step in steps:
            if step.approval.is_approved:
                key = step.system, step.approval.flow or ""
                flows.setdefault(key, []).append(step)
        for (system, flow), taken in sorted(flows.items()):
            _chain(hearing, document_subject(system, no), flow, taken)
    return hearing.result()


def _chain(hearing: Hearing, subject: str, flow: str, steps: list[Step]) -> None:
    """One document in one flow. A step that the system skipped is not one that was required."""
    hearing.look(subject)
    taken = [s for s in steps if not s.approval.is_automatic]
    required = {s.approval.step for s in taken}
    humans = {s.actor.human for s in taken if s.actor.human is not None}
    dark = [s.actor for s in taken if s.actor.human is None]
    one = {w.key for w in dark if w.is_one}
    most = len(humans) + len(one) + sum(not w.is_one for w in dark)
    least = len(humans) or min(1, len(dark))
    system, no = steps[0].system, steps[0].approval.doc
    params = {"document": no, "steps": str(len(required)), "humans": str(most)}
    if most < len(required):
        by: dict[str, set[str]] = {}
        for step in taken:
            by.setdefault(step.actor.key, set()).add(step.approval.step)
        twice = [s for s in taken if len(by[s.actor.key]) > 1]
        who = twice[0].actor
        mine = tuple(s for s in twice if s.actor.key == who.key)
        people = [s.actor for s in mine]
        witness = Witness(
            who.human, seen(hearing.company, *people), events=tuple(map(approved, mine))
        )
        params["person"] = who.key
        hearing.fail(
            subject, "deeds.r18.same", params=params, facet=flow, system=system, witness=witness
        )
    elif least < len(required):
        params["person"] = dark[0].key
        hearing.unclear(subject, "deeds.r18.unsure", params=params, facet=flow, system=system)
    else:
        _skipped(hearing, subject, flow, steps)


def _skipped(hearing: Hearing, subject: str, flow: str, steps: list[Step]) -> None:
    """Lists a document of which the system skipped a step because its approver had decided."""
    decided = {s.actor.key for s in steps if not s.approval.is_automatic}
    again = [s for s in steps if s.approval.is_automatic and s.actor.key in decided]
    if again:
        who, no = again[0].actor, again[0].approval.doc
        hearing.listed(
            subject,
            "deeds.r18.skipped",
            params={"document": no, "person": who.key, "step": again[0].approval.step},
            facet=flow,
            system=again[0].system,
            witness=Witness(
                who.human, seen(hearing.company, who), events=tuple(map(approved, again))
            ),
        )


JUDGES: dict[str, Callable[[Company], RuleResult]] = {"R04": r04, "R08": r08, "R18": r18}
