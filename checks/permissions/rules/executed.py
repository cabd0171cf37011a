"""Rules about what a log says was done: exports, and accounts used from many places at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from checks.permissions.company import Company
from checks.permissions.deeds import Who
from checks.permissions.model import FieldAccess, Operation
from checks.permissions.rules.common import Hearing, system_subject
from checks.permissions.rules.people import seen, subject_of
from checks.permissions.verdict import Event, RuleResult, Witness

HIDDEN = (FieldAccess.NONE, FieldAccess.MASKED)


def log_gap(hearing: Hearing, system: str) -> None:
    """Says so where the log of a system is not there, or does not reach over the whole window."""
    company = hearing.company
    facts, window = company.facts.systems[system], company.policy.window
    if "operations" in facts.blind:
        return hearing.dark(system, "operations")
    params, reason = {"system": system}, None
    if "operations" not in facts.known:
        reason = "rules.no_log"
    elif facts.log_from is None or facts.log_from > company.facts.as_of - window:
        reason, params["days"] = "deeds.young_log", str(window.days)
    if reason is not None:
        subject = system_subject(system)
        hearing.unclear(subject, reason, params=params, facet="operations", system=system)
    return None


@dataclass
class _Exports:
    """What one human (or one account of an unknown one) took out."""

    who: Who
    lines: list[tuple[str, datetime, Operation]] = field(default_factory=list)


def r11(company: Company) -> RuleResult:
    """Nobody takes out customers' phone numbers by the thousand, at night, or on the way out."""
    hearing = Hearing(company, "R11")
    functions = hearing.names("functions")
    found: dict[str, _Exports] = {}
    bound = _bound(company, functions)
    for name, actions in bound.items():
        log_gap(hearing, name)
        if "operations" not in company.facts.systems[name].known:
            continue
        if actions:
            _gather(company, name, actions, found)
        else:
            params = {"system": name, "function": ", ".join(functions)}
            subject = system_subject(name)
            hearing.unclear(
                subject, "rules.no_actions", params=params, facet="actions", system=name
            )
    for subject, exports in found.items():
        hearing.look(subject)
        exports.lines.sort(key=lambda entry: (entry[1], entry[0], entry[2].id))
        _Taken(hearing, subject, exports).judge()
    if not bound:
        return hearing.result("rules.unbound", functions=", ".join(functions))
    return hearing.result()


def _bound(company: Company, functions: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The systems in which one of the functions exists, and what their logs call its use."""
    known = [f for f in map(company.policy.functions.get, functions) if f is not None]
    found = {}
    for name in sorted(company.facts.systems):
        actions = tuple(a for f in known for a in f.actions.get(name, ()))
        if actions or any(company.codes(name, f.name) for f in known):
            found[name] = actions
    return found


def _gather(
    company: Company, system: str, actions: tuple[str, ...], found: dict[str, _Exports]
) -> None:
    """Adds who exported what within the window, where it showed more than masks."""
    zone, masked = ZoneInfo(company.facts.zone), dict[Who, bool]()
    since = company.facts.as_of - company.policy.window
    for line in company.facts.systems[system].operations:
        if not line.is_successful or line.at < since or line.rows == 0:
            continue
        if not any(fnmatchcase(line.action, action) for action in actions):
            continue
        who = company.deeds.who(system, line.actor)
        if who not in masked:
            masked[who] = _is_masked(company, who)
        if not masked[who]:
            mine = found.setdefault(subject_of(who), _Exports(who))
            mine.lines.append((system, line.at.astimezone(zone), line))


def _is_masked(company: Company, who: Who) -> bool:
    """Whether what an account exports shows no phone numbers."""
    if who.account is None:
        return False
    seen_as = company.resolvers[who.system].fields(who.account, "customer", "pii")
    return seen_as.get("export") in HIDDEN


class _Taken:
    """Holds one person's exports against the limits of a day, the hours and their notice."""

    def __init__(self, hearing: Hearing, subject: str, exports: _Exports) -> None:
        self.hearing, self.subject = hearing, subject
        self.who, self.lines = exports.who, exports.lines

    def judge(self) -> None:
        days: dict[date, list[tuple[str, Operation]]] = {}
        for system, at, line in self.lines:
            days.setdefault(at.date(), []).append((system, line))
        limit = self.hearing.count("rows_a_day")
        sums = {day: sum(line.rows or 0 for _, line in lines) for day, lines in days.items()}
        worst = max(sums, key=lambda day: (sums[day], day))
        if sums[worst] > limit:
            self._say("deeds.r11.volume", "volume", days[worst], day=worst.isoformat(),
                      limit=str(limit))  # fmt: skip
        opens, closes = (time.fromisoformat(self.hearing.text(n)) for n in ("from", "to"))
        late = [(s, o) for s, at, o in self.lines if o.rows and not opens <= at.time() < closes]
        if late:
            self._say("deeds.r11.hours", "hours", late)
        ends = self._leaves()
        if ends is not None:
            first = ends - self.hearing.span("notice")
            last = [(s, o) for s, at, o in self.lines if o.rows and first <= at.date() <= ends]
            if last:
                self._say("deeds.r11.notice", "notice", last, day=ends.isoformat())
        dark = [(s, o) for s, _, o in self.lines if o.rows is None]
        if dark:
            self._say("deeds.r11.no_rows", "volume", dark, is_clear=False)

    def _leaves(self) -> date | None:
        person = self.hearing.company.person(self.who.human or "")
        if person is None or person.left_on is None:
            return None
        is_back = person.hired_on is not None and person.hired_on > person.left_on
        return None if is_back else person.left_on

    def _say(
        self,
        reason: str,
        facet: str,
        lines: list[tuple[str, Operation]],
        *,
        is_clear: bool = True,
        **params: str,
    ) -> None:
        rows = sum(line.rows or 0 for _, line in lines)
        told = {"person": self.who.key, "rows": str(rows), "times": str(len(lines)), **params}
        if is_clear and not self.who.is_one:
            # Several people may stand behind a shared or a service account.
            reason, is_clear = "deeds.r11.many_hands", False
        say = self.hearing.fail if is_clear else self.hearing.unclear
        largest = sorted(lines, key=lambda entry: (-(entry[1].rows or 0), entry[1].id))[:3]
        say(
            self.subject,
            reason,
            params=told,
            facet=facet,
            system=lines[0][0],
            witness=Witness(
                self.who.human,
                seen(self.hearing.company, self.who),
                events=tuple(_exported(self.who, system, line) for system, line in largest),
            ),
        )


def _exported(who: Who, system: str, line: Operation) -> Event:
    rows = None if line.rows is None else str(line.rows)
    return Event(system, "exported", line.id, line.at, who.account or line.actor.value, rows)


JUDGES: dict[str, Callable[[Company], RuleResult]] = {"R11": r11}
