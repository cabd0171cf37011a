"""`duiqi run`: read the sources and evaluate the checks, once, now."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from checks.backups import CODE as BACKUPS
from checks.permissions import CODE as PERMISSIONS
from governance.cli import common, language
from governance.cli.common import Format, say
from governance.i18n import t

if TYPE_CHECKING:
    from governance.ledger import Ledger
    from governance.ledger.rows import CheckResultRow, RunRow
    from governance.worker.run_now import Report

INTERRUPTED = 130

app = typer.Typer(add_completion=False)


@app.command()
def run(
    check: Annotated[list[str] | None, typer.Option(metavar="NAME")] = None,
    config: common.ConfigOption = None,
    format: common.FormatOption = Format.TEXT,
) -> int:
    """Read the sources and evaluate the checks, once, now.

    Ends with 0 when every check passed, 1 when one failed, 2 when something could not be
    evaluated. While a worker is at work the run is queued there and followed here.
    """
    from governance.access import local_operator
    from governance.ledger import open_ledger
    from governance.store import open_home
    from governance.worker.run_now import Watch, report_of, run_now

    home = open_home()
    loaded = common.load_config(common.find_config(config, home.path))
    ledger = open_ledger(home.path)
    try:
        bench = common.bench_of(ledger, home)
        stop = common.stop_on_signals()
        with progress(ledger) as show:
            ended = run_now(bench, loaded, check or (), local_operator(), Watch(show, stop))
        if not ended.status.is_over:
            say("cli.run_goes_on", run=ended.id)
            return INTERRUPTED
        if ended.config_digest not in (None, loaded.digest):
            say("cli.other_config", run=ended.id)
        report = report_of(ledger, ended)
    finally:
        ledger.close()
    if format is Format.JSON:
        common.write_json(as_json(report))
    else:
        sys.stdout.write("\n".join(as_text(report)) + "\n")
    return report.exit_code


@contextmanager
def progress(ledger: Ledger) -> Iterator[Callable[[RunRow], None]]:
    """A line on stderr that says what the run does; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda _run: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as line:
        yield lambda run: line.update(Text(doing(ledger, run)))


def doing(ledger: Ledger, run: RunRow) -> str:
    from governance.ledger.rows import RunStatus, StepStatus

    if run.status is RunStatus.QUEUED:
        return t("cli.waiting", language(), run=run.id)
    busy = [s for s in ledger.steps.of_run(run.id) if s.status is StepStatus.RUNNING]
    parts = [
        t(
            f"cli.doing_{step.kind.value}",
            language(),
            what=" / ".join(p for p in (step.source, step.entity, step.check_name) if p),
            rows=f"{step.rows or 0:,}",
        )
        for step in busy
    ]
    return t("cli.run_line", language(), run=run.id, parts=" · ".join(parts))


def as_json(report: Report) -> dict[str, object]:
    """The contract's object; the operations guide shows an example."""
    return {
        "run": report.run.id,
        "status": report.run.status.value,
        "as_of": common.instant(report.run.as_of),
        "error": common.reason(report.run.error_code, report.run.error_params),
        "checks": [check_json(result) for result in report.checks],
        "sources": [
            {
                "name": source.name,
                "status": source.status,
                "rows": source.rows,
                "error": common.reason(source.code, source.params),
            }
            for source in report.sources
        ],
        "drift": {"open": report.drift},
    }


def check_json(result: CheckResultRow) -> dict[str, object]:
    return {
        "name": result.check_name,
        "outcome": result.outcome.value,
        "reason": common.reason(result.reason_code, dict(result.reason_params)),
        "strict": result.strict,
        "adjusted": result.adjusted,
        "open_findings": result.open_findings,
    }


def as_text(report: Report) -> Iterator[str]:
    speak = language()
    run = report.run
    yield t("cli.run_ended", speak, run=run.id, status=t(f"cli.status_{run.status.value}", speak))
    if run.error_code is not None:
        yield "  " + common.words(run.error_code, run.error_params)
    for source in report.sources:
        if source.code is None:
            yield "  " + t("cli.source_read", speak, name=source.name, rows=f"{source.rows:,}")
        else:
            why = common.words(source.code, source.params)
            yield "  " + t("cli.source_failed", speak, name=source.name, why=why)
    for result in report.checks:
        yield "  " + check_line(result)
    if report.drift:
        from governance.i18n import formats

        yield "  " + formats.plural("cli.drift", report.drift, speak)


def check_line(result: CheckResultRow) -> str:
    """One check for people: how it ended, both scores, how much is open, and why if it says."""
    speak = language()
    line = t(
        "cli.check_alone" if result.check_name in (BACKUPS, PERMISSIONS) else "cli.check",
        speak,
        name=result.check_name,
        outcome=t(f"cli.outcome_{result.outcome.value}", speak),
        strict=common.percent(result.strict),
        adjusted=common.percent(result.adjusted),
        open=result.open_findings if result.open_findings is not None else "-",
    )
    if result.reason_code is None:
        return line
    return f"{line}\n    {common.words(result.reason_code, dict(result.reason_params))}"
