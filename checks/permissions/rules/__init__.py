"""The 27 rules by their ids. A rule is a line in `specs.py` and a function in a module here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from checks.permissions.company import Company
from checks.permissions.rules import (
    approvals,
    delegation,
    documents,
    duties,
    executed,
    flows,
    granting,
    leavers,
    movers,
    privileged,
    roles,
    scope,
    sharing,
)
from checks.permissions.rules.specs import SPECS, Spec
from checks.permissions.verdict import RuleKind, RuleResult

__all__ = ["RULES", "SPECS", "Rule", "Spec"]


@dataclass(frozen=True)
class Rule:
    """A rule that can be judged. `title` and `definition` are message ids."""

    spec: Spec
    judge: Callable[[Company], RuleResult]

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def kinds(self) -> tuple[RuleKind, ...]:
        return self.spec.kinds

    @property
    def title(self) -> str:
        return self.spec.title

    @property
    def definition(self) -> str:
        return self.spec.definition

    @property
    def controls(self) -> tuple[str, ...]:
        return self.spec.controls

    @property
    def needs(self) -> tuple[str, ...]:
        return self.spec.needs


_THEMES = (
    scope, duties, privileged, roles, executed, leavers, delegation, approvals,
    documents, flows,
    granting, movers, sharing,
)  # fmt: skip
_JUDGES = {name: judge for theme in _THEMES for name, judge in theme.JUDGES.items()}

RULES = MappingProxyType({name: Rule(SPECS[name], _JUDGES[name]) for name in sorted(_JUDGES)})
