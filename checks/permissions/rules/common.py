"""What all rules share: collecting verdicts, witnesses that replay, exceptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

from checks.outcome import Severity
from checks.permissions.company import Company
from checks.permissions.identity import Link, LinkKind, Place
from checks.permissions.model import FieldAccess, Scope
from checks.permissions.policy import Exemption, RuleSetting
from checks.permissions.rights import Holding, Reach, Right
from checks.permissions.rules.specs import SPECS, Value
from checks.permissions.verdict import (
    GrantPath,
    Hop,
    RuleKind,
    RuleResult,
    Ruling,
    Verdict,
    Witness,
)

# What the rights of a system are made of: where one of these was not read, no right is certain.
RIGHTS_KINDS = (
    "accounts", "departments", "roles", "memberships", "permissions", "grants",
    "scope_departments",
)  # fmt: skip
WIDEST = tuple(Scope)
ACCESS = tuple(FieldAccess)
MOST_PATHS = 3


class About(TypedDict, total=False):
    """What a verdict may say beside its reason. Left out: the rule's severity and first kind, the
    witness's first system, its human's department."""

    params: Mapping[str, str]
    facet: str
    witness: Witness
    kind: RuleKind
    severity: Severity
    system: str | None
    department: str | None


class Hearing:
    """Collects what one rule finds. Whoever is looked at and gets no verdict has passed."""

    def __init__(self, company: Company, rule: str) -> None:
        self.company = company
        self.spec = SPECS[rule]
        self.rule = company.policy.rules.get(rule) or RuleSetting(rule, True, self.spec.severity)
        self.today = business_day(company)
        self._seen: set[str] = set()
        self._verdicts: dict[tuple[str, str], Verdict] = {}
        self._exemptions = exemptions(company, rule)
        self._is_dark = False

    def look(self, *subjects: str) -> None:
        """Counts subjects as looked at; they pass unless they get a verdict."""
        self._seen.update(subjects)

    def fail(self, subject: str, reason: str, **about: Unpack[About]) -> None:
        """A failure, or an exception where the policy has one that still holds. One that has
        lapsed stays with the failure."""
        verdict = self._verdict(Ruling.FAILED, subject, reason, about)
        own = [e for e in self._exemptions.get(subject, ()) if e.facet in ("", verdict.facet)]
        if own:
            latest = max(own, key=lambda e: e.until)
            holds = latest.until >= self.today
            ruling = Ruling.EXCEPTED if holds else Ruling.FAILED
            verdict = replace(verdict, ruling=ruling, exemption=latest)
        self._keep(verdict)

    def unclear(self, subject: str, reason: str, **about: Unpack[About]) -> None:
        """Cannot be told, and why. Says nothing where the same is already known to fail."""
        self._keep(self._verdict(Ruling.NOT_EVALUABLE, subject, reason, about))

    def excuse(self, subject: str, reason: str, **about: Unpack[About]) -> None:
        """Would fail, but for something that makes up for it; shown, never passed."""
        self._keep(self._verdict(Ruling.EXCEPTED, subject, reason, about))

    def listed(self, subject: str, reason: str, **about: Unpack[About]) -> None:
        """Passed, and shown all the same with a word on why it is no failure."""
        self._seen.add(subject)
        self._keep(self._verdict(Ruling.PASSED, subject, reason, about))

    def has(self, subject: str, facet: str = "") -> bool:
        return (subject, facet) in self._verdicts

    def systems(self, *kinds: str) -> tuple[str, ...]:
        """The systems in which all these kinds were read. One where a kind should have been read
        and was not gets a verdict; one that does not keep them is passed over."""
        found = []
        for name, system in sorted(self.company.facts.systems.items()):
            blind = [kind for kind in kinds if kind in system.blind]
            if blind:
                self.dark(name, blind[0])
            elif all(kind in system.known for kind in kinds):
                found.append(name)
        return tuple(found)

    def sighted(self, functions: Iterable[str], *, across: bool = True) -> tuple[str, ...]:
        """The systems that are bound to one of the functions and whose rights were read whole;
        the other bound ones get a verdict each. For a rule that looks `across` systems at humans,
        nobody is then known to pass."""
        found = []
        for name in bound_systems(self.company, functions):
            reason = unread_rights(self.company, name)
            if reason is None:
                found.append(name)
            else:
                self.dark(name, reason)
                self._is_dark |= across
        return tuple(found)

    def dark(self, system: str, kind: str) -> None:
        """`kind` of `system` was not read, so that the rule cannot see there."""
        params = {"system": system, "kind": kind}
        subject = system_subject(system)
        self.unclear(subject, "rules.not_read", params=params, facet=kind, system=system)

    def span(self, name: str) -> timedelta:
        value = self._value(name)
        assert isinstance(value, timedelta)
        return value

    def count(self, name: str) -> int:
        value = self._value(name)
        assert isinstance(value, int)
        return value

    def amount(self, name: str) -> Decimal | None:
        value = self._value(name)
        assert value is None or isinstance(value, Decimal)
        return value

    def day(self, name: str) -> date | None:
        value = self._value(name)
        assert value is None or isinstance(value, date)
        return value

    def text(self, name: str) -> str:
        value = self._value(name)
        assert isinstance(value, str)
        return value

    def names(self, name: str) -> tuple[str, ...]:
        """A setting that is a list: of functions, families, risks, systems or texts."""
        value = self._value(name)
        assert isinstance(value, tuple)
        return value

    def result(self, nobody: str = "rules.nobody", **params: str) -> RuleResult:
        """All verdicts in the order of their subjects. With nobody looked at and nothing found, one
        verdict that says why: what the rule needs is not there, or else the message `nobody`."""
        if not self._seen and not self._verdicts:
            missing = self._missing()
            if missing is not None:
                nobody, params = "rules.not_mapped", {"kind": missing}
            self.unclear(rule_subject(self.spec.id), nobody, params=params)
        verdicts = tuple(self._verdicts[key] for key in sorted(self._verdicts))
        judged = {
            v.subject
            for v in verdicts
            if v.ruling is not Ruling.PASSED and not v.subject.startswith(("rule:", "system:"))
        }
        passed = set() if self._is_dark else self._seen - judged
        return RuleResult(self.spec.id, len(passed | judged), len(passed), verdicts)

    def _missing(self) -> str | None:
        """The first kind that the rule needs and no system keeps."""
        facts = self.company.facts
        known = {kind for system in facts.systems.values() for kind in system.known}
        if facts.people_known:
            known.add("persons")
        return next((kind for kind in self.spec.needs if kind not in known), None)

    def _value(self, name: str) -> Value | None:
        return self.rule.settings.get(name, self.spec.setting(name).default)

    def _verdict(self, ruling: Ruling, subject: str, reason: str, about: About) -> Verdict:
        witness = about.get("witness", Witness())
        system = about.get("system")
        if system is None:
            system = next((p.system for p in witness.paths), None)
        if system is None:
            system = next((name for name, _ in witness.accounts), None)
        department = about.get("department")
        if department is None and witness.human is not None:
            department = department_of(self.company, witness.human)
        return Verdict(
            rule=self.spec.id,
            kind=about.get("kind", self.spec.kinds[0]),
            ruling=ruling,
            subject=subject,
            reason=reason,
            params=about.get("params", {}),
            facet=about.get("facet", ""),
            severity=about.get("severity", self.rule.severity),
            system=system,
            department=department,
            witness=witness,
        )

    def _keep(self, verdict: Verdict) -> None:
        """The graver of two verdicts on the same: failed, excepted, not evaluable."""
        key = verdict.subject, verdict.facet
        old = self._verdicts.get(key)
        if old is None or _GRAVITY[verdict.ruling] > _GRAVITY[old.ruling]:
            self._verdicts[key] = verdict


_GRAVITY = {
    Ruling.PASSED: 0, Ruling.NOT_EVALUABLE: 1, Ruling.EXCEPTED: 2, Ruling.FAILED: 3,
}  # fmt: skip


def human_subject(human: str) -> str:
    return f"human:{human}"


def account_subject(system: str, account: str) -> str:
    return f"account:{system}/{account}"


def document_subject(system: str, no: str) -> str:
    return f"document:{system}/{no}"


def role_subject(system: str, role: str) -> str:
    return f"role:{system}/{role}"


def system_subject(system: str) -> str:
    return f"system:{system}"


def rule_subject(rule: str) -> str:
    return f"rule:{rule}"


def business_day(company: Company) -> date:
    """The day of the facts in the business zone."""
    return company.facts.as_of.astimezone(ZoneInfo(company.facts.zone)).date()


def exemptions(company: Company, rule: str) -> dict[str, list[Exemption]]:
    """The policy's exceptions to a rule, by subject."""
    found: dict[str, list[Exemption]] = {}
    for exemption in company.policy.exemptions:
        if exemption.rule == rule:
            found.setdefault(exemption.subject, []).append(exemption)
    return found


