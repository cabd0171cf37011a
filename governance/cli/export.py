"""`duiqi export`: write what has to change, for people and for spreadsheets."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from governance.cli import language
from governance.cli.common import ConfigOption, find_config

app = typer.Typer(add_completion=False)


class What(StrEnum):
    REMEDIATION = "remediation"
    PERMISSIONS = "permissions"
    BACKUPS = "backups"


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


@app.command()
def export(
    what: Annotated[What, typer.Argument()],
    out: Annotated[Path, typer.Option("--out", dir_okay=False)],
    lang: Annotated[Language | None, typer.Option("--lang")] = None,
    entity: Annotated[list[str] | None, typer.Option("--entity")] = None,
    config: ConfigOption = None,
) -> int:
    """Write a list to a file: a sheet per system in .xlsx, one table in .csv."""
    from governance.errors import ConfigError

    if what is not What.REMEDIATION:
        raise ConfigError("remediation.not_yet", what=what.value)
    chosen = lang.value if lang else language()
    written = write(out, chosen, tuple(entity or ()), config)
    from governance.i18n.formats import plural

    sys.stdout.write(plural("remediation.written", written, chosen, file=out) + "\n")
    return 0


def write(out: Path, chosen: str, entities: tuple[str, ...], named: Path | None) -> int:
    """Write the remediation list as the local operator. Raises ConfigError for a wrong name."""
    from governance.access import local_operator
    from governance.config import load
    from governance.errors import ConfigError
    from governance.exports.exporter import Exporter
    from governance.exports.remediation import TO_DO
    from governance.ledger import open_ledger
    from governance.reading import Desk, Filters
    from governance.store import home_path, open_home

    place = home_path()
    config = load(find_config(named, place), environ=os.environ, secrets=False)
    home = open_home(place)
    known = [entity.name for entity in config.entities]
    for name in entities:
        if name not in known:
            raise ConfigError("remediation.entity", entity=name, allowed=", ".join(known))
    ledger = open_ledger(home.path)
    desk = Desk(home, ledger.database)
    try:
        view = desk.view(local_operator(), [check.name for check in config.checks])
        if not view.reading.parts:
            raise ConfigError("remediation.nothing_run", home=home.path)
        exporter = Exporter(view, config, chosen)
        wanted = Filters(entity=entities, state=TO_DO)
        return exporter.remediation(out, now=datetime.now(UTC), filters=wanted)
    finally:
        desk.close()
        ledger.close()
