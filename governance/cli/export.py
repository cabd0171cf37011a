"""`duiqi export`: write what has to change, for people, for imports and for databases."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from governance.cli import language
from governance.cli.common import ConfigOption, find_config, say

if TYPE_CHECKING:
    from governance.batches.making import Made
    from governance.ledger.batches import NewBatch

app = typer.Typer(add_completion=False)

REMEDIATION, PERMISSIONS, BACKUPS = "remediation", "permissions", "backups"
WHAT = (REMEDIATION, PERMISSIONS, BACKUPS)
KINDS = ("checklist", "import", "sql")
# How many of the lines that moved the terminal names.
NAMED = 5


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


@app.command()
def export(
    what: Annotated[str, typer.Argument(metavar="|".join(WHAT))],
    out: Annotated[Path, typer.Option("--out", dir_okay=False)],
    kind: Annotated[str, typer.Option("--as", metavar="|".join(KINDS))] = KINDS[0],
    system: Annotated[str | None, typer.Option("--system")] = None,
    lang: Annotated[Language | None, typer.Option("--lang")] = None,
    entity: Annotated[list[str] | None, typer.Option("--entity")] = None,
    reveal: Annotated[bool, typer.Option("--reveal")] = False,
    reread: Annotated[bool, typer.Option("--reread/--no-reread")] = True,
    config: ConfigOption = None,
) -> int:
    """Write a list to a file: a sheet per system in .xlsx, one table in .csv."""
    from governance.errors import ConfigError
    from governance.i18n.formats import plural
    from governance.ledger.batches import NewBatch
    from governance.ledger.rows import BatchKind
    from governance.reading import Filters

    if what not in WHAT:
        raise ConfigError("batch.what", value=what, allowed=", ".join(WHAT))
    if what in (PERMISSIONS, BACKUPS):
        write_one = write_permissions if what == PERMISSIONS else write_backups
        count = write_one(out, lang.value if lang else language(), config)
        sys.stdout.write(plural("remediation.written", count, language(), file=out) + "\n")
        return 0
    if kind not in KINDS:
        raise ConfigError("batch.as", value=kind, allowed=", ".join(KINDS))
    chosen = lang.value if lang else language()
    form = out.suffix.lower().lstrip(".")
    asked = Filters(entity=tuple(entity or ()), state=()).told()
    new = NewBatch(BatchKind(kind), form, chosen, asked, system, reveal, reread)
    made = write(out, new, tuple(entity or ()), config)
    sys.stdout.write(plural("remediation.written", made.lines, chosen, file=out) + "\n")
    tell(made)
    return 0


def write(out: Path, new: NewBatch, entities: tuple[str, ...], named: Path | None) -> Made:
    """Make the batch as the local operator. Raises ConfigError for a wrong name."""
    from governance.access import local_operator
    from governance.batches.making import Maker, check
    from governance.config import load
    from governance.errors import ConfigError, SchemaDrift, SourceRefused, SourceUnavailable
    from governance.ledger import open_ledger
    from governance.reading import Desk
    from governance.store import home_path, open_home

    place = home_path()
    config = load(find_config(named, place), environ=os.environ, secrets=new.reread)
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
        check(new, config)
        return Maker(view, config, ledger, home).make(new, out, now=datetime.now(UTC))
    except (SourceUnavailable, SourceRefused, SchemaDrift):
        say("batch.unreachable")
        raise
    finally:
        desk.close()
        ledger.close()


def write_permissions(out: Path, chosen: str, named: Path | None) -> int:
    """Write the newest run's rights and verdicts as the local operator. No source is asked."""
    from governance.access import local_operator
    from governance.config import load
    from governance.exports.permissions import PermissionsFile
    from governance.ledger import open_ledger
    from governance.reviews.opening import Opener
    from governance.store import home_path, open_home

    place = home_path()
    config = load(find_config(named, place), environ=os.environ, secrets=False)
    home = open_home(place)
    ledger = open_ledger(home.path)
    try:
        opener = Opener(ledger, home, config)
        file = PermissionsFile(opener, ledger, local_operator(), chosen, datetime.now(UTC))
        return file.write(out)
    finally:
        ledger.close()


def write_backups(out: Path, chosen: str, named: Path | None) -> int:
    """Write what the newest run is evidence of as the local operator. Nothing is read anew."""
    from governance.access import local_operator
    from governance.config import load
    from governance.exports.backups import BackupsFile
    from governance.ledger import open_ledger
    from governance.reading import Desk
    from governance.store import home_path, open_home

    place = home_path()
    config = load(find_config(named, place), environ=os.environ, secrets=False)
    home = open_home(place)
    ledger = open_ledger(home.path)
    desk = Desk(home, ledger.database)
    try:
        now = datetime.now(UTC)
        return BackupsFile(desk, ledger, config, local_operator(), chosen, now).write(out)
    finally:
        desk.close()
        ledger.close()


def tell(made: Made) -> None:
    """What is no line of the file, and what to be careful about; for people, on stderr."""
    say("batch.number", number=made.number)
    if not made.reread:
        say("batch.unread")
    if made.unchecked:
        say("batch.stale", n=made.unchecked)
    for why, count in sorted(made.left_out.items()):
        say(f"batch.left.{why}", n=count)
    for line in made.missed[:NAMED]:
        say("batch.moved", what=line)
    if len(made.missed) > NAMED:
        from governance.i18n.formats import plural

        more = plural("batch.more", len(made.missed) - NAMED, language())
        sys.stderr.write(more + "\n")
