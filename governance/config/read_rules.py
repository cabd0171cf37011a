"""`rules` of a policy: on or off, how grave, and the numbers and names of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from checks.outcome import Severity
from checks.permissions.policy import Risk, RuleSetting
from checks.permissions.rules.specs import SPECS, Of, Setting, Spec, Value
from governance.config.document import Node, text_of
from governance.config.problems import BadValue, Problems
from governance.config.section import Section, entries, items, parsed
from governance.config.values import any_duration, choice, flag, number, whole

SEVERITIES = tuple(level.value for level in Severity)
MOST = 999_999_999
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
# Spans that look back into a log, which is read no further than the policy's window.
LOOK_BACK = {("R12", "unused")}


def read_rules(
    node: Node | None,
    functions: Collection[str],
    families: Collection[str],
    risks: Mapping[str, Risk],
    systems: Collection[str],
    window: timedelta,
    problems: Problems,
) -> dict[str, RuleSetting]:
    """All 27 rules; one that is not stated is on, with what `SPECS` proposes."""
    stated = entries(node, problems)
    for name, child in stated.items():
        if name not in SPECS:
            problems.unknown(child, "policy.unknown_rule", name, SPECS)
    known = {
        Of.FUNCTIONS: ("policy.unknown_function", functions),
        Of.FAMILIES: ("policy.unknown_family", families),
        Of.RISKS: ("policy.unknown_risk", risks),
        Of.SYSTEMS: ("policy.unknown_system", systems),
    }
    reader = _RuleReader(known, window, problems)
    return {
        name: reader.read(spec, stated[name]) if name in stated else usual(spec)
        for name, spec in SPECS.items()
    }


def usual(spec: Spec) -> RuleSetting:
    """A rule as it is where a policy says nothing of it."""
    settings = {s.name: s.default for s in spec.settings if s.default is not None}
    return RuleSetting(spec.id, True, spec.severity, settings)


@dataclass(frozen=True)
class _RuleReader:
    known: Mapping[Of, tuple[str, Collection[str]]]
    window: timedelta
    problems: Problems

    def read(self, spec: Spec, node: Node) -> RuleSetting:
        section = Section(node, self.problems, ("on", "severity", *(s.name for s in spec.settings)))
        base = usual(spec)
        settings = dict(base.settings)
        for setting in spec.settings:
            child = section.get(setting.name)
            if child is not None:
                value = self._value(spec, setting, child)
                if value is not None:
                    settings[setting.name] = value
        stated = section.get("severity")
        if stated is not None and any(s.of is Of.RISKS for s in spec.settings):
            self.problems.add(stated, "policy.severity_of_risks")
        severity = section.read(
            "severity", choice("policy.unknown_severity", SEVERITIES), base.severity.value
        )
        return RuleSetting(spec.id, section.read("on", flag, True), Severity(severity), settings)

    def _value(self, spec: Spec, setting: Setting, node: Node) -> Value | None:
        if setting.of in self.known:
            code, names = self.known[setting.of]
            return self._list(node, choice(code, names))
        if setting.of is Of.TEXTS:
            return self._list(node, text_of)
        value = parsed(node, _PLAIN[setting.of], None, self.problems)
        span = value if isinstance(value, timedelta) else timedelta()
        if (spec.id, setting.name) in LOOK_BACK and span > self.window:
            self.problems.add(node, "policy.beyond_window", days=self.window.days)
        return value

    def _list(self, node: Node, parser: Callable[[Node], str]) -> tuple[str, ...]:
        found = (parsed(item, parser, "", self.problems) for item in items(node))
        return tuple(dict.fromkeys(text for text in found if text))


def day(node: Node) -> date:
    """A date as `2026-12-31`. Raises BadValue otherwise."""
    text = text_of(node).strip()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadValue("policy.bad_day", value=text) from None


def amount(node: Node) -> Value:
    value = number(text_of(node))
    if value < 0:
        raise BadValue("policy.negative")
    return value


def clock(node: Node) -> str:
    text = text_of(node).strip()
    if not CLOCK.fullmatch(text):
        raise BadValue("policy.bad_clock", value=text)
    return text


_PLAIN: Mapping[Of, Callable[[Node], Value]] = {
    Of.SPAN: any_duration,
    Of.COUNT: whole(0, MOST),
    Of.AMOUNT: amount,
    Of.DAY: day,
    Of.CLOCK: clock,
}
