"""Is anything missing: what it builds on, its log, its databases, its tables, their rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from checks.backups.case import Case, said, worst
from checks.backups.chain import PHYSICAL, chain_verdict, reach
from checks.backups.expect import ExpectedTable
from checks.backups.freshness import READABLE, claimed_at
from checks.backups.model import Content, Mark, Method, State, TableContent, Verdict


@dataclass(frozen=True, slots=True)
class _Fault:
    """Tables with one fault, and how many keys they lack between them."""

    value: bool | None
    why: str
    tables: tuple[str, ...]
    missing: int = 0


def judge_complete(case: Case) -> Verdict:
    """Whether everything is there that a restore would need, and that should be inside.

    A physical backup holds all tables of its cluster by how it is made; of a dump each table must
    have been seen. A dump without the proof of its end is not known to be complete.
    """
    reasons = [_state(case), chain_verdict(case.backup, case.catalogue)]
    reasons += [reach(case.backup, case.catalogue).verdict, *_end(case), _databases(case)]
    reasons += _tables(case)
    bad = worst(reasons)
    if bad.value is not True:
        return bad
    why = "complete.whole" if case.content is not None else "complete.told"
    at = case.content.read_at if case.content is not None else case.catalogue.read_at
    tables, rows = _seen(case.content)
    return said(True, why, at, tables=tables, rows=rows)


def find_table(expected: ExpectedTable, content: Content) -> TableContent | None:
    """The table inside a backup that an expected one means: by its entity, else by its name, whose
    schema counts where both have one. Case does not count."""
    if expected.entity is not None:
        mapped = [t for t in content.tables if t.entity == expected.entity]
        if mapped:
            return min(mapped, key=lambda t: t.table)
    wanted = expected.name.casefold()
    same = [t for t in content.tables if _is_same(wanted, t.table.casefold())]
    return min(same, key=lambda t: (t.table.casefold() != wanted, t.table), default=None)


def _state(case: Case) -> Verdict:
    state = case.backup.state
    values: dict[State, bool | None] = {
        State.DONE: True,
        State.FAILED: False,
        State.PARTIAL: False,
    }
    return said(values.get(state), f"state.{state}", case.catalogue.read_at, said=case.backup.said)


def _databases(case: Case) -> Verdict:
    """Whether the expected databases are inside, as far as either says which are."""
    expected = case.expected.databases
    told: set[str] | None = None
    if case.backup.databases is not None:
        told = {d.casefold() for d in case.backup.databases}
    if case.content is not None and case.content.databases:
        told = (told or set()) | {d.casefold() for d in case.content.databases}
    if not expected:
        return said(True, "databases.none_expected")
    if told is None:
        return said(None, "databases.unknown", databases=", ".join(expected))
    gone = [d for d in expected if d.casefold() not in told]
    if gone:
        return said(False, "databases.gone", databases=", ".join(gone), count=len(gone))
    return said(True, "databases.there")


def _end(case: Case) -> list[Verdict]:
    """Whether a dump was read to its end. A physical backup has no such end, and a snapshot of
    files must be looked into only where tables are expected."""
    backup, content = case.backup, case.content
    if backup.method in PHYSICAL or backup.method is Method.LOG:
        return []
    if content is None:
        must = backup.method in READABLE or case.expected.tables
        return [said(None, "content.not_read")] if must else []
    if content.ended is False and any(p.breaks for p in case.problems(Mark.COMPLETE)):
        return []  # what broke it is told better by what found it
    words = {True: "content.ended", False: "content.cut", None: "content.end_unknown"}
    return [said(content.ended, words[content.ended], content.read_at)]


def _tables(case: Case) -> list[Verdict]:
    """Faults of tables, each kind once with all of its tables; the telling ones first."""
    content = case.content
    if content is None or case.backup.method in PHYSICAL:
        return []
    faults: dict[tuple[bool | None, str], list[tuple[str, int]]] = {}
    for expected in sorted(case.expected.tables, key=lambda t: (t.name, t.entity or "")):
        name = expected.entity or expected.name
        for value, why, missing in _faults(case, expected, find_table(expected, content)):
            faults.setdefault((value, why), []).append((name, missing))
    ranks = {"tables.gone": 0, "tables.missing_rows": 1, "tables.lost_columns": 2}
    return [
        said(
            value, why, content.read_at, tables=", ".join(name for name, _ in told),
            count=len(told), missing=sum(missing for _, missing in told),
        )
        for (value, why), told in sorted(
            faults.items(), key=lambda entry: (ranks.get(entry[0][1], 9), entry[0][1])
        )
    ]  # fmt: skip


def _faults(
    case: Case, expected: ExpectedTable, table: TableContent | None
) -> Iterable[tuple[bool | None, str, int]]:
    if table is None:
        yield False, "tables.gone", 0
        return
    if table.lost_columns:
        yield False, "tables.lost_columns", 0
    if table.unread is not None or table.rows is None:
        yield None, "tables.unread", 0
    # Of a table that several entities are mapped to, each must have been held on its own.
    is_mine = expected.entity is None or table.entity == expected.entity
    compared = table.compared if is_mine else None
    if compared is None:
        if expected.entity is not None:
            yield None, "tables.not_compared", 0
        elif table.rows == 0 and not expected.may_be_empty:
            yield None, "tables.empty", 0
        return
    if compared.missing > case.expected.tolerated(compared.rows):
        claim = claimed_at(case.backup)
        # What a later snapshot holds may have come after the backup; and until another snapshot
        # says that it is still there, it may have been deleted before.
        later = claim is None or compared.snapshot_at > claim or compared.next_at is None
        yield (None, "tables.maybe_missing", compared.missing) if later else (
            False, "tables.missing_rows", compared.missing
        )  # fmt: skip


def _seen(content: Content | None) -> tuple[int, int]:
    rows = {t.table: t.rows or 0 for t in (content.tables if content is not None else ())}
    return len(rows), sum(rows.values())


def _is_same(wanted: str, name: str) -> bool:
    if wanted == name:
        return True
    one, other = wanted.split("."), name.split(".")
    return one[-1] == other[-1] and (len(one) == 1 or len(other) == 1)
