"""What the commands that open a workspace share."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from governance.cli import language
from governance.errors import ConfigError
from governance.i18n import explain_code, t

if TYPE_CHECKING:
    from governance.config import Config
    from governance.ledger import Ledger
    from governance.store import Home
    from governance.worker.workbench import Bench


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE"),
]
FormatOption = Annotated[Format, typer.Option("--format")]


def find_config(named: Path | None, home: Path) -> Path:
    """The configuration file, absolute. Raises ConfigError `cli.no_config` where there is none."""
    told = named or (Path(os.environ["DUIQI_CONFIG"]) if os.environ.get("DUIQI_CONFIG") else None)
    if told is not None:
        return told.absolute()
    for path in (Path("governance.yaml"), home / "governance.yaml"):
        if path.is_file():
            return path.absolute()
    raise ConfigError("cli.no_config")


def load_config(path: Path) -> Config:
    """The configuration with its secrets, as whoever reads sources needs it."""
    from governance.config import load

    return load(path, environ=os.environ)


def bench_of(ledger: Ledger, home: Home) -> Bench:
    """The real tools: the real clock, real runs, the store of this home."""
    from governance.demo.access.obeying import obeying
    from governance.runs import execute
    from governance.worker.holder import utc_now
    from governance.worker.tidy import clean_up
    from governance.worker.workbench import Bench

    return Bench(
        ledger=ledger,
        home=home,
        clock=utc_now,
        execute=obeying(execute),
        clean_up=lambda fence: clean_up(ledger, home, fence),
    )


def stop_on_signals() -> threading.Event:
    """Set by SIGINT, SIGTERM and SIGHUP, so that the work under way can end in order."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


def say(name: str, **params: object) -> None:
    """One line for a person, on stderr."""
    sys.stderr.write(t(name, language(), **params) + "\n")
    sys.stderr.flush()


def log_to_stderr() -> None:
    """Logs with UTC times. Chatty libraries only warn; they may repeat what we asked for."""
    import logging
    import time

    form = logging.Formatter("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    form.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(form)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in ("apscheduler", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def write_json(value: dict[str, object]) -> None:
    """One object on stdout and nothing else."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def instant(moment: datetime | None) -> str | None:
    """A time for programs: UTC, whole seconds, `2026-03-01T12:00:00Z`."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def reason(code: str | None, params: dict[str, str]) -> dict[str, str] | None:
    """A coded reason for programs and people both."""
    return None if code is None else {"code": code, "text": words(code, params)}


def words(code: str, params: dict[str, str]) -> str:
    """A coded reason in words; the code itself where another version wrote one without words."""
    try:
        return explain_code(code, params, language())
    except (KeyError, IndexError):
        return code


def percent(score: float | None) -> str:
    """Cut, not rounded: 99.96 % never reads as 100 %."""
    return "-" if score is None else f"{int(score * 1000 + 1e-9) / 10:.1f}%"
