"""Who can or did what they should not: by rule, department and system, and how it went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from checks.outcome import Severity
from checks.permissions import CODE
from checks.permissions.identity import LinkKind
from checks.permissions.rules import SPECS
from checks.permissions.verdict import Ruling
from governance.access import Actor, Right
from governance.config import Config
from governance.config.permissions import PermissionsConfig
from governance.ledger import Ledger
from governance.permissions.exposed import Open, Use, exposed, used
from governance.permissions.matrix import Holder, Matrix, holders, matrix
from governance.permissions.reader import Reader
from governance.permissions.seen import Blind, Narrow, RuleCount, Tally, VerdictRow
from governance.reading import Desk
from governance.reading.model import Sealed

TREND = timedelta(days=60)
WEEK = timedelta(days=7)
OPEN = {severity.value: f"open_{severity.value}" for severity in Severity}
# The cards, each with the ledger's metrics that it adds up.
CARDS = {
    "failed": ("all_failed",),
    "nobody": (f"accounts_{LinkKind.NOBODY.value}",),
    "unsure": (f"accounts_{LinkKind.UNSURE.value}",),
    "not_evaluable": ("all_not_evaluable",),
    "excepted": ("all_excepted",),
}


@dataclass(frozen=True)
class Card:
    """A number of the whole company, a week or so ago (None where nobody knows) and on its days."""

    value: float | None
    before: float | None
    since: datetime | None
    history: tuple[float, ...]


@dataclass(frozen=True)
class Day:
    """Open findings by severity at the end of a day of the business zone."""

    day: date
    open: Mapping[str, int]


@dataclass(frozen=True)
class RuleLine:
    """One rule as a row. `blind` are verdicts that say why it could not see somewhere."""

    count: RuleCount
    kinds: tuple[str, ...]
    severity: str
    blind: tuple[VerdictRow, ...] = ()

    @property
    def id(self) -> str:
        return self.count.rule


@dataclass(frozen=True)
class Overreach:
    """The newest run that looked. `is_stale`: a newer one could not. `departments` are names by id;
    `off` are the rules that the policy does not ask."""

    run: Sealed
    is_stale: bool
    is_whole: bool
    cards: Mapping[str, Card]
    days: tuple[Day, ...]
    rules: tuple[RuleLine, ...]
    tallies: tuple[Tally, ...]
    blind: tuple[Blind, ...]
    departments: Mapping[str, str]
    matrix: Matrix
    exposed: Open | None
    open: tuple[Open, ...]
    used: tuple[Use, ...]
    off: tuple[str, ...] = field(default=())

    def failed(self, by: str, narrow: Narrow) -> dict[str, dict[str, int]]:
        """Failures by an attribute of tallies and by severity, most of the gravest first."""
        found: dict[str, dict[str, int]] = {}
        for tally in self.tallies:
            if tally.ruling == Ruling.FAILED and narrow.takes(tally):
                counts = found.setdefault(getattr(tally, by) or "", {})
                counts[tally.severity] = counts.get(tally.severity, 0) + tally.count
        return dict(sorted(found.items(), key=lambda item: (_gravity(item[1]), item[0])))

    def count(self, narrow: Narrow) -> int:
        return sum(t.count for t in self.tallies if narrow.takes(t))

    def lines(self, narrow: Narrow) -> tuple[RuleLine, ...]:
        """The rules with something of what is asked for; all where nothing narrows."""
        if narrow == Narrow():
            return self.rules
        found = {t.rule for t in self.tallies if narrow.takes(t)}
        return tuple(line for line in self.rules if line.id in found)

    def values(self, name: str) -> tuple[str, ...]:
        """What tallies hold of an attribute, "" for none."""
        return tuple(sorted({getattr(t, name) or "" for t in self.tallies}))


def _gravity(counts: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(-counts.get(severity.value, 0) for severity in Severity)


def watched(actor: Actor, config: Config) -> PermissionsConfig | None:
    """What is watched of permissions, None for nothing. Raises PermissionRefused without the right
    to view."""
    actor.require(Right.VIEW)
    return config.permissions


def overreach(actor: Actor, desk: Desk, ledger: Ledger, config: Config) -> Overreach | None:
    """Everything the page begins with; None before the first run that looked at permissions.

    Raises PermissionRefused without the right to view, EvidenceTampered for a changed file.
    """
    reader = Reader(desk, actor)
    if reader.run is None or config.permissions is None:
        return None
    past = _past(ledger, config, reader.run.at)
    tallies = reader.tallies()
    asked = reader.rules()
    whole, parts = exposed(reader)
    return Overreach(
        run=reader.run,
        is_stale=reader.is_stale,
        is_whole=reader.is_whole,
        cards={name: _card(past, CARDS[name], reader) for name in CARDS},
        days=tuple(_days(past)),
        rules=_lines(config.permissions, asked, reader),
        tallies=tallies,
        blind=reader.blind(),
        departments=reader.departments(),
        matrix=matrix(reader),
        exposed=whole,
        open=parts,
        used=used(reader),
        off=tuple(sorted(SPECS.keys() - {count.rule for count in asked})),
    )


@dataclass(frozen=True)
class Glance:
    """Overreach in a line: failures, the grave among them, and what could not be told. `run` is
    None where no run has looked yet."""

    run: Sealed | None
    failed: int
    grave: int
    unclear: int
    is_blind: bool


def glance(actor: Actor, desk: Desk, config: Config) -> Glance | None:
    """What the overview says of permissions; None where they are not watched."""
    if config.permissions is None:
        return None
    reader = Reader(desk, actor)
    tallies = reader.tallies()
    failed = [t for t in tallies if t.ruling == Ruling.FAILED]
    grave = sum(t.count for t in failed if t.severity in (Severity.CRITICAL, Severity.HIGH))
    unclear = sum(t.count for t in tallies if t.ruling == Ruling.NOT_EVALUABLE)
    blind = is_blind(actor, desk, config)
    return Glance(reader.run, sum(t.count for t in failed), grave, unclear, blind)


def is_blind(actor: Actor, desk: Desk, config: Config) -> bool:
    """Whether permissions are watched, and not all of them could be seen."""
    if config.permissions is None:
        return False
    reader = Reader(desk, actor)
    return reader.run is None or reader.is_stale or bool(reader.blind())


def listed(
    actor: Actor, desk: Desk, narrow: Narrow, page: int, size: int
) -> tuple[tuple[VerdictRow, ...], dict[str, str]]:
    """One page of verdicts, and the names of the people they mention."""
    reader = Reader(desk, actor)
    rows = reader.verdicts(narrow, limit=size, offset=page * size)
    return rows, reader.names(mentioned(rows))


def mentioned(rows: Iterable[VerdictRow]) -> set[str]:
    """Everything in verdicts that may be somebody's number."""
    found = {value for row in rows for value in row.params.values()}
    return found | {row.human for row in rows if row.human}


