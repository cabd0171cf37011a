"""The pictures a page shows instead of data. Each is different, and each says what to do next.

"No data yet", "all clear", "not permitted" and "it failed" must never look alike: a reader who
takes one for another draws the wrong conclusion about the company's data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from checks.errors import CodedError
from governance.errors import PermissionRefused
from governance.i18n import explain_code
from governance.ui.here import Here
from governance.ui.text import plain


def _picture(
    icon: str, tone: str, title: str, body: str, action: Callable[[], object] | None
) -> None:
    with (
        st.container(border=True),
        st.container(horizontal_alignment="center", gap="xsmall"),
    ):
        st.space("small")
        st.markdown(f":{tone}[:material/{icon}:]", width="content")
        st.markdown(f"**{title}**", width="content", text_alignment="center")
        st.caption(body, width=560, text_alignment="center")
        if action is not None:
            action()
        st.space("small")


def empty(title: str, body: str, action: Callable[[], object] | None = None) -> None:
    """Nothing has been read yet. `body` says what was looked for and what to do next."""
    _picture("inbox", "gray", title, body, action)


def clear(title: str, body: str, action: Callable[[], object] | None = None) -> None:
    """Everything was looked at and nothing was found; the only picture that may look good."""
    _picture("check_circle", "green", title, body, action)


def not_connected(title: str, body: str, action: Callable[[], object] | None = None) -> None:
    """This part of the company is not being watched; neither good nor bad is claimed."""
    _picture("link_off", "gray", title, body, action)


def refused(here: Here, error: CodedError) -> None:
    """The reader lacks the right; says which, and whom to ask."""
    _picture("lock", "orange", here.t("ui.refused.title"), _told(here, error), None)


def failed(here: Here, error: CodedError, action: Callable[[], object] | None = None) -> None:
    """Something went wrong; says what and what to do next, in the reader's language."""
    _picture("error", "red", here.t("ui.failed.title"), _told(here, error), action)


def broken(here: Here, reference: str) -> None:
    """A bug: the reader gets a reference that the log can be searched for."""
    words = here.t("ui.failed.unexpected", id=reference)
    _picture("error", "red", here.t("ui.failed.title"), words, None)


@contextmanager
def loading(height: int = 200) -> Iterator[None]:
    """A grey shape of `height` pixels while the body computes, if that takes a moment."""
    with st.skeleton(height):
        yield


@contextmanager
def guarded(here: Here) -> Iterator[None]:
    """Turn an error raised on purpose into its picture. Anything else is a bug and goes on."""
    try:
        yield
    except PermissionRefused as error:
        refused(here, error)
    except CodedError as error:
        failed(here, error)


def told(here: Here, code: str, params: dict[str, str], *, cell: bool = False) -> str:
    """A code out of the ledger in the reader's words, safe in markdown; as it is for a `cell`.

    A code that this version's catalogue does not know (an older or newer ledger) is shown as it
    is rather than hidden.
    """
    try:
        words = explain_code(code, params, here.language)
    except KeyError:
        words = f"{code} {params or ''}"
    return words if cell else plain(words, longest=1000)


def _told(here: Here, error: CodedError) -> str:
    return told(here, error.code, error.params)
