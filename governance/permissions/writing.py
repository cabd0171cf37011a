"""What one run seals of permissions: the rows of its tables, made of what was evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property

from checks.permissions.bindings import unmatched
from checks.permissions.company import Company
from checks.permissions.evaluate import Evaluated
from checks.permissions.exposure import Exposed, Exposure, exposure
from checks.permissions.identity import LinkKind
from checks.permissions.model import AccountKind, Membership, Node, Ref, Scope
from checks.permissions.need import Needs
from checks.permissions.rights import Holding
from checks.permissions.usage import Usage, usage
from checks.permissions.verdict import Hop, Ruling
from governance.ledger.rows import Metric
from governance.permissions import told
from governance.permissions.cases import finding_id
from governance.permissions.past import Past
from governance.runs.findings import naive
from governance.runs.work import Work

# So many paths of one function are kept; the shortest tell the most.
MOST_PATHS = 5
# The whole company, where a department's name stands otherwise.
EVERYBODY = ""
COUNTED = (Ruling.FAILED, Ruling.NOT_EVALUABLE, Ruling.EXCEPTED)

Values = Sequence[object]
Path = tuple[Hop, ...]
Gift = tuple[set[str], Path, set[Scope]]
WIDTH = tuple(Scope)


class Writer:
    """What the tables of one run hold."""

    def __init__(self, work: Work, check: str, evaluated: Evaluated, past: Past) -> None:
        self.check, self.evaluated, self.past = check, evaluated, past
        self.company = evaluated.company
        self.needs = Needs(self.company)
        self.gives: dict[tuple[str, str, str, str], Gift] = {}
        self.first = naive(work.as_of), work.run_id
        self.exposed = exposure(self.company)

    def rows(self) -> dict[str, Iterable[Values]]:
        return {
            "perm_people": self._people(),
            "perm_departments": self._departments(),
            "perm_accounts": self._accounts(),
            "perm_grants": self.grants,
            "perm_holdings": self._holdings(),
            "perm_verdicts": self._verdicts(),
            "perm_rules": self._rules(),
            "perm_blind": self._blind(),
            "perm_exposure": self._exposure(),
            "perm_beyond": self._beyond(),
        }

    def _people(self) -> Iterable[Values]:
        for p in self.company.facts.persons.values():
            family = self.company.family(p.no)
            status = p.status.value if p.status else None
            named = family.name if family else None
            yield [
                p.no,
                p.name,
                status,
                p.department,
                p.job,
                named,
                p.manager,
                p.left_on,
                told.text(list(p.posts)),
            ]

    def _accounts(self) -> Iterable[Values]:
        for (system, account), link in self.company.identities.links.items():
            known = self.company.facts.systems[system].accounts[account]
            yield [
                system,
                account,
                known.login,
                known.name,
                known.kind.value,
                known.is_enabled,
                known.is_admin or known.kind is AccountKind.BUILT_IN,
                known.department,
                naive(known.last_login) if known.last_login else None,
                link.kind.value,
                link.human,
                link.confidence,
                link.reason,
                told.text(link.candidates),
                link.is_second,
            ]

    def _departments(self) -> Iterable[Values]:
        for name, system in self.company.facts.systems.items():
            for d in system.departments.values():
                yield [name, d.id, d.parent, d.name, self.company.human(name, d.leader)]

    @cached_property
    def grants(self) -> list[Values]:
        """The rows of `perm_grants`; reviews are judged by them before anything is written."""
        return list(self._grants())

    def _grants(self) -> Iterable[Values]:
        self.gives = gifts(self.company)
        for name, system in self.company.facts.systems.items():
            for m in system.memberships:
                if m.member_node is Node.ACCOUNT:
                    yield self._membership(name, m)
            for grant in system.grants:
                if grant.holder_node is Node.ACCOUNT and not grant.is_denied:
                    held = system.permissions.get(grant.permission)
                    key = name, grant.holder, "permission", grant.permission
                    label = (held.name or held.code) if held else None
                    scope = grant.scope.value if grant.scope else None
                    orphan = grant.holder not in system.accounts
                    rest = [None, None, None, orphan, *self._gives(key), *self._since(key)]
                    yield [*key_row(key), label, scope, *rest]

    def _membership(self, name: str, m: Membership) -> Values:
        system = self.company.facts.systems[name]
        role = system.roles.get(m.into)
        key = name, m.member, m.into_node.value, m.into
        scope = m.scope or (role.scope if role else None) or self._widest(key)
        return [
            *key_row(key),
            (role.name or role.code) if role else None,
            scope.value if scope else None,
            naive(m.until) if m.until else None,
            _named(m.granted_by),
            naive(m.granted_at) if m.granted_at else None,
            m.member not in system.accounts
            or (role is None and m.into_node is not Node.DEPARTMENT),
            *self._gives(key),
            *self._since(key),
        ]

    def _widest(self, key: tuple[str, str, str, str]) -> Scope | None:
        """Where nothing is declared, how far a grant reaches by the rule of its system."""
        given = self.gives.get(key)
        return max(given[2], key=WIDTH.index, default=None) if given else None

    def _gives(self, key: tuple[str, str, str, str]) -> tuple[str, str | None]:
        functions, path, _ = self.gives.get(key, (set(), None, set()))
        return told.text(sorted(functions)), None if path is None else told.text(told.hops(path))

    def _since(self, key: tuple[str, str, str, str]) -> tuple[datetime, int]:
        return self.past.grants.get(key, self.first)

    def _holdings(self) -> Iterable[Values]:
        for used in usage(self.company):
            yield [*self._holding(used.holding), *_used(used)]

    def _holding(self, h: Holding) -> Values:
        human = self.company.identities.human(h.system, h.account)
        allowed = self.needs.scope(human, h.function) if human else None
        paths = sorted(
            {r.path for r in h.rights}, key=lambda p: (len(p), [(x.what, x.id) for x in p])
        )
        return [
            h.system,
            h.account,
            human,
            h.function,
            h.reach.is_all,
            h.reach.own,
            told.text(sorted(h.reach.departments)),
            told.text(sorted(w.value for w in h.reach.words)),
            any(r.is_bypass for r in h.rights),
            allowed.value if allowed else None,
            self.needs.is_beyond(h),
            told.text([told.hops(path) for path in paths[:MOST_PATHS]]),
        ]

    def _verdicts(self) -> Iterable[Values]:
        for result in self.evaluated.results:
            for v in result.verdicts:
                key = v.rule, v.subject, v.facet
                exempt = v.exemption
                yield [
                    finding_id(self.check, v),
                    v.rule,
                    v.kind.value,
                    v.ruling.value,
                    v.subject,
                    v.facet,
                    v.severity.value,
                    v.system,
                    v.department,
                    v.witness.human,
                    v.reason,
                    told.text(dict(v.params)),
                    told.witness(v.witness),
                    exempt.owner if exempt else None,
                    exempt.reason if exempt else None,
                    exempt.until if exempt else None,
                    *self.past.verdicts.get(key, self.first),
                ]

    def _rules(self) -> Iterable[Values]:
        for r in self.evaluated.results:
            counts = [sum(v.ruling is ruling for v in r.verdicts) for ruling in COUNTED]
            yield [r.rule, r.population, r.passed, *counts]

    def _blind(self) -> Iterable[Values]:
        for name, system in self.company.facts.systems.items():
            for kind, (code, params) in system.blind.items():
                yield [name, kind, code, told.text(dict(params))]
        for lost in unmatched(self.company):
            if lost.is_lost:
                params = {"function": lost.function, "code": lost.code}
                yield [lost.system, "permissions", "permissions.unmatched", told.text(params)]

    def _exposure(self) -> Iterable[Values]:
        yield _exposure(EVERYBODY, self.exposed.total)
        for each in self.exposed.departments:
            yield _exposure(each.department or "?", each)

    def _beyond(self) -> Iterable[Values]:
        for b in self.exposed.accounts:
            yield [b.system, b.account, b.human, b.department, b.rows, b.phones]


def _exposure(name: str, e: Exposure) -> Values:
    return [name, e.looked_at, e.accounts, e.rows, e.phones, told.text(dict(e.unclear))]


def _used(u: Usage) -> Values:
    return [
        u.state.value,
        u.count,
        naive(u.last_at) if u.last_at else None,
        u.last_id,
        u.rows,
        u.touched.value if u.touched else None,
        u.unplaced,
        u.reason,
        told.text(dict(u.params)),
    ]


def gifts(company: Company) -> dict[tuple[str, str, str, str], Gift]:
    """By grant: the functions whose paths begin with it, the shortest of those paths, and the
    scopes that they end in."""
    found: dict[tuple[str, str, str, str], Gift] = {}
    for system, account in company.identities.links:
        if system in company.resolvers:
            for holding in company.holdings(system, account):
                for right in holding.rights:
                    first = right.path[1]
                    key = system, account, first.what, first.id
                    functions, path, scopes = found.get(key, (set(), right.path, set()))
                    functions.add(holding.function)
                    scopes |= right.reach.words
                    found[key] = functions, min(path, right.path, key=len), scopes
    return found


def metrics(check: str, evaluated: Evaluated, exposed: Exposed) -> tuple[Metric, ...]:
    """By rule, how many stand; the whole, for the trend; and how accounts stand to humans."""
    found = [Metric(check, "", "", "failed", r.failed, field=r.rule) for r in evaluated.results]
    for ruling in COUNTED:
        count = sum(v.ruling is ruling for r in evaluated.results for v in r.verdicts)
        found.append(Metric(check, "", "", f"all_{ruling.value}", count))
    found.append(Metric(check, "", "", "all_passed", sum(r.passed for r in evaluated.results)))
    links = evaluated.company.identities.links.values()
    for kind in LinkKind:
        count = sum(link.kind is kind for link in links)
        found.append(Metric(check, "", "", f"accounts_{kind.value}", count))
    for name in ("accounts", "rows", "phones"):
        found.append(Metric(check, "", "", f"beyond_{name}", getattr(exposed.total, name)))
        found += [
            Metric(check, "", "", f"beyond_{name}", getattr(each, name), field=each.department)
            for each in exposed.departments
            if each.department
        ]
    return tuple(found)


def key_row(key: tuple[str, str, str, str]) -> tuple[str, str, str, str]:
    """System, account, into, kind of node: the order of the table."""
    system, account, node, into = key
    return system, account, into, node


def _named(ref: Ref | None) -> str | None:
    return None if ref is None else ref.value
