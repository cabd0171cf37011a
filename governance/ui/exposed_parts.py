"""Blocks of the overreach page: what lies open beyond need, and what is used of what is granted."""

from __future__ import annotations

import streamlit as st

from governance.permissions.exposed import UNKNOWN, Open, Use
from governance.ui.components import heading, number_column, table, text_column
from governance.ui.here import Here
from governance.ui.states import told
from governance.ui.verdict_words import Words

ROWS = 8


def exposure(here: Here, words: Words, whole: Open | None, lines: tuple[Open, ...]) -> None:
    """Records and phone numbers reachable beyond need, by department."""
    heading(here.t("overreach.exposed"), help=here.t("overreach.exposed.help"))
    if whole is None and not lines:
        st.caption(here.t("overreach.exposed.unknown"))
        return
    if whole is not None:
        numbers = {n: here.number(getattr(whole, n)) for n in ("accounts", "rows", "phones")}
        looked = here.number(whole.looked_at)
        st.markdown(here.t("overreach.exposed.total", looked=looked, **numbers))
        unclear = sum(whole.unclear.values())
        if unclear:
            why = here.t("ui.list").join(
                f"{told(here, code, {})} ({here.number(n)})" for code, n in whole.unclear.items()
            )
            said = here.t("overreach.exposed.unclear", n=here.number(unclear), why=why)
            st.markdown(f":orange[:material/visibility_off:] :gray[{said}]")
    columns = {
        "department": text_column(here.t("overreach.column.department"), width=120),
        **{
            n: number_column(here.t(f"overreach.column.{n}"), width=62)
            for n in ("accounts", "rows", "phones", "unclear")
        },
    }
    rows = [
        {
            "department": words.department(None if o.department == UNKNOWN else o.department),
            "accounts": o.accounts,
            "rows": o.rows,
            "phones": o.phones,
            "unclear": sum(o.unclear.values()),
        }
        for o in lines
    ]
    if rows:
        table(rows, columns, most=ROWS, key="o.exposed")


def usage(here: Here, words: Words, lines: tuple[Use, ...]) -> None:
    """Used against granted, function by function."""
    heading(here.t("overreach.used"), help=here.t("overreach.used.help"))
    if not lines:
        st.caption(here.t("overreach.matrix.none"))
        return
    columns = {
        "function": text_column(here.t("overreach.column.function"), width=120),
        **{
            n: number_column(here.t(f"overreach.column.{n}"), width=58)
            for n in ("granted", "used", "unused", "not_evaluable")
        },
        "why": text_column(here.t("overreach.column.why"), width=150),
    }
    rows = [
        {
            "function": words.function(use.function),
            "granted": use.granted,
            "used": use.used,
            "unused": use.unused,
            "not_evaluable": use.unclear,
            "why": " ".join(dict.fromkeys(words.say(*why) for why in use.why[:3])) or None,
        }
        for use in lines
    ]
    table(rows, columns, most=ROWS, key="o.used")
