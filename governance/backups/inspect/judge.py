"""What a look at one backup comes to, held against what was expected. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checks.backups.model import Mark, Problem, Verdict
from governance.backups.inspect.model import (
    Asked,
    Inspected,
    Seen,
    breaking,
    doubtful,
    told,
    unknown,
)


def judged(asked: Asked, seen: Seen) -> Inspected:
    """The verdicts. A problem that breaks a mark makes it false; one that bears on a mark keeps it
    from being true; wrong bits keep everything else from being true."""
    problems = (*seen.problems, *(() if seen.is_held else expected(asked, seen)))
    intact = decided(seen.intact, Mark.INTACT, problems)
    complete = decided(seen.ended, Mark.COMPLETE, problems)
    if intact.value is False and complete.value:
        complete = unknown("backups.inspect.why.not_intact")
    restorable = seen.lost or unknown("backups.inspect.why.not_restored")
    restorable = decided(restorable, Mark.RESTORABLE, problems)
    return Inspected(
        kind=seen.kind,
        fresh_at=seen.fresh_at,
        basis=seen.basis,
        complete=complete,
        intact=intact,
        restorable=restorable,
        problems=_once(problems),
    )


def _once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    kept: list[Problem] = []
    for problem in problems:
        if problem not in kept:
            kept.append(problem)
    return tuple(kept)


def decided(found: Verdict, mark: Mark, problems: tuple[Problem, ...]) -> Verdict:
    """One verdict after the problems that bear on it."""
    bearing = [p for p in problems if p.mark is mark]
    broken = next((p for p in bearing if p.breaks), None)
    if broken is not None and found.value is not False:
        return Verdict(False, broken.code, broken.params)
    if bearing and found.value:
        return Verdict(None, bearing[0].code, bearing[0].params)
    return found


def expected(asked: Asked, seen: Seen) -> Iterator[Problem]:
    """What should be in it and is not, or cannot be told."""
    if asked.database is not None:
        yield from _database(asked.database, seen.databases)
    if seen.tables is None:
        if asked.tables:
            yield doubtful(Mark.COMPLETE, "backups.inspect.tables_unseen")
        return
    if not seen.tables:
        wanted = bool(asked.tables)
        code = "backups.inspect.no_tables"
        yield breaking(Mark.COMPLETE, code) if wanted else told(code)
        return
    present = {name: table for table in seen.tables for name in names_of(table)}
    absent = [name for name in asked.tables if bare(name) not in present]
    for name in absent:
        yield breaking(Mark.COMPLETE, "backups.inspect.table_missing", table=name)
    yield from _rows(asked, seen, present)


def _database(wanted: str, held: tuple[str, ...] | None) -> Iterator[Problem]:
    if held is None:
        yield doubtful(Mark.COMPLETE, "backups.inspect.database_unseen", database=wanted)
    elif wanted not in held:
        yield breaking(
            Mark.COMPLETE,
            "backups.inspect.other_database",
            database=wanted,
            held=", ".join(held) or "–",
        )


def _rows(asked: Asked, seen: Seen, present: dict[str, str]) -> Iterator[Problem]:
    """Zero rows everywhere is no backup of data, though empty tables are nothing special."""
    named = [present[bare(n)] for n in asked.tables if bare(n) in present]
    counts = [seen.rows.get(table) for table in named or seen.tables or ()]
    if counts and all(count == 0 for count in counts):
        code = "backups.inspect.no_rows"
        yield breaking(Mark.COMPLETE, code) if asked.tables else told(code)
    elif asked.tables and any(count is None for count in counts) and asked.content:
        yield told("backups.inspect.rows_unseen")


def bare(name: str) -> str:
    return name.replace('"', "").replace("`", "")


def names_of(table: str) -> tuple[str, ...]:
    """The names by which a table may be expected: with its schema or database, and without."""
    plain = bare(table)
    return (plain, plain.rsplit(".", 1)[-1])
