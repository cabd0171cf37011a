"""What reading a dump's content adds to its form: tables, rows, statements that break off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from checks.backups.model import Problem, Verdict
from governance.backups.content import open_reader
from governance.backups.inspect.model import Asked, no, told
from governance.errors import GovernanceError

# What the form alone says is told here once, by whoever looks at the form.
OF_THE_FORM = tuple(
    f"backups.inside.{name}" for name in ("cut", "truncated", "corrupt", "trailing", "empty")
)


@dataclass(frozen=True)
class Inside:
    """Tables None: nobody looked, or could. `cut` names a table whose data breaks off; `is_open`:
    the end that the dump should have is not there."""

    tables: tuple[str, ...] | None = None
    rows: Mapping[str, int | None] = field(default_factory=dict)
    databases: tuple[str, ...] = ()
    cut: Verdict | None = None
    is_open: bool = False
    problems: tuple[Problem, ...] = ()

    def unless_cut(self, found: Verdict) -> Verdict:
        return self.cut or found


def look_inside(asked: Asked, *, readable: bool) -> Inside:
    """Reads all rows of a dump as a stream, where that was asked for and can be done."""
    if not asked.content or not readable:
        return Inside()
    reader = open_reader(asked.path)
    if reader is None:
        return Inside()
    import duckdb

    with duckdb.connect(":memory:") as con:
        try:
            dump = reader.read(asked.path, (), con, asked.progress, asked.stop)
        except GovernanceError as error:
            return Inside(problems=(told(error.code, **error.params),))
    broken = next((table.table for table in dump.tables if not table.ended), None)
    return Inside(
        tables=tuple(table.table for table in dump.tables),
        rows={table.table: table.rows for table in dump.tables},
        databases=dump.databases,
        cut=no("backups.inspect.data_cut", table=broken) if broken else None,
        is_open=dump.ended is False,
        problems=tuple(p for p in dump.problems if p.code not in OF_THE_FORM),
    )
