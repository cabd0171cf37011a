"""What should be: functions, job families, rules and exceptions. The values; `governance.config`
reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from checks.dictionary import Title
from checks.outcome import Severity
from checks.permissions.model import Scope


@dataclass(frozen=True)
class Function:
    """A business word. `permissions` are, by system, the codes (with `*`; a leading `!` leaves out)
    that give it, `actions` those of a log that use it. `is_strong` marks what only few should hold.
    """

    name: str
    title: Title
    permissions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_strong: bool = False


@dataclass(frozen=True)
class Family:
    """A job family: whom it takes in, and what they may do at most. A function that is not named is
    not theirs. `fields` says, by class, how they may see it at most (`none`, `masked`, `read`)."""

    name: str
    title: Title
    jobs: tuple[str, ...] = ()
    functions: Mapping[str, Scope] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RuleSetting:
    """One rule as this company wants it. `settings` are its numbers, spans and names, checked."""

    id: str
    is_on: bool = True
    severity: Severity = Severity.HIGH
    settings: Mapping[str, int | Decimal | timedelta | date | str | tuple[str, ...]] = field(
        default_factory=dict
    )


@dataclass(frozen=True)
class Exemption:
    """An exception: a failure of `rule` about `subject` that `owner` answers for until `until`,
    the day included. The subject is a verdict's (`human:1001`), `facet` empty speaks of all."""

    rule: str
    subject: str
    owner: str
    reason: str
    until: date
    facet: str = ""


@dataclass(frozen=True)
class Risk:
    """Functions that must not meet in one human: any of `left` with any of `right`."""

    id: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    title: Title
    severity: Severity = Severity.HIGH


@dataclass(frozen=True)
class Policy:
    """All of it. `link_threshold` is the least confidence at which accounts count as one human."""

    functions: Mapping[str, Function] = field(default_factory=dict)
    families: Mapping[str, Family] = field(default_factory=dict)
    risks: Mapping[str, Risk] = field(default_factory=dict)
    rules: Mapping[str, RuleSetting] = field(default_factory=dict)
    exemptions: tuple[Exemption, ...] = ()
    link_threshold: float = 0.95
    window: timedelta = timedelta(days=90)
