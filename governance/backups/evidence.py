"""What a run is evidence for, control by control. It never says that anybody complies.

Each control of `data/controls.yaml` that speaks of backups is passed, failed or not evaluable for
each system, with its reason. What a control asks beyond what we look at (a written strategy, a hot
standby) is not evaluable, never passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from checks.backups.model import Mark, Verdict
from checks.outcome import Outcome
from governance.backups.seen import BackupRow, DayRow, Digit, KeeperRow, SystemRow

CONTROLS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B09", "B10", "B11")
# A digit of 3-2-1-1-0 that was seen, and not only claimed.
PROVED = "proved"


@dataclass(frozen=True)
class Evidence:
    """What a run says of one control. `system` None: of the whole company. `code` is a message
    id."""

    control: str
    system: str | None
    outcome: Outcome
    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What is known of one system `at` a run. `newest` is what would be restored today."""

    at: datetime
    system: SystemRow
    newest: BackupRow | None
    days: tuple[DayRow, ...]
    keepers: tuple[KeeperRow, ...]

    def digit(self, name: str) -> Digit | None:
        return next((d for d in self.system.digits if d.digit == name), None)


def evidence(
    facts: Iterable[Facts], sources: Iterable[str], saved: Iterable[str]
) -> tuple[Evidence, ...]:
    """Every control for every system. `sources` are all that is watched, `saved` those of them
    whose backups are."""
    found = [_inventory(sources, saved)]
    for fact in facts:
        for control, judge in _JUDGES.items():
            outcome, code, params = judge(fact)
            found.append(Evidence(control, fact.system.system, outcome, code, params))
    return tuple(sorted(found, key=lambda e: (e.control, e.system or "")))


Judged = tuple[Outcome, str, Mapping[str, str]]


def _said(outcome: Outcome, why: str, **params: str) -> Judged:
    return outcome, f"backups.page.evidence.{why}", params


def _inventory(sources: Iterable[str], saved: Iterable[str]) -> Evidence:
    bare = sorted(set(sources) - set(saved))
    if bare:
        outcome, code, params = _said(Outcome.FAILED, "no_backups_of", systems=", ".join(bare))
    else:
        outcome, code, params = _said(Outcome.PASSED, "every_source")
    return Evidence("B04", None, outcome, code, params)


def _of(verdict: Verdict) -> Judged:
    outcome = {True: Outcome.PASSED, False: Outcome.FAILED, None: Outcome.NOT_EVALUABLE}
    return outcome[verdict.value], verdict.code, verdict.params


def _works(fact: Facts) -> Judged:
    """It is there, complete, and came back once."""
    if fact.newest is None:
        return _said(Outcome.FAILED, "none")
    asked = [fact.system.verdicts[mark] for mark in (Mark.COMPLETE, Mark.RESTORABLE)]
    order = {False: 0, None: 1, True: 2}
    return _of(min(asked, key=lambda verdict: order[verdict.value]))


def _off_site(fact: Facts) -> Judged:
    digit = fact.digit(OFF_SITE)
    if digit is not None and digit.value is False:
        return _said(Outcome.FAILED, "not_off_site")
    if digit is not None and digit.value and digit.proof == PROVED:
        return _said(Outcome.NOT_EVALUABLE, "off_site_when")
    return _said(Outcome.NOT_EVALUABLE, "off_site_claimed" if digit and digit.value else "unknown")


def _standby(_fact: Facts) -> Judged:
    return _said(Outcome.NOT_EVALUABLE, "standby")


def _strategy(_fact: Facts) -> Judged:
    return _said(Outcome.NOT_EVALUABLE, "papers")


def _kept(fact: Facts) -> Judged:
    holes = sum(day.state == "hole" for day in fact.days)
    if holes:
        return _said(Outcome.FAILED, "holes", n=str(holes))
    return _watched(fact)


def _watched(fact: Facts) -> Judged:
    state = fact.system.due_state
    if state == "up":
        return _said(Outcome.PASSED, "on_time")
    if state in ("late", "down"):
        return _said(Outcome.FAILED, "overdue")
    return _said(Outcome.NOT_EVALUABLE, "no_deadline")


def _encrypted(fact: Facts) -> Judged:
    value = fact.newest.encrypted if fact.newest else None
    if value is None:
        return _said(Outcome.NOT_EVALUABLE, "unknown")
    return _said(Outcome.PASSED if value else Outcome.FAILED, "encrypted" if value else "plain")


def _immutable(fact: Facts) -> Judged:
    both = [keeper.human for keeper in fact.keepers if keeper.can_delete and keeper.also]
    if both:
        return _said(Outcome.FAILED, "one_hand", n=str(len(both)))
    digit = fact.digit(IMMUTABLE)
    if digit is not None and digit.value is False:
        return _said(Outcome.FAILED, "not_immutable")
    if digit is not None and digit.value and digit.proof == PROVED:
        return _said(Outcome.PASSED, "immutable")
    until = fact.newest.locked_until if fact.newest else None
    if until is not None and until > fact.at:
        return _said(Outcome.PASSED, "immutable")
    return _said(Outcome.NOT_EVALUABLE, "immutable_claimed" if digit and digit.value else "unknown")


OFF_SITE, IMMUTABLE = "off_site", "immutable"
_JUDGES: dict[str, Callable[[Facts], Judged]] = {
    "B01": _works,
    "B02": _off_site,
    "B03": _standby,
    "B05": _kept,
    "B06": _strategy,
    "B07": lambda fact: _of(fact.system.verdicts[Mark.RESTORABLE]),
    "B08": lambda fact: _of(fact.system.verdicts[Mark.INTACT]),
    "B09": _encrypted,
    "B10": _immutable,
    "B11": _watched,
}
