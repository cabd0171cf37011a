"""The grants of one campaign: to be looked at, ticked and decided, with a preview before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from governance.config import Config
from governance.exports.reviews import local, path_words
from governance.ledger.review_rows import Decision, ReviewLine, ReviewStatus
from governance.reviews.acts import BULK, Preview, preview
from governance.ui import urls
from governance.ui.components import heading, page_link, pill_column, table, text_column
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.ui.review_sent import button, send
from governance.ui.review_words import (
    CHANGE_TONES,
    DECISION_TONES,
    OUTCOME_TONES,
    named,
    pills,
    role_of,
    scopes,
    who_holds,
)
from governance.ui.text import bare, plain
from governance.views.reviews import OneView, Show

PER_PAGE, ROWS, MOST_LINKS = 200, 14, 4
ICONS = {Decision.KEEP: "check", Decision.REVOKE: "remove_circle", Decision.CHANGE: "edit"}


def chosen(here: Here, view: OneView, systems: Mapping[str, str]) -> tuple[ReviewLine, ...]:
    """What the reader asks to see: whose lines, and of which systems."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        usual = Show.MINE if view.mine and view.row.status is ReviewStatus.OPEN else Show.ALL
        show = Show(next(iter(urls.codes("rv.show", list(Show))), usual))
        st.session_state["rv.show"] = show.value
        words = {s.value: f"{here.t(f'reviews.show.{s.value}')} {view.count(s)}" for s in Show}
        st.segmented_control(
            here.t("reviews.show"), [s.value for s in Show], key="rv.show", required=True,
            format_func=lambda code: words[code], on_change=urls.keep, args=("rv.show", "rv.page"),
            label_visibility="collapsed",
        )  # fmt: skip
        held = [name for name in systems if any(x.system == name for x in view.lines)]
        wanted = urls.restore("rv.of", held)
        if len(held) > 1:
            st.pills(
                here.t("reviews.column.system"), held, key="rv.of", selection_mode="multi",
                format_func=lambda code: plain(systems.get(code, code)), on_change=urls.keep,
                args=("rv.of", "rv.page"), label_visibility="collapsed",
            )  # fmt: skip
    return view.shown(show, wanted)


