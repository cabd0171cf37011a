"""One rule: what the policy makes of it, and every verdict by its ruling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from checks.permissions.policy import RuleSetting
from checks.permissions.rules import SPECS, Spec
from checks.permissions.rules.specs import Of, Value
from checks.permissions.verdict import Ruling
from governance.access import Actor
from governance.config.permissions import PermissionsConfig
from governance.permissions.controls import Control, shipped_controls
from governance.permissions.reader import Reader
from governance.permissions.seen import Narrow, RuleCount, VerdictRow
from governance.reading import Desk
from governance.reading.model import Sealed
from governance.views.overreach import mentioned, severity_of

SHOWN = 200
LISTS = (Ruling.FAILED, Ruling.NOT_EVALUABLE, Ruling.EXCEPTED, Ruling.PASSED)


@dataclass(frozen=True)
class RuleView:
    """A rule as the policy has it. `settings` are all it can be told, by name; `count` is None
    where no run has asked it yet. `totals` and `verdicts` go by ruling, `SHOWN` of each at most."""

    spec: Spec
    is_on: bool
    severity: str
    settings: Mapping[str, tuple[Of, Value | None]]
    functions: tuple[str, ...]
    run: Sealed | None
    count: RuleCount | None
    totals: Mapping[str, int]
    verdicts: Mapping[str, tuple[VerdictRow, ...]]
    departments: Mapping[str, str]
    names: Mapping[str, str]
    controls: tuple[Control, ...]
    revised: date
    reviewed_by: str | None


def rule_view(actor: Actor, desk: Desk, access: PermissionsConfig, rule: str) -> RuleView | None:
    """The rule with this id, None where there is none.

    Raises PermissionRefused without the right to view, EvidenceTampered for a changed file.
    """
    reader = Reader(desk, actor)
    spec = SPECS.get(rule)
    if spec is None:
        return None
    own = access.policy.rules.get(rule)
    settings = {s.name: (s.of, _value(own, s.name, s.default)) for s in spec.settings}
    totals: dict[str, int] = {}
    for tally in reader.tallies():
        if tally.rule == rule:
            totals[tally.ruling] = totals.get(tally.ruling, 0) + tally.count
    verdicts = {
        ruling.value: reader.verdicts(Narrow(rule=(rule,), ruling=(ruling.value,)), limit=SHOWN)
        for ruling in LISTS
        if totals.get(ruling.value)
    }
    shipped = shipped_controls()
    everyone = [row for rows in verdicts.values() for row in rows]
    return RuleView(
        spec=spec,
        is_on=own is None or own.is_on,
        severity=severity_of(access, rule),
        settings=settings,
        functions=_functions(access, settings),
        run=reader.run,
        count=next((count for count in reader.rules() if count.rule == rule), None),
        totals=totals,
        verdicts=verdicts,
        departments=reader.departments(),
        names=reader.names(mentioned(everyone)),
        controls=shipped.of(spec.controls),
        revised=shipped.revised,
        reviewed_by=shipped.reviewed_by,
    )


def _value(own: RuleSetting | None, name: str, default: Value | None) -> Value | None:
    return own.settings.get(name, default) if own else default


def _functions(
    access: PermissionsConfig, settings: Mapping[str, tuple[Of, Value | None]]
) -> tuple[str, ...]:
    """The functions that a rule speaks of, by itself or through a risk."""
    found: dict[str, None] = {}
    for of, value in settings.values():
        if of is Of.FUNCTIONS and isinstance(value, tuple):
            found |= dict.fromkeys(value)
        if of is Of.RISKS and isinstance(value, tuple):
            for name in value:
                risk = access.policy.risks.get(name)
                if risk is not None:
                    found |= dict.fromkeys((*risk.left, *risk.right))
    return tuple(found)
