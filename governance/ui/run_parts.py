"""Blocks of the runs page: what comes next, what is under way, what was, and why it failed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import streamlit as st

from governance.config import Config
from governance.i18n import formats
from governance.ledger.rows import RunStatus, StepKind, StepRow, StepStatus
from governance.ui.components import heading, number_column, pill_column, table, text_column
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.ui.states import told
from governance.ui.text import plain
from governance.views.runs import NextSlot, RunLine, RunView, expected_steps
from governance.worker.standing import WorkerState

STATUS_TONES = {
    RunStatus.QUEUED: "quiet",
    RunStatus.RUNNING: "busy",
    RunStatus.SUCCEEDED: "good",
    RunStatus.PARTIAL: "watch",
    RunStatus.FAILED: "bad",
    RunStatus.STOPPED: "quiet",
}
STEP_TONES = {StepStatus.RUNNING: "busy", StepStatus.DONE: "good", StepStatus.FAILED: "bad"}
HISTORY_ROWS = 9
SHOWN_SLOTS = 4


def source_name(here: Here, config: Config, name: str) -> str:
    """A source's title as it is; its code where the configuration no longer has it."""
    return next((here.title(s.title) for s in config.sources if s.name == name), name)


def entity_name(here: Here, config: Config, name: str) -> str:
    return next((here.title(e.title) for e in config.tables if e.name == name), name)


def check_name(here: Here, config: Config, name: str) -> str:
    return next((here.title(c.title) for c in config.every_check if c.name == name), name)


def next_slots(here: Here, config: Config, slots: tuple[NextSlot, ...]) -> None:
    """When what is read and checked next."""
    heading(here.t("runs.next"))
    if not slots:
        st.caption(here.t("runs.next.none"))
    for slot in slots[:SHOWN_SLOTS]:
        names = [plain(source_name(here, config, name)) for name in slot.sources]
        names = names or [plain(check_name(here, config, name)) for name in slot.checks]
        st.markdown(
            f"**{here.moment(slot.at)}** :gray[{here.distance(slot.at)} · "
            f"{here.t('ui.list').join(names)}]"
        )


def absent_worker(here: Here) -> None:
    """How to start a worker, where none is there to answer; a demo's comes by itself."""
    if here.standing.living is not None:
        st.caption(here.t("runs.after_the_days"))
    elif here.standing.worker is WorkerState.ABSENT:
        st.caption(here.t("runs.no_worker"))
        st.code("duiqi worker", language=None)


def step_words(here: Here, config: Config, step: StepRow) -> str:
    """What a step does: reads a source's entity, evaluates a check, seals. As it is."""
    if step.kind is StepKind.READ and step.entity is None:
        return here.t("runs.step.open", source=source_name(here, config, step.source or ""))
    if step.kind is StepKind.READ:
        return here.t(
            "runs.step.read",
            source=source_name(here, config, step.source or ""),
            entity=entity_name(here, config, step.entity or ""),
        )
    if step.kind is StepKind.CHECK:
        return here.t("runs.step.check", check=check_name(here, config, step.check_name or ""))
    return here.t("runs.step.seal")


def took(here: Here, start: datetime | None, end: datetime | None) -> str:
    """A duration, up to now for what goes on; a dash before the start."""
    if start is None:
        return "–"
    return formats.span((end or here.now) - start, here.language)


def progress(here: Here, config: Config, view: RunView) -> None:
    """What the run under way has done so far."""
    run = view.run
    with st.container(border=True):
        done = sum(step.status is not StepStatus.RUNNING for step in view.steps)
        whole = max(expected_steps(config, run), len(view.steps), 1)
        if run.status is RunStatus.QUEUED:
            st.markdown(f":material/hourglass_empty: {here.t('runs.queued', run=run.id)}")
            absent_worker(here)
            return
        st.progress(
            min(done / whole, 1.0),
            here.t(
                "runs.running",
                run=run.id,
                rows=here.number(view.rows),
                span=took(here, run.started_at, None),
            ),
        )
        if view.steps:
            steps_table(here, config, view, key="progress")


def steps_table(here: Here, config: Config, view: RunView, *, key: str) -> None:
    """The run's log: every step with rows, duration and how it ended."""
    rows = [
        {
            "at": formats.clock(step.started_at, here.zone),
            "what": step_words(here, config, step),
            "status": [step.status.value],
            "rows": step.rows,
            "took": took(here, step.started_at, step.finished_at),
            "notes": "" if step.code == view.run.error_code else remarks(here, step),
        }
        for step in view.steps
    ]
    words = {status.value: here.t(f"runs.step_status.{status.value}") for status in StepStatus}
    head = {name: here.t(f"runs.column.{name}") for name in rows[0]}
    columns: dict[str, Any] = {
        "at": text_column(head["at"], width=80),
        "what": text_column(head["what"], width=280),
        "status": pill_column(
            head["status"], words, [palette().pill[STEP_TONES[s]] for s in StepStatus], width=80
        ),
        "rows": number_column(head["rows"], width=90),
        "took": text_column(head["took"], width=80, alignment="right"),
        "notes": text_column(head["notes"]),
    }
    table(rows, columns, most=14, key=key)


