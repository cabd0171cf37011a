"""`duiqi backup`: one backup looked at, and restored to try it."""

from __future__ import annotations

import typer

from governance.cli.backup_inspect import inspect
from governance.cli.drill import drill

app = typer.Typer(add_completion=False)
app.command("inspect")(inspect)
app.command("drill")(drill)


@app.callback()
def backup() -> None:
    """Would the backup bring the data back?"""
