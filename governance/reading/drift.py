"""What became of a table from snapshot to snapshot: its columns, and the profile of each field."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from checks import dictionary
from checks.drift import LEAST_OVERLAP, Observation, Renamed, schema_changes
from checks.profile import SELECTED, Profile, overlap, profile_of
from governance.errors import EvidenceTampered
from governance.ledger.rows import SnapshotRow
from governance.store import Home, Proofs, attach, engine

KEPT = 2000
UNSKETCHED = SELECTED.replace('"sketch"', "CAST([] AS UBIGINT[])")
Found = tuple[Profile, ...]


@dataclass(frozen=True)
class Event:
    """One change of a table's columns, and the run that saw it first."""

    at: datetime
    run: int
    change: Observation


class Profiles:
    """The profiles sealed with snapshots, each file proved and read once. Safe for many threads."""

    def __init__(self, home: Home, proofs: Proofs) -> None:
        self._home, self._proofs = home, proofs
        self._known: dict[tuple[str, str], Found] = {}
        self._lock = threading.Lock()

    def of(self, snapshots: Iterable[SnapshotRow]) -> dict[int, Found]:
        """Profiles by snapshot id, without their sketches: none where it was sealed before there
        were any, or where its file is no longer kept. Raises EvidenceTampered for a changed file.
        """
        rows = list(snapshots)
        with self._lock:
            wanted = dict.fromkeys((s.file, s.sha256) for s in rows)
            missing = [file for file in wanted if file not in self._known]
            if len(self._known) + len(missing) > KEPT:
                self._known.clear()
                missing = list(wanted)
            self._known |= self._read(missing, UNSKETCHED)
            return {s.id: self._known[s.file, s.sha256] for s in rows}

    def sketched(self, snapshots: Iterable[SnapshotRow]) -> dict[int, Found]:
        """As `of`, with the sketches; nothing of it is kept, as they are large and rarely asked."""
        rows = list(snapshots)
        found = self._read(list(dict.fromkeys((s.file, s.sha256) for s in rows)), SELECTED)
        return {s.id: found[s.file, s.sha256] for s in rows}

    def _read(
        self, files: Sequence[tuple[str, str]], selected: str
    ) -> dict[tuple[str, str], Found]:
        """All in one query: a hundred of them one after the other take several times as long."""
        found: dict[tuple[str, str], Found] = dict.fromkeys(files, ())
        paths = [(place, path) for place, f in enumerate(files) if (path := self._proved(*f))]
        if not paths:
            return found
        with engine(self._home) as con:
            for place, path in paths:
                attach(con, path, f"s{place}")
            there = con.execute(
                "SELECT database_name FROM duckdb_tables() WHERE table_name = 'profile'"
            ).fetchall()
            selects = (
                f"SELECT {name[1:]} AS place, {selected} FROM {name}.main.profile"
                for (name,) in there
            )
            query = " UNION ALL ".join(selects)
            for place, *row in con.execute(query).fetchall() if there else ():
                found[files[place]] += (profile_of(row),)
        return found

    def _proved(self, file: str, sha256: str) -> Path | None:
        try:
            return self._proofs.prove(self._home, file, sha256)
        except EvidenceTampered as error:
            if error.code == "store.missing":
                return None
            raise


def events(
    history: Sequence[SnapshotRow], profiles: Profiles, mapping: dictionary.Mapping
) -> tuple[Event, ...]:
    """Every change of the columns over `history` (oldest first), newest first.

    A column that a field is read from and another took over counts as renamed where their values
    are the same; of other columns nothing but the name is known.
    """
    steps = [(before, now) for before, now in pairwise(history) if before.columns != now.columns]
    sketched = profiles.sketched(snapshot for step in steps for snapshot in step)
    found = []
    for before, now in steps:
        moved = _moved(before, now, sketched, mapping)
        changes = schema_changes(before.columns, now.columns, moved)
        found += [Event(now.taken_at, now.run_id, change) for change in changes]
    return tuple(reversed(found))


def _moved(
    before: SnapshotRow,
    now: SnapshotRow,
    profiles: Mapping[int, Found],
    mapping: dictionary.Mapping,
) -> list[Renamed]:
    there = {name for name, _ in now.columns}
    come = there - {name for name, _ in before.columns}
    today = {p.field: p for p in profiles.get(now.id, ())}
    found = []
    for old in profiles.get(before.id, ()):
        new = today.get(old.field)
        if old.column in there or new is None:
            continue
        # A file that serves again still bears the column that it was made from.
        column = new.column if new.column in come else mapping.columns.get(old.field)
        share = overlap(old.sketch, new.sketch)
        if column in come and share >= LEAST_OVERLAP:
            found.append(Renamed(old.column, str(column), share))
    return found
