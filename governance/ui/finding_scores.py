"""Where people should look: scores of pairs and fields, and a chart of what is wrong where."""

from __future__ import annotations

from typing import Any

import streamlit as st

from checks.outcome import CellClass, Kind, Severity
from governance.config import Config
from governance.reading import FieldCount, FieldScore, Filters, PairScore
from governance.ui import urls
from governance.ui.components import number_column, share_column, table, text_column
from governance.ui.here import Here
from governance.ui.plots import Stack, across, palette
from governance.ui.text import plain
from governance.views.titles import Titles

CHART_FIELDS = 9
# What a bar is stacked from; both sides of a kind share a colour, the list tells them apart.
GROUPS = {
    "different": (CellClass.DIFFERENT.value,),
    "null_vs_value": (CellClass.NULL_VS_VALUE.value,),
    "only": (Kind.ONLY_LEFT.value, Kind.ONLY_RIGHT.value),
    "duplicate": (Kind.DUPLICATE_LEFT.value, Kind.DUPLICATE_RIGHT.value),
    "null_key": (Kind.NULL_KEY_LEFT.value, Kind.NULL_KEY_RIGHT.value),
}


def pair_scores(here: Here, config: Config, scores: tuple[PairScore, ...], key: str) -> None:
    """Every entity and pair of systems with its numbers; a row leads to its findings."""
    titles = Titles(config, here.language)
    numbers = ("matched", "aligned", "mismatched", "only_left", "only_right")
    rows = [
        {
            "entity": titles.entity(score.entity),
            "pair": titles.pair(score.left_source, score.right_source),
            "outcome": here.t(f"ui.outcome.{score.outcome}"),
            "strict": here.share(score.strict),
            "adjusted": here.share(score.adjusted),
            **{name: score.numbers[name] for name in numbers},
            "duplicate": score.numbers["left_duplicate_keys"]
            + score.numbers["right_duplicate_keys"],
            "null_key": score.numbers["left_null_keys"] + score.numbers["right_null_keys"],
        }
        for score in scores
    ]
    columns: dict[str, Any] = {
        "entity": text_column(here.t("consistency.entity"), width=104),
        "strict": share_column(here.t("consistency.strict"), width=76),
        "adjusted": share_column(here.t("consistency.adjusted"), width=76),
        "outcome": text_column(here.t("consistency.outcome"), width=64),
        "pair": text_column(here.t("consistency.pair"), width=180),
    }
    for name in (*numbers, "duplicate", "null_key"):
        columns[name] = number_column(here.t(f"consistency.{name}"))
    picked = table(rows, columns, key=key, on_select="rerun", selection_mode="single-row", most=7)
    for place in picked.selection.rows:
        if place < len(scores):
            urls.put("c.entity", [scores[place].entity])
            urls.put("c.pair", [f"{scores[place].left_source}~{scores[place].right_source}"])
            urls.drop("c.page", "c.field")
            st.rerun()


def unseen(here: Here, config: Config, scores: tuple[PairScore, ...]) -> None:
    """One line for each pair that the newest run could not compare, with the reason."""
    titles = Titles(config, here.language)
    for score in scores:
        if score.outcome in ("not_evaluable", "error"):
            pair = plain(titles.pair(score.left_source, score.right_source))
            entity = plain(titles.entity(score.entity))
            said = here.t("consistency.unseen", entity=entity, pair=pair)
            st.caption(f":orange[:material/visibility_off: {said}]")


def field_chart(
    here: Here, config: Config, lines: tuple[FieldCount, ...], filters: Filters, height: int
) -> None:
    """Where the findings are: a bar a field, stacked by what is wrong."""
    titles = Titles(config, here.language)
    shown = lines[:CHART_FIELDS]
    labels = tuple(_bar_label(here, titles, line, filters) for line in shown)
    tones, stacks = group_colors(), []
    for group, codes in GROUPS.items():
        values = tuple(sum(line.counts.get(code, 0) for code in codes) for line in shown)
        if any(values):
            stacks.append(Stack(here.t(f"consistency.group.{group}"), values, tones[group]))
    across(labels, tuple(stacks), height=height, key="c.chart")


def group_colors() -> dict[str, str]:
    """Values warm, whole rows blue, keys grey."""
    colors = palette()
    return {
        "different": colors.severity[Severity.HIGH],
        "null_vs_value": colors.severity[Severity.MEDIUM],
        "only": colors.accent,
        "duplicate": colors.accent_pale,
        "null_key": colors.severity[Severity.LOW],
    }


def _bar_label(here: Here, titles: Titles, line: FieldCount, filters: Filters) -> str:
    """The field's name; plotly reads a little HTML, so what could start some is taken out."""
    name = titles.field(line.entity, line.field) if line.field else here.t("consistency.whole")
    label = name if filters.entity else f"{titles.entity(line.entity)} · {name}"
    return label.replace("<", "‹").replace(">", "›")[:40]


def field_scores(
    here: Here,
    config: Config,
    entity: str,
    scores: tuple[FieldScore, ...],
    lines: tuple[FieldCount, ...],
) -> None:
    """The fields of an entity, worst first; a row narrows the list to that field."""
    titles = Titles(config, here.language)
    found = {line.field: line.total for line in lines}
    several = len({(score.left_source, score.right_source) for score in scores}) > 1
    rows = [
        {
            "field": titles.field(entity, score.field),
            "pair": titles.pair(score.left_source, score.right_source),
            "strict": here.share(score.strict),
            "adjusted": here.share(score.adjusted),
            "findings": found.get(score.field, 0),
            "rewritten": score.counts["normalized"] + score.counts["within_tolerance"],
            "compared": score.compared,
        }
        for score in scores
    ]
    columns: dict[str, Any] = {"field": text_column(here.t("consistency.field"))}
    if several:
        columns["pair"] = text_column(here.t("consistency.pair"))
    columns |= {
        "strict": share_column(here.t("consistency.strict")),
        "adjusted": share_column(here.t("consistency.adjusted")),
        "rewritten": number_column(
            here.t("consistency.rewritten"), help=here.t("consistency.rewritten.help")
        ),
        "compared": number_column(here.t("consistency.compared")),
    }
    picked = table(
        rows, columns, key="c.fields", on_select="rerun", selection_mode="single-row", most=7
    )
    for place in picked.selection.rows:
        if place < len(scores):
            urls.put("c.field", [scores[place].field])
            urls.put("c.pair", [f"{scores[place].left_source}~{scores[place].right_source}"])
            urls.drop("c.page")
            st.rerun()
