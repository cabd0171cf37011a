"""One system on the backups page: how it went, its copies, its catalogues, its backups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from governance.backups.seen import BackupRow, CatalogueRow, Digit
from governance.ui.backup_plots import Series, numbers
from governance.ui.components import heading, number_column, pill_column, table, text_column
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.views.backup_words import MARKS, BackupWords, answer
from governance.views.backups import Point, SystemView

CHART = 190
BACKUP_ROWS = 12
ROWS = 8
HOUR = 3600.0
# The least that two charts of bytes and of seconds are drawn in.
_BYTES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB"), (1.0, "B"))


def trends(here: Here, words: BackupWords, system: SystemView) -> None:
    """Age of the data at each run, and size of each backup."""
    left, right = st.columns(2, gap="xsmall")
    with left, st.container(border=True, height="stretch", gap="xxsmall"):
        heading(words.page("trend.age"), help=words.page("trend.age.help"))
        _age(here, words, system)
    with right, st.container(border=True, height="stretch", gap="xxsmall"):
        heading(words.page("trend.size"), help=words.page("trend.size.help"))
        _size(here, words, system)


def _age(here: Here, words: BackupWords, system: SystemView) -> None:
    if len(system.ages) < 2:
        st.caption(words.page("trend.none"))
        return
    unit, name = (24 * HOUR, "day") if system.row.rpo >= 72 * HOUR else (HOUR, "hour")
    series = Series(
        _times(here, system.ages),
        tuple(point.value / unit for point in system.ages),
        (words.page("trend.age.line"), words.page("rpo")),
        limit=system.row.rpo / unit,
    )
    numbers(series, words.page(f"unit.{name}"), height=CHART, key=f"k.age.{system.name}")


def _size(here: Here, words: BackupWords, system: SystemView) -> None:
    if len(system.sizes) < 2:
        st.caption(words.page("trend.none"))
        return
    largest = max(point.value for point in system.sizes)
    unit, name = next((u, n) for u, n in _BYTES if largest >= u or u == 1.0)
    band = system.band
    series = Series(
        _times(here, system.sizes),
        tuple(point.value / unit for point in system.sizes),
        (words.page("trend.size.line"), words.page("trend.band")),
        band=(band[0] / unit, band[1] / unit) if band else None,
    )
    numbers(series, name, height=CHART, key=f"k.size.{system.name}")


def _times(here: Here, points: Sequence[Point]) -> tuple[str, ...]:
    return tuple(here.moment(point.at) for point in points)


def answers(words: BackupWords) -> dict[str, str]:
    """The three answers as pills read them."""
    return {code: words.page(code) for code in ("yes", "no", "unknown")}


def answer_column(words: BackupWords, label: str, width: int = 84) -> Any:
    tones = palette().pill
    shades = [tones[tone] for tone in ("good", "bad", "watch")]
    return pill_column(label, answers(words), shades, width=width)


def copies(words: BackupWords, found: Sequence[Digit], key: str) -> None:
    """3-2-1-1-0 with the proof of each digit."""
    heading(words.page("score"), help=words.page("score.help"))
    if not found:
        st.caption(words.page("score.none"))
        return
    rows = [
        {
            "digit": words.known("digit", one.digit),
            "answer": [answer(one.value)],
            "proof": words.known("proof", one.proof) if one.proof else words.page("proof.none"),
            "why": words.say(one.code, one.params) if one.code else None,
        }
        for one in found
    ]
    head = {name: words.page(f"column.{name}") for name in ("digit", "answer", "proof", "why")}
    columns = {
        "digit": text_column(head["digit"], width=150),
        "answer": answer_column(words, head["answer"]),
        "proof": text_column(head["proof"], width=84),
        "why": text_column(head["why"], width=300),
    }
    table(rows, columns, key=key)


def catalogues(here: Here, words: BackupWords, found: Sequence[CatalogueRow], key: str) -> None:
    """Where backups are listed, and whether each list could be read."""
    heading(words.page("catalogues"), help=words.page("catalogues.help"))
    rows = [
        {
            "catalogue": one.catalogue,
            "kind": one.kind,
            "place": one.place,
            "answer": ["no" if not one.ok else "yes" if one.is_whole else "unknown"],
            "backups": one.backups,
            "read_at": here.moment(one.read_at),
            "tool": one.tool,
            "zone": one.zone,
            "why": words.say(one.code, one.params) if one.code else None,
        }
        for one in found
    ]
    head = {name: words.page(f"column.{name}") for name in rows[0]} if rows else {}
    if not rows:
        return
    columns = {
        "catalogue": text_column(head["catalogue"], width=90),
        "answer": answer_column(words, words.page("column.read"), 84),
        "backups": number_column(head["backups"], width=66),
        "kind": text_column(head["kind"], width=88),
        "place": text_column(head["place"], width=80),
        "read_at": text_column(head["read_at"], width=124),
        "zone": text_column(head["zone"], width=110, help=words.page("column.zone.help")),
        "tool": text_column(head["tool"], width=120),
        "why": text_column(head["why"], width=200),
    }
    table(rows, columns, most=ROWS, key=key)


def listed(
    here: Here, words: BackupWords, found: Sequence[BackupRow], key: str
) -> BackupRow | None:
    """Backups, the newest first; the one whose row was picked."""
    heading(words.page("list"), help=words.page("list.help"))
    if not found:
        st.caption(words.page("list.none"))
        return None
    columns: dict[str, Any] = {
        "ended": text_column(words.page("column.ended"), width=124),
        "backup": text_column(words.page("column.backup"), width=190),
        **{mark: answer_column(words, words.mark(mark), 84) for mark in MARKS},
        "method": text_column(words.page("column.method"), width=84),
        "data_at": text_column(words.page("column.data_at"), width=124),
        "size": text_column(words.page("column.size"), width=74, alignment="right"),
        "catalogue": text_column(words.page("column.catalogue"), width=84),
        "note": text_column(words.page("column.note"), width=120),
    }
    state = table(
        [_row(here, words, one) for one in found],
        columns,
        most=BACKUP_ROWS,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
    )
    picked = state["selection"]["rows"]
    return found[picked[0]] if picked and picked[0] < len(found) else None


def _row(here: Here, words: BackupWords, one: BackupRow) -> dict[str, Any]:
    notes = [words.page("vanished")] if one.is_vanished else []
    if one.state != "done":
        notes.append(words.known("state", one.state))
    return {
        "ended": here.moment(one.ended),
        "backup": one.backup,
        **{mark: [answer(one.verdicts[mark].value)] for mark in MARKS},
        "method": words.known("method", one.method),
        "data_at": here.moment(one.data_at),
        "size": words.size(one.size),
        "catalogue": one.catalogue,
        "note": " · ".join(notes) or None,
    }
