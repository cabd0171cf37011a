"""`duiqi compare`: hold two files or tables against each other by key."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from governance.cli import language

app = typer.Typer(add_completion=False)
Words = list[str]


@app.command()
def compare(
    left: Annotated[str, typer.Argument(help="a file, or a database URL with #table")],
    right: Annotated[str, typer.Argument(help="what to hold it against")],
    key: Annotated[Words, typer.Option("--key", help="key columns: a,b")] = [],  # noqa: B006
    left_key: Annotated[Words, typer.Option("--left-key", help="as the left calls them")] = [],  # noqa: B006
    right_key: Annotated[Words, typer.Option("--right-key", help="as the right calls them")] = [],  # noqa: B006
    maps: Annotated[Words, typer.Option("--map", help="left=right, for other columns")] = [],  # noqa: B006
    ignore: Annotated[Words, typer.Option("--ignore", help="columns to leave out")] = [],  # noqa: B006
    types: Annotated[Words, typer.Option("--type", help="column=decimal, …")] = [],  # noqa: B006
    normalize: Annotated[Words, typer.Option("--normalize", help="column=phone, …")] = [],  # noqa: B006
    tolerance: Annotated[
        Words, typer.Option("--tolerance", help="column=0.01, column=1%, column=5min")
    ] = [],  # noqa: B006
    base: Annotated[
        str | None, typer.Option("--base", help="what both agreed on: tells which side moved")
    ] = None,
    findings: Annotated[
        Path | None, typer.Option("--findings", help="write every difference: .csv .jsonl …")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="text or json")] = "text",
) -> int:
    """Exit 0: aligned; 1: differences; 2: it could not be told."""
    from checks.normalisers import NORMALISERS, TYPES
    from governance.compare.report import as_json, as_text
    from governance.compare.request import (
        FORMATS,
        Request,
        assigned,
        business_zone,
        keys_of,
        names_in,
        renames_in,
        tolerances_in,
    )
    from governance.compare.run import compare as run
    from governance.errors import ConfigError

    if form not in FORMATS:
        raise ConfigError("compare.format", format=form, allowed=", ".join(FORMATS))
    names, key_renames = keys_of(key, left_key, right_key)
    found = run(
        Request(
            left=left,
            right=right,
            key=names,
            renames=renames_in(maps, key_renames),
            ignore=frozenset(names_in(ignore)),
            types=assigned(types, "--type", ("text", *TYPES)),
            normalizers=assigned(normalize, "--normalize", tuple(NORMALISERS)),
            tolerances=tolerances_in(tolerance),
            base=base,
            findings=findings,
            zone=business_zone(),
        )
    )
    text = as_json(found, language()) + "\n" if form == "json" else as_text(found, language())
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.flush()
    return 0 if found.aligned else 1