def remarks(here: Here, step: StepRow) -> str:
    """What the step has to say besides its rows, as plain words for a cell of text."""
    said = [told(here, step.code, step.params, cell=True)] if step.code else []
    for note in step.notes:
        params = note.get("params")
        known = {k: str(v) for k, v in params.items()} if isinstance(params, dict) else {}
        said.append(told(here, str(note.get("code", "")), known, cell=True))
    return " ".join(said)


def history_table(
    here: Here, config: Config, lines: tuple[RunLine, ...], chosen: int
) -> int | None:
    """The runs, newest first; the run whose row was picked, or None."""
    rows = [
        {
            "run": f"#{line.run.id}",
            "status": [line.run.status.value],
            "started": here.moment(line.run.started_at or line.run.requested_at),
            "took": "–" if line.took is None else formats.span(line.took, here.language),
            "rows": line.rows,
            "open": line.open_findings,
            "failed": here.t("ui.list").join(
                source_name(here, config, name) for name in line.failed_sources
            ),
            "trigger": here.t(f"runs.trigger.{line.run.trigger.value}"),
            "by": line.run.requested_by,
        }
        for line in lines
    ]
    words = {status.value: here.t(f"runs.status.{status.value}") for status in RunStatus}
    head = {name: here.t(f"runs.column.{name}") for name in rows[0]}
    columns: dict[str, Any] = {
        "run": text_column(head["run"], width=60),
        "status": pill_column(
            head["status"], words, [palette().pill[STATUS_TONES[s]] for s in RunStatus], width=90
        ),
        "started": text_column(head["started"], width=130),
        "took": text_column(head["took"], width=80, alignment="right"),
        "rows": number_column(head["rows"], width=90),
        "open": number_column(head["open"], width=90),
        "failed": text_column(head["failed"]),
        "trigger": text_column(head["trigger"], width=90),
        "by": text_column(head["by"], width=90),
    }
    ids = [line.run.id for line in lines]
    at = ids.index(chosen) if chosen in ids else None
    state = table(
        rows,
        columns,
        most=HISTORY_ROWS,
        key=f"history-{len(ids)}-{ids[0]}-{chosen}",
        on_select="rerun",
        selection_mode="single-row",
        selection_default=None if at is None else {"selection": {"rows": [at]}},
    )
    picked = state["selection"]["rows"]
    return ids[picked[0]] if picked else None


def detail(here: Here, config: Config, view: RunView) -> None:
    """One run: how it ended, why something failed and what to do next, and its log."""
    run = view.run
    status = here.t(f"runs.status.{run.status.value}")
    heading(
        here.t(
            "runs.detail",
            run=run.id,
            status=status,
            when=here.moment(run.started_at or run.requested_at),
        )
    )
    reasons = failure_lines(here, config, view)
    if reasons:
        with st.container(gap="xxsmall"):
            for line in reasons:
                st.markdown(line)
    if view.steps:
        steps_table(here, config, view, key=f"steps-{run.id}")
    if run.sha256:
        st.caption(
            here.t("runs.sealed", sha=run.sha256[:16], config=(run.config_digest or "")[:12])
        )
    if run.pruned_at:
        st.caption(here.t("runs.pruned", when=here.moment(run.pruned_at)))


def failure_lines(here: Here, config: Config, view: RunView) -> list[str]:
    """Per failure: what it was, why, and whether it heals by itself."""
    run = view.run
    lines = []
    if run.error_code:
        lines.append(f":red[:material/error:] {told(here, run.error_code, run.error_params)}")
    for step in view.failures:
        if not step.code or step.code == run.error_code:  # cut short with the run, told once
            continue
        what = plain(step_words(here, config, step))
        heals = here.t("runs.heals.yes" if step.retryable else "runs.heals.no")
        why = told(here, step.code, step.params)
        lines.append(f":red[:material/error:] **{what}** — {why} :gray[{heals}]")
    for result in view.results:
        if result.reason_code:
            name = plain(check_name(here, config, result.check_name))
            why = told(here, result.reason_code, dict(result.reason_params))
            outcome = here.t(f"ui.outcome.{result.outcome.value}")
            lines.append(f":orange[:material/block:] **{name}** {outcome} — {why}")
    return lines