def bound_systems(company: Company, functions: Iterable[str]) -> tuple[str, ...]:
    """The systems in which the policy binds one of the functions to permissions."""
    bound: set[str] = set()
    for name in functions:
        function = company.policy.functions.get(name)
        if function is not None:
            bound |= {system for system, codes in function.permissions.items() if codes}
    return tuple(sorted(bound & company.facts.systems.keys()))


def unread_rights(company: Company, system: str) -> str | None:
    """The first kind for want of which the rights within a system are not certain."""
    facts = company.facts.systems[system]
    blind = next((kind for kind in RIGHTS_KINDS if kind in facts.blind), None)
    if blind is not None:
        return blind
    return next((kind for kind in ("accounts", "grants") if kind not in facts.known), None)


def department_of(company: Company, human: str) -> str | None:
    """Where somebody works by the staff list; else by the first of their accounts that says."""
    person = company.person(human)
    if person is not None and person.department is not None:
        return person.department
    for system, account in company.identities.accounts.get(human, ()):
        department = company.facts.systems[system].accounts[account].department
        if department is not None:
            return department
    return None


def lone(company: Company, *kinds: LinkKind) -> Iterable[Link]:
    """The links of accounts that belong to no human, of these kinds or of all, in order."""
    wanted = kinds or (
        LinkKind.UNSURE, LinkKind.NOBODY, LinkKind.SHARED, LinkKind.SERVICE, LinkKind.BUILT_IN,
    )  # fmt: skip
    links = company.identities.links
    return (links[place] for place in sorted(links) if links[place].kind in wanted)


