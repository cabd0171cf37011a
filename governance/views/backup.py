"""One backup: what was checked, how and when, what is inside, and what it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from checks.errors import CodedError
from governance.access import Actor
from governance.backups.reading import Reader
from governance.backups.restores import restores
from governance.backups.seen import (
    BackupRow,
    CatalogueRow,
    ContentRow,
    LogRow,
    Place,
    ProblemRow,
    RestoreRow,
    SystemRow,
    TableRow,
)
from governance.reading import Desk
from governance.reading.model import Sealed


@dataclass(frozen=True)
class Link:
    """A backup that another needs. `row` None: its catalogue does not list it."""

    name: str
    needs: tuple[str, ...]
    row: BackupRow | None


@dataclass(frozen=True)
class BackupView:
    """`chain` are all that it needs, itself first; `heirs` need it. `restores` are those of this
    backup."""

    run: Sealed
    is_whole: bool
    row: BackupRow
    system: SystemRow | None
    catalogue: CatalogueRow | None
    content: ContentRow | None
    tables: tuple[TableRow, ...]
    problems: tuple[ProblemRow, ...]
    chain: tuple[Link, ...]
    heirs: tuple[BackupRow, ...]
    logs: tuple[LogRow, ...]
    restores: tuple[RestoreRow, ...]

    @property
    def is_broken(self) -> bool:
        """Whether something that it needs is not there."""
        return any(link.row is None for link in self.chain)


def backup_view(actor: Actor, desk: Desk, place: Place) -> BackupView | CodedError | None:
    """The backup at this place; None where the newest run lists none, an error where the run's file
    cannot be trusted. Raises PermissionRefused without the right to view."""
    reader = Reader(desk, actor)
    if reader.error is not None:
        return reader.error
    row = reader.backup(place)
    if row is None or reader.run is None:
        return None
    listed = [b for b in reader.backups(place[0]) if b.catalogue == place[1]]
    return BackupView(
        run=reader.run,
        is_whole=reader.is_whole,
        row=row,
        system=next((s for s in reader.systems() if s.system == place[0]), None),
        catalogue=next((c for c in reader.catalogues() if (c.system, c.catalogue) == place[:2]),
                       None),
        content=reader.content(place),
        tables=reader.tables(place),
        problems=reader.problems(place),
        chain=chain_of(row, listed),
        heirs=tuple(b for b in listed if row.backup in b.needs),
        logs=reader.logs(place),
        restores=tuple(
            r
            for r in restores(reader)
            if r.system == place[0]
            and r.backup == place[2]
            and r.catalogue in (None, place[1])
        ),
    )  # fmt: skip


def chain_of(row: BackupRow, listed: Iterable[BackupRow]) -> tuple[Link, ...]:
    """A backup and everything that it needs, each once, however the needs may loop."""
    known = {backup.backup: backup for backup in listed}
    waiting, found = [row.backup], dict[str, Link]()
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        held = row if name == row.backup else known.get(name)
        needs = held.needs if held else ()
        found[name] = Link(name, needs, held)
        waiting += needs
    return tuple(found.values())


@dataclass(frozen=True)
class Case:
    """What stands behind a finding: its problems, and the backup it is told of, if one."""

    problems: tuple[ProblemRow, ...]
    row: BackupRow | None
    system: SystemRow | None


def case_of(actor: Actor, desk: Desk, finding_id: str) -> Case | CodedError:
    """As the newest run has it; nothing where that run no longer sees it. Raises PermissionRefused
    without the right to view."""
    reader = Reader(desk, actor)
    if reader.error is not None:
        return reader.error
    problems = reader.of_finding(finding_id)
    first = next((p for p in problems if p.catalogue and p.backup), None)
    place = (first.system, first.catalogue, first.backup) if first else None
    name = problems[0].system if problems else None
    system = next((s for s in reader.systems() if s.system == name), None)
    if place is None or place[1] is None or place[2] is None:
        return Case(problems, None, system)
    return Case(problems, reader.backup((place[0], place[1], place[2])), system)


def reasons_of(actor: Actor, desk: Desk, findings: Iterable[str]) -> dict[str, ProblemRow]:
    """The gravest problem of each of these findings, for a list."""
    wanted = set(findings)
    found: dict[str, ProblemRow] = {}
    for problem in Reader(desk, actor).problems() if wanted else ():
        if problem.finding_id in wanted:
            found.setdefault(problem.finding_id, problem)
    return found
