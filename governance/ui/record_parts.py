"""Blocks of the record page: both sides, what to do, history, comments, the link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import streamlit as st

from checks.errors import CodedError
from checks.outcome import CellClass, Severity
from governance import comments
from governance.access import Right
from governance.config import Config
from governance.exports import problem, reason
from governance.i18n import explain
from governance.reading import Finding, Findings, Record
from governance.reading.history import Change, What
from governance.reading.record import Line, Side
from governance.remediation import TO_DO, Action, fixes_of
from governance.titles import Titles
from governance.ui.components import PAGES, pill_column, severity_column, table, text_column
from governance.ui.finding_list import state_column
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.ui.text import plain

SHOWN_TEXT = 2000
SHOWN_CHANGES = 12
# A sign beside the word, so that a mark is read without its colour.
SIGNS = {
    CellClass.DIFFERENT: "≠",
    CellClass.NULL_VS_VALUE: "∅",
    CellClass.WITHIN_TOLERANCE: "≈",
    CellClass.NORMALIZED: "≈",
    CellClass.EQUAL: "=",
}
NO_PAIR = "none"


def header(here: Here, config: Config, record: Record) -> None:
    """Which record this is, and the way back and to a colleague."""
    titles = Titles(config, here.language)
    name = plain(record.display or record.key_shown or here.t("record.no_key"), 120)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        with st.container(width="content", gap="xxsmall"):
            st.subheader(name, anchor=False)
            said = [
                titles.entity(record.entity),
                record.key_shown or here.t("record.no_key"),
                titles.pair(record.left.source, record.right.source),
            ]
            if record.department:
                said.append(here.t("record.department", department=record.department))
            st.caption(" · ".join(plain(words, 120) for words in said))
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            back(here)
            _link(here, record)


def back(here: Here) -> None:
    """To the list, with the filters it was left with."""
    kept = st.session_state.get("_c_back") or {}
    st.page_link(
        PAGES / "consistency.py",
        label=here.t("record.back"),
        icon=":material/arrow_back:",
        query_params={"lang": here.language, **kept},
        width="content",
    )


def _link(here: Here, record: Record) -> None:
    with st.popover(here.t("record.link"), icon=":material/link:"):
        st.caption(here.t("record.link.help"))
        st.code(address(record), language=None, wrap_lines=True)


def address(record: Record) -> str:
    """Where this record is found, without a language: each reader opens it in their own."""
    query = {}
    if record.key is not None:
        query = {"r.entity": record.entity, "r.pair": record.pair, "r.key": record.key}
    elif record.findings:
        query = {"r.finding": record.findings[0].finding_id}
    base = urlsplit(st.context.url or "")
    place = f"{base.scheme}://{base.netloc}{base.path}" if base.netloc else "/record"
    return f"{place}?{urlencode(query)}"


def sides(here: Here, config: Config, record: Record) -> None:
    """Field by field, differing first; one switch brings the values as they were compared."""
    titles = Titles(config, here.language)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(f"**{here.t('record.sides')}**", width="content")
        more = st.toggle(
            here.t("record.compared_as"), key="r.compared", help=here.t("record.compared_as.help")
        )
    for side in (record.left, record.right):
        _side_line(here, titles, side)
    heads = {"left": titles.source(record.left.source), "right": titles.source(record.right.source)}
    columns: dict[str, Any] = {
        "mark": mark_column(here),
        "field": text_column(here.t("record.field"), width=130),
        **{name: text_column(plain(head)) for name, head in heads.items()},
    }
    if more:
        for name, head in heads.items():
            label = here.t("record.normalised", source=plain(head))
            columns[f"{name}_as"] = text_column(label)
        columns["rules"] = text_column(here.t("record.rules"), width=150)
    columns["authority"] = text_column(here.t("record.authority"), width=96)
    rows = [_line(here, titles, record, line) for line in record.lines]
    table(rows, columns, key="r.sides", placeholder="–")
    for side in (record.left, record.right):
        if side.copies:
            _copies(here, titles, record.entity, side)


def _side_line(here: Here, titles: Titles, side: Side) -> None:
    source, when = plain(titles.source(side.source)), here.moment(side.taken_at)
    if side.taken_at is None:
        st.caption(f":orange[:material/warning: {here.t('record.side.never', source=source)}]")
    elif side.rows == 0:
        said = here.t("record.side.absent", source=source, when=when)
        st.caption(f":orange[:material/warning: {said}]")
    elif side.rows > 1:
        said = here.t("record.side.copies", source=source, n=side.rows)
        st.caption(f":orange[:material/content_copy: {said}]")


def mark_column(here: Here) -> Any:
    """The mark as a pill: warm where something must be done, grey where it is aligned."""
    colors = palette()
    quiet, amber = colors.severity[Severity.LOW], colors.severity[Severity.MEDIUM]
    tones = {
        CellClass.DIFFERENT.value: colors.severity[Severity.HIGH],
        CellClass.NULL_VS_VALUE.value: amber,
    }
    words = {c.value: f"{SIGNS[c]} {here.t(f'ui.class.{c.value}')}" for c in SIGNS}
    words[NO_PAIR] = f"– {here.t('record.mark.none')}"
    shades = [tones.get(code, quiet) for code in words]
    return pill_column(here.t("record.mark"), words, shades, width=130)


def _line(here: Here, titles: Titles, record: Record, line: Line) -> dict[str, Any]:
    fired = dict.fromkeys(
        rule for cell in (line.left, line.right) if cell is not None for rule in cell.fired
    )
    rules = here.t("record.personal") if line.personal else " · ".join(fired)
    compared = {
        f"{name}_as": short(None if cell is None or line.personal else cell.compared)
        for name, cell in (("left", line.left), ("right", line.right))
    }
    return {
        "mark": [line.cls.value if line.cls else NO_PAIR],
        "field": titles.field(record.entity, line.field),
        "left": short(line.left.shown if line.left else None),
        "right": short(line.right.shown if line.right else None),
        "rules": rules,
        "authority": titles.source(line.authority) if line.authority else None,
        **compared,
    }


def short(text: str | None) -> str | None:
    if text is None or len(text) <= SHOWN_TEXT:
        return text
    return text[:SHOWN_TEXT] + "…"


def _copies(here: Here, titles: Titles, entity: str, side: Side) -> None:
    """The rows of a duplicate key, one beside the other."""
    source = plain(titles.source(side.source))
    st.markdown(f"**{here.t('record.side.copies', source=source, n=side.rows)}**")
    rows = [
        {
            "field": titles.field(entity, name),
            **{f"copy{n}": short(copy.get(name)) for n, copy in enumerate(side.copies)},
        }
        for name in side.copies[0]
    ]
    columns = {"field": text_column(here.t("record.field"), width=130)} | {
        f"copy{n}": text_column(here.t("record.copy", n=n + 1)) for n in range(len(side.copies))
    }
    table(rows, columns, key=f"r.copies.{side.source}", placeholder="–")


def todo(here: Here, config: Config, record: Record) -> None:
    """The findings of this record, and what each asks somebody to do."""
    titles = Titles(config, here.language)
    st.markdown(f"**{here.t('record.todo')}**")
    if not record.findings:
        st.caption(here.t("record.todo.none"))
        return
    rows = []
    for fix in fixes_of(record.findings):
        finding = fix.finding
        asked = finding.state in TO_DO
        rows.append(
            {
                "severity": [finding.severity],
                "field": _about(here, titles, finding),
                "problem": problem(finding, titles),
                "state": [finding.state],
                "system": titles.source(fix.system) if asked else None,
                "action": here.t(f"remediation.action.{fix.action.value}") if asked else None,
                "proposed": short(fix.proposed) if asked and fix.action is Action.CHANGE else None,
                "why": reason(fix, titles) if asked else None,
                "first_seen": here.moment(finding.first_seen),
            }
        )
    columns = {
        "severity": severity_column(here, here.t("record.severity")),
        "field": text_column(here.t("record.field"), width=96),
        "problem": text_column(here.t("record.problem"), width=110),
        "state": state_column(here),
        "system": text_column(here.t("record.system"), width=80),
        "action": text_column(here.t("record.action"), width=84),
        "proposed": text_column(here.t("record.proposed")),
        "why": text_column(here.t("record.why"), width="large"),
        "first_seen": text_column(here.t("record.first_seen"), width=120),
    }
    table(rows, columns, key="r.todo", placeholder="–")


def _about(here: Here, titles: Titles, finding: Finding) -> str:
    if finding.field is None:
        return here.t("record.whole")
    return titles.field(finding.entity, finding.field)


def changes(here: Here, config: Config, record: Record) -> None:
    """What happened on both sides over the runs, newest first."""
    titles = Titles(config, here.language)
    st.markdown(f"**{here.t('record.history')}**")
    if not record.changes:
        st.caption(here.t("record.history.none"))
        return
    rows = [_change(here, titles, record.entity, change) for change in record.changes]
    columns = {
        "when": text_column(here.t("record.when"), width=124),
        "run": text_column(here.t("record.run"), width=60),
        "source": text_column(here.t("record.source"), width=90),
        "field": text_column(here.t("record.field"), width=110),
        "what": text_column(here.t("record.what"), width=84),
        "before": text_column(here.t("record.before")),
        "after": text_column(here.t("record.after")),
    }
    table(rows, columns, most=SHOWN_CHANGES, key="r.history", placeholder="–")


def _change(here: Here, titles: Titles, entity: str, change: Change) -> dict[str, Any]:
    counted = change.what is not What.CHANGED and change.what is not What.COPIES
    return {
        "when": here.moment(change.at),
        "run": f"#{change.run}",
        "source": titles.source(change.source),
        "field": titles.field(entity, change.field) if change.field else here.t("record.whole"),
        "what": here.t(f"record.what.{change.what.value}"),
        "before": None if counted else short(change.before),
        "after": None if counted else short(change.after),
    }


def talk(here: Here, config: Config, view: Findings, record: Record, about: str | None) -> None:
    """What people wrote about this record's findings, and the form to add to it."""
    titles = Titles(config, here.language)
    findings = {finding.finding_id: finding for finding in record.findings}
    st.markdown(f"**{here.t('record.comments')}**")
    said = comments.comments(view, list(findings))
    if not said:
        st.caption(here.t("record.comments.none"))
    for remark in said:
        field = _about(here, titles, findings[remark.finding_id])
        st.caption(plain(f"{remark.actor} · {here.moment(remark.at)} · {field}"))
        st.text(remark.text)
    if not findings:
        st.caption(here.t("record.comments.no_finding"))
    elif Right.DECIDE not in here.actor.rights:
        st.caption(here.t("record.comments.refused"))
    else:
        _form(here, titles, view, findings, about)


def _form(
    here: Here,
    titles: Titles,
    view: Findings,
    findings: dict[str, Finding],
    about: str | None,
) -> None:
    names = {
        code: plain(f"{_about(here, titles, finding)} · {problem(finding, titles)}", 80)
        for code, finding in findings.items()
    }
    listed: Sequence[str] = list(names)
    with st.form("r.form", clear_on_submit=True, border=False):
        chosen = st.selectbox(
            here.t("record.comments.about"),
            listed,
            index=listed.index(about) if about in names else 0,
            format_func=names.__getitem__,
            key="r.about",
        )
        text = st.text_area(
            here.t("record.comments.text"),
            key="r.text",
            height=84,
            max_chars=comments.LONGEST,
        )
        sent = st.form_submit_button(here.t("record.comments.send"), icon=":material/chat:")
    if sent and chosen is not None:
        try:
            comments.comment(view, chosen, text, now=here.now)
        except CodedError as error:
            st.error(plain(explain(error, here.language), 400))
            return
        st.toast(here.t("record.comments.saved"), icon=":material/check:")
        st.rerun()
