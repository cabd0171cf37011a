"""The dashboard's server side: health and warm start. Nothing here draws."""

from __future__ import annotations

import gc
import importlib
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from checks.errors import CodedError
from governance.errors import ConfigError
from governance.ui import plots, states, workspace
from governance.ui.here import here
from governance.worker.standing import WorkerState, standing_of

SHELL = Path(__file__).parent / "shell.py"
logger = logging.getLogger(__name__)

HEAVY = (
    "pandas",
    "pyarrow",
    "duckdb",
    "streamlit.elements.arrow",
    "governance.ui.overview_parts",
    "governance.ui.run_parts",
    "governance.ui.dictionary_parts",
    "governance.ui.finding_list",
    "governance.ui.finding_scores",
    "governance.ui.record_parts",
)


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    await run_in_threadpool(warm)
    yield {}


def warm() -> None:
    """Import what pages import and open the store, so that the first visitor does not wait for it.

    Streamlit collects garbage after every script run and holds the interpreter meanwhile; what
    lives for ever is frozen, so that each of those walks is short.
    """
    from governance.i18n import LANGUAGES, catalogue

    for name in HEAVY:
        importlib.import_module(name)
    plots.figure_of(
        ("2026-03-01",), (plots.Stack("", (1,), "#000"),), (plots.Line("", (1.0,), "#000"),),
        plots.LIGHT, 100,
    ).to_json()  # fmt: skip
    for language in LANGUAGES:
        catalogue(language)
    with suppress(CodedError):  # the pages and /healthz say it to whoever asks
        look_once()
    gc.collect()
    gc.freeze()


def look_once() -> None:
    """Do for nobody what the overview does for its first visitor."""
    from governance.access import local_operator
    from governance.views.overview import overview
    from governance.views.runs import schedule, source_health

    now = datetime.now(UTC)
    workspace.standing()
    open_ = workspace.workspace()
    if open_.config is not None:
        overview(local_operator(), open_.desk, open_.ledger, open_.config, now)
        source_health(local_operator(), open_.ledger, open_.config)
        schedule(open_.config, now)


async def healthz(_request: Request) -> JSONResponse:
    """200 while the ledger can be read, 503 otherwise; tells nothing that a stranger may not know.

    A late or absent worker is said but is no reason to take the dashboard away from its readers.
    """
    body, status = await run_in_threadpool(health)
    return JSONResponse(body, status_code=status, headers={"Cache-Control": "no-store"})


def health() -> tuple[dict[str, object], int]:
    """The body and status of /healthz."""
    config = "ok"
    try:
        found = workspace.standing()
    except ConfigError as error:  # the pages say what is wrong; the ledger may still be fine
        config = error.code
        try:
            found = standing_of(workspace.ledger(), None, datetime.now(UTC))
        except CodedError as worse:
            return {"ok": False, "ledger": worse.code, "config": config}, 503
    except CodedError as error:
        return {"ok": False, "ledger": error.code, "config": config}, 503
    return {
        "ok": True,
        "ledger": "ok",
        "config": config if found.configured or config != "ok" else "missing",
        "worker": found.worker.value,
        "worker_late": found.worker is not WorkerState.ALIVE,
        "run": found.run,
    }, 200


def unexpected(error: Exception) -> bool:
    """Log a bug under a reference and show the reader that reference instead of a traceback."""
    reference = secrets.token_hex(4)
    logger.error("page failed, reference %s", reference, exc_info=error)
    with suppress(KeyError):  # no context yet where the shell itself failed: Streamlit's own box
        reader = here()
        states.broken(reader, reference)
        return True
    return False


ROUTES = (Route("/healthz", healthz),)
