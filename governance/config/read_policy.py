"""The policy of permissions: from its own YAML file to checked values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from checks.dictionary import Title
from checks.outcome import Severity
from checks.permissions.model import FieldAccess, Scope
from checks.permissions.policy import Exemption, Family, Function, Policy, Risk
from checks.permissions.rules.specs import SPECS
from governance.config.document import Node, parse, text_of
from governance.config.problems import BadValue, Problems, unknown
from governance.config.read_rules import day, read_rules
from governance.config.section import Section, check_name, entries, items, parsed
from governance.config.values import choice, flag, positive_duration, share, title

Bindings = Mapping[str, Mapping[str, tuple[str, ...]]]
T = TypeVar("T")

KEYS = (
    "version", "link_threshold", "window", "functions", "field_classes", "families", "risks",
    "rules", "exceptions",
)  # fmt: skip
VERSION = "1"
FUNCTION = ("title", "strong", "permissions", "actions")
FAMILY = ("title", "jobs", "functions", "fields")
RISK = ("title", "left", "right", "severity")
EXCEPTION = ("rule", "subject", "facet", "owner", "reason", "until")
SCOPES = tuple(scope.value for scope in Scope)
FIELDS = tuple(access.value for access in FieldAccess)
SEVERITIES = tuple(level.value for level in Severity)
FUNCTION_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
SUBJECT = re.compile(r"(human|document|role|account):\S.*")
LEAST_THRESHOLD = Decimal("0.5")


def read_policy(path: Path, shown: str, systems: Collection[str], problems: Problems) -> Policy:
    """The policy in the file `path`, called `shown` in messages; `systems` are the names that
    functions may be bound to. Every problem is noted."""
    root = parse(path, shown, problems)
    if root is None:
        return Policy()
    return _PolicyReader(Section(root, problems, KEYS), systems, problems).read()


def bound(policy: Policy, permissions: Bindings, actions: Bindings) -> Policy:
    """`policy` with what each system binds its functions to, added to what the policy says."""
    functions = {
        name: replace(
            function,
            permissions=_added(function.permissions, permissions, name),
            actions=_added(function.actions, actions, name),
        )
        for name, function in policy.functions.items()
    }
    return replace(policy, functions=functions)


def _added(
    stated: Mapping[str, tuple[str, ...]], bindings: Bindings, name: str
) -> dict[str, tuple[str, ...]]:
    found = dict(stated)
    for system, of in bindings.items():
        if of.get(name):
            found[system] = tuple(dict.fromkeys((*found.get(system, ()), *of[name])))
    return found


@dataclass(frozen=True)
class _PolicyReader:
    """Reads the parts in turn. A function that could not be read is still a known name: one
    mistake, one message."""

    section: Section
    systems: Collection[str]
    problems: Problems

    def read(self) -> Policy:
        section = self.section
        section.read("version", choice("policy.bad_version", (VERSION,)), VERSION)
        functions = self._functions()
        families = self._families(functions)
        risks = self._risks(functions)
        window = section.read("window", positive_duration, Policy.window)
        rules = read_rules(
            section.get("rules"), functions, families, risks, self.systems, window, self.problems
        )
        return Policy(
            functions=functions,
            families=families,
            risks=risks,
            rules=rules,
            exemptions=tuple(self._exceptions()),
            link_threshold=float(section.read("link_threshold", threshold, Decimal("0.95"))),
            window=window,
        )

    def _functions(self) -> dict[str, Function]:
        found = {}
        for name, node in entries(self.section.need("functions"), self.problems).items():
            if not FUNCTION_NAME.fullmatch(name):
                self.problems.add(node, "policy.bad_function", name=name)
            section = Section(node, self.problems, FUNCTION)
            found[name] = Function(
                name=name,
                title=section.read("title", title, Title(name, name)),
                permissions=self._codes(section.get("permissions")),
                actions=self._codes(section.get("actions")),
                is_strong=section.read("strong", flag, False),
            )
        return found

    def _codes(self, node: Node | None) -> dict[str, tuple[str, ...]]:
        """Permission codes or actions by system."""
        found = {}
        for system, child in entries(node, self.problems).items():
            if system not in self.systems:
                self.problems.unknown(child, "policy.unknown_system", system, self.systems)
            found[system] = tuple(self._all(child, words))
        return found

    def _families(self, functions: Collection[str]) -> dict[str, Family]:
        classes = entries(self.section.get("field_classes"), self.problems)
        for node in classes.values():
            parsed(node, title, None, self.problems)
        found: dict[str, Family] = {}
        taken: dict[str, str] = {}
        for name, node in entries(self.section.get("families"), self.problems).items():
            check_name(node, name, self.problems)
            section = Section(node, self.problems, FAMILY)
            found[name] = Family(
                name=name,
                title=section.read("title", title, Title(name, name)),
                jobs=tuple(self._jobs(section, name, taken)),
                functions={
                    key: Scope(scope)
                    for key, scope in self._words(
                        section, "functions", "policy.unknown_function", functions,
                        "policy.unknown_scope", SCOPES,
                    )
                },
                fields=dict(self._words(
                    section, "fields", "policy.unknown_class", classes,
                    "policy.unknown_access", FIELDS,
                )),
            )  # fmt: skip
        return found

    def _jobs(self, section: Section, family: str, taken: dict[str, str]) -> Iterable[str]:
        """The titles of a family; nobody can be of two."""
        node = section.need("jobs")
        for item in items(node) if node else ():
            job = parsed(item, words, "", self.problems)
            if job in taken:
                self.problems.add(item, "policy.job_taken", name=job, family=taken[job])
            elif job:
                taken[job] = family
                yield job

    def _words(
        self,
        section: Section,
        key: str,
        unknown_key: str,
        keys: Collection[str],
        unknown_word: str,
        allowed: Collection[str],
    ) -> Iterable[tuple[str, str]]:
        """The entries of a mapping from known names to known words."""
        for name, child in entries(section.get(key), self.problems).items():
            if name not in keys:
                self.problems.unknown(child, unknown_key, name, keys)
            word = parsed(child, choice(unknown_word, allowed), "", self.problems)
            if name in keys and word:
                yield name, word

    def _risks(self, functions: Collection[str]) -> dict[str, Risk]:
        found = {}
        function = choice("policy.unknown_function", functions)
        for name, node in entries(self.section.get("risks"), self.problems).items():
            check_name(node, name, self.problems)
            section = Section(node, self.problems, RISK)
            sides = []
            for side in ("left", "right"):
                stated = section.need(side)
                sides.append(tuple(self._all(stated, function)) if stated else ())
            both = set(sides[0]) & set(sides[1])
            if both:
                self.problems.add(node, "policy.risk_with_itself", name=min(both))
            severity = section.read(
                "severity", choice("policy.unknown_severity", SEVERITIES), Severity.HIGH.value
            )
            called = section.read("title", title, Title(name, name))
            found[name] = Risk(name, sides[0], sides[1], called, Severity(severity))
        return found

    def _exceptions(self) -> Iterable[Exemption]:
        node = self.section.get("exceptions")
        for item in items(node) if node else ():
            before = len(self.problems)
            section = Section(item, self.problems, EXCEPTION)
            for key in ("rule", "subject", "owner", "reason", "until"):
                section.need(key)
            until = section.read("until", day, date.min)
            exemption = Exemption(
                rule=section.read("rule", choice("policy.unknown_rule", SPECS), ""),
                subject=section.read("subject", self._subject, ""),
                owner=section.read("owner", words, ""),
                reason=section.read("reason", words, ""),
                until=until,
                facet=section.read("facet", words, ""),
            )
            if len(self.problems) == before:
                yield exemption

    def _subject(self, node: Node) -> str:
        text = words(node)
        if not SUBJECT.fullmatch(text):
            raise BadValue("policy.bad_subject", value=text)
        kind, _, rest = text.partition(":")
        system, slash, _ = rest.partition("/")
        if kind == "account" and not slash:
            raise BadValue("policy.bad_subject", value=text)
        if kind != "human" and slash and system not in self.systems:
            raise unknown("policy.unknown_system", system, self.systems)
        return text

    def _all(self, node: Node, parser: Callable[[Node], str]) -> Iterable[str]:
        """Each item that can be read, once."""
        if not items(node):
            self.problems.add(node, "config.empty_list")
        found = (parsed(item, parser, "", self.problems) for item in items(node))
        return dict.fromkeys(text for text in found if text)


def words(node: Node) -> str:
    text = text_of(node).strip()
    if not text:
        raise BadValue("config.want_text")
    return text


def threshold(node: Node) -> Decimal:
    value = share(node)
    if value <= LEAST_THRESHOLD:
        raise BadValue("policy.low_threshold", least=LEAST_THRESHOLD)
    return value
