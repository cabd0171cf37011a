"""`duiqi demo`: the demo company, its thirty days, and the dashboard."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from governance.cli import common, language
from governance.cli.common import say
from governance.i18n import t

if TYPE_CHECKING:
    from governance.demo.home import Tell

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    serve: Annotated[bool, typer.Option("--serve/--no-serve")] = True,
    days: Annotated[int | None, typer.Option(min=1, max=365)] = None,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    size: Annotated[int | None, typer.Option(min=200, max=200_000)] = None,
    home: Annotated[
        Path | None,
        typer.Option(metavar="DIR"),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh")] = False,
) -> int:
    """A made-up company whose CRM and OA have drifted apart, with its history.

    Built once, while the dashboard is open already; after that it is only served, until its days
    no longer end today.
    """
    from governance.demo import home as folder
    from governance.worker.holder import utc_now

    # Whatever points at a real ledger must not receive the demo's runs, here or in the dashboard.
    os.environ.pop("DUIQI_LEDGER_URL", None)
    now = utc_now()
    place = folder.home_of(home)
    wish = folder.wish_of(place, size, days, now)
    if serve:
        show(place, port, lambda tell, stop: folder.ensure(
            place, wish, now, fresh=fresh, tell=tell, stop=stop))  # fmt: skip
        return 0
    with progress() as tell:
        built = folder.ensure(place, wish, now, fresh=fresh, tell=tell)
    tell_where(place, built)
    return 0


def show(place: Path, port: int, ensure: Callable[[Tell, Callable[[], bool]], bool]) -> None:
    """Open the dashboard after the first night, live the others, and serve until stopped."""
    from governance.demo.home import CONFIG
    from governance.demo.replay import Stopped
    from governance.demo.show import Premiere
    from governance.worker.serve import Service

    stop = common.stop_on_signals()
    service = Service(place / CONFIG, place, port, "127.0.0.1", stop, say)
    try:
        with Premiere(service) as premiere:
            with progress() as tell:
                built = ensure(premiere.hearing(tell), stop.is_set)
            tell_where(place, built)
            premiere.go_on()
    except Stopped:
        say("demo.stopped")


def tell_where(place: Path, built: bool) -> None:
    sys.stdout.write(t("demo.built" if built else "demo.found", language(), home=place) + "\n")
    sys.stdout.write(t("demo.files", language(), home=place) + "\n")
    sys.stdout.flush()


@contextmanager
def progress() -> Iterator[Tell]:
    """A line on stderr with the day that was lived last; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda _done, _days: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as line:
        yield lambda done, days: line.update(
            Text(t("demo.progress", language(), done=done, days=days))
        )
