"""Blocks of one backup's page: its verdicts, what was checked, tables, problems, chain and logs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import streamlit as st

from governance.backups.seen import BackupRow, ProblemRow, TableRow
from governance.ui.backup_detail import answer_column
from governance.ui.backup_parts import verdict_block
from governance.ui.components import (
    PAGES,
    heading,
    number_column,
    pill_column,
    severity_column,
    table,
    text_column,
)
from governance.ui.here import Here
from governance.ui.path_picture import FONT
from governance.ui.plots import Palette, palette
from governance.ui.text import bare, plain
from governance.views.backup import BackupView
from governance.views.backup_words import MARKS, BackupWords, answer

ROWS = 12
MOST_LINKS = 40
LONGEST = 44
_UNSAFE = re.compile(r'[\\"<>&\x00-\x1f]')


def header(here: Here, words: BackupWords, view: BackupView) -> None:
    """Which backup this is, whose and of what; the way back."""
    row = view.row
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        with st.container(width="content", gap="xxsmall"):
            st.subheader(
                plain(f"{words.system(row.system)} · {here.moment(row.ended)}", 160), anchor=False
            )
            st.caption(plain(f"{row.catalogue} · {row.backup}", 400))
        st.page_link(
            PAGES / "backups.py",
            label=words.page("back"),
            icon=":material/arrow_back:",
            query_params={"lang": here.language, "k.system": row.system},
            width="content",
        )
    if row.is_vanished:
        st.markdown(f":red[:material/delete_forever: {words.page('vanished.says')}]")
    if not row.is_newest:
        st.caption(f":material/info: {words.page('not_newest')}")


def verdicts(words: BackupWords, row: BackupRow) -> None:
    """The four questions, each with its answer, its reason, and when that was seen."""
    with st.container(border=True):
        columns = st.columns(4, gap="small")
        for column, mark in zip(columns, MARKS, strict=True):
            with column:
                verdict_block(words, mark, row.verdicts[mark], dated=True)


def checked(here: Here, words: BackupWords, view: BackupView) -> None:
    """What was checked, by what, and when; what was not says so."""
    heading(words.page("checked"), help=words.page("checked.help"))
    rows = [_listing(here, words, view), _content(here, words, view), _restored(here, words, view)]
    columns = {
        "what": text_column(words.page("column.what"), width=120),
        "answer": answer_column(words, words.page("column.looked")),
        "at": text_column(words.page("column.at"), width=124),
        "how": text_column(words.page("column.how")),
    }
    table(rows, columns, key=f"bk.checked.{view.run.run}")


def _listing(here: Here, words: BackupWords, view: BackupView) -> dict[str, Any]:
    found = view.catalogue
    how = [found.kind, found.tool or ""] if found else []
    if found is not None and found.zone:
        how.append(words.page("zone", zone=found.zone))
    said = words.known("state", view.row.state)
    return {
        "what": words.page("checked.listing"),
        "answer": [answer(found.ok if found else None)],
        "at": here.moment(found.read_at if found else None),
        "how": " · ".join(part for part in (*how, said, view.row.said or "") if part),
    }


def _content(here: Here, words: BackupWords, view: BackupView) -> dict[str, Any]:
    found = view.content
    if found is None:
        return {"what": words.page("checked.content"), "answer": ["no"], "at": "–",
                "how": words.page("checked.content.no")}  # fmt: skip
    ended = words.page(f"checked.ended.{answer(found.ended)}")
    read = words.page(
        "checked.read", size=words.size(found.bytes_read), span=words.span(found.seconds)
    )
    how = (found.kind, found.tool, found.server, read, ended)
    return {
        "what": words.page("checked.content"),
        "answer": ["yes"],
        "at": here.moment(found.read_at),
        "how": " · ".join(part for part in how if part),
    }


def _restored(here: Here, words: BackupWords, view: BackupView) -> dict[str, Any]:
    if not view.restores:
        return {"what": words.page("checked.restore"), "answer": ["no"], "at": "–",
                "how": words.page("checked.restore.no")}  # fmt: skip
    newest = view.restores[0]
    how = words.page(f"restored.{answer(newest.ok)}", span=words.span(newest.seconds))
    return {
        "what": words.page("checked.restore"),
        "answer": ["yes"],
        "at": here.moment(newest.at),
        "how": how,
    }


def facts(here: Here, words: BackupWords, row: BackupRow) -> None:
    """What its catalogue tells of it."""
    heading(words.page("facts"))
    basis = words.known("basis", row.basis) if row.basis else words.page("unknown")
    told = (
        ("data_at", f"{here.moment(row.data_at)} ({basis})"),
        ("method", words.known("method", row.method)),
        ("size", words.size(row.size)),
        ("data_size", words.size(row.data_size)),
        ("series", row.series),
        ("place", row.place or "–"),
        ("encrypted", words.yes(row.encrypted)),
        ("locked_until", here.moment(row.locked_until)),
        ("expires_at", here.moment(row.expires_at)),
        ("path", row.path or "–"),
        ("digest", row.digest or "–"),
        ("first_seen", here.moment(row.first_seen)),
    )
    rows = [{"what": words.page(f"column.{name}"), "value": value} for name, value in told]
    columns = {
        "what": text_column(words.page("column.what"), width=120),
        "value": text_column(words.page("column.value"), width=260),
    }
    table(rows, columns, key="bk.facts")


def tables(here: Here, words: BackupWords, view: BackupView) -> None:
    """Each table beside our snapshot, what lacks most first."""
    heading(words.page("tables"), help=words.page("tables.help"))
    if not view.tables:
        st.caption(words.page("tables.none"))
        return
    columns: dict[str, Any] = {
        "table": text_column(words.page("column.table"), width=136),
        "rows": number_column(words.page("column.rows"), width=80),
        "snapshot_rows": number_column(words.page("column.snapshot_rows"), width=84),
        "missing": number_column(words.page("column.missing"), width=66),
        "extra": number_column(words.page("column.extra"), width=56),
        "different": number_column(words.page("column.different"), width=66),
        "newest": text_column(words.page("column.newest"), width=118),
        "snapshot_at": text_column(words.page("column.snapshot_at"), width=118),
        "lost": text_column(words.page("column.lost"), width=84),
        "examples": text_column(words.page("column.examples"), width=116),
        "why": text_column(words.page("column.why"), width=110),
    }
    if not view.is_whole:
        columns.pop("examples")
    table([_table(here, words, one) for one in view.tables], columns, most=ROWS, key="bk.tables")
    if not view.is_whole:
        st.caption(words.page("part"))


def _table(here: Here, words: BackupWords, one: TableRow) -> dict[str, Any]:
    return {
        "table": f"{words.entity(one.entity)} ({one.table})" if one.entity else one.table,
        "rows": one.rows,
        "snapshot_rows": one.snapshot_rows,
        "missing": one.missing,
        "extra": one.extra,
        "different": one.different,
        "newest": here.moment(one.newest),
        "snapshot_at": here.moment(one.snapshot_at),
        "lost": ", ".join(one.lost_columns) or None,
        "examples": ", ".join(one.examples[:5]) or None,
        "why": words.say(one.unread, {}) if one.unread else _unheld(words, one),
    }


def _unheld(words: BackupWords, one: TableRow) -> str | None:
    return words.page("tables.not_compared") if one.missing is None else None


def problems(
    here: Here, words: BackupWords, found: Sequence[ProblemRow], key: str
) -> ProblemRow | None:
    """What is wrong or unknown; the one whose row was picked, if it is a case."""
    heading(words.page("problems"), help=words.page("problems.help"))
    if not found:
        st.caption(words.page("problems.none"))
        return None
    sure = {code: words.page(f"sureness.{code}") for code in ("broken", "unknown")}
    shades = [palette().pill[tone] for tone in ("bad", "watch")]
    columns: dict[str, Any] = {
        "severity": severity_column(here, words.page("column.severity"), 68),
        "mark": text_column(words.page("column.mark"), width=84),
        "sure": pill_column(words.page("column.sure"), sure, shades, width=96),
        "why": text_column(words.page("column.why"), width=560),
        "case": text_column(words.page("column.case"), width=80),
    }
    rows = [
        {
            "severity": [one.severity] if one.severity else [],
            "mark": words.mark(one.mark) if one.mark in MARKS else "–",
            "sure": ["broken" if one.breaks else "unknown"],
            "why": words.say(one.code, one.params),
            "case": words.page("to_case") if one.finding_id else None,
        }
        for one in found
    ]
    state = table(rows, columns, most=ROWS, key=key, on_select="rerun",
                  selection_mode="single-row")  # fmt: skip
    picked = state["selection"]["rows"]
    one = found[picked[0]] if picked and picked[0] < len(found) else None
    return one if one is not None and one.finding_id else None


def open_case(here: Here, problem: ProblemRow) -> None:
    query = {"lang": here.language, "finding": problem.finding_id or ""}
    st.switch_page(PAGES / "finding.py", query_params=query)


def chain(here: Here, words: BackupWords, view: BackupView) -> None:
    """What must be there for this one to come back, as a picture."""
    heading(words.page("chain"), help=words.page("chain.help"))
    if view.is_broken:
        st.markdown(f":red[:material/link_off: {words.page('chain.broken')}]")
    if len(view.chain) == 1:
        st.caption(words.page("chain.alone"))
    else:
        st.graphviz_chart(dot(here, words, view, palette()), width="content")
    if view.heirs:
        st.caption(here.plural("backups.page.chain.heirs", len(view.heirs)))


def dot(here: Here, words: BackupWords, view: BackupView, colors: Palette) -> str:
    """The picture in DOT. Labels are quoted, and what could end a quote is taken out."""
    shown = view.chain[:MOST_LINKS]
    names = {link.name: f"n{place}" for place, link in enumerate(shown)}
    lines = []
    for link in shown:
        if link.row is None:
            said, tone = words.page("chain.missing"), "bad"
        else:
            said = f"{words.known('method', link.row.method)} {here.moment(link.row.ended)}"
            tone = "busy" if link.row is view.row else "quiet"
        label = f"{_label(link.name)}\\n{_label(said)}"
        lines.append(f'{names[link.name]} [label="{label}" fillcolor="{colors.pill[tone]}"]')
    edges = [
        f"{names[link.name]} -> {names[need]}"
        for link in shown
        for need in link.needs
        if need in names
    ]
    return (
        'digraph { rankdir=LR; bgcolor="transparent"; nodesep=0.12; ranksep=0.3; pad=0.05; '
        f'node [shape=box style="rounded,filled" color="{colors.grid}" '
        f'fontcolor="{colors.strong}" fontname="{FONT}" fontsize=11 height=0.3 margin="0.1,0.04"]; '
        f'edge [color="{colors.text}" arrowsize=0.5 penwidth=0.8]; '
        f"{'; '.join([*lines, *edges])} }}"
    )


def _label(text: str) -> str:
    return _UNSAFE.sub("", bare(text, LONGEST))


def logs(here: Here, words: BackupWords, view: BackupView) -> None:
    """Archived log segments of its catalogue; a new row after a hole."""
    row = view.row
    if not view.logs and row.log_from is None:
        return
    heading(words.page("logs"), help=words.page("logs.help"))
    if row.log_from is not None:
        needs = words.page("logs.needs", first=plain(row.log_from), last=plain(row.log_to or "–"))
        st.caption(needs)
    if not view.logs:
        st.caption(words.page("logs.none"))
        return
    names = {one.archive for one in view.logs}
    holes = len(view.logs) - len(names)
    if holes:
        said = here.plural("backups.page.logs.hole", holes)
        st.markdown(f":red[:material/link_off: {said}]")
    columns = {
        "archive": text_column(words.page("column.archive"), width=90),
        "first": text_column(words.page("column.first"), width=210),
        "last": text_column(words.page("column.last"), width=210),
        "segments": number_column(words.page("column.segments"), width=84),
        "segment_size": text_column(words.page("column.segment_size"), width=84),
        "last_at": text_column(words.page("column.last_at"), width=124),
        "answer": answer_column(words, words.page("column.listed")),
    }
    rows = [
        {
            "archive": one.archive,
            "first": one.first,
            "last": one.last,
            "segments": one.segments,
            "segment_size": f"{one.segment_size >> 20} MiB" if one.segment_size else "–",
            "last_at": here.moment(one.last_at),
            "answer": [answer(one.listed)],
        }
        for one in view.logs
    ]
    table(rows, columns, most=ROWS, key="bk.logs")
