"""`duiqi validate`: every problem of a configuration, then what each source lets us read."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from governance.cli import language

if TYPE_CHECKING:
    from governance.config import Config, Problem
    from governance.config.reach import SourceReach, TableReach, Told

app = typer.Typer(add_completion=False)
FORMATS = ("text", "json")
LISTED = 8


@app.command()
def validate(
    path: Annotated[Path, typer.Argument()] = Path("governance.yaml"),
    offline: Annotated[bool, typer.Option("--offline")] = False,
    form: Annotated[str, typer.Option("--format")] = "text",
) -> int:
    """Every problem at once: file, line, key, allowed names. Then what each account can read."""
    from governance.config import ConfigProblems, load
    from governance.errors import ConfigError

    if form not in FORMATS:
        raise ConfigError("validate.format", format=form, allowed=", ".join(FORMATS))
    try:
        config = load(path, environ=os.environ)
    except ConfigProblems as error:
        if form == "text":
            raise
        show_json(error.problems, None)
        return 2
    reached = [] if offline else look(config, form == "text")
    if form == "json":
        show_json((), None if offline else reached)
    else:
        show_sum(config, reached, offline)
    return 0 if all(source.fine for source in reached) else 2


def look(config: Config, show: bool) -> list[SourceReach]:
    """Each source as soon as it has answered."""
    from governance.config.reach import reach

    reached = []
    for source in reach(config):
        reached.append(source)
        if show:
            sys.stdout.write("\n".join(source_lines(source)) + "\n")
            sys.stdout.flush()
    return reached


def source_lines(source: SourceReach) -> Iterable[str]:
    if source.error is not None:
        yield say("validate.source_failed", source=source.source, reason=reason(source.error))
        return
    yield say("validate.source", source=source.source, kind=source.kind)
    for table in source.tables:
        yield from table_lines(table, source.source)
    if source.spare:
        yield "  " + say("validate.spare", count=len(source.spare), tables=few(source.spare))


def table_lines(table: TableReach, source: str) -> Iterable[str]:
    name = table.table or source
    why = reason(table.error) if table.error else ""
    words = say(f"validate.table_{table.state.value}", table=name, entity=table.entity, reason=why)
    yield "  " + words
    for code, columns in (
        ("validate.columns_missing", tuple(hinted(name, table) for name in table.missing)),
        ("validate.columns_hidden", table.hidden),
        ("validate.columns_unmapped", table.unmapped),
    ):
        if columns:
            yield "    " + say(code, columns=few(columns))


def hinted(name: str, table: TableReach) -> str:
    """The missing column, and the one that was probably meant."""
    from governance.sources.names import nearest

    near = nearest(name, table.unmapped)
    return name if near is None else say("validate.near", name=name, near=near)


def few(names: tuple[str, ...]) -> str:
    """The first names; how many more there are."""
    shown = ", ".join(names[:LISTED])
    more = len(names) - LISTED
    return shown if more <= 0 else say("validate.more", names=shown, count=more)


def show_sum(config: Config, reached: list[SourceReach], offline: bool) -> None:
    counts: dict[str, Any] = {
        "sources": len(config.sources),
        "entities": len(config.entities),
        "checks": len(config.every_check),
        "tables": len(config.permissions.tables) if config.permissions else 0,
    }
    sys.stdout.write(
        say(
            "validate.sum_access" if counts["tables"] else "validate.sum",
            path=config.path.name,
            **counts,
        )
        + "\n"
    )
    bad = [source.source for source in reached if not source.fine]
    if bad:
        sys.stderr.write(say("validate.not_fine", sources=", ".join(bad)) + "\n")
    elif offline:
        sys.stdout.write(say("validate.offline") + "\n")


def show_json(problems: tuple[Problem, ...], reached: list[SourceReach] | None) -> None:
    """One object. `sources` is null where no source was asked."""
    listed = [
        {"code": p.code, "file": p.file, "line": p.line, "key": p.key, "text": p.text(language())}
        for p in problems
    ]
    sources = None if reached is None else [source_json(source) for source in reached]
    valid = not listed and all(source.fine for source in reached or ())
    answer = {"valid": valid, "problems": listed, "sources": sources}
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")


def source_json(source: SourceReach) -> dict[str, Any]:
    tables = [
        {
            "entity": table.entity,
            "table": table.table,
            "state": table.state.value,
            "missing": list(table.missing),
            "hidden": list(table.hidden),
            "unmapped": list(table.unmapped),
            "reason": reason(table.error) if table.error else None,
        }
        for table in source.tables
    ]
    return {
        "name": source.source,
        "kind": source.kind,
        "state": source.state.value,
        "reason": reason(source.error) if source.error else None,
        "tables": tables,
        "spare": list(source.spare),
    }


def reason(error: Told) -> str:
    from governance.i18n import explain_code

    return explain_code(error.code, error.params, language())


def say(code: str, **params: object) -> str:
    from governance.i18n import t

    return t(code, language(), **params)
