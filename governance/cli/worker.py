"""`duiqi worker`: runs what is due and what is asked for, until it is stopped."""

from __future__ import annotations

import typer

from governance.cli import common

app = typer.Typer(add_completion=False)


@app.command()
def worker(config: common.ConfigOption = None) -> int:
    """Run what is due and what is asked for, until SIGTERM or Ctrl-C.

    Any number may be started; one works, the others stand by.
    """
    from governance.ledger import open_ledger
    from governance.store import open_home
    from governance.worker.loop import Settings, Worker

    common.log_to_stderr()
    home = open_home()
    path = common.find_config(config, home.path)
    settings = Settings(path, common.load_config, common.load_config(path))
    ledger = open_ledger(home.path)
    try:
        Worker(common.bench_of(ledger, home), settings, common.stop_on_signals()).work()
    finally:
        ledger.close()
    return 0
