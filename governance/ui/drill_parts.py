"""Blocks of the drills page: systems without a drill, times against what is allowed, who may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from governance.backups.restores import log_of
from governance.backups.seen import KeeperRow, RestoreRow
from governance.reading import Desk
from governance.ui import urls
from governance.ui.backup_detail import answer_column
from governance.ui.backup_parts import ICONS, TONES, backup_link
from governance.ui.backup_plots import Series, numbers
from governance.ui.components import heading, pill_column, table, text_column
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.ui.text import plain
from governance.views.backup_words import BackupWords, answer
from governance.views.drills import Drilled, Drills

ROWS = 12
CHART = 200
LOG = 320
MINUTE = 60.0


def sentence(here: Here, words: BackupWords, seen: Drills) -> None:
    """Whose newest restore failed, and which systems have none that still counts."""
    broken = [one.row.system for one in seen.systems if one.is_broken]
    holes = [one.row.system for one in seen.holes if not one.is_broken]
    if not broken and not holes:
        # One that ran may have been of another series than what would be restored today.
        proved = all(one.row.verdicts["restorable"].value for one in seen.systems)
        said = "drills.none_missing" if proved else "drills.of_others"
        st.subheader(words.page(said), anchor=False)
    if broken:
        said = words.page("drills.broken", names=plain(words.systems(broken), 300))
        st.subheader(f":red[:material/cancel:] {said}", anchor=False)
    if holes:
        names = plain(words.systems(holes), 300)
        said = here.plural("backups.page.drills.missing", len(holes), names=names)
        st.subheader(f":red[:material/event_busy:] {said}", anchor=False)


def systems(here: Here, words: BackupWords, seen: Drills) -> None:
    """Each system's last good drill, its time, and how old it may be."""
    heading(words.page("drills.systems"), help=words.page("drills.systems.help"))
    columns: dict[str, Any] = {
        "system": text_column(words.page("system"), width=130),
        "tried": answer_column(words, words.page("drills.newest"), 110),
        "answer": answer_column(words, words.page("drills.young"), 90),
        "at": text_column(words.page("drills.last_good"), width=124),
        "max_age": text_column(words.page("drills.max_age"), width=96),
        "took": text_column(words.page("drills.took"), width=84),
        "rto": text_column(words.page("rto"), width=84),
        "within": answer_column(words, words.page("drills.within"), 90),
        "planned": text_column(words.page("drills.planned"), width=190),
    }
    table([_system(here, words, one) for one in seen.systems], columns, key="d.systems")


def _system(here: Here, words: BackupWords, one: Drilled) -> dict[str, Any]:
    seconds = one.good.seconds if one.good else None
    rto = one.row.rto
    within = None if seconds is None or rto is None else seconds <= rto
    return {
        "system": words.system(one.row.system),
        "tried": [answer(one.tried.ok if one.tried else None)],
        "answer": [answer(not one.is_hole)],
        "at": here.moment(one.good.at if one.good else None),
        "max_age": here.span(one.max_age),
        "took": words.span(seconds),
        "rto": words.span(rto),
        "within": [answer(within)],
        "planned": words.page("drills.by_us" if one.is_planned else "drills.by_nobody"),
    }


def choose(words: BackupWords, seen: Drills) -> str | None:
    """One system or all, out of the URL."""
    names = {one.row.system: words.system(one.row.system) for one in seen.systems}
    code = urls.restore_one("d.system", names)
    if len(names) > 1:
        st.segmented_control(
            words.page("system"),
            list(names),
            key="d.system",
            format_func=lambda name: plain(names[name], 60),
            label_visibility="collapsed",
            on_change=urls.keep,
            args=("d.system",),
        )
    return code


def times(here: Here, words: BackupWords, seen: Drills, system: str | None) -> None:
    """How long restores took against the time allowed, a chart a system."""
    shown = [one for one in seen.systems if system in (None, one.row.system)]
    # One that failed did not take long to bring the data back: it never did.
    charts = [
        (one, [r for r in seen.of(one.row.system) if r.ok and r.seconds is not None])
        for one in shown
    ]
    charts = [(one, found) for one, found in charts if found]
    if not charts:
        return
    for column, (one, found) in zip(st.columns(len(charts), gap="xsmall"), charts, strict=True):
        with column, st.container(border=True, height="stretch", gap="xxsmall"):
            heading(
                words.page("drills.times", system=plain(words.system(one.row.system))),
                help=words.page("drills.times.help"),
            )
            ordered = sorted(found, key=lambda r: r.at)
            series = Series(
                tuple(here.moment(r.at) for r in ordered),
                tuple((r.seconds or 0.0) / MINUTE for r in ordered),
                (words.page("drills.took"), words.page("rto")),
                limit=None if one.row.rto is None else one.row.rto / MINUTE,
            )
            numbers(
                series, words.page("unit.minute"), height=CHART, key=f"d.times.{one.row.system}"
            )


