"""`duiqi status`: last run, next run, metrics, source health, and whether a worker is alive."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from governance.cli import common, language
from governance.cli.common import Format
from governance.cli.run import check_json, check_line
from governance.i18n import t

if TYPE_CHECKING:
    from governance.ledger.rows import AlertRow, RunRow
    from governance.views.status import SourceHealth, Status

app = typer.Typer(add_completion=False)


@app.command()
def status(config: common.ConfigOption = None, format: common.FormatOption = Format.TEXT) -> int:
    """Say how things stand. Reads the ledger only, never a source.

    Ends with 0 when every check passed when it was last evaluated, 1 when one failed, 2 when one
    could not be evaluated or was never, or when a source could not be read.
    """
    from governance.config import load
    from governance.ledger import open_ledger
    from governance.store import home_path, open_home
    from governance.views.status import status_of
    from governance.worker.holder import utc_now

    place = home_path()
    loaded = load(common.find_config(config, place), environ=os.environ, secrets=False)
    home = open_home(place)
    ledger = open_ledger(home.path)
    try:
        found = status_of(ledger, loaded, utc_now())
    finally:
        ledger.close()
    if format is Format.JSON:
        common.write_json(as_json(found))
    else:
        sys.stdout.write("\n".join(as_text(found, loaded.time_zone)) + "\n")
    return found.exit_code


def as_json(found: Status) -> dict[str, object]:
    """The contract's object; the operations guide shows an example."""
    lease = found.lease
    return {
        "worker": {
            "alive": found.worker_is_alive,
            "holder": lease.holder if lease else None,
        },
        "last_run": None if found.last is None else run_json(found.last),
        "same_config": found.same_config,
        "running": None if found.running is None else found.running.id,
        "queued": found.queued,
        "next_runs": [
            {
                "job": job.name,
                "at": common.instant(slot),
                "sources": list(job.sources),
                "checks": list(job.checks),
            }
            for job, slot in found.upcoming
        ],
        "checks": [
            {
                **check_json(result),
                "run": result.run_id,
                "as_of": {name: common.instant(at) for name, at in result.as_of.items()},
            }
            for result in found.results
        ],
        "metrics": [
            {
                "check": metric.check_name,
                "left": metric.left_source,
                "right": metric.right_source,
                "name": metric.name,
                "value": metric.value,
            }
            for metric in found.metrics
        ],
        "sources": [source_json(source) for source in found.sources],
        "alerts": [alert_json(alert) for alert in found.alerts],
    }


def run_json(run: RunRow) -> dict[str, object]:
    return {
        "run": run.id,
        "status": run.status.value,
        "trigger": run.trigger.value,
        "requested_by": run.requested_by,
        "started_at": common.instant(run.started_at),
        "finished_at": common.instant(run.finished_at),
        "as_of": common.instant(run.as_of),
        "error": common.reason(run.error_code, run.error_params),
    }


def source_json(source: SourceHealth) -> dict[str, object]:
    return {
        "name": source.name,
        "status": source.status,
        "last_read": common.instant(source.last_read),
        "rows": source.rows,
        "error": common.reason(source.code, source.params),
    }


def alert_json(alert: AlertRow) -> dict[str, object]:
    return {
        "subject": alert.subject,
        "since": common.instant(alert.opened_at),
        "reason": common.reason(alert.code, alert.params),
    }


def as_text(found: Status, zone: ZoneInfo) -> Iterator[str]:
    speak = language()
    yield t("cli.worker_alive" if found.worker_is_alive else "cli.worker_absent", speak)
    if found.last is None:
        yield t("cli.no_run", speak)
    else:
        ended = found.last.finished_at
        yield t(
            "cli.last_run",
            speak,
            run=found.last.id,
            status=t(f"cli.status_{found.last.status.value}", speak),
            at=ended.astimezone(zone).strftime("%Y-%m-%d %H:%M") if ended else "-",
        )
    if found.same_config is False:
        yield t("cli.last_run_other", speak)
    if found.upcoming:
        job, slot = found.upcoming[0]
        at = slot.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        yield t("cli.next_run", speak, job=job_words(job.name), at=at)
    else:
        yield t("cli.no_schedule", speak)
    for source in found.sources:
        yield "  " + source_line(source, zone)
    for result in found.results:
        yield "  " + check_line(result)


def job_words(name: str) -> str:
    """`schedule`, `source:crm` or `check:customers` in words."""
    kind, _, what = name.partition(":")
    return t(f"cli.job_{kind}", language(), name=what)


def source_line(source: SourceHealth, zone: ZoneInfo) -> str:
    speak = language()
    if source.code is not None:
        why = common.words(source.code, source.params)
        return t("cli.source_failed", speak, name=source.name, why=why)
    if source.last_read is None:
        return t("cli.source_never_read", speak, name=source.name)
    at = source.last_read.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return t("cli.source_ok", speak, name=source.name, rows=f"{source.rows or 0:,}", at=at)
