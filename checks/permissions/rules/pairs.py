"""Functions that must not meet in one human, whichever systems and accounts they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from checks.permissions.company import Company
from checks.permissions.identity import Link, LinkKind
from checks.permissions.policy import Risk
from checks.permissions.rights import Holding, Right
from checks.permissions.rules.common import (
    Hearing,
    account_subject,
    bound_systems,
    human_subject,
    paths_of,
    rule_subject,
)
from checks.permissions.rules.watching import owner_reason, watched
from checks.permissions.verdict import Witness

# Two sides of a risk as somebody holds them.
Sides = tuple[tuple[Holding, ...], tuple[Holding, ...]]
EXCUSED = {LinkKind.SERVICE: "rules.pair.service", LinkKind.BUILT_IN: "rules.pair.built_in"}


def judge_risks(hearing: Hearing) -> None:
    """Judges every risk of a rule; those that the policy does not have are left out."""
    known = hearing.company.policy.risks
    risks = [known[name] for name in hearing.names("risks") if name in known]
    for risk in risks:
        _RiskJudge(hearing, risk).judge()


def can_do(company: Company, functions: Iterable[str]) -> bool:
    """Whether any system that is bound to one of the functions has a permission that gives it."""
    return any(company.codes(s, f) for s in company.facts.systems for f in functions)


@dataclass
class _RiskJudge:
    """One risk over everybody."""

    hearing: Hearing
    risk: Risk

    def judge(self) -> None:
        hearing, risk = self.hearing, self.risk
        company = hearing.company
        functions = (*risk.left, *risk.right)
        systems = hearing.sighted(functions)
        unbound = [side for side in (risk.left, risk.right) if not can_do(company, side)]
        if unbound:
            if len(systems) == len(bound_systems(company, functions)):
                self._unbound(unbound[0])
            return
        mine: dict[str, list[Holding]] = {}
        strays: list[tuple[Link, list[Holding]]] = []
        for link, holding in watched(company, systems, functions):
            if link.human is not None:
                mine.setdefault(link.human, []).append(holding)
            elif strays and strays[-1][0] is link:
                strays[-1][1].append(holding)
            else:
                strays.append((link, [holding]))
        hearing.look(*(human_subject(human) for human in company.identities.accounts))
        for human, holdings in mine.items():
            self._human(human, holdings)
        for link, holdings in strays:
            self._stray(link, holdings)
        self._unsure(mine, strays)

    def _unbound(self, side: Sequence[str]) -> None:
        subject, facet = rule_subject(self.hearing.spec.id), self.risk.id
        params = {"functions": ", ".join(side)}
        self.hearing.unclear(subject, "rules.unbound", params=params, facet=facet)

    def _human(self, human: str, holdings: Sequence[Holding]) -> None:
        sides = meeting(self.risk, holdings)
        if sides is None:
            return
        accounts = self.hearing.company.identities.accounts.get(human, ())
        across = {h.system for side in sides for h in side}
        self.hearing.fail(
            human_subject(human),
            "rules.pair.one_system" if len(across) == 1 else "rules.pair.across",
            params=_params(sides),
            facet=self.risk.id,
            severity=self.risk.severity,
            system=sides[1][0].system,
            witness=Witness(human, accounts, paths_of(*sides[0], *sides[1], most=1)),
        )

    def _stray(self, link: Link, holdings: Sequence[Holding]) -> None:
        """An account without a human: one that holds both sides lets whoever uses it do both."""
        sides = meeting(self.risk, holdings)
        subject, place = account_subject(link.system, link.account), (link.system, link.account)
        if sides is None:
            if link.kind in (LinkKind.NOBODY, LinkKind.SHARED):
                params = {"system": link.system, "account": link.account}
                self.hearing.unclear(
                    subject, owner_reason(link), params=params, facet=self.risk.id,
                    severity=self.risk.severity, witness=Witness(None, (place,)),
                )  # fmt: skip
            return
        excuse = EXCUSED.get(link.kind)
        say = self.hearing.excuse if excuse else self.hearing.fail
        say(
            subject,
            excuse or "rules.pair.one_account",
            params={**_params(sides), "account": link.account},
            facet=self.risk.id,
            severity=self.risk.severity,
            witness=Witness(None, (place,), paths_of(*sides[0], *sides[1], most=1)),
        )

    def _unsure(
        self,
        mine: Mapping[str, Sequence[Holding]],
        strays: Sequence[tuple[Link, list[Holding]]],
    ) -> None:
        """Accounts that may be somebody's, and with which they would hold both sides."""
        maybe: dict[str, list[tuple[Link, list[Holding]]]] = {}
        for link, holdings in strays:
            if link.kind is LinkKind.UNSURE:
                for human in link.candidates:
                    maybe.setdefault(human, []).append((link, holdings))
                if not link.candidates:
                    self._unclear(link, account_subject(link.system, link.account), None)
        for human, found in sorted(maybe.items()):
            own = list(mine.get(human, ()))
            if meeting(self.risk, own) is not None:
                continue
            together = own + [h for _, holdings in found for h in holdings]
            if meeting(self.risk, together) is not None:
                for link, _ in found:
                    self._unclear(link, account_subject(link.system, link.account), None)
                self._unclear(found[0][0], human_subject(human), human)

    def _unclear(self, link: Link, subject: str, human: str | None) -> None:
        accounts = self.hearing.company.identities.accounts.get(human or "", ())
        self.hearing.unclear(
            subject,
            "rules.unsure_account" if human else "rules.unsure",
            params={"system": link.system, "account": link.account},
            facet=self.risk.id,
            severity=self.risk.severity,
            system=link.system,
            witness=Witness(human, (*accounts, (link.system, link.account))),
        )


def meeting(risk: Risk, holdings: Sequence[Holding]) -> Sides | None:
    """The two sides of a risk among functions held, None where they do not meet. Rights that hold
    for different amounts only do not."""
    left = [h for h in holdings if h.function in risk.left]
    right = [h for h in holdings if h.function in risk.right]
    lefts: dict[int, Holding] = {}
    rights: dict[int, Holding] = {}
    for one in left:
        for other in right:
            pair = [(a, b) for a in one.rights for b in other.rights if _overlap(a, b)]
            if pair:
                lefts.setdefault(id(one), _kept(one, [a for a, _ in pair]))
                rights.setdefault(id(other), _kept(other, [b for _, b in pair]))
    if not lefts:
        return None
    return tuple(lefts.values()), tuple(rights.values())


def _kept(holding: Holding, rights: Sequence[Right]) -> Holding:
    chosen = {id(r) for r in rights}
    return replace(holding, rights=tuple(r for r in holding.rights if id(r) in chosen))


def _overlap(one: Right, other: Right) -> bool:
    """Whether there is an amount that both rights hold for. Bounds that only touch leave none."""
    least = [r.above for r in (one, other) if r.above is not None]
    most = [r.below for r in (one, other) if r.below is not None]
    return not least or not most or max(least) < min(most)


def _params(sides: Sides) -> dict[str, str]:
    left, right = sides
    return {
        "left": ", ".join(dict.fromkeys(h.function for h in left)),
        "right": ", ".join(dict.fromkeys(h.function for h in right)),
        "left_system": ", ".join(dict.fromkeys(h.system for h in left)),
        "system": ", ".join(dict.fromkeys(h.system for h in right)),
    }
