"""A company in a few lines: what a test does not name is enabled, read and known.

facts = company(
    system("crm", accounts("a1", person="1001"), {"seller": ["crm:customer:query@own"]},
           {"a1": ["seller"]}),
    people=[person("1001", job="sales")], functions={"CUST_VIEW": {"crm": ["crm:customer:*"]}},
)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from string import Formatter

from checks.dictionary import Title
from checks.permissions.company import Company
from checks.permissions.identity import Identities, Link, LinkKind, Place
from checks.permissions.model import (
    Account,
    AccountKind,
    Department,
    Facts,
    Grant,
    Membership,
    Permission,
    Person,
    PersonStatus,
    Ref,
    RefersTo,
    Role,
    Scope,
    System,
)
from checks.permissions.policy import Family, Function, Policy, Risk, RuleSetting
from checks.permissions.rights import Resolver
from checks.permissions.rules import SPECS
from checks.permissions.rules.common import replays
from checks.permissions.verdict import RuleResult, Ruling, Verdict
from governance.i18n import catalogue

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ZONE = "Asia/Shanghai"
KNOWN = frozenset({
    "accounts", "departments", "roles", "memberships", "permissions", "grants",
    "scope_departments",
})  # fmt: skip


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def name(text: str) -> Title:
    return Title(text, text)


def login(text: str) -> Ref:
    return Ref(text, RefersTo.LOGIN)


def person(
    no: str, job: str | None = None, department: str | None = "d1", **more: object
) -> Person:
    base = Person(no, f"P{no}", PersonStatus.ACTIVE, department, job)
    return replace(base, **more)  # type: ignore[arg-type]


def account(id: str, person: str | None = None, **more: object) -> Account:
    """An enabled account; its login is its id in capitals."""
    base = Account(id, id.upper(), person, is_enabled=True, department="d1", last_login=ago(1))
    return replace(base, **more)  # type: ignore[arg-type]


def service(id: str, **more: object) -> Account:
    return account(id, kind=AccountKind.SERVICE, **more)


def system(
    label: str,
    accounts: Iterable[Account],
    roles: Mapping[str, Iterable[str]] | None = None,
    members: Mapping[str, Iterable[str]] | None = None,
    departments: Mapping[str, str | None] | None = None,
    *,
    read: Iterable[str] = (),
    semantics: str = "ruoyi",
    **more: object,
) -> System:
    """Roles are lists of permission codes and, as `@own`, at most one scope (else all); members
    say by account which roles it is in. `read` are kinds that were read beside those of rights."""
    made: dict[str, Role] = {}
    permissions: dict[str, Permission] = {}
    grants = []
    for role, texts in (roles or {}).items():
        scopes = [Scope(text[1:]) for text in texts if text.startswith("@")]
        made[role] = Role(role, role, role, scope=scopes[0] if scopes else Scope.ALL)
        for code in (text for text in texts if not text.startswith("@")):
            permissions[code] = Permission(code, code)
            grants.append(Grant(role, code))
    joined = tuple(Membership(who, into) for who, all_ in (members or {}).items() for into in all_)
    tree = departments if departments is not None else {"d1": None}
    base = System(
        name=label,
        semantics=semantics,
        accounts={a.id: a for a in accounts},
        departments={id: Department(id, parent, id) for id, parent in tree.items()},
        roles=made,
        memberships=joined,
        permissions=permissions,
        grants=tuple(grants),
        known=KNOWN | set(read),
    )
    return replace(base, **more)  # type: ignore[arg-type]


def unread(base: System, kind: str) -> System:
    """The system as it looks where one kind could not be read."""
    return replace(base, known=base.known - {kind}, blind={kind: ("source.timeout", {})})


def facts(*systems: System, people: Iterable[Person] = (), **more: object) -> Facts:
    people = tuple(people)
    base = Facts(NOW, ZONE, {s.name: s for s in systems}, {p.no: p for p in people},
                 people_known=True)  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


def declared(of: Facts, unsure: Mapping[Place, tuple[str, ...]] | None = None) -> Identities:
    """Accounts as declared; those of `unsure` are unsure with these candidates, and the rest are
    nobody's or what their kind says."""
    own = {
        AccountKind.PERSON: LinkKind.NOBODY, AccountKind.SHARED: LinkKind.SHARED,
        AccountKind.SERVICE: LinkKind.SERVICE, AccountKind.BUILT_IN: LinkKind.BUILT_IN,
    }  # fmt: skip
    links: dict[Place, Link] = {}
    mine: dict[str, list[Place]] = {}
    for label, one in of.systems.items():
        for who in one.accounts.values():
            place = label, who.id
            if unsure and place in unsure:
                links[place] = Link(*place, LinkKind.UNSURE, confidence=0.5,
                                    candidates=unsure[place])  # fmt: skip
            elif who.person is not None and who.kind is AccountKind.PERSON:
                links[place] = Link(*place, LinkKind.DECLARED, who.person)
                mine.setdefault(who.person, []).append(place)
            else:
                links[place] = Link(*place, own[who.kind])
    return Identities(links, {human: tuple(places) for human, places in mine.items()})


def policy(
    functions: Mapping[str, Mapping[str, Iterable[str]]],
    families: Iterable[Family] = (),
    risks: Iterable[Risk] = (),
    rules: Iterable[RuleSetting] = (),
    strong: Iterable[str] = (),
    actions: Mapping[str, Mapping[str, Iterable[str]]] | None = None,
    **more: object,
) -> Policy:
    """`functions` and `actions` say by function and system which codes."""
    made = {
        key: Function(
            key,
            name(key),
            {where: tuple(codes) for where, codes in bound.items()},
            {where: tuple(a) for where, a in (actions or {}).get(key, {}).items()},
            key in set(strong),
        )
        for key, bound in functions.items()
    }
    base = Policy(
        functions=made,
        families={f.name: f for f in families},
        risks={r.id: r for r in risks},
        rules={r.id: r for r in rules},
    )
    return replace(base, **more)  # type: ignore[arg-type]


def company(
    of: Facts, by: Policy, identities: Identities | None = None,
    resolvers: Mapping[str, Resolver] | None = None,
) -> Company:  # fmt: skip
    from checks.permissions.resolve import resolver

    found = resolvers or {n: resolver(s, as_of=of.as_of) for n, s in of.systems.items()}
    return Company(of, identities or declared(of), found, by)


def ruling(result: RuleResult, subject: str, facet: str = "") -> Ruling:
    """What a rule says of a subject; passed where it has no verdict."""
    own = [v for v in result.verdicts if v.subject == subject and facet in ("", v.facet)]
    return own[0].ruling if own else Ruling.PASSED


def the(result: RuleResult, subject: str) -> Verdict:
    """The only verdict on a subject."""
    (verdict,) = [v for v in result.verdicts if v.subject == subject]
    return verdict


def well_said(result: RuleResult) -> RuleResult:
    """The result, once every reason has words and everything that they speak of."""
    for verdict in result.verdicts:
        words = catalogue("en")[verdict.reason]
        spoken = {field for _, field, _, _ in Formatter().parse(words) if field}
        assert spoken <= verdict.params.keys(), (verdict.reason, spoken - verdict.params.keys())
        assert all(isinstance(value, str) for value in verdict.params.values())
        assert verdict.kind in SPECS[verdict.rule].kinds
    return result


def failing(of: Company, result: RuleResult) -> set[str]:
    """The subjects that fail. Every failure has a witness, and its paths replay."""
    failed = [v for v in result.verdicts if v.ruling is Ruling.FAILED]
    assert all(replays(of, v.witness) for v in failed)
    return {v.subject for v in failed}
