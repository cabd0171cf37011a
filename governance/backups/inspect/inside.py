"""What reading a dump's content adds to its form: tables, rows, statements that break off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from checks.backups.model import Problem, Verdict
from governance.backups import content
from governance.backups.inspect.model import Asked, no, told
from governance.errors import GovernanceError


@dataclass(frozen=True)
class Inside:
    """Tables None: nobody looked, or could. `cut` names what breaks off."""

    tables: tuple[str, ...] | None = None
    rows: Mapping[str, int | None] = field(default_factory=dict)
    databases: tuple[str, ...] = ()
    cut: Verdict | None = None
    problems: tuple[Problem, ...] = ()

    def unless_cut(self, found: Verdict) -> Verdict:
        return self.cut or found


def look_inside(asked: Asked, *, readable: bool) -> Inside:
    """Reads all rows of a dump as a stream, where that was asked for and can be done."""
    if not asked.content or not readable:
        return Inside()
    open_reader = getattr(content, "open_reader", None)
    reader = open_reader(asked.path) if open_reader else None
    if reader is None:
        return Inside()
    import duckdb

    with duckdb.connect(":memory:") as con:
        try:
            dump = reader.read(asked.path, (), con, asked.progress, asked.stop)
        except GovernanceError as error:
            return Inside(problems=(told(error.code, **error.params),))
    broken = next((table.table for table in dump.tables if not table.ended), None)
    cut = no("backups.inspect.data_cut", table=broken) if broken else None
    if cut is None and dump.ended is False:
        cut = no("backups.inspect.cut_statement")
    return Inside(
        tables=tuple(table.table for table in dump.tables),
        rows={table.table: table.rows for table in dump.tables},
        databases=dump.databases,
        cut=cut,
        problems=dump.problems,
    )
