"""What holds of verdicts whatever is known: ignorance never helps, nor do age and problems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import settings as settings_
from hypothesis import strategies as st

from checks.backups.case import CLOCKS, Case, worst
from checks.backups.freshness import dated
from checks.backups.model import (
    Basis,
    Depth,
    Mark,
    Method,
    Problem,
    State,
    TableContent,
    Verification,
)
from checks.backups.verdicts import judge_backup, judge_system, judged
from tests.backups.small import (
    DAY,
    HOUR,
    NIGHT,
    NOW,
    archive,
    full,
    proved,
    restored,
    rolling,
)
from tests.thorough import some

settings = settings_(max_examples=some(1000, 70), deadline=None)

# Moments about the limits of the small night: RPO 26 hours, drills and verifications 90 days.
moments = st.sampled_from(
    [NIGHT - 10 * DAY, NOW - 27 * HOUR, NOW - 26 * HOUR, NIGHT - 3 * HOUR, NIGHT - HOUR, NIGHT]
)
lately = st.sampled_from(
    [NOW - 100 * DAY, NOW - 90 * DAY, NIGHT - HOUR, NOW - 2 * HOUR, NOW - HOUR, NOW]
)
truths = st.sampled_from([True, None, False])
Change = Callable[[Case], Case]

INCREMENTAL = rolling(
    backup=full(id="inc", method=Method.INCREMENTAL, needs=("base",)),
    restores=(restored(series="crm cluster", backup="inc"),),
)
BASES = [
    proved(),
    rolling(),
    replace(
        INCREMENTAL,
        catalogue=replace(
            INCREMENTAL.catalogue,
            backups=(*INCREMENTAL.catalogue.backups, full(id="base", data_at=NIGHT - DAY)),
        ),
    ),
]


def with_backup(case: Case, **changes: object) -> Case:
    backup = replace(case.backup, **changes)
    rest = tuple(b for b in case.catalogue.backups if b.id != backup.id)
    return replace(
        case, backup=backup, catalogue=replace(case.catalogue, backups=(backup, *rest))
    )  # fmt: skip


def with_catalogue(case: Case, **changes: object) -> Case:
    return replace(case, catalogue=replace(case.catalogue, **changes))


def with_inside(case: Case, change: Callable[[TableContent], TableContent]) -> Case:
    if case.content is None:
        return case
    changed = tuple(change(t) for t in case.content.tables)
    return replace(case, content=replace(case.content, tables=changed))


def with_compared(case: Case, **changes: object) -> Case:
    return with_inside(
        case, lambda t: replace(t, compared=replace(t.compared, **changes)) if t.compared else t
    )


def blurred_logs(case: Case, **changes: object) -> Case:
    logs = tuple(replace(a, **changes) for a in case.catalogue.logs)
    return with_catalogue(case, logs=logs)


def blurred_runs(case: Case, **changes: object) -> Case:
    logs = tuple(
        replace(a, runs=tuple(replace(r, **changes) for r in a.runs)) for a in case.catalogue.logs
    )
    return with_catalogue(case, logs=logs)


def blurred_proofs(case: Case, **changes: object) -> Case:
    told = tuple(replace(v, **changes) for v in case.catalogue.verifications)
    return with_catalogue(case, verifications=told)


def blurred_restores(case: Case, **changes: object) -> Case:
    return replace(case, restores=tuple(replace(r, **changes) for r in case.restores))


def without_good(case: Case) -> Case:
    """Verifications and restores that passed are forgotten, and so are comparisons that did."""
    told = tuple(v for v in case.catalogue.verifications if not v.ok)
    restored = tuple(r for r in case.restores if not r.ok)
    case = replace(with_catalogue(case, verifications=told), restores=restored)
    return with_inside(
        case, lambda t: replace(t, compared=None) if t.compared and not t.compared.missing else t
    )


def added(name: str, entry: object) -> Change:
    """One verification, restore or problem more."""
    if name == "restores":
        return lambda c: replace(c, restores=(*c.restores, entry))  # type: ignore[arg-type]
    return lambda c: with_catalogue(c, **{name: (*getattr(c.catalogue, name), entry)})


def dated_at(at: datetime) -> Change:
    """The backup ran at another time. No row of it is younger."""

    def change(case: Case) -> Case:
        moved = with_backup(case, started_at=at - HOUR, data_at=at - HOUR, finished_at=at)
        return with_inside(
            moved, lambda t: replace(t, newest=t.newest and min(t.newest, at - HOUR))
        )

    return change


def newest_at(at: datetime | None) -> Change:
    def change(case: Case) -> Case:
        limit = case.backup.data_at or case.backup.finished_at or at
        return with_inside(case, lambda t: replace(t, newest=at and limit and min(at, limit)))

    return change


def of_base(**changes: object) -> Change:
    return lambda c: with_catalogue(c, backups=tuple(
        replace(b, **changes) if b.id == "base" else b for b in c.catalogue.backups
    ))  # fmt: skip


def inside(**changes: object) -> Change:
    return lambda c: replace(c, content=c.content and replace(c.content, **changes))


def with_logs(runs: tuple[tuple[int, int], ...], listed: bool, at: datetime) -> Change:
    def change(case: Case) -> Case:
        told = (archive(*runs, listed=listed, at=at),) if case.catalogue.logs else ()
        return with_catalogue(case, logs=told)

    return change


RUNS = [((1, 40),), ((1, 5), (6, 40)), ((1, 6), (9, 40)), ((7, 40),)]
# Each makes something else of a night on which all was proved.
changes = st.one_of(
    st.sampled_from(State).map(lambda s: lambda c: with_backup(c, state=s)),
    st.sampled_from([None, *Basis]).map(lambda b: lambda c: with_backup(c, basis=b)),
    moments.map(dated_at),
    st.just(lambda c: with_backup(c, data_at=None)),
    st.just(lambda c: with_backup(c, databases=("test",))),
    st.sampled_from(State).map(lambda s: of_base(state=s)),
    st.just(of_base(id="lost")),
    st.just(lambda c: with_catalogue(c, is_whole=False)),
    st.builds(with_logs, st.sampled_from(RUNS), st.booleans(), lately),
    st.builds(
        Verification, st.sampled_from(Depth), truths, st.none() | lately,
        st.sampled_from([None, "n22", "base"]),
    ).map(lambda v: added("verifications", v)),
    st.just(lambda c: with_catalogue(c, verifications=())),
    st.builds(
        restored, id=st.just("d2"), at=lately, ok=truths, seconds=st.sampled_from([None, 9000.0]),
        backup=st.sampled_from([None, "n22", "inc"]), compared=st.booleans(),
        differs=st.sampled_from([None, 0, 3]),
        series=st.sampled_from(["crm nightly", "crm cluster"]),
    ).map(lambda r: added("restores", r)),
    st.just(lambda c: replace(c, restores=())),
    truths.map(lambda e: inside(ended=e)),
    st.sampled_from([(), ("test",)]).map(lambda d: inside(databases=d)),
    st.builds(newest_at, st.none() | moments),
    st.just(lambda c: with_inside(c, lambda t: replace(t, compared=None))),
    st.just(lambda c: with_inside(c, lambda t: replace(t, rows=0))),
    st.builds(
        lambda missing, not_before, before: lambda c: with_compared(
            c, missing=missing, not_before=not_before, before=before
        ),
        st.sampled_from([0, 1, 2, 312]), st.none() | moments, st.none() | moments,
    ),
    moments.map(lambda at: lambda c: with_compared(c, snapshot_at=at)),
    st.just(lambda c: replace(c, expected=replace(c.expected, missing_rows=1))),
)  # fmt: skip


def changed(case: Case, by: list[Change]) -> Case:
    for change in by:
        case = change(case)
    return case


def cases() -> st.SearchStrategy[Case]:
    """A night on which all was proved, with some of it otherwise."""
    return st.builds(changed, st.sampled_from(BASES), st.lists(changes, max_size=4))


# Each takes away something that is known.
BLURS: list[Change] = [
    lambda c: with_backup(c, state=State.UNKNOWN),
    lambda c: with_backup(c, basis=None),
    lambda c: with_backup(c, started_at=None),
    lambda c: with_backup(c, finished_at=None),
    lambda c: with_backup(c, data_at=None, finished_at=None, started_at=None),
    lambda c: with_backup(c, databases=None),
    lambda c: with_backup(c, log_from=None),
    lambda c: with_backup(c, log_to=None),
    lambda c: with_backup(c, needs=()),
    lambda c: with_catalogue(c, is_whole=False),
    lambda c: blurred_logs(c, listed=False),
    lambda c: blurred_runs(c, count=None),
    lambda c: blurred_runs(c, last_at=None),
    lambda c: blurred_proofs(c, ok=None),
    lambda c: blurred_proofs(c, at=None),
    lambda c: blurred_proofs(c, depth=Depth.STRUCTURE),
    lambda c: blurred_restores(c, ok=None),
    lambda c: blurred_restores(c, seconds=None),
    lambda c: blurred_restores(c, compared=False, differs=None),
    lambda c: replace(c, content=replace(c.content, ended=None) if c.content else None),
    lambda c: replace(c, content=replace(c.content, databases=()) if c.content else None),
    lambda c: with_inside(c, lambda t: replace(t, rows=None)),
    lambda c: with_inside(c, lambda t: replace(t, unread="backups.inside.x")),
    lambda c: with_inside(c, lambda t: replace(t, newest=None)),
    lambda c: with_compared(c, before=None),
    lambda c: with_compared(c, not_before=None),
    lambda c: with_compared(c, next_at=None),
    without_good,
]


def is_no_better(before: Case, after: Case) -> bool:
    one, other = judge_backup(before), judge_backup(after)
    return all(one[m].value is True or other[m].value is not True for m in Mark)


@given(cases(), st.sampled_from(BLURS))
@settings
def test_knowing_less_never_makes_a_verdict_true(case: Case, blur: Change) -> None:
    assert is_no_better(case, blur(case))


@given(cases())
@settings
def test_what_nobody_looked_into_is_neither_complete_nor_fresh(case: Case) -> None:
    found = judge_backup(replace(case, content=None))
    if case.backup.method is Method.DUMP:
        assert found[Mark.COMPLETE].value is not True
        assert found[Mark.FRESH].value is not True


RANKS = {False: 0, None: 1, True: 2}


@given(cases(), st.sampled_from(Mark), st.booleans(), st.sampled_from([None, "own", "other"]))
@settings
def test_a_problem_never_betters_a_verdict(
    case: Case, mark: Mark, breaks: bool, about: str | None
) -> None:
    named = case.backup.id if about == "own" else about
    problem = Problem("backups.problem.x", mark=mark, breaks=breaks, backup=named)
    one = judge_backup(case)
    other = judge_backup(with_catalogue(case, problems=(problem,)))
    assert all(RANKS[other[m].value] <= RANKS[one[m].value] for m in Mark)
    if about != "other":
        assert other[mark].value is not True
        assert not breaks or other[mark].value is False
    assert all(other[m] == one[m] for m in Mark if m is not mark)


def older(moment: datetime | None, by: timedelta) -> datetime | None:
    return moment and moment - by


@given(cases(), st.integers(1, 400).map(lambda n: n * HOUR))
@settings
def test_older_data_is_never_fresher(case: Case, by: timedelta) -> None:
    """All that is known of the data moves into the past, or the present moves away from it."""
    backup = case.backup
    aged = with_backup(
        case, started_at=older(backup.started_at, by), finished_at=older(backup.finished_at, by),
        data_at=older(backup.data_at, by),
    )  # fmt: skip
    aged = with_inside(aged, lambda t: replace(t, newest=older(t.newest, by)))
    aged = with_inside(aged, lambda t: replace(t, compared=t.compared and replace(
        t.compared, snapshot_at=t.compared.snapshot_at - by, before=older(t.compared.before, by),
        not_before=older(t.compared.not_before, by),
    )))  # fmt: skip
    logs = tuple(
        replace(a, runs=tuple(replace(r, last_at=older(r.last_at, by)) for r in a.runs))
        for a in case.catalogue.logs
    )
    aged = with_catalogue(aged, logs=logs)
    for later in (aged, replace(case, now=case.now + by)):
        one, other = judge_backup(case)[Mark.FRESH], judge_backup(later)[Mark.FRESH]
        assert RANKS[other.value] <= RANKS[one.value]


@given(cases())
@settings
def test_a_verdict_says_what_it_rests_on(case: Case) -> None:
    for verdict in judge_backup(case).values():
        assert verdict.code.startswith("backups.")
        assert all(isinstance(v, str) for v in verdict.params.values())
    found = dated(case)
    if found.not_before is not None and found.before is not None:
        assert found.not_before <= found.before + CLOCKS


@given(st.lists(cases(), max_size=4), st.randoms())
@settings_(max_examples=some(300, 25), deadline=None)
def test_the_order_of_what_is_told_never_matters(several: list[Case], shuffle: Random) -> None:
    known = []
    for n, case in enumerate(several):
        told, proofs = list(case.catalogue.backups), list(case.catalogue.verifications)
        restored = list(case.restores)
        for entries in (told, proofs, restored):
            shuffle.shuffle(entries)
        mixed = with_catalogue(case, backups=tuple(told), verifications=tuple(proofs))
        mixed = replace(mixed, restores=tuple(restored))
        if case.content is not None:
            turned = replace(case.content, tables=case.content.tables[::-1])
            mixed = replace(mixed, content=turned)
        assert judge_backup(mixed) == judge_backup(case)
        known.append(judged(f"c{n}", case))
    standing = judge_system(known)
    shuffle.shuffle(known)
    assert judge_system(known) == standing


@given(cases(), cases())
@settings_(max_examples=some(300, 25), deadline=None)
def test_another_backup_never_makes_a_system_older(one: Case, other: Case) -> None:
    alone = judge_system([judged("a", one)])
    both = judge_system([judged("a", one), judged("b", other)])
    assert both.today is not None
    if alone.last_good is not None:
        assert both.last_good is not None
        assert both.last_good.order >= alone.last_good.order


@given(st.lists(cases(), min_size=1, max_size=3))
@settings_(max_examples=some(300, 25), deadline=None)
def test_the_worst_reason_decides(several: list[Case]) -> None:
    for mark in Mark:
        verdicts = [judge_backup(c)[mark] for c in several]
        assert RANKS[worst(verdicts).value] == min(RANKS[v.value] for v in verdicts)