def listed(
    here: Here, config: Config, view: OneView, lines: tuple[ReviewLine, ...],
    systems: Mapping[str, str],
) -> tuple[ReviewLine | None, tuple[ReviewLine, ...]]:  # fmt: skip
    """The table; returns the line whose cell was clicked, and those that are ticked."""
    last = -(-len(lines) // PER_PAGE)
    page = urls.restore_page("rv.page", last)
    rows = lines[(page - 1) * PER_PAGE : page * PER_PAGE]
    can_tick = view.row.status is ReviewStatus.OPEN
    titles = {n: f.title.in_language(here.language) for n, f in _functions(config).items()}
    round_ = st.session_state.get("_rv_round", 0)
    mode: Any = ["multi-row", "single-cell"] if can_tick else ["single-cell"]
    picked = table(
        [_row(here, view, line, systems, titles) for line in rows],
        _columns(here, view, rows),
        most=ROWS,
        key=f"rv.lines.{view.row.id}.{page}.{len(lines)}.{round_}",
        on_select="rerun",
        selection_mode=mode,
    ).selection
    if last > 1:
        st.pagination(last, key="rv.page", on_change=urls.keep, args=("rv.page",))
    clicked = [place for place, _ in picked.cells if place < len(rows)]
    ticked = tuple(rows[place] for place in picked.rows if place < len(rows))
    return (rows[clicked[0]] if clicked else None), ticked


def _functions(config: Config) -> Mapping[str, Any]:
    return config.permissions.policy.functions if config.permissions else {}


def _row(
    here: Here, view: OneView, line: ReviewLine, systems: Mapping[str, str],
    titles: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    facts = line.facts
    return {
        "decision": [line.decision.value] if line.decision else [],
        "who": who_holds(line),
        "department": facts["department_name"] or facts["department"],
        "system": systems.get(line.system, line.system),
        "login": facts["login"] or facts["account"],
        "role": role_of(line),
        "scope": scopes(here, line),
        "gives": ", ".join(titles.get(name, name) for name in facts["functions"]),
        "marks": [
            *(["orphan"] if facts["orphan"] else []),
            *(["strong"] if facts["strong"] else []),
            *(["unused"] if facts["used"] == "unused" else []),
        ],
        "fails": ", ".join(line.failing),
        "reviewer": named(here, view.row, line.reviewer),
        "reason": line.reason,
        "change": [line.change.value],
        "outcome": [line.outcome.value] if line.outcome else [],
    }


def _columns(here: Here, view: OneView, rows: tuple[ReviewLine, ...]) -> dict[str, Any]:
    t, colors = here.t, palette().pill
    marks = {name: t(f"reviews.mark.{name}") for name in ("orphan", "strong", "unused")}
    label = t("reviews.column.decision")
    columns: dict[str, Any] = {"decision": pills(here, "decision", DECISION_TONES, label, 70)}
    if any(line.outcome for line in view.lines):
        label = t("reviews.column.outcome")
        columns["outcome"] = pills(here, "outcome", OUTCOME_TONES, label, 82)
    columns |= {
        "who": text_column(t("reviews.column.name"), width=70),
        "department": text_column(t("reviews.column.department"), width=100),
        "system": text_column(t("reviews.column.system"), width=100),
        "login": text_column(t("reviews.column.login"), width=80),
        "role": text_column(t("reviews.column.into"), width=100),
        "scope": text_column(t("reviews.column.scope"), width=86),
        "gives": text_column(t("reviews.column.functions"), width=130),
        "marks": pill_column(
            t("reviews.mark"), marks, [colors["bad"], colors["high"], colors["quiet"]], width=100
        ),
        "fails": text_column(t("reviews.column.fails"), width=84),
        "reviewer": text_column(t("reviews.column.reviewer"), width=72),
    }
    if any(line.reason for line in rows):
        columns["reason"] = text_column(t("reviews.column.reason"), width=110)
    if view.row.compared_to is not None:
        columns["change"] = pills(here, "change", CHANGE_TONES, t("reviews.column.change"), 78)
    return columns


def decide(
    here: Here, view: OneView, lines: tuple[ReviewLine, ...], ticked: tuple[ReviewLine, ...]
) -> None:
    """A button a decision; the picked one asks for its reason over a preview of what it touches."""
    whole = st.toggle(
        here.plural("reviews.decide.all", len(lines)), key="rv.whole", disabled=not lines
    )
    about = lines if whole else ticked
    if not about:
        st.caption(here.t("reviews.decide.tick"))
        return
    told = preview(here.actor, view.row, about)
    if not told.lines:
        _nobody(here, view, told, about)
        return
    with st.container(horizontal=True, gap="xsmall"):
        for decision in Decision:
            button(
                here, "rv.do", decision.value, here.t(f"reviews.decision.{decision.value}"),
                ICONS[decision],
            )  # fmt: skip
    picked = st.session_state.get("rv.do")
    if picked in list(Decision):
        _ask(here, Decision(picked), told, about)


def _nobody(here: Here, view: OneView, told: Preview, about: tuple[ReviewLine, ...]) -> None:
    """The reader may decide none of these: says why, and for whom they are."""
    for why, count in told.refused.items():
        st.caption(f":material/lock: {here.plural(f'reviews.refused.{why}', count)}")
    waiting = sorted({named(here, view.row, x.reviewer) for x in about if x.reviewer})
    if waiting:
        st.caption(here.t("reviews.decide.for", who=plain(", ".join(waiting[:6]))))


def _ask(here: Here, decision: Decision, told: Preview, about: tuple[ReviewLine, ...]) -> None:
    needs = decision is Decision.CHANGE or (decision is Decision.KEEP and told.failing > 0)
    with st.container(border=True, gap="xsmall"):
        st.markdown(here.plural(f"reviews.decide.{decision.value}", told.lines))
        if len(about) > 1:
            _counts(here, told)
        for why, count in told.refused.items():
            st.caption(f":material/lock: {here.plural(f'reviews.refused.{why}', count)}")
        if decision is Decision.KEEP and told.failing:
            words = here.plural("reviews.decide.failing", told.failing)
            rules = plain(", ".join(sorted(told.rules)))
            st.markdown(f":red[:material/warning: {words}] {rules}")
        if decision is Decision.KEEP and told.lines >= BULK:
            st.caption(f":material/speed: {here.t('reviews.decide.bulk')}")
        with st.form(f"rv.form.{decision.value}", border=False, enter_to_submit=False):
            label = "reviews.decide.reason.needed" if needs else "reviews.decide.reason"
            key = f"rv.reason.{decision.value}"
            st.text_area(here.t(label), key=key, height=70, max_chars=2000)
            st.form_submit_button(
                here.plural(f"reviews.send.{decision.value}", told.lines),
                type="primary",
                icon=f":material/{ICONS[decision]}:",
                on_click=send,
                args=("decide", tuple(x.seq for x in about), decision.value, told.lines),
                kwargs={"text": key},
            )


def _counts(here: Here, told: Preview) -> None:
    """By system and role, strong functions, rules: what a bulk decision would be about."""
    parts = (("system", told.by_system), ("into", told.by_role), ("strong", told.strong),
             ("fails", told.rules))  # fmt: skip
    for name, counts in parts:
        if counts:
            most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            words = ", ".join(f"{code} {count}" for code, count in most[:6])
            more = " …" if len(most) > 6 else ""
            label = here.t("reviews.mark.strong" if name == "strong" else f"reviews.column.{name}")
            st.caption(f"{label}: {plain(words)}{more}")


def detail(here: Here, view: OneView, line: ReviewLine) -> None:
    """All that is known of one grant, how it was decided, and what runs said of it."""
    facts = line.facts
    heading(f"{plain(who_holds(line))} · {plain(role_of(line))}")
    granted = local(facts["granted_at"], here.zone)
    told = {
        "path": path_words(facts, here.language),
        "granted_by": " · ".join(x for x in (facts["granted_by"], granted) if x),
        "since": local(facts["since"], here.zone),
        "last_used": local(facts["last_used"], here.zone)
        or here.t(f"reviews.used.{facts['used']}"),
        "rule": here.t(f"reviews.rule.{line.reviewer_rule}")
        if ":" not in line.reviewer_rule
        else line.reviewer_rule.partition(":")[2],
        "delegate": named(here, view.row, line.delegate) if line.delegate else "",
        "excepted": ", ".join(facts["excepted"]),
    }
    for name, words in told.items():
        if words:
            st.caption(f"{here.t(f'reviews.column.{name}')}: {plain(words)}")
    for finding in facts["findings"][:MOST_LINKS]:
        page_link(here, "finding", here.t("reviews.finding"), icon=":material/gavel:",
                  finding=finding)  # fmt: skip
    events = [e for e in view.history if e.seq == line.seq]
    for event in events:
        what = event.detail.get("decision")
        words = here.t(f"reviews.decision.{what}") if what else here.t(f"reviews.act.{event.event}")
        to = event.detail.get("delegate") or event.detail.get("reviewer") or ""
        why = event.detail.get("reason") or named(here, view.row, to) * bool(to)
        said = " · ".join(bare(x) for x in (here.moment(event.at), event.actor, words, why) if x)
        st.caption(plain(said))
    for run, outcome in view.outcomes.get(line.seq, ()):
        words = here.t(f"reviews.outcome.{outcome.value}")
        st.caption(plain(here.t("reviews.seen", run=run, outcome=words)))
