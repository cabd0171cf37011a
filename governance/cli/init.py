"""`duiqi init`: looks at your systems and writes a first governance.yaml."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from governance.cli import language

if TYPE_CHECKING:
    from governance.config.proposal import Proposed
    from governance.config.sampling import Looked

app = typer.Typer(add_completion=False)
Where = Annotated[str | None, typer.Option(metavar="URL|FILE")]


@app.command()
def init(crm: Where = None, oa: Where = None, out: Path = Path("governance.yaml")) -> int:
    """Propose a governance.yaml. Without an option the address is taken from CRM_URL or OA_URL."""
    from governance.config.proposal import propose
    from governance.errors import ConfigError

    refuse(out)
    given = {"crm": crm or os.environ.get("CRM_URL"), "oa": oa or os.environ.get("OA_URL")}
    named = {name: where for name, where in given.items() if where}
    if not named:
        raise ConfigError("init.nothing")
    looked = tuple(look_at(name, where) for name, where in named.items())
    proposed = propose(looked)
    if not proposed:
        raise ConfigError("init.no_pair" if len(looked) > 1 else "init.no_table")
    write(out, looked, proposed)
    tell(out, looked, proposed)
    return 0


def refuse(out: Path) -> None:
    """Never write over anything, and say so before the systems are asked."""
    from governance.errors import ConfigError

    if out.exists() or out.is_symlink():
        raise ConfigError("init.exists", path=out)
    if not out.absolute().parent.is_dir():
        raise ConfigError("init.no_folder", path=out.parent)


def look_at(name: str, where: str) -> Looked:
    from zoneinfo import ZoneInfo

    from governance.config.sampling import look, source_of

    def progress(table: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{name}: {table!r}")
            sys.stderr.flush()

    looked = look(source_of(name, where), ZoneInfo("Asia/Shanghai"), progress)
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    return looked


def write(out: Path, looked: tuple[Looked, ...], proposed: tuple[Proposed, ...]) -> None:
    from governance.config.writing import written
    from governance.errors import ConfigError

    text = written(looked, proposed, out, language())
    try:
        with out.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise ConfigError("init.exists", path=out) from None
    except OSError as error:
        raise ConfigError("init.unwritable", path=out, reason=error.strerror or "I/O") from None


def tell(out: Path, looked: tuple[Looked, ...], proposed: tuple[Proposed, ...]) -> None:
    """What was proposed and what to do next. Addresses are not repeated: they hold passwords."""
    from governance.config.writing import reference
    from governance.i18n import t

    say = [t("init.wrote", language(), path=out, count=len(proposed))]
    for entity in proposed:
        tables = " = ".join(f"{x.source}.{x.table}" if x.table else x.source for x in entity.tables)
        say.append("  " + t("init.entity", language(), name=entity.name, tables=tables,
                            key=entity.key, fields=len(entity.fields)))  # fmt: skip
    for one in looked:
        if one.config.url is not None:
            name = one.config.name
            say.append(t("init.export", language(), name=reference(name), option=f"--{name}"))
    say.append(t("init.next", language(), path=out))
    sys.stdout.write("\n".join(say) + "\n")
