"""The reader's context: who reads, in which language, when, and what the store holds.

The shell makes one per script run and pages fetch it with `here()`. It is handed over in the
session's state rather than as an argument because a page is a script, not a function.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import streamlit as st

from checks.dictionary import Title
from governance.access import Actor, local_operator
from governance.i18n import LANGUAGES, formats, t
from governance.worker.standing import Standing

_KEY = "_here"


@dataclass(frozen=True)
class Here:
    """What every page needs to speak to its reader. `now` is aware UTC."""

    language: str
    actor: Actor
    now: datetime
    standing: Standing

    def later(self) -> Here:
        """The same reader now, for a fragment that draws itself anew."""
        return replace(self, now=datetime.now(UTC))

    @property
    def zone(self) -> ZoneInfo:
        return self.standing.zone

    def t(self, name: str, **params: object) -> str:
        return t(name, self.language, **params)

    def plural(self, name: str, count: int, **params: object) -> str:
        return formats.plural(name, count, self.language, **params)

    def title(self, title: Title) -> str:
        """A name from the configuration, in the reader's language; not yet made plain."""
        return title.in_language(self.language)

    def number(self, value: int | float | Decimal) -> str:
        return formats.number(value, self.language)

    def share(self, value: float | None, digits: int = 2) -> str:
        return formats.share(value, self.language, digits)

    def moment(self, when: datetime | None) -> str:
        return formats.moment(when, self.zone)

    def day(self, when: datetime | None) -> str:
        """The day in the business zone, the same in both languages: 2026-11-13. None is a dash."""
        return self.moment(when)[:10]

    def span(self, length: timedelta) -> str:
        return formats.span(length, self.language)

    def distance(self, when: datetime) -> str:
        return formats.distance(when, self.now, self.language)


def language() -> str:
    """The reader's language: the URL's, else the session's, else the browser's.

    Written back to the URL, so that a link that is sent on opens as it was read.
    """
    named = st.query_params.get("lang")
    if named not in LANGUAGES:
        named = st.session_state.get("_language") or _of_browser()
        st.query_params["lang"] = named
    st.session_state["_language"] = named
    return str(named)


def _of_browser() -> str:
    locale = st.context.locale or os.environ.get("DUIQI_LANG") or "en"
    return "zh" if locale.lower().startswith("zh") else "en"


def acting(standing: Standing, personas: Collection[str]) -> Actor:
    """Who reads: the person at this machine or, in a demo alone, whom the URL's `as` names.

    It takes two people to grant a waiver; a demo has one visitor, who may act as either of them.
    """
    operator = local_operator()
    if not standing.demo:
        return operator
    named = st.query_params.get("as") or st.session_state.get("_as")
    act_as(str(named) if named in personas else None)
    chosen: str | None = st.session_state["_as"]
    return replace(operator, name=chosen) if chosen else operator


def operator() -> str:
    """Who the person at this machine is, whoever is acted as."""
    return local_operator().name


def act_as(name: str | None) -> None:
    """Go on as `name`; None is the operator again. Outside a demo nobody asks for it."""
    st.session_state["_as"] = name
    if name is None:
        st.query_params.pop("as", None)
    else:
        st.query_params["as"] = name


def enter(standing: Standing, personas: Collection[str] = ()) -> Here:
    """Make the context of this script run. Called by the shell alone."""
    made = Here(language(), acting(standing, personas), datetime.now(UTC), standing)
    st.session_state[_KEY] = made
    return made


def here() -> Here:
    """The context of this script run."""
    made: Here = st.session_state[_KEY]
    return made