def unsure_of(company: Company) -> dict[str, tuple[Place, ...]]:
    """By human, the accounts that may be theirs too: nobody can be sure of having seen all."""
    found: dict[str, list[Place]] = {}
    for link in lone(company, LinkKind.UNSURE):
        for human in link.candidates:
            found.setdefault(human, []).append((link.system, link.account))
    return {human: tuple(places) for human, places in found.items()}


def is_able(company: Company, system: str, account: str) -> bool:
    """Whether an account can be used: enabled, or not known to be disabled."""
    return company.facts.systems[system].accounts[account].is_enabled is not False


def scope_word(reach: Reach) -> str:
    """One word of `Scope` for a reach: the widest that it was declared with."""
    if reach.is_all:
        return Scope.ALL.value
    if reach.words:
        return max(reach.words, key=WIDEST.index).value
    if reach.departments:
        return Scope.CUSTOM.value
    return (Scope.OWN if reach.own else Scope.NONE).value


def path_of(holding: Holding, right: Right) -> GrantPath:
    scope = scope_word(right.reach)
    return GrantPath(holding.system, holding.account, holding.function, scope, right.path)


def paths_of(*holdings: Holding, most: int = MOST_PATHS) -> tuple[GrantPath, ...]:
    """The paths of functions held: of each holding its shortest, at most `most`."""
    found: list[GrantPath] = []
    for holding in holdings:
        rights = sorted(holding.rights, key=lambda r: (len(r.path), [h.id for h in r.path]))
        found += [path_of(holding, right) for right in rights[:most]]
    return tuple(found)


def witness_of(company: Company, human: str, *holdings: Holding) -> Witness:
    """The human with all accounts, and how the functions are held."""
    accounts = company.identities.accounts.get(human, ())
    return Witness(human, accounts, paths_of(*holdings))


def replays(company: Company, witness: Witness) -> bool:
    """Whether each path is one that the resolver gives again, for the function it is told of and
    with the same scope. A path that ends in fields is held against the field rights."""
    return all(_replays(company, path) for path in witness.paths)


def _replays(company: Company, path: GrantPath) -> bool:
    resolver = company.resolvers.get(path.system)
    if resolver is None:
        return False
    hops = path.hops
    if hops and hops[-1].what == "fields":
        record_type, field_class, channel, access = hops[-1].id.split("/")
        seen = resolver.fields(path.account, record_type, field_class).get(channel)
        if seen is None or ACCESS.index(seen) < ACCESS.index(FieldAccess(access)):
            return False
        hops = hops[:-1]
    codes = company.codes(path.system, path.function)
    return any(
        right.path == hops and scope_word(right.reach) == path.scope
        for right in resolver.rights_to(path.account, codes)
    )


def fields_hop(record_type: str, field_class: str, channel: str, access: FieldAccess) -> Hop:
    """The last hop of a path to a class of fields, in the form that `replays` reads."""
    return Hop("fields", f"{record_type}/{field_class}/{channel}/{access.value}")
