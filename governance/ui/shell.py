"""The Streamlit script: navigation, language, and the frame around every page.

Executed on every interaction, so it asks the ledger for little and imports nothing heavy itself.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from checks.errors import CodedError
from governance.i18n import LANGUAGES
from governance.ui import states, urls, workspace
from governance.ui.components import PAGES
from governance.ui.here import Here, act_as, enter, operator
from governance.ui.text import plain
from governance.views.cases import personas
from governance.views.reviews import reviewers
from governance.worker.standing import NOTHING

ASSETS = Path(__file__).parent / "assets"
SIDEBAR_PIXELS = 208

# Page file, icon in the navigation, whether it is listed there.
LISTED = (
    ("overview", "monitoring", True),
    ("findings", "assignment", True),
    ("consistency", "rule", True),
    ("record", "compare_arrows", False),
    ("finding", "assignment_late", False),
    ("lag", "hourglass_top", True),
    ("remediation", "build", True),
    ("overreach", "admin_panel_settings", True),
    ("reach", "visibility", True),
    ("reviews", "fact_check", True),
    ("backups", "backup", True),
    ("drills", "restore", False),
    ("backup", "database", False),
    ("rule", "gavel", False),
    ("person", "person_search", False),
    ("matching", "join_inner", True),
    ("drift", "schema", True),
    ("runs", "update", True),
    ("dictionary", "menu_book", True),
)


def frame(here: Here) -> None:
    """Everything around the page, then the page itself."""
    pages = [
        st.Page(
            PAGES / f"{name}.py",
            title=here.t(f"ui.nav.{name}"),
            icon=f":material/{icon}:",
            url_path=name,
            default=name == "overview",
            visibility="visible" if listed else "hidden",
        )
        for name, icon, listed in LISTED
    ]
    # Left alone, Streamlit folds all but ten of so many.
    page = st.navigation(pages, expanded=True)
    with st.sidebar:
        _company(here)
        _language(here)
        if here.standing.demo:
            _act_as(here)
    with states.guarded(here):
        if here.standing.configured:
            page.run()
        else:
            states.empty(here.t("ui.unconfigured.title"), here.t("ui.unconfigured.body"))


def _company(here: Here) -> None:
    standing = here.standing
    if standing.company is not None:
        name = plain(here.title(standing.company))
        st.caption(f"**{name}**" + (f" · {here.t('ui.demo')}" if standing.demo else ""))
    st.caption(f":material/visibility: {here.t('ui.read_only')}")


def _language(here: Here) -> None:
    st.session_state["lang"] = here.language
    st.segmented_control(
        here.t("ui.language"),
        LANGUAGES,
        key="lang",
        format_func=lambda code: here.t(f"ui.language.{code}"),
        required=True,
        label_visibility="collapsed",
        on_change=urls.keep,
        args=("lang",),
    )


def _act_as(here: Here) -> None:
    """In a demo the visitor may be two people, as a waiver needs."""
    names = [operator(), *_personas()]
    st.session_state["as"] = here.actor.name
    st.selectbox(
        here.t("findings.act_as"),
        names,
        key="as",
        help=here.t("findings.act_as.help"),
        on_change=_turn_into,
    )


def _turn_into() -> None:
    chosen = st.session_state.get("as")
    act_as(None if chosen == operator() else chosen)


def _personas() -> tuple[str, ...]:
    """The owners that the rules name, and whom open reviews wait for."""
    open_ = workspace.workspace()
    named = personas(open_.config)
    if open_.config is None or not open_.config.demo:
        return named
    return tuple(dict.fromkeys((*named, *reviewers(open_.ledger))))


def main() -> None:
    """One run of the script for one reader."""
    st.set_page_config(
        page_title="Duiqi",
        page_icon=str(ASSETS / "icon.png"),
        layout="wide",
        initial_sidebar_state=SIDEBAR_PIXELS,
    )
    problem = None
    try:
        standing = workspace.standing()
    except CodedError as error:
        standing, problem = NOTHING, error
    here = enter(standing, _personas() if standing.demo else ())
    st.set_page_config(page_title=here.t("ui.product"))
    logo = "logo.png" if here.language == "zh" else "logo-en.png"
    st.logo(str(ASSETS / logo), size="large", icon_image=str(ASSETS / "icon.png"))
    if problem is not None:
        states.failed(here, problem)
    else:
        frame(here)


main()
