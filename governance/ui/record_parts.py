"""Blocks of the record page: both sides, what to do, history, comments, the link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import streamlit as st

from checks.errors import CodedError
from checks.outcome import CellClass, Severity
from governance.access import Right
from governance.config import Config
from governance.exports.checklist import caveats, reason
from governance.exports.exporter import problem
from governance.exports.remediation import TO_DO, Action, Fix, fixes_of
from governance.i18n import explain
from governance.reading import Finding, Findings, Record, State, comments
from governance.reading.history import Change, What
from governance.reading.model import Status
from governance.reading.record import Line, Side
from governance.ui import direction_parts
from governance.ui.case_list import case_link, status_badge
from governance.ui.components import PAGES, pill_column, table, text_column
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.ui.text import bare, plain
from governance.views.titles import Titles

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
    repeated = bool(record.left.copies or record.right.copies)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(f"**{here.t('record.sides')}**", width="content")
        label, told = here.t("record.compared_as"), here.t("record.compared_as.help")
        more = not repeated and st.toggle(label, key="r.compared", help=told)
    for side in (record.left, record.right):
        _side_line(here, titles, record, side)
    if repeated:
        _copies(here, titles, record)
        return
    heads = {"left": titles.source(record.left.source), "right": titles.source(record.right.source)}
    columns: dict[str, Any] = {
        "mark": mark_column(here),
        "field": text_column(here.t("record.field"), width=130),
        **{name: text_column(bare(head)) for name, head in heads.items()},
    }
    if more:
        for name, head in heads.items():
            label = here.t("record.normalised", source=bare(head))
            columns[f"{name}_as"] = text_column(label)
        columns["rules"] = text_column(here.t("record.rules"), width=150)
    columns["authority"] = text_column(here.t("record.authority"), width=96)
    if any(direction_parts.short(here, titles, line.finding) for line in record.lines):
        columns["moved"] = text_column(here.t("direction.column"), width=150)
    lines = [_line(here, titles, record, line) for line in record.lines]
    # A column that is only hidden would be sent all the same.
    rows = [{name: line[name] for name in columns} for line in lines]
    table(rows, columns, key="r.sides")


def _side_line(here: Here, titles: Titles, record: Record, side: Side) -> None:
    """Why a side shows nothing, or more than one row; nothing where there is one."""
    source, when = plain(titles.source(side.source)), here.moment(side.taken_at)
    icon, said = "warning", ""
    if side.taken_at is None:
        said = here.t("record.side.never", source=source)
    elif side.rows == 0 and record.key is None:
        said = here.t("record.side.unmatched", source=source)
    elif side.rows == 0:
        said = here.t("record.side.absent", source=source, when=when)
    elif side.rows > 1:
        icon, said = "content_copy", here.t("record.side.copies", source=source, n=side.rows)
    if said:
        st.caption(f":orange[:material/{icon}: {said}]")


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
    rules = " · ".join(here.t(f"record.rule.{rule}") for rule in fired)
    compared = {
        f"{name}_as": short(None if cell is None or line.personal else cell.compared)
        for name, cell in (("left", line.left), ("right", line.right))
    }
    return {
        "mark": [line.cls.value if line.cls else NO_PAIR],
        "field": titles.field(record.entity, line.field),
        "left": short(line.left.shown if line.left else None),
        "right": short(line.right.shown if line.right else None),
        "rules": here.t("record.personal") if line.personal else rules,
        "authority": titles.source(line.authority) if line.authority else None,
        "moved": direction_parts.short(here, titles, line.finding),
        **compared,
    }


def short(text: str | None) -> str | None:
    if text is None or len(text) <= SHOWN_TEXT:
        return text
    return text[:SHOWN_TEXT] + "…"


def _copies(here: Here, titles: Titles, record: Record) -> None:
    """Every row of a repeated key beside the other side: whole rows are compared, not fields."""
    columns: dict[str, Any] = {"field": text_column(here.t("record.field"), width=130)}
    shown: dict[str, dict[str, str | None]] = {}
    for name, side in (("left", record.left), ("right", record.right)):
        source = titles.source(side.source)
        alone = {line.field: getattr(line, name) for line in record.lines}
        copies = side.copies or ({f: cell.shown for f, cell in alone.items() if cell},)
        for number, copy in enumerate(copies, 1):
            head = here.t("record.side.copy", source=source, n=number) if side.copies else source
            columns[f"{name}{number}"] = text_column(bare(head))
            shown[f"{name}{number}"] = dict(copy)
    rows = [
        {
            "field": titles.field(record.entity, line.field),
            **{place: short(copy.get(line.field)) for place, copy in shown.items()},
        }
        for line in record.lines
    ]
    table(rows, columns, key="r.copies")


TONES = {"critical": "red", "high": "orange", "medium": "yellow", "low": "gray"}


def todo(here: Here, config: Config, record: Record) -> None:
    """The findings of this record, and what each asks somebody to do."""
    titles = Titles(config, here.language)
    st.markdown(f"**{here.t('record.todo')}**")
    if not record.findings:
        st.caption(here.t("record.todo.none"))
        return
    with st.container(border=True, gap="xsmall"):
        for fix in fixes_of(record.findings):
            _task(here, titles, fix)


def _task(here: Here, titles: Titles, fix: Fix) -> None:
    """One finding: what it is, then what to do about it and why."""
    finding = fix.finding
    severity = here.t(f"ui.severity.{finding.severity}")
    state = here.t(f"remediation.state.{finding.state}")
    unchecked = finding.state == State.UNCHECKED
    parts = [
        f":{TONES[finding.severity]}-badge[{severity}]",
        f":orange-badge[{state}]" if unchecked else status_badge(here, finding),
        f"**{plain(_about(here, titles, finding))}**",
        plain(problem(finding, titles)),
        f":gray[{here.t('record.todo.since', when=here.moment(finding.first_seen))}]",
    ]
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown("&ensp;".join(parts), width="content")
        case_link(here, finding, here.t("findings.to_case"), ":material/assignment:")
    if (moved := direction_parts.sentence(here, titles, finding)) is not None:
        st.caption(moved)
    st.markdown(asked(here, titles, fix))


def asked(here: Here, titles: Titles, fix: Fix) -> str:
    """What to do and why; values are cut short here, both sides stand above in full."""
    if fix.finding.state not in TO_DO:
        return here.t(f"record.todo.{fix.finding.state}")
    waiver = fix.finding.said.waiver
    if fix.finding.status == Status.WAIVED and waiver is not None:
        who, until = plain(waiver.approver or "–"), here.day(waiver.expires_at)
        return here.t("record.todo.waived", approver=who, until=until)
    system, why = plain(titles.source(fix.system)), plain(reason(fix, titles), 600)
    if fix.action is Action.CHANGE and fix.proposed is not None:
        values = {"current": plain(fix.current or "–", 80), "proposed": plain(fix.proposed, 80)}
        return f"{here.t('record.todo.change', system=system, **values)} {why}"
    if fix.action is Action.CHANGE:
        told = here.t(
            "record.todo.masked",
            system=system,
            field=plain(_about(here, titles, fix.finding)),
            other=plain(titles.source(fix.other)),
        )
        return told + plain(caveats(fix, titles), 600)
    action = here.t(f"remediation.action.{fix.action.value}")
    return f"{here.t('record.todo.act', action=action, system=system)} {why}"


def _about(here: Here, titles: Titles, finding: Finding) -> str:
    if finding.field is None:
        return here.t("record.whole")
    return titles.field(finding.entity, finding.field)


def changes(here: Here, config: Config, record: Record) -> None:
    """What happened on both sides over the runs, newest first."""
    titles = Titles(config, here.language)
    st.markdown(f"**{here.t('record.history')}**")
    if record.pruned:
        st.caption(here.t("record.history.pruned", when=here.moment(record.pruned)))
    if record.damaged:
        st.warning(here.t("record.history.damaged", file=record.damaged))
    if not record.changes:
        st.caption(here.t("record.history.none" if record.key else "record.history.no_key"))
        return
    rows = [_change(here, titles, record.entity, change) for change in record.changes]
    columns = {
        "when": text_column(here.t("record.when"), width=118),
        "run": text_column(here.t("record.run"), width=48),
        "source": text_column(here.t("record.source"), width=104),
        "field": text_column(here.t("record.field"), width=84),
        "what": text_column(here.t("record.what"), width=112),
        "before": text_column(here.t("record.before"), width=110),
        "after": text_column(here.t("record.after"), width=110),
    }
    table(rows, columns, most=SHOWN_CHANGES, key="r.history")


def _change(here: Here, titles: Titles, entity: str, change: Change) -> dict[str, Any]:
    counted = change.what not in (What.CHANGED, What.COPIES)
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
        code: bare(f"{_about(here, titles, finding)} · {problem(finding, titles)}", 80)
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
