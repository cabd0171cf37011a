"""Opening a campaign: its population is frozen out of the newest sealed run, and given out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from checks.permissions import CODE
from governance.access import Actor, Right
from governance.config.model import Config
from governance.config.permissions import PermissionsConfig
from governance.errors import ConfigError, PermissionRefused
from governance.ledger import Ledger
from governance.ledger.review_rows import Change, Facts, NewLine, SourceState
from governance.ledger.reviews import NewReview
from governance.ledger.rows import RunRow, StepKind, StepStatus
from governance.reading.current import current
from governance.reviews.difference import Baseline, Difference, baseline, difference
from governance.reviews.population import Population, digest, grant_key, population_of
from governance.reviews.reviewers import NOBODY, Finder, Names, Reviewer
from governance.store import Home, Proofs

# What a population is made of. A gap in one of these is a gap in the campaign.
MADE_OF = (
    "persons", "accounts", "departments", "roles", "memberships", "permissions", "grants",
    "scope_departments",
)  # fmt: skip
LONGEST_NAME = 200
MOST = 50_000


@dataclass(frozen=True)
class Wish:
    """A campaign as somebody asks for it. No `rules` are those of the configuration."""

    name: str
    due_at: datetime
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    fallback: str | None = None
    only_differences: bool = False


@dataclass(frozen=True)
class Draft:
    """What a wish comes to, before anything is written. `assigned` follows `lines`."""

    run: RunRow
    population: Population
    names: Names
    sources: tuple[SourceState, ...]
    before: Baseline | None
    difference: Difference
    lines: tuple[Facts, ...]
    assigned: tuple[Reviewer, ...]
    rules: tuple[str, ...]

    @property
    def gaps(self) -> tuple[SourceState, ...]:
        return tuple(source for source in self.sources if source.is_gap)

    @property
    def by_reviewer(self) -> Counter[str | None]:
        return Counter(reviewer.who for reviewer in self.assigned)

    @property
    def unassigned(self) -> int:
        return sum(reviewer.rule == NOBODY for reviewer in self.assigned)


@dataclass(frozen=True)
class Opener:
    """Drafts and opens campaigns over the newest sealed run. Raises ConfigError where permissions
    are not watched or were never looked at, EvidenceTampered for a changed run."""

    ledger: Ledger
    home: Home
    config: Config
    proofs: Proofs = field(default_factory=Proofs)

    def is_ready(self) -> bool:
        """Whether permissions were ever looked at."""
        return bool(current(self.ledger.database, (CODE,)).parts)

    def run(self) -> RunRow:
        """The newest sealed run that looked at permissions."""
        parts = current(self.ledger.database, (CODE,)).parts
        run = self.ledger.runs.get(parts[0].newest.run) if parts else None
        if run is None:
            raise ConfigError("reviews.never_run")
        return run

    def population(self, run: RunRow | None = None) -> Population:
        functions = self._access.policy.functions.values()
        strong = frozenset(f.name for f in functions if f.is_strong)
        return population_of(self.home, self.proofs, run or self.run(), strong)

    def draft(self, wish: Wish, *, now: datetime) -> Draft:
        """What the wish would open."""
        access, run = self._access, self.run()
        population = self.population(run)
        names = Names.of(population.people)
        within = population.within(wish.filters)
        before = baseline(self.ledger.reviews, wish.filters)
        told = difference(within, before, wish.filters)
        if wish.only_differences:
            kept = (f for f in within if told.changes[grant_key(f)] is not Change.SAME)
            within = tuple(kept)
        rules = wish.rules or access.reviews.rules
        finder = Finder(population, names, access.reviews, rules, wish.fallback)
        systems = wish.filters.get("systems") or tuple(s.name for s in access.systems)
        return Draft(
            run=run,
            population=population,
            names=names,
            sources=tuple(s for s in self.sources(run, now) if s.system in systems),
            before=before,
            difference=told,
            lines=within,
            assigned=tuple(finder.find(facts) for facts in within),
            rules=rules,
        )

    def open(self, actor: Actor, wish: Wish, *, now: datetime) -> int:
        """Open the campaign and return its number.

        Raises PermissionRefused without the right to decide for the whole company, ConfigError for
        a wish without a name, without a day that is still to come, without a single line or with
        too many.
        """
        actor.require(Right.DECIDE)
        if actor.departments is not None:  # a population is the company's
            raise PermissionRefused("record.outside", actor=actor.name)
        name = " ".join(wish.name.split())
        if not name or len(name) > LONGEST_NAME:
            raise ConfigError("reviews.name", longest=LONGEST_NAME)
        if wish.due_at <= now:
            raise ConfigError("reviews.due_past")
        draft = self.draft(wish, now=now)
        if not draft.lines:
            raise ConfigError("reviews.no_lines")
        if len(draft.lines) > MOST:
            raise ConfigError("reviews.too_many", lines=len(draft.lines), most=MOST)
        new = _new(draft, replace(wish, name=name))
        return self.ledger.reviews.open(actor, new, _lines(draft), now=now)

    def sources(self, run: RunRow, now: datetime) -> tuple[SourceState, ...]:
        """How fresh and how whole each table was that the run's population was made of."""
        used = {(s.source, s.entity): s.taken_at for s in self.ledger.snapshots.of_run(run.id)}
        found = []
        for table in self._access.tables:
            if table.kind not in MADE_OF:
                continue
            place = table.source, table.entity.name
            taken, why = used.get(place), None
            if taken is None:
                why = self._reason(run, *place)
                newest = self.ledger.snapshots.newest(*place)
                taken = newest.taken_at if newest else None
            found.append(
                SourceState(
                    table.system,
                    table.kind,
                    table.source,
                    taken,
                    why[0] if why else None,
                    why[1] if why else None,
                    is_stale=taken is None or now - taken > self._access.reviews.fresh,
                )
            )
        return tuple(found)

    def _reason(self, run: RunRow, source: str, entity: str) -> tuple[str, Mapping[str, str]]:
        """Why the run could not look at a table."""
        for step in self.ledger.steps.of_run(run.id):
            mine = step.source == source and step.entity in (entity, None)
            if step.kind is StepKind.READ and step.status is StepStatus.FAILED and mine:
                return step.code or "store.never_read", step.params
        return "reviews.not_read", {"source": source}

    @property
    def _access(self) -> PermissionsConfig:
        if self.config.permissions is None:
            raise ConfigError("reviews.not_watched")
        return self.config.permissions


def _new(draft: Draft, wish: Wish) -> NewReview:
    run = draft.run
    assert run.sha256 is not None
    assert run.as_of is not None
    reviewers = {reviewer.who for reviewer in draft.assigned if reviewer.who}
    return NewReview(
        name=wish.name,
        check_name=CODE,
        due_at=wish.due_at,
        run_id=run.id,
        run_sha256=run.sha256,
        run_as_of=run.as_of,
        filters={name: those for name, those in wish.filters.items() if those},
        rules=draft.rules,
        sources=draft.sources,
        people={who: draft.names.name(who) for who in sorted(reviewers)},
        ambiguous=sorted(draft.names.ambiguous),
        population=digest(draft.lines),
        compared_to=draft.before.review if draft.before else None,
        only_differences=wish.only_differences,
        gone=draft.difference.gone,
    )


def _lines(draft: Draft) -> list[NewLine]:
    changes = draft.difference.changes
    return [
        NewLine(grant_key(facts), facts, changes[grant_key(facts)], found.who, found.rule)
        for facts, found in zip(draft.lines, draft.assigned, strict=True)
    ]
