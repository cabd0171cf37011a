"""What people do with findings: one form for one case, for ticked rows, and for a whole list.

A form is sent with the number of findings that its reader was shown; where it would be another
number by then, nothing is done.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import streamlit as st

from checks.errors import CodedError
from governance.access import Right
from governance.cases.actions import LONGEST, LONGEST_WAIVER, Actions, Selection
from governance.i18n import explain
from governance.reading import Filters, Finding, Findings
from governance.ui.here import Here
from governance.ui.text import plain
from governance.views.cases import waiver_state

ICONS = {
    "assign": "person_add",
    "due": "event",
    "comment": "chat",
    "ask": "front_hand",
    "grant": "check_circle",
    "reject": "block",
    "withdraw": "undo",
}
APPROVING = ("grant", "reject")
# Which waivers each of the actions on waivers is about; the others pass by.
WAIVERS = {"grant": ("asked",), "reject": ("asked", "granted"), "withdraw": ("asked", "granted")}
USUAL_TERM = timedelta(days=30)
_SENT = "_case_sent"


def carry_out(here: Here, view: Findings) -> None:
    """Do what was sent with the last click, against what holds now. Called before anything is
    drawn, so that the page shows what came of it."""
    sent: tuple[str, str, Selection, dict[str, Any]] | None = st.session_state.pop(_SENT, None)
    if sent is None:
        return
    page, action, chosen, words = sent
    try:
        done = _done(here, Actions(view, here.now), action, chosen, words)
    except CodedError as error:
        st.error(plain(explain(error, here.language), 400), icon=":material/error:")
        return
    st.session_state[f"{page}.do"] = None
    st.session_state["_q_round"] = st.session_state.get("_q_round", 0) + 1
    st.toast(here.plural(f"findings.done.{action}", done), icon=f":material/{ICONS[action]}:")


def _done(
    here: Here, actions: Actions, action: str, chosen: Selection, words: dict[str, Any]
) -> int:
    text = str(words.get("text") or "")
    if action == "assign":
        return actions.assign(chosen, None if words.get("back") else str(words.get("owner") or ""))
    if action == "due":
        return actions.due(chosen, None if words.get("back") else _end(here, words.get("day")))
    if action == "comment":
        return actions.comment(chosen, text)
    if action == "ask":
        return actions.ask_waiver(chosen, text, _end(here, words.get("day")) or here.now)
    if action == "grant":
        return actions.grant(chosen)
    if action == "reject":
        return actions.reject(chosen, text)
    return actions.withdraw(chosen, text)


def _end(here: Here, day: date | None) -> datetime | None:
    """The last second of a day in the business zone."""
    if day is None:
        return None
    return datetime.combine(day, time(23, 59, 59), here.zone).astimezone(UTC)


def panel(
    here: Here,
    view: Findings,
    about: Filters | tuple[Finding, ...],
    people: tuple[str, ...],
    offered: tuple[str, ...],
    page: str,
) -> None:
    """A button an action, and the form of the one that was picked with how many it would touch."""
    own = isinstance(about, tuple) and _only_own(here, about)
    why = {action: refusal(here, action, own=own) for action in offered}
    _buttons(here, why, page)
    action = st.session_state.get(f"{page}.do")
    if action not in offered or why[action] is not None:
        return
    meant = _meant(here, about, action)
    with st.container(border=True, gap="xsmall"):
        preview = Actions(view, here.now).preview(meant)
        if preview.touched == 0:
            st.caption(here.t("findings.preview.none"))
            return
        st.markdown(here.plural(f"findings.preview.{action}", preview.touched))
        if preview.passed_over:
            st.caption(here.plural("findings.preview.passed", preview.passed_over))
        if meant.filters is not None:
            meant = replace(meant, expected=preview.touched)
        with st.form(f"{page}.form.{action}", border=False, enter_to_submit=False):
            names = _form(here, action, people, page)
            st.form_submit_button(
                here.plural(f"findings.send.{action}", preview.touched),
                icon=f":material/{ICONS[action]}:",
                type="primary",
                on_click=_send,
                args=(page, action, meant, names),
            )


def _meant(here: Here, about: Filters | tuple[Finding, ...], action: str) -> Selection:
    """What an action is about: of those shown the ones that it can do something with."""
    states = WAIVERS.get(action)
    if isinstance(about, Filters):
        if states is None:
            return Selection(about)
        kept = tuple(code for code in states if not about.waiver or code in about.waiver)
        return Selection(replace(about, waiver=kept)) if kept else Selection()
    rows = [row for row in about if states is None or waiver_state(row, here.now) in states]
    return Selection(finding_ids=tuple(row.finding_id for row in rows))


def _only_own(here: Here, about: tuple[Finding, ...]) -> bool:
    """Whether the reader asked for every waiver that waits among these."""
    asked = [row.said.waiver for row in about if waiver_state(row, here.now) == "asked"]
    return bool(asked) and all(w is not None and w.requester == here.actor.name for w in asked)


def _buttons(here: Here, offered: dict[str, str | None], page: str) -> None:
    """A button an action, with the reason why not beside those that rest."""
    picked = st.session_state.get(f"{page}.do")
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for action, why in offered.items():
            st.button(
                here.t(f"findings.do.{action}"),
                key=f"{page}.do.{action}",
                icon=f":material/{ICONS[action]}:",
                type="primary" if action == picked else "secondary",
                disabled=why is not None,
                help=why,
                on_click=_pick,
                args=(page, action),
            )


def refusal(here: Here, action: str, *, own: bool = False) -> str | None:
    """Why the reader may not do this, or None. Only a courtesy: what they may is checked where it
    is done. `own` says that no waiver waits but those the reader asked for."""
    rights = here.actor.rights
    if Right.DECIDE not in rights:
        return here.t("findings.refused.decide")
    if action in APPROVING and Right.APPROVE not in rights:
        return here.t("findings.refused.approve")
    if action in APPROVING and own:
        return here.t("findings.refused.own")
    return None


def _pick(page: str, action: str) -> None:
    key = f"{page}.do"
    st.session_state[key] = None if st.session_state.get(key) == action else action


def _form(here: Here, action: str, people: tuple[str, ...], page: str) -> dict[str, str]:
    """The inputs of an action; returns the key of each by its name."""
    names = {name: f"{page}.{action}.{name}" for name in ("owner", "day", "text", "back")}
    if action == "assign":
        st.selectbox(
            here.t("findings.form.owner"),
            people,
            index=None,
            key=names["owner"],
            accept_new_options=True,
            placeholder=here.t("findings.form.owner.hint"),
        )
        st.checkbox(here.t("findings.form.owner.back"), key=names["back"])
    elif action == "due":
        _day(here, "findings.form.due", names["day"], None)
        st.checkbox(here.t("findings.form.due.back"), key=names["back"])
    elif action == "ask":
        st.caption(here.t("findings.form.ask.help"))
        _text(here, "findings.form.reason", names["text"])
        _day(here, "findings.form.until", names["day"], LONGEST_WAIVER)
    elif action == "grant":
        st.caption(here.t("findings.form.grant.help"))
    else:
        label = "findings.form.comment" if action == "comment" else "findings.form.reason"
        _text(here, label, names["text"])
    return names


def _text(here: Here, label: str, key: str) -> None:
    st.text_area(here.t(label), key=key, height=84, max_chars=LONGEST)


def _day(here: Here, label: str, key: str, longest: timedelta | None) -> None:
    today = here.now.astimezone(here.zone).date()
    last = today + (longest - timedelta(days=1) if longest else timedelta(days=3650))
    st.date_input(
        here.t(label),
        value=today + USUAL_TERM,
        min_value=today,
        max_value=last,
        key=key,
        format="YYYY-MM-DD",
        width=200,
    )


def _send(page: str, action: str, chosen: Selection, names: dict[str, str]) -> None:
    words = {name: st.session_state.get(key) for name, key in names.items()}
    st.session_state[_SENT] = (page, action, chosen, words)
