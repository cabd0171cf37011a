"""Where a vanished column went: the table's new columns are read and held against its values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checks.dictionary import Entity, Mapping
from checks.drift import Columns, Renamed, recognised
from checks.errors import CodedError
from checks.profile import Profile, Sketch, read, sketches
from governance.errors import EvidenceTampered, SchemaDrift
from governance.ledger import LedgerRefused
from governance.ledger.rows import SnapshotRow
from governance.sources import Extract, Reader
from governance.store import Home, Proofs, attached

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COLUMNS_GONE = frozenset({"source.columns_missing", "source.columns_missing_near"})
MOST_CANDIDATES = 20


@dataclass(frozen=True)
class Clue:
    """What a table looks like that its mapping no longer fits. `missing` are the columns that the
    mapping names and the table lacks, `renamed` what became of them as far as values tell."""

    columns: Columns
    missing: tuple[str, ...]
    renamed: tuple[Renamed, ...] = ()


@dataclass(frozen=True)
class Search:
    """Where to look: one entity in an open source, and what was sealed of it last."""

    con: DuckDBPyConnection
    reader: Reader
    entity: Entity
    mapping: Mapping
    home: Home
    proofs: Proofs
    secret: bytes
    before: SnapshotRow | None
    progress: Callable[[int], None]
    stop: Callable[[], bool]


def clue_of(error: CodedError, search: Search) -> Clue | None:
    """What is known of the vanished columns that `error` tells of; None for another error."""
    if error.code not in COLUMNS_GONE:
        return None
    named = error.params.get("columns", "").split(", ")
    mapping = search.mapping
    wanted = (*mapping.columns.values(), *(c.column for c in mapping.filter))
    missing = tuple(dict.fromkeys(name for name in wanted if name in named))
    try:
        columns = search.reader.columns(mapping.table, mapping.query)
    except CodedError:
        return None
    clue = Clue(columns, missing)
    try:
        return replace(clue, renamed=_recognised(search, clue))
    except LedgerRefused:
        raise
    except CodedError:  # what cannot be found out now is no reason to fail otherwise
        return clue


def told(error: CodedError, clue: Clue | None) -> CodedError:
    """The error, saying which column each vanished one became where that is known."""
    if clue is None or not clue.renamed:
        return error
    # Cut, not rounded: what is not all of the values must not look like all.
    pairs = (f"{r.column} → {r.became} ({int(r.overlap * 100)} %)" for r in clue.renamed)
    params = {name: error.params.get(name, "") for name in ("source", "table", "columns")}
    return SchemaDrift("source.columns_renamed", **params, renamed=", ".join(pairs))


def profiles_of(
    con: DuckDBPyConnection, home: Home, proofs: Proofs, snapshot: SnapshotRow | None
) -> tuple[Profile, ...]:
    """The profiles sealed with a snapshot: none where its file is gone, no longer itself, or from
    before there were any."""
    if snapshot is None:
        return ()
    try:
        path = proofs.prove(home, snapshot.file, snapshot.sha256)
    except EvidenceTampered:
        return ()
    with attached(con, path, "profiled"):
        there = con.execute(
            "SELECT 1 FROM duckdb_tables() WHERE database_name = 'profiled'"
            " AND table_name = 'profile'"
        ).fetchone()
        return read(con, "profiled.main.profile") if there else ()


def _recognised(search: Search, clue: Clue) -> tuple[Renamed, ...]:
    profiles = profiles_of(search.con, search.home, search.proofs, search.before)
    sealed = {p.column: p.sketch for p in profiles}
    lost = {name: sealed[name] for name in clue.missing if name in sealed}
    known = {name for name, _ in search.before.columns} if search.before else set()
    candidates = [name for name, _ in clue.columns if name not in known][:MOST_CANDIDATES]
    if not lost or not candidates:
        return ()
    return recognised(lost, _sketches(search, clue, candidates))


def _sketches(search: Search, clue: Clue, candidates: list[str]) -> dict[str, Sketch]:
    """The candidates' sketches, of the same records as the sealed ones where the key still is."""
    mapping, entity = search.mapping, search.entity
    keys = {k: mapping.columns[k] for k in entity.key if mapping.columns[k] not in clue.missing}
    named = {f"candidate {place}": name for place, name in enumerate(candidates)}
    extract = Extract(entity.name, keys | named, mapping.table, mapping.query, mapping.filter)
    search.reader.read(extract, search.con, "candidates", search.progress, search.stop)
    found: dict[str, Sketch] = {}
    for landed, name in named.items():
        # A lost part of the key picks the records that the candidate in its place would.
        key = [part if part in keys else landed for part in entity.key]
        found[name] = sketches(search.con, "candidates", [landed], key, search.secret)[landed]
    return found
