"""The rule about those who design the flows that approvals run through."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from checks.permissions.company import Company
from checks.permissions.deeds import Step, Who, same
from checks.permissions.identity import LinkKind
from checks.permissions.rights import Holding
from checks.permissions.rules.common import Hearing, paths_of, system_subject
from checks.permissions.rules.people import approved, login_of, seen, subject_of
from checks.permissions.verdict import Event, RuleKind, RuleResult, Witness


@dataclass(frozen=True)
class _Flow:
    """Who changed a flow, and when, oldest first."""

    times: tuple[datetime, ...]
    editors: tuple[Who, ...]

    def last_before(self, at: datetime) -> tuple[datetime, Who] | None:
        found = bisect_left(self.times, at)
        return None if found == 0 else (self.times[found - 1], self.editors[found - 1])


def r26(company: Company) -> RuleResult:
    """Nobody decides in a flow as they themselves last changed it."""
    return _Designers(company).result()


class _Designers:
    """Looks at whoever decided in a flow, flow by flow."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.hearing = Hearing(company, "R26")
        self.functions = self.hearing.names("functions")
        self.importers = frozenset(self.hearing.names("importers"))
        self.seeing = frozenset(self.hearing.systems("flow_edits"))
        self.flows = self._flows()

    def result(self) -> RuleResult:
        self.hearing.systems("approvals")
        for steps in self.company.deeds.steps.values():
            for step in steps:
                if step.approval.is_approved and not step.approval.is_automatic:
                    self._judge(step)
        return self.hearing.result()

    def _flows(self) -> dict[tuple[str, str], _Flow]:
        edits: dict[tuple[str, str], list[tuple[datetime, str, Who]]] = {}
        for name, system in sorted(self.company.facts.systems.items()):
            for edit in system.flow_edits:
                who = self.company.deeds.who(name, edit.editor)
                edits.setdefault((name, edit.flow), []).append((edit.at, who.key, who))
        found = {}
        for key, mine in edits.items():
            mine.sort(key=lambda e: e[:2])
            found[key] = _Flow(tuple(e[0] for e in mine), tuple(e[2] for e in mine))
        return found

    def _judge(self, step: Step) -> None:
        name, at = step.approval.flow, step.approval.at
        is_seen = name is not None and step.system in self.seeing
        flow = self.flows.get((step.system, name or ""))
        last = None if flow is None or at is None else flow.last_before(at)
        if is_seen and flow is not None and last is not None:
            return self._against(step, flow, *last)
        if not is_seen and not self._is_bound(step.system):
            return None
        self.hearing.look(subject_of(step.actor))
        if not is_seen and self._designs(step):
            self._unclear(step, "deeds.r26.unrecorded")
        elif flow is not None and at is None and any(same(e, step.actor) for e in flow.editors):
            self._unclear(step, "deeds.r26.no_time")
        return None

    def _is_bound(self, system: str) -> bool:
        """Whether it can be told who may design flows there; says so where it cannot."""
        if any(self.company.codes(system, function) for function in self.functions):
            return True
        self.hearing.unclear(
            system_subject(system),
            "deeds.r26.unbound",
            params={"system": system, "functions": ", ".join(self.functions)},
            facet="unbound",
            system=system,
        )
        return False

    def _against(self, step: Step, flow: _Flow, at: datetime, editor: Who) -> None:
        """Holds a step against who had changed the flow last."""
        name, actor = step.approval.flow or "", step.actor
        is_import = (
            editor.kind is LinkKind.SERVICE or login_of(self.company, editor) in self.importers
        )
        is_own = same(editor, actor)
        if editor.human is None and not is_own and not is_import:
            # Whoever decided in it could be the one; the flow is what cannot be told, not they.
            self.hearing.unclear(
                f"flow:{step.system}/{name}",
                "deeds.r26.unsure_editor",
                params={"flow": name, "person": editor.key},
                system=step.system,
            )
            return
        self.hearing.look(subject_of(actor))
        if is_import:
            # What came in was designed elsewhere, and nobody here knows by whom.
            if any(same(e, actor) for e in flow.editors) or self._designs(step):
                self._unclear(step, "deeds.r26.imported")
        elif is_own:
            self._fail(step, at, editor)
        elif is_own is None:
            self._unclear(step, "deeds.r26.unsure")

    def _designs(self, step: Step) -> tuple[Holding, ...]:
        """The right to design flows, in the system that a step was taken in."""
        actor = step.actor
        places = self.company.deeds.places(actor)
        found = (
            self.company.holding(system, account, function)
            for system, account in places
            if system == step.system
            for function in self.functions
        )
        return tuple(h for h in found if h is not None)

    def _unclear(self, step: Step, reason: str) -> None:
        name = step.approval.flow or ""
        params = {"person": step.actor.key, "flow": name, "document": step.approval.doc}
        self.hearing.unclear(
            subject_of(step.actor), reason, params=params, facet=name, system=step.system
        )

    def _fail(self, step: Step, at: datetime, editor: Who) -> None:
        name, actor = step.approval.flow or "", step.actor
        edited = Event(step.system, "edited", name, at, editor.account)
        self.hearing.fail(
            subject_of(actor),
            "deeds.r26.own_flow",
            params={"person": actor.key, "flow": name, "document": step.approval.doc},
            facet=name,
            kind=RuleKind.DID,
            system=step.system,
            witness=Witness(
                actor.human,
                seen(self.company, actor, editor),
                paths_of(*self._designs(step), most=1),
                (edited, approved(step)),
            ),
        )


JUDGES: dict[str, Callable[[Company], RuleResult]] = {"R26": r26}