def listed(
    here: Here, words: BackupWords, found: Sequence[RestoreRow], key: str
) -> RestoreRow | None:
    """Restores, the newest first; the one whose row was picked."""
    heading(words.page("drills.list"), help=words.page("drills.list.help"))
    if not found:
        st.caption(words.page("drills.list.none"))
        return None
    tones = palette().pill
    kinds = {"ours": words.page("drills.ours"), "told": words.page("drills.told")}
    columns: dict[str, Any] = {
        "at": text_column(words.page("column.at"), width=124),
        "system": text_column(words.page("system"), width=110),
        "answer": answer_column(words, words.page("drills.came_back"), 96),
        "took": text_column(words.page("drills.took"), width=76),
        "compared": text_column(words.page("drills.compared"), width=150),
        "who": pill_column(
            words.page("drills.who"), kinds, [tones["busy"], tones["quiet"]], width=84
        ),
        "by": text_column(words.page("drills.by"), width=110),
        "backup": text_column(words.page("column.backup"), width=190),
        "why": text_column(words.page("column.why"), width=210),
    }
    state = table(
        [_restore(here, words, one) for one in found],
        columns,
        most=ROWS,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
    )
    picked = state["selection"]["rows"]
    return found[picked[0]] if picked and picked[0] < len(found) else None


def _restore(here: Here, words: BackupWords, one: RestoreRow) -> dict[str, Any]:
    compared = words.page("drills.not_compared")
    if one.compared:
        compared = here.plural("backups.page.drills.differs", one.differs or 0)
        if one.differs is None:
            compared = words.page("unknown")
    return {
        "at": here.moment(one.at),
        "system": words.system(one.system),
        "answer": [answer(one.ok)],
        "took": words.span(one.seconds),
        "compared": compared,
        "who": ["told" if one.is_told else "ours"],
        "by": one.by or None,
        "backup": one.backup,
        "why": words.say(one.code, one.params) if one.code else None,
    }


def chosen(seen: Drills, picked: RestoreRow | None) -> RestoreRow | None:
    """The restore that was clicked, else the one that the URL names."""
    if picked is not None:
        urls.put("d.drill", [picked.drill])
        return picked
    code = next(iter(urls.codes("d.drill", [r.drill for r in seen.restores])), None)
    return next((r for r in seen.restores if r.drill == code), None)


def one(here: Here, words: BackupWords, desk: Desk, found: RestoreRow) -> None:
    """The restore that was picked: why it failed, and the backup it was of."""
    with st.container(border=True, gap="xsmall"):
        code = answer(found.ok)
        title = f"{words.system(found.system)} · {here.moment(found.at)}"
        st.markdown(f":{TONES[code]}[:material/{ICONS[code]}: **{plain(title, 200)}**]")
        if found.is_told:
            st.caption(words.page("drills.told.says", by=plain(found.by, 100)))
        if found.code:
            st.markdown(plain(words.say(found.code, found.params), 1000))
        if found.catalogue and found.backup:
            place = found.system, found.catalogue, found.backup
            backup_link(here, place, f":blue[{plain(found.backup, 80)}]", ":material/database:")
        if found.has_log and here.actor.departments is None:
            heading(words.page("drills.log"))
            log = log_of(here.actor, desk, found)
            if log is None:
                st.caption(words.page("drills.log.none"))
            else:
                st.code(log, language=None, height=LOG)


def keepers(words: BackupWords, seen: Drills) -> None:
    """Who can delete or restore backups, and who could delete the customers too."""
    heading(words.page("keepers"), help=words.page("keepers.help"))
    if not seen.is_whole:
        st.caption(words.page("part"))
        return
    if not seen.keepers:
        st.caption(words.page("keepers.none"))
        return
    both = [keeper for keeper in seen.keepers if keeper.can_delete and keeper.also]
    if both:
        names = ", ".join(dict.fromkeys(_name(keeper) for keeper in both))
        st.markdown(
            f":red[:material/delete: {words.page('keepers.both', names=plain(names, 300))}]"
        )
    if seen.alone():
        said = words.page("keepers.alone", systems=plain(words.systems(seen.alone()), 300))
        st.markdown(f":orange[:material/person_alert: {said}]")
    columns = {
        "system": text_column(words.page("system"), width=130),
        "name": text_column(words.page("column.person"), width=150),
        "can_delete": text_column(words.page("column.can_delete"), width=100),
        "can_restore": text_column(words.page("column.can_restore"), width=100),
        "also": text_column(words.page("column.also"), width=220),
    }
    rows = [
        {
            "system": words.system(one.system),
            "name": _name(one),
            "can_delete": words.yes(one.can_delete),
            "can_restore": words.yes(one.can_restore),
            "also": words.systems(one.also) or None,
        }
        for one in seen.keepers
    ]
    table(rows, columns, most=ROWS, key="d.keepers")


def _name(one: KeeperRow) -> str:
    return f"{one.name} {one.human}" if one.name else one.human
