"""Filters live in the URL as codes, so a link means the same in both languages.

Streamlit's own binding writes the translated label into the URL and silently drops one it does
not know, which shows unfiltered data to whoever opens the link in the other language. Keys are
prefixed by their page (`c.sev`), because query parameters belong to the whole app.

    sev = urls.restore("c.sev", [s.value for s in Severity])
    st.pills(..., key="c.sev", on_change=urls.keep, args=("c.sev",))
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import streamlit as st


def codes(key: str, allowed: Collection[str]) -> list[str]:
    """The codes of `key` in the URL that are allowed, in URL order, each once."""
    given = dict.fromkeys(st.query_params.get_all(key))
    return [code for code in given if code in allowed]


def restore(key: str, allowed: Collection[str]) -> list[str]:
    """Put the URL's codes into the multiple-choice widget `key`, before it is drawn."""
    chosen = codes(key, allowed)
    st.session_state[key] = chosen
    return chosen


def restore_one(key: str, allowed: Collection[str], default: str | None = None) -> str | None:
    """As `restore`, for a widget that holds one code or none."""
    chosen = next(iter(codes(key, allowed)), default)
    st.session_state[key] = chosen
    return chosen


def restore_text(key: str, longest: int = 200) -> str:
    """Put the URL's text (cut to `longest` characters) into the text widget `key`."""
    typed = (st.query_params.get(key) or "").strip()[:longest]
    st.session_state[key] = typed
    return typed


def restore_page(key: str, last: int) -> int:
    """The page number in the URL, held within 1..`last`; put into the pagination widget."""
    typed = st.query_params.get(key) or ""
    page = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 1
    page = min(max(page, 1), max(last, 1))
    st.session_state[key] = page
    return page


def keep(key: str, *also_clear: str) -> None:
    """Write the widget `key` back to the URL; `also_clear` are keys it makes void (the page)."""
    value = st.session_state.get(key)
    put(key, value if isinstance(value, list | tuple) else [] if value is None else [value])
    for other in also_clear:
        put(other, [])


def put(key: str, values: Iterable[object]) -> None:
    """Set `key` in the URL, or remove it where there is nothing to say."""
    written = [str(value) for value in values if str(value)]
    if written:
        st.query_params[key] = written
    else:
        st.query_params.pop(key, None)


def drop(*keys: str) -> None:
    """Remove filters from the URL, as a button that clears them does."""
    for key in keys:
        put(key, [])
