"""`duiqi backup inspect`: is this backup whole, right, and how old is its data?"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from governance.cli import common, language
from governance.cli.common import Format
from governance.cli.export import Language
from governance.errors import ConfigError
from governance.i18n import explain_code, t

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.backups.inspect.model import Inspected

AUTO = "auto"


def inspect(
    path: Annotated[Path, typer.Argument(metavar="PATH")],
    kind: Annotated[str, typer.Option("--kind")] = AUTO,
    zone: Annotated[str | None, typer.Option("--zone")] = None,
    expect_table: Annotated[list[str] | None, typer.Option("--expect-table", metavar="T")] = None,
    expect_database: Annotated[str | None, typer.Option("--expect-database", metavar="D")] = None,
    base: Annotated[Path | None, typer.Option("--base", metavar="FOLDER")] = None,
    no_content: Annotated[bool, typer.Option("--no-content")] = False,
    format: common.FormatOption = Format.TEXT,
    lang: Annotated[Language | None, typer.Option("--lang")] = None,
) -> int:
    """Look at one backup; nothing is restored, and nothing at PATH is changed.

    Ends with 1 when a verdict is false, else 2 when `complete` is unknown, else 0.
    """
    from governance.backups.inspect.looking import inspect as look
    from governance.backups.inspect.model import Asked
    from governance.worker.holder import utc_now

    asked = Asked(
        path=path,
        zone=zone_of(zone),
        now=utc_now(),
        kind=kind_of(kind),
        tables=tuple(expect_table or ()),
        database=expect_database,
        content=not no_content,
        base=base,
        environment=os.environ,
    )
    found = look(asked)
    speak = lang.value if lang else language()
    if format is Format.JSON:
        common.write_json(as_json(found, speak))
    else:
        sys.stdout.write("".join(f"{line}\n" for line in as_text(found, path, asked.zone, speak)))
    return exit_code(found)


def zone_of(named: str | None) -> ZoneInfo:
    """The zone of times that bear none: as told, else the business zone."""
    from governance.compare.request import business_zone

    try:
        return ZoneInfo(named or business_zone())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError("backups.inspect.bad_zone", zone=named) from None


def kind_of(named: str) -> str | None:
    from governance.backups.inspect.detect import KINDS

    if named != AUTO and named not in KINDS:
        raise ConfigError("backups.inspect.bad_kind", kind=named, allowed=", ".join((AUTO, *KINDS)))
    return None if named == AUTO else named


def exit_code(found: Inspected) -> int:
    if any(verdict.value is False for verdict in found.verdicts.values()):
        return 1
    return 2 if found.complete.value is None else 0


def reasons(found: Inspected) -> Iterator[tuple[str, dict[str, str]]]:
    """Every problem once, then why a verdict is not known."""
    seen = set()
    for problem in found.problems:
        one = (problem.code, tuple(problem.params.items()))
        if one not in seen:
            seen.add(one)
            yield problem.code, dict(problem.params)
    for verdict in found.verdicts.values():
        one = (verdict.code, tuple(verdict.params.items()))
        if verdict.value is not True and one not in seen:
            seen.add(one)
            yield verdict.code, dict(verdict.params)


def as_json(found: Inspected, speak: str) -> dict[str, object]:
    return {
        "kind": found.kind,
        "fresh_at": common.instant(found.fresh_at),
        **{name: verdict.value for name, verdict in found.verdicts.items()},
        "problems": [
            {"code": code, "text": explain_code(code, params, speak)}
            for code, params in reasons(found)
        ],
    }


def as_text(found: Inspected, path: Path, zone: ZoneInfo, speak: str) -> Iterator[str]:
    from governance.compare.terminal import shown

    kind = t(f"backups.inspect.kind.{found.kind}", speak)
    yield t("backups.inspect.line", speak, path=shown(str(path)), kind=kind)
    at = found.fresh_at
    when = at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z") if at else None
    fresh = when or t("backups.inspect.value.none", speak)
    yield f"  {t('backups.inspect.mark.fresh', speak)}: {fresh}"
    for name, verdict in found.verdicts.items():
        mark = t(f"backups.inspect.mark.{name}", speak)
        value = t(f"backups.inspect.value.{str(verdict.value).lower()}", speak)
        why = shown(explain_code(verdict.code, dict(verdict.params), speak))
        yield f"  {mark}: {value} · {why}"
    whys = {(v.code, tuple(v.params.items())) for v in found.verdicts.values()}
    for code, params in reasons(found):
        if (code, tuple(params.items())) not in whys:
            yield f"  - {shown(explain_code(code, params, speak))}"