def cell_of(actor: Actor, desk: Desk, family: str, function: str) -> tuple[Holder, ...]:
    """Who is in one cell of the matrix."""
    return holders(Reader(desk, actor), family, function)


def _lines(
    access: PermissionsConfig, asked: Iterable[RuleCount], reader: Reader
) -> tuple[RuleLine, ...]:
    """Rules with failures first, the gravest of them on top; then those that could not see."""
    blind: dict[str, list[VerdictRow]] = {}
    for verdict in reader.blind_verdicts():
        blind.setdefault(verdict.rule, []).append(verdict)
    lines = [
        RuleLine(
            count,
            tuple(kind.value for kind in SPECS[count.rule].kinds),
            severity_of(access, count.rule),
            tuple(blind.get(count.rule, ())),
        )
        for count in asked
        if count.rule in SPECS
    ]
    order = [severity.value for severity in Severity]
    return tuple(
        sorted(
            lines,
            key=lambda line: (
                not line.count.failed,
                order.index(line.severity) if line.count.failed else 0,
                not line.count.not_evaluable,
                line.id,
            ),
        )
    )


def severity_of(access: PermissionsConfig, rule: str) -> str:
    """How grave the policy takes a rule; as we propose where it says nothing."""
    own = access.policy.rules.get(rule)
    return (own.severity if own else SPECS[rule].severity).value


@dataclass(frozen=True)
class _Point:
    """The last numbers of one day."""

    as_of: datetime
    values: dict[str, float]


def _past(ledger: Ledger, config: Config, until: datetime) -> dict[date, _Point]:
    """By day of the business zone, oldest first, what the last run of that day counted."""
    names = (*OPEN.values(), *(name for parts in CARDS.values() for name in parts))
    days: dict[date, _Point] = {}
    for name in names:
        for point in ledger.results.series(CODE, name, since=until - TREND):
            day = point.as_of.astimezone(config.time_zone).date()
            known = days.setdefault(day, _Point(point.as_of, {}))
            known.values[name] = point.metric.value or 0.0
    return dict(sorted(days.items()))


def _days(past: Mapping[date, _Point]) -> Iterable[Day]:
    for day, point in past.items():
        yield Day(day, {s: int(point.values.get(name, 0)) for s, name in OPEN.items()})


def _card(past: Mapping[date, _Point], names: tuple[str, ...], reader: Reader) -> Card:
    """The company's number; whoever sees a part only gets none of these."""
    points = [p for p in past.values() if all(name in p.values for name in names)]
    if not points or not reader.is_whole:
        return Card(None, None, None, ())
    values = [sum(p.values[name] for name in names) for p in points]
    newest = points[-1].as_of
    earlier = [n for n, p in enumerate(points[:-1]) if newest - p.as_of >= WEEK]
    at = earlier[-1] if earlier else 0 if len(points) > 1 else None
    before = None if at is None else values[at]
    return Card(values[-1], before, None if at is None else points[at].as_of, tuple(values[-30:]))
