"""What a reader sent with the last click, done before anything is drawn."""

from __future__ import annotations

from typing import Any

import streamlit as st

from checks.errors import CodedError
from governance.i18n import explain
from governance.ledger.review_rows import Decision
from governance.reviews import closing, progress
from governance.reviews.acts import Acts, Done
from governance.reviews.opening import Opener
from governance.ui.here import Here
from governance.ui.text import plain
from governance.ui.workspace import Workspace

_SENT = "_rv_sent"


def send(action: str, *values: Any, text: str = "") -> None:
    """Note an action; `text` is the key of the widget that holds its words."""
    typed = st.session_state.get(text) if text else None
    st.session_state[_SENT] = action, values, str(typed or "")


def button(here: Here, key: str, code: str, label: str, icon: str) -> None:
    """A button that picks what to do, and once more puts it away."""
    picked = st.session_state.get(key)
    st.button(
        label,
        key=f"{key}.{code}",
        icon=f":material/{icon}:",
        type="primary" if picked == code else "secondary",
        disabled=here.standing.run is None,
        on_click=_pick,
        args=(key, code),
    )


def _pick(key: str, code: str) -> None:
    st.session_state[key] = None if st.session_state.get(key) == code else code


def carry_out(here: Here, open_: Workspace, opener: Opener, number: int) -> None:
    """Do what was sent in campaign `number`, and say what came of it."""
    sent = st.session_state.pop(_SENT, None)
    if sent is None:
        return
    action, values, text = sent
    try:
        words = _done(here, open_, opener, number, action, values, text)
    except CodedError as error:
        st.error(plain(explain(error, here.language), 400), icon=":material/error:")
        return
    st.session_state["rv.do"] = st.session_state["rv.end"] = None
    st.session_state["_rv_round"] = st.session_state.get("_rv_round", 0) + 1
    st.toast(words, icon=":material/check:")


def _done(
    here: Here,
    open_: Workspace,
    opener: Opener,
    number: int,
    action: str,
    values: tuple[Any, ...],
    text: str,
) -> str:
    ledger, now = open_.ledger.reviews, here.later().now
    acts = Acts(ledger, here.actor, number, now)
    if action == "decide":
        seqs, decision, expected = values
        return _told(here, acts.decide(seqs, Decision(decision), text, expected=expected))
    if action == "delegate":
        return _told(here, acts.delegate(text or None, opener.population().people))
    if action == "assign":
        return _told(here, acts.assign(values[0], text, opener.population().people))
    if action == "remind":
        return here.plural(
            "reviews.did.remind", progress.remind(ledger, here.actor, number, now=now)
        )
    if action == "sign":
        closing.sign(ledger, here.actor, number, now=now)
    elif action == "close":
        closing.close_incomplete(ledger, here.actor, number, text, now=now)
    else:
        closing.cancel(ledger, here.actor, number, text, now=now)
    return here.t(f"reviews.did.{action}")


def _told(here: Here, done: Done) -> str:
    words = here.plural("reviews.did.lines", done.changed)
    passed = sum(done.passed.values())
    return f"{words} · {here.plural('reviews.did.passed', passed)}" if passed else words
