"""What the dashboard has open: the configuration, the ledger, and how things stand with them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from governance.config import Config, load
from governance.demo.living import Living, living
from governance.ledger import Ledger, open_ledger
from governance.reading import Desk
from governance.store import Home, open_home
from governance.worker.standing import Standing, standing_of


@dataclass(frozen=True)
class Workspace:
    """`config` holds no secret: the dashboard never opens a source."""

    home: Home
    ledger: Ledger
    desk: Desk
    config: Config | None

    @property
    def checks(self) -> tuple[str, ...]:
        """The configured checks: one taken out of the configuration no longer speaks."""
        return tuple(check.name for check in self.config.checks) if self.config else ()

    @property
    def queue(self) -> tuple[str, ...]:
        """The checks whose findings somebody works on: those of entities, and of permissions."""
        return tuple(check.name for check in self.config.every_check) if self.config else ()


def config_path() -> Path | None:
    """`$DUIQI_CONFIG`, else `./governance.yaml`, else the one in the home directory."""
    named = os.environ.get("DUIQI_CONFIG")
    if named:
        return Path(named).absolute()
    home = Path(os.environ.get("DUIQI_HOME") or "var")
    found = (p for p in (Path("governance.yaml"), home / "governance.yaml") if p.is_file())
    path = next(found, None)
    return None if path is None else path.absolute()


def workspace() -> Workspace:
    """The workspace of this process, opened once; the configuration is read again once it changes.

    Raises ConfigProblems for a configuration that does not hold, StoreError where the ledger or
    the home cannot be opened.
    """
    home, ledger, desk = _store(
        os.environ.get("DUIQI_HOME") or "var", os.environ.get("DUIQI_LEDGER_URL")
    )
    path = config_path()
    if path is None:
        return Workspace(home, ledger, desk, None)
    try:
        mark = path.stat()
    except OSError:  # named but not there: the loader says so in the reader's words
        return Workspace(home, ledger, desk, load(path, environ=os.environ, secrets=False))
    return Workspace(home, ledger, desk, _config(str(path), mark.st_mtime_ns, mark.st_size))


def ledger() -> Ledger:
    """The ledger alone, whatever the configuration says. Raises StoreError as `workspace`."""
    return _store(os.environ.get("DUIQI_HOME") or "var", os.environ.get("DUIQI_LEDGER_URL"))[1]


def _close(store: tuple[Home, Ledger, Desk]) -> None:
    store[2].close()
    store[1].close()


@st.cache_resource(show_spinner=False, max_entries=2, on_release=_close)
def _store(home: str, url: str | None) -> tuple[Home, Ledger, Desk]:
    opened = open_home(home)
    ledger = open_ledger(opened.path, url)
    return opened, ledger, Desk(opened, ledger.database)


@st.cache_resource(show_spinner=False, max_entries=2)
def _config(path: str, changed: int, size: int) -> Config:  # noqa: ARG001 - the cache key
    return load(Path(path), environ=os.environ, secrets=False)


def standing() -> Standing:
    """How things stand now; what every page's caption says."""
    open_ = workspace()
    return standing_of(open_.ledger, open_.config, datetime.now(UTC), open_.home.path)


def glance() -> tuple[Living | None, int | None]:
    """How far the demo is with its days, and the newest run with results; two short queries."""
    open_ = workspace()
    run = open_.ledger.runs.last_sealed()
    lived = living(open_.home.path, open_.ledger, datetime.now(UTC))
    return lived, run.id if run else None


def release() -> None:
    """Close what is open; the next call opens it anew."""
    _store.clear()
    _config.clear()
