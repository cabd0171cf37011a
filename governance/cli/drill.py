"""`duiqi backup drill`: bring a backup back into a scratch database, time it and compare it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from governance.cli import common, language
from governance.cli.common import Format
from governance.i18n import t

if TYPE_CHECKING:
    from governance.ledger.drill_rows import DrillRow


def drill(
    system: Annotated[str, typer.Argument(metavar="SYSTEM")],
    catalogue: Annotated[str | None, typer.Option("--catalogue", metavar="NAME")] = None,
    backup: Annotated[str | None, typer.Option("--backup", metavar="ID")] = None,
    target: Annotated[str | None, typer.Option("--target", metavar="URL|FOLDER")] = None,
    keep: Annotated[bool, typer.Option("--keep")] = False,
    format: common.FormatOption = Format.TEXT,
    config: common.ConfigOption = None,
) -> int:
    """Restore the newest backup of a system, time it, compare it with our snapshots and drop it.

    Ends with 0 when it was restored and is equal, 1 when it failed, differs or could not be
    compared, 2 when it could not be tried.
    """
    from governance.access import local_operator
    from governance.backups.drills.drilling import Drilling, Wish, is_equal
    from governance.ledger import open_ledger
    from governance.store import home_path, open_home
    from governance.worker.holder import utc_now

    home = open_home(home_path())
    settings = common.load_config(common.find_config(config, home.path))
    stop = common.stop_on_signals()
    ledger = open_ledger(home.path)
    try:
        drilling = Drilling(ledger, home, settings, local_operator(), utc_now, stop.is_set)
        row = drilling.drill(Wish(system, catalogue, backup, target, keep))
    finally:
        ledger.close()
    assert settings.backups is not None
    equal = is_equal(row, settings.backups.system(system))
    if format is Format.JSON:
        common.write_json(as_json(row, equal))
    else:
        sys.stdout.write("".join(f"{line}\n" for line in as_text(row, home.path)))
    if row.code == "backups.drill.stopped":
        return 2
    return 0 if equal else 1


def as_json(row: DrillRow, equal: bool) -> dict[str, object]:
    return {
        "id": row.id,
        "system": row.system,
        "catalogue": row.catalogue,
        "backup": row.backup,
        "series": row.series,
        "started_at": common.instant(row.started_at),
        "finished_at": common.instant(row.finished_at),
        "ok": row.ok,
        "seconds": None if row.seconds is None else round(row.seconds, 3),
        "compared": row.compared,
        "differs": row.differs,
        "equal": equal,
        "reason": common.reason(row.code, dict(row.params)),
        "log": row.log,
        "problems": [common.reason(p.code, dict(p.params)) for p in row.problems],
        "tables": [
            {
                "entity": table.entity,
                "rows": table.rows,
                "missing": table.missing,
                "extra": table.extra,
                "different": table.different,
                "settled": table.is_settled,
                "unread": common.reason(table.unread, {}),
            }
            for table in row.tables
        ],
    }


def as_text(row: DrillRow, home: Path) -> Iterator[str]:
    speak = language()
    outcome = {True: "restored", False: "not_restored", None: "not_known"}[row.ok]
    seconds = "-" if row.seconds is None else f"{row.seconds:.1f}"
    yield t(f"backups.drill.{outcome}", speak, backup=row.backup, seconds=seconds)
    if row.code is not None:
        yield common.words(row.code, dict(row.params))
    for table in row.tables:
        if table.unread is not None:
            reason = common.words(table.unread, {})
            yield t("backups.drill.table_unread", speak, entity=table.entity, reason=reason)
        else:
            yield t(
                "backups.drill.table",
                speak,
                entity=table.entity,
                rows=table.rows,
                missing=table.missing,
                different=table.different,
                extra=table.extra,
            )
    for problem in row.problems:
        yield common.words(problem.code, dict(problem.params))
    if row.log is not None:
        yield t("backups.drill.log", speak, file=str(home / row.log))
