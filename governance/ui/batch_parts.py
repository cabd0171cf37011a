"""Blocks of the remediation page: asking for a batch, the batches there are, and one of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import streamlit as st

from checks.outcome import Severity
from governance.access import Right
from governance.batches.making import FORMS
from governance.config import Config
from governance.i18n import formats
from governance.ledger.batches import NewBatch
from governance.ledger.rows import BatchKind, BatchStatus, Verdict
from governance.reading import Filters
from governance.ui import states, urls
from governance.ui.components import (
    Kpi,
    heading,
    kpi,
    number_column,
    pill_column,
    share_column,
    table,
    text_column,
)
from governance.ui.here import Here
from governance.ui.plots import Stack, across, palette
from governance.ui.text import bare, plain
from governance.ui.workspace import Workspace
from governance.views.remediation import (
    WAITING,
    BatchesView,
    LinesView,
    Preview,
    fetch,
    request,
    systems_of,
)
from governance.views.titles import Titles
from governance.worker.standing import WorkerState

ROWS, LINES, CHARTED = 8, 16, 12
STATUS_TONES = {
    BatchStatus.REQUESTED: "quiet",
    BatchStatus.MAKING: "busy",
    BatchStatus.MADE: "good",
    BatchStatus.REFUSED: "bad",
}
VERDICT_TONES = {
    Verdict.OPEN: "quiet",
    Verdict.FIXED: "good",
    Verdict.PARTLY: "watch",
    Verdict.REVERTED: "high",
    Verdict.BOUNCED: "bad",
    Verdict.OVERTAKEN: "busy",
}
MIME = {
    "csv": "text/csv",
    "json": "application/json",
    "sql": "application/sql",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def chosen(config: Config, here: Here) -> NewBatch:
    """What the URL asks for; codes that do not fit are dropped."""
    kind = BatchKind(next(iter(urls.codes("b.kind", list(BatchKind))), BatchKind.CHECKLIST))
    form = next(iter(urls.codes("b.form", FORMS[kind])), _usual(kind))
    systems = systems_of(config, kind)
    system = next(iter(urls.codes("b.system", systems)), None)
    if system is None and kind is not BatchKind.CHECKLIST and systems:
        system = systems[0]
    entities = urls.codes("b.entity", [entity.name for entity in config.entities])
    severities = urls.codes("b.sev", [severity.value for severity in Severity])
    filters = Filters(entity=tuple(entities), severity=tuple(severities), state=())
    reveal = bool(urls.codes("b.reveal", ["1"])) and Right.REVEAL in here.actor.rights
    return NewBatch(kind, form, here.language, filters.told(), system, reveal)


def _usual(kind: BatchKind) -> str:
    return "sql" if kind is BatchKind.SQL else "xlsx"


def form(here: Here, config: Config, new: NewBatch) -> None:
    """What to hand out: kind, system, records, format."""
    titles = Titles(config, here.language)
    systems = systems_of(config, new.kind)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.session_state["b.kind"] = new.kind.value
        st.segmented_control(
            here.t("rem.kind"),
            [kind.value for kind in BatchKind],
            key="b.kind",
            required=True,
            format_func=lambda code: here.t(f"rem.kind.{code}"),
            on_change=urls.keep,
            args=("b.kind", "b.form"),
        )
        is_list = new.kind is BatchKind.CHECKLIST
        _one(here, "b.system", systems, new.system, titles.source, any_=is_list)
        _one(here, "b.form", FORMS[new.kind], new.form, str.upper)
        if Right.REVEAL in here.actor.rights:
            _reveal(here, new)
    st.caption(here.t(f"rem.kind.{new.kind.value}.about"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        entities = {e.name: titles.entity(e.name) for e in config.entities}
        _many(here, "b.entity", entities)
        words = {s.value: here.t(f"ui.severity.{s.value}") for s in Severity}
        _many(here, "b.sev", words)


def _one(
    here: Here, key: str, codes: Iterable[str], now: str | None, words: Any, *, any_: bool = False
) -> None:
    names = {code: bare(words(code)) for code in codes}
    if any_:
        names = {"": here.t("rem.all"), **names}
    st.session_state[key] = now or ""
    st.selectbox(
        here.t(f"rem.{key[2:]}"),
        list(names),
        key=key,
        format_func=lambda code: names.get(code, code),
        on_change=urls.keep,
        args=(key,),
        width=210 if key == "b.system" else 110,
    )


def _many(here: Here, key: str, names: dict[str, str]) -> None:
    urls.restore(key, names)
    st.multiselect(
        here.t(f"rem.{key[2:]}"),
        list(names),
        key=key,
        format_func=lambda code: plain(names.get(code, code)),
        placeholder=here.t("rem.all"),
        on_change=urls.keep,
        args=(key,),
    )


def _reveal(here: Here, new: NewBatch) -> None:
    st.session_state["b.reveal"] = new.reveal
    st.toggle(
        here.t("rem.reveal"),
        key="b.reveal",
        help=here.t("rem.reveal.help"),
        on_change=lambda: urls.put("b.reveal", ["1"] if st.session_state["b.reveal"] else []),
    )


def preview(here: Here, config: Config, seen: Preview) -> None:
    """How many lines it would hold, where, and what it would leave out."""
    titles = Titles(config, here.language)
    st.markdown(f"**{here.plural('rem.preview', seen.total)}**")
    if seen.lines:
        rows = [
            {
                "system": titles.source(system),
                "action": here.t(f"remediation.action.{action}"),
                "lines": count,
            }
            for (system, action), count in sorted(seen.lines.items(), key=lambda item: -item[1])
        ]
        columns = {
            "system": text_column(here.t("rem.system")),
            "action": text_column(here.t("rem.action")),
            "lines": number_column(here.t("rem.lines"), width=90),
        }
        table(rows, columns, most=6, key="b.preview")
    for why, count in sorted(seen.left_out.items()):
        st.caption(left_out(here, why, count))
    if seen.unchecked:
        st.caption(f":orange[:material/warning: {here.t('batch.stale', n=seen.unchecked)}]")


def left_out(here: Here, why: str, count: int) -> str:
    return here.t(f"batch.left.{why}", n=here.number(count))


def ask(here: Here, open_: Workspace, new: NewBatch, seen: Preview) -> None:
    """The button. The worker makes the file: the dashboard holds no password of any system."""
    st.button(
        here.t("rem.make"),
        key="b.make",
        type="primary",
        icon=":material/outbox:",
        disabled=not seen.total,
        on_click=_asked,
        args=(here, open_, new),
        help=here.t("rem.make.help"),
    )
    if here.standing.worker is WorkerState.ABSENT and here.standing.living is None:
        st.caption(f":orange[:material/schedule: {here.t('rem.no_worker')}]")


def _asked(here: Here, open_: Workspace, new: NewBatch) -> None:
    assert open_.config is not None
    with states.guarded(here):
        made = request(here.actor, open_.ledger, open_.config, new, here.later().now)
        urls.put("b.batch", [made])


def success(here: Here, view: BatchesView) -> None:
    """What came of all that was handed out."""
    share = view.fixed / view.decided if view.decided else None
    took = "–"
    if view.seconds is not None:
        took = formats.span(timedelta(seconds=view.seconds), here.language)
    cards = (
        ("rem.kpi.lines", here.number(view.lines)),
        ("rem.kpi.decided", here.number(view.decided)),
        ("rem.kpi.success", here.share(share, 1)),
        ("rem.kpi.took", took),
    )
    for column, (name, value) in zip(st.columns(4, gap="small"), cards, strict=True):
        with column:
            kpi(Kpi(here.t(name), value, here.t(f"{name}.help")))


def verdict_words(here: Here) -> dict[str, str]:
    return {verdict.value: here.t(f"rem.verdict.{verdict.value}") for verdict in Verdict}


def chart(here: Here, view: BatchesView) -> None:
    """Each batch as a bar of verdicts, the newest on top."""
    made = [b for b in view.batches if b.row.status is BatchStatus.MADE and b.row.lines][:CHARTED]
    if not made:
        st.caption(here.t("rem.chart.none"))
        return
    labels = tuple(here.t("rem.batch", number=b.row.id) for b in made)
    colors = palette()
    tones = {
        Verdict.FIXED: "#2e9e6b",
        Verdict.PARTLY: colors.severity[Severity.MEDIUM],
        Verdict.REVERTED: colors.severity[Severity.HIGH],
        Verdict.BOUNCED: colors.severity[Severity.CRITICAL],
        Verdict.OVERTAKEN: colors.accent_pale,
        Verdict.OPEN: colors.severity[Severity.LOW],
    }
    words, stacks = verdict_words(here), []
    for verdict, tone in tones.items():
        values = tuple(b.counts.get(verdict, 0) for b in made)
        if any(values):
            stacks.append(Stack(words[verdict.value], values, tone))
    unseen = tuple(b.counts.get(None, 0) for b in made)
    if any(unseen):
        stacks.append(Stack(here.t("rem.verdict.none"), unseen, colors.grid))
    across(labels, tuple(stacks), height=70 + 26 * len(made), key="b.chart")


def batch_table(here: Here, config: Config, view: BatchesView, number: int) -> int | None:
    """The batches; returns the one whose row was picked."""
    titles = Titles(config, here.language)
    tones = palette().pill
    rows = [
        {
            "number": str(b.row.id),
            "status": [b.row.status.value],
            "when": here.moment(b.row.made_at or b.row.requested_at),
            "who": b.row.requested_by,
            "kind": here.t(f"rem.kind.{b.row.kind.value}"),
            "system": titles.source(b.row.system) if b.row.system else here.t("rem.all"),
            "lines": b.row.lines,
            "left_out": sum(b.row.left_out.values()) or None,
            "fixed": b.counts.get(Verdict.FIXED, 0) if b.row.lines else None,
            "decided": b.decided if b.row.lines else None,
            "score": here.share(b.score, 1),
        }
        for b in view.batches
    ]
    words = {s.value: here.t(f"rem.status.{s.value}") for s in BatchStatus}
    columns = {
        "number": text_column(here.t("rem.number"), width=56),
        "status": pill_column(
            here.t("rem.status"), words, [tones[STATUS_TONES[s]] for s in BatchStatus], width=96
        ),
        "when": text_column(here.t("rem.when"), width=128),
        "who": text_column(here.t("rem.who"), width=100),
        "kind": text_column(here.t("rem.kind"), width=100),
        "system": text_column(here.t("rem.system"), width=170),
        "lines": number_column(here.t("rem.lines"), width=64),
        "left_out": number_column(here.t("rem.left_out"), width=80),
        "fixed": number_column(here.t("rem.verdict.fixed"), width=64),
        "decided": number_column(here.t("rem.decided"), width=72),
        "score": share_column(here.t("rem.score"), width=72),
    }
    picked = table(
        rows,
        columns,
        most=ROWS,
        key=f"b.rows.{number}",
        on_select="rerun",
        selection_mode="single-row",
    )
    places = picked.selection.rows
    found = [batch.row.id for batch in view.batches]
    return found[places[0]] if places and places[0] < len(found) else None


def head(here: Here, open_: Workspace, seen: LinesView) -> None:
    """What one batch is, what it left out, and its file."""
    row = seen.batch
    heading(here.t("rem.batch", number=row.id))
    if row.status in WAITING:
        st.caption(f":material/hourglass_top: {here.t('rem.waiting')}")
    if row.status is BatchStatus.REFUSED:
        told = states.told(here, row.error_code or "", row.error_params)
        st.markdown(f":red[:material/error:] {told}")
    for why, count in sorted(row.left_out.items()):
        st.caption(left_out(here, why, count))
    if row.missed:
        with st.expander(here.plural("rem.missed", row.left_out.get("moved", len(row.missed)))):
            table([{"line": line} for line in row.missed],
                  {"line": text_column(here.t("rem.record"))}, most=10, key="b.missed")  # fmt: skip
    if not row.reread and row.status is BatchStatus.MADE:
        st.caption(f":orange[:material/warning: {here.t('batch.unread')}]")
    _download(here, open_, seen)


def _download(here: Here, open_: Workspace, seen: LinesView) -> None:
    row = seen.batch
    if row.status is not BatchStatus.MADE or Right.EXPORT not in here.actor.rights:
        return
    if row.file is None:
        st.caption(here.t("rem.elsewhere"))
    elif row.removed_at is not None or not open_.home.file(row.file).is_file():
        st.caption(here.t("rem.removed"))
    else:
        st.download_button(
            here.t("rem.download", form=row.form.upper()),
            lambda: fetch(here.actor, open_.ledger, open_.home, row.id, here.later().now),
            file_name=f"duiqi-{Path(row.file).name}",
            mime=MIME[row.form],
            icon=":material/download:",
            key=f"b.download.{row.id}",
            on_click="ignore",
        )


def lines_table(here: Here, config: Config, seen: LinesView) -> None:
    """The lines of one batch, each with its newest verdict and how it came to that."""
    if not seen.lines:
        return
    titles, words, tones = Titles(config, here.language), verdict_words(here), palette().pill
    rows = [
        {
            "verdict": [line.verdict.value] if line.verdict else [],
            "system": titles.source(line.system),
            "entity": titles.entity(line.entity),
            "key": line.key_shown or "–",
            "field": titles.field(line.entity, line.field) if line.field else "–",
            "action": here.t(f"remediation.action.{line.action}"),
            "old": line.old_shown,
            "new": line.new_shown,
            "history": " → ".join(
                here.t("rem.seen", run=run, verdict=words[verdict.value])
                for run, verdict in seen.history.get(line.seq, ())
            ),
        }
        for line in seen.lines
    ]
    columns = {
        "verdict": pill_column(
            here.t("rem.verdict"), words, [tones[VERDICT_TONES[v]] for v in Verdict], width=92
        ),
        "system": text_column(here.t("rem.system"), width=110),
        "entity": text_column(here.t("rem.entity"), width=84),
        "key": text_column(here.t("rem.key"), width=110),
        "field": text_column(here.t("rem.field"), width=100),
        "action": text_column(here.t("rem.action"), width=90),
        "old": text_column(here.t("rem.old"), width=140),
        "new": text_column(here.t("rem.new"), width=140),
        "history": text_column(here.t("rem.history"), width=220),
    }
    table(rows, columns, most=LINES, key=f"b.lines.{seen.batch.id}")
