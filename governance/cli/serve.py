"""`duiqi serve`: the dashboard and the worker, started and stopped together."""

from __future__ import annotations

from typing import Annotated

import typer

from governance.cli import common

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    address: str = "127.0.0.1",
    config: common.ConfigOption = None,
) -> int:
    """Serve the dashboard and work in the background, until SIGTERM or Ctrl-C."""
    from governance.store import open_home
    from governance.worker.serve import Service
    from governance.worker.serve import serve as run_both

    home = open_home()
    path = common.find_config(config, home.path)
    # A configuration that does not hold is said here, once, not by a worker that keeps dying.
    common.load_config(path)
    stop = common.stop_on_signals()
    run_both(Service(path, home.path, port, address, stop, common.say))
    return 0
