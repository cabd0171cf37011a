"""Job families against functions, with heat where people hold more than they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from governance.permissions.matrix import LEFT, UNKNOWN, Cell, Holder, Matrix
from governance.ui import urls
from governance.ui.components import (
    HEADER_HEIGHT,
    PAGES,
    ROW_HEIGHT,
    heading,
    pill_column,
    table,
    text_column,
)
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.ui.text import bare
from governance.ui.verdict_words import Words

KEY = "o.cell"
SHOWN_HOLDERS = 8
# Fewer than this share of a family beyond its need is the palest red, all of it the strongest.
STEPS = (0.1, 0.5)


def families_of(words: Words, matrix: Matrix) -> list[str]:
    """Rows: the policy's families in its order, then those it does not name."""
    named = [name for name in words.access.policy.families if matrix.families.get(name)]
    rest = sorted(matrix.families.keys() - set(named) - {LEFT, UNKNOWN})
    return [*named, *rest, *(name for name in (UNKNOWN, LEFT) if matrix.families.get(name))]


def functions_of(words: Words, matrix: Matrix) -> list[str]:
    held = {function for _, function in matrix.cells}
    return [name for name in words.access.policy.functions if name in held]


def heat(here: Here, words: Words, matrix: Matrix) -> tuple[str, str] | None:
    """The matrix; the family and function that the URL or a click names."""
    heading(here.t("overreach.matrix"), help=here.t("overreach.matrix.help"))
    rows, columns = families_of(words, matrix), functions_of(words, matrix)
    if not rows or not columns:
        st.caption(here.t("overreach.matrix.none"))
        return None
    st.caption(here.t("overreach.matrix.legend"))
    picked = _grid(here, words, matrix, rows, columns)
    known = [f"{family}*{function}" for family, function in matrix.cells]
    chosen = next(iter(urls.codes(KEY, known)), None)
    if picked is not None and picked in matrix.cells and "*".join(picked) != chosen:
        urls.put(KEY, ["*".join(picked)])
        return picked
    return _cell(chosen) if chosen else None


def _cell(code: str) -> tuple[str, str]:
    family, _, function = code.partition("*")
    return family, function


def _grid(
    here: Here, words: Words, matrix: Matrix, rows: Sequence[str], columns: Sequence[str]
) -> tuple[str, str] | None:
    import pandas as pd  # type: ignore[import-untyped]

    cells = [[matrix.cells.get((row, column)) for column in columns] for row in rows]
    table_ = pd.DataFrame(
        [[_said(here, cell) for cell in line] for line in cells], columns=list(columns)
    )
    first = here.t("overreach.matrix.family")
    names = [f"{words.family(row)} ({here.number(matrix.families[row])})" for row in rows]
    table_.insert(0, first, names)
    shades = [["", *(_shade(cell) for cell in line)] for line in cells]
    styled = table_.style.apply(
        lambda frame: pd.DataFrame(shades, index=frame.index, columns=frame.columns), axis=None
    )
    heads: dict[str, Any] = {
        name: text_column(bare(words.function(name)), width=96, alignment="center")
        for name in columns
    }
    state = st.dataframe(
        styled,
        hide_index=True,
        column_config={first: text_column(first, width=170, pinned=True), **heads},
        row_height=ROW_HEIGHT,
        height=len(rows) * ROW_HEIGHT + HEADER_HEIGHT + 14,
        placeholder="",
        key=f"o.matrix.{len(rows)}.{len(columns)}",
        on_select="rerun",
        selection_mode="single-cell",
    )
    for row, column in state["selection"]["cells"]:
        if column in columns and row < len(rows):
            return rows[row], column
    return None


def _said(here: Here, cell: Cell | None) -> str | None:
    """`3 / 12`: of twelve who hold it three hold more than they need; a question mark where of
    some nobody can tell."""
    if cell is None:
        return None
    words = here.number(cell.held)
    if cell.beyond:
        words = f"{here.number(cell.beyond)} / {words}"
    return f"{words} ?" if cell.unclear else words


def _shade(cell: Cell | None) -> str:
    """Red by the share that holds too much; grey where nobody can tell; nothing where all is in
    bounds. No cell is green."""
    if cell is None:
        return ""
    colors = palette()
    if cell.beyond:
        share = cell.beyond / cell.held
        tone = "high" if share < STEPS[0] else "bad" if share < STEPS[1] else "worst"
        color = colors.pill["bad"] if tone != "high" else colors.pill["high"]
        strong = "; font-weight: 600" if tone == "worst" else ""
        return f"background-color: {color}{strong}"
    return f"background-color: {colors.pill['quiet']}" if cell.unclear else ""


def holders(
    here: Here, words: Words, cell: tuple[str, str], found: Sequence[Holder]
) -> Holder | None:
    """The people of one cell; the one whose row was picked."""
    family, function = cell
    title = here.t(
        "overreach.holders",
        family=bare(words.family(family)),
        function=bare(words.function(function)),
    )
    st.text(title)
    head = {name: here.t(f"overreach.column.{name}") for name in _COLUMNS}
    tones = palette().pill
    needs = {n: here.t(f"overreach.need.{n}") for n in ("beyond", "within", "unclear")}
    columns = {
        "need": pill_column(
            head["need"], needs, [tones["bad"], tones["quiet"], tones["watch"]], width=100
        ),
        "person": text_column(head["person"], width=150),
        "system": text_column(head["system"], width=110),
        "account": text_column(head["account"], width=110),
        "scope": text_column(head["scope"], width=160),
        "allowed": text_column(head["allowed"], width=160),
    }
    rows = [_holder_row(words, one) for one in found]
    state = table(
        rows, columns, most=SHOWN_HOLDERS, key=f"o.holders.{family}.{function}",
        on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    picked = state["selection"]["rows"]
    return found[picked[0]] if picked and picked[0] < len(found) else None


_COLUMNS = ("need", "person", "system", "account", "scope", "allowed")


def _holder_row(words: Words, one: Holder) -> dict[str, Any]:
    need = "unclear" if one.beyond is None else "beyond" if one.beyond else "within"
    return {
        "need": [need],
        "person": words.person(one.human, one.name),
        "system": words.system(one.system),
        "account": one.account,
        "scope": words.scopes(one.words, is_all=one.is_all),
        "allowed": words.scope(one.allowed),
    }


def open_person(here: Here, human: str) -> None:
    st.switch_page(PAGES / "person.py", query_params={"lang": here.language, "person": human})
