"""Review campaigns as a page draws them: all of them, one of them, and one about to be opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from governance.access import Actor, Right
from governance.config import Config
from governance.errors import ConfigError
from governance.ledger import Ledger
from governance.ledger.review_rows import (
    DONE,
    TO_DO,
    Decision,
    Outcome,
    ReviewEvent,
    ReviewLine,
    ReviewRow,
    ReviewStatus,
)
from governance.reviews.acts import is_reviewer, refusal, stands_in
from governance.reviews.closing import Readiness, readiness
from governance.reviews.population import Population
from governance.reviews.progress import Pace, paces

# So many reviewers a visitor of the demo may act as.
MOST_PERSONAS = 40


@dataclass(frozen=True)
class Campaign:
    """One campaign with its counts. `done` are revocations and changes that a run saw done, `open_`
    those it saw undone."""

    row: ReviewRow
    lines: int
    decided: int
    to_do: int
    done: int
    still: int

    def is_overdue(self, now: datetime) -> bool:
        return self.row.status is ReviewStatus.OPEN and self.row.due_at < now

    @property
    def share(self) -> float | None:
        return self.decided / self.lines if self.lines else None


def campaigns_view(actor: Actor, ledger: Ledger) -> tuple[Campaign, ...]:
    """The newest campaigns first. Raises PermissionRefused without the right to view."""
    actor.require(Right.VIEW)
    counts = ledger.reviews.counts()
    return tuple(_campaign(row, counts.get(row.id, {})) for row in ledger.reviews.recent())


def _campaign(row: ReviewRow, counts: Mapping[tuple[str | None, str | None], int]) -> Campaign:
    def count(decisions: Iterable[str], outcomes: Iterable[str] = ()) -> int:
        asked, seen = set(decisions), set(outcomes)
        found: list[int] = [
            number
            for (decision, outcome), number in counts.items()
            if decision in asked and (not seen or outcome in seen)
        ]
        return sum(found)

    return Campaign(
        row,
        lines=row.lines,
        decided=count(Decision),
        to_do=count(TO_DO),
        done=count(TO_DO, DONE),
        still=count(TO_DO, (Outcome.STILL, Outcome.BACK)),
    )


class Show(StrEnum):
    """Which lines of a campaign are shown."""

    MINE = "mine"
    OPEN = "open"
    FAILING = "failing"
    TO_DO = "todo"
    ALL = "all"


@dataclass(frozen=True)
class OneView:
    """One campaign for one reader. `mine` are the lines they may decide, `history` what was done,
    `outcomes` what runs said by line."""

    campaign: Campaign
    lines: tuple[ReviewLine, ...]
    mine: frozenset[int]
    paces: tuple[Pace, ...]
    ready: Readiness
    history: tuple[ReviewEvent, ...]
    outcomes: Mapping[int, tuple[tuple[int, Outcome], ...]]

    @property
    def row(self) -> ReviewRow:
        return self.campaign.row

    def shown(self, show: Show, systems: Iterable[str] = ()) -> tuple[ReviewLine, ...]:
        """The lines of a choice, those that fail first."""
        wanted = set(systems)
        kept = (
            line
            for line in self.lines
            if self._is_shown(line, show) and (not wanted or line.system in wanted)
        )
        return tuple(sorted(kept, key=lambda line: (-len(line.failing), line.seq)))

    def count(self, show: Show) -> int:
        return sum(self._is_shown(line, show) for line in self.lines)

    def _is_shown(self, line: ReviewLine, show: Show) -> bool:
        shown: dict[Show, bool] = {
            Show.MINE: line.seq in self.mine,
            Show.OPEN: line.decision is None,
            Show.FAILING: bool(line.failing),
            Show.TO_DO: line.decision in TO_DO,
            Show.ALL: True,
        }
        return shown[show]

    @property
    def waiting(self) -> Counter[str | None]:
        """Open lines by reviewer."""
        return Counter(line.reviewer for line in self.lines if line.decision is None)


def one_view(actor: Actor, ledger: Ledger, number: int) -> OneView | None:
    """One campaign; None where there is none. Whoever sees some departments alone sees the lines of
    those, and the lines that they are to decide."""
    actor.require(Right.VIEW)
    row = ledger.reviews.get(number)
    if row is None:
        return None
    every = ledger.reviews.lines(number)
    lines = tuple(line for line in every if _is_theirs(actor, row, line))
    return OneView(
        campaign=_campaign(row, Counter((x.decision, x.outcome) for x in every)),
        lines=lines,
        mine=frozenset(x.seq for x in lines if refusal(actor, row, x) is None),
        paces=paces(row, lines),
        ready=readiness(actor, row, every),
        history=ledger.reviews.events(number),
        outcomes=ledger.reviews.outcomes(number),
    )


def _is_theirs(actor: Actor, row: ReviewRow, line: ReviewLine) -> bool:
    if actor.departments is None or line.facts["department"] in actor.departments:
        return True
    return is_reviewer(actor, row, line) or stands_in(actor, row, line) is not None


@dataclass(frozen=True)
class Choices:
    """What a new campaign can be narrowed to, each code with its name."""

    systems: Mapping[str, str]
    roles: Mapping[str, str]
    departments: Mapping[str, str]
    functions: Mapping[str, str]
    humans: Mapping[str, str]


def choices(population: Population, config: Config, language: str) -> Choices:
    """Everything that the population knows, by name."""
    access = config.permissions
    if access is None:
        raise ConfigError("reviews.not_watched")
    functions = access.policy.functions
    roles: dict[str, str] = {}
    departments: dict[str, str] = {}
    humans: dict[str, str] = {}
    used: dict[str, str] = {}
    for line in population.lines:
        roles.setdefault(line["into"], line["into_name"] or line["into"])
        if line["department"]:
            name = line["department_name"] or line["department"]
            departments.setdefault(line["department"], name)
        if line["human"]:
            humans.setdefault(line["human"], f"{line['name'] or ''} {line['human']}".strip())
        for name in line["functions"]:
            if name in functions:
                used.setdefault(name, functions[name].title.in_language(language))
    return Choices(
        systems={s.name: s.title.in_language(language) for s in access.systems},
        roles=_by_name(roles),
        departments=_by_name(departments),
        functions=_by_name(used),
        humans=_by_name(humans),
    )


def _by_name(named: dict[str, str]) -> dict[str, str]:
    return dict(sorted(named.items(), key=lambda item: item[1]))


def reviewers(ledger: Ledger) -> tuple[str, ...]:
    """Whom open campaigns wait for, by name: a visitor of the demo may act as them."""
    found: dict[str, None] = {}
    for row in ledger.reviews.opened():
        for who, name in row.people.items():
            found[who if name in row.ambiguous else name] = None
    return tuple(found)[:MOST_PERSONAS]
