"""Blocks of the backups page: what stands, what could not be seen, each system, the calendar."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from checks.backups.model import Verdict
from governance.backups.seen import Digit, Place, PointRow
from governance.ui import urls
from governance.ui.backup_plots import Bar, Cell, calendar, strip
from governance.ui.components import PAGES, heading, page_link
from governance.ui.here import Here
from governance.ui.text import plain
from governance.views.backup_words import MARKS, BackupWords, answer
from governance.views.backups import Backups, SystemView

SHOWN_UNSEEN = 6
ICONS = {"yes": "check_circle", "no": "cancel", "unknown": "help"}
TONES = {"yes": "green", "no": "red", "unknown": "orange"}
DUE_TONES = {"up": "gray", "new": "gray", "late": "orange", "down": "red", "unwatched": "orange"}
DUE_ICONS = {"up": "schedule", "new": "fiber_new", "late": "schedule", "down": "alarm_off",
             "unwatched": "visibility_off"}  # fmt: skip
STATES = ("good", "poor", "unknown", "hole")
SIGNS = {"good": "✓", "poor": "✕", "unknown": "?", "hole": "○", "none": ""}


def backup_query(here: Here, place: Place) -> dict[str, str]:
    names = ("system", "catalogue", "backup")
    return {"lang": here.language, **dict(zip(names, place, strict=True))}


def open_backup(here: Here, place: Place) -> None:
    st.switch_page(PAGES / "backup.py", query_params=backup_query(here, place))


def backup_link(here: Here, place: Place, label: str, icon: str = "") -> None:
    """A link to one backup's page. `label` is markdown."""
    page, query = PAGES / "backup.py", backup_query(here, place)
    st.page_link(page, label=label, icon=icon, query_params=query, width="content")


def says(words: BackupWords, system: SystemView) -> str:
    """One system in a sentence: how old the data is, what is missing. Not yet plain."""
    name = words.system(system.name)
    if system.row.newest is None:
        return words.page("says.nothing" if _is_seen(system) else "says.unseen", system=name)
    said = [words.page("says.undated", system=name)]
    if system.row.data_at is not None and system.age is not None:
        when, age = words.moment(system.row.data_at), words.span(system.age)
        said = [words.page("says.dated", system=name, when=when, age=age)]
    if system.row.passed_over:
        said.append(words.page("says.passed_over", n=words.number(system.row.passed_over)))
    if system.lost is not None:
        table = system.lost.table
        what = words.entity(table.entity) if table.entity else table.table
        said.append(words.page("says.missing", n=words.number(system.lost.missing), table=what))
    return words.page("says.and").join(said)


def sentences(words: BackupWords, seen: Backups) -> None:
    """The worst system as the headline, the others below it; none is good that is not known."""
    for place, system in enumerate(seen.systems):
        worst = _worst(system)
        mark = f":{TONES[worst]}[:material/{ICONS[worst]}:]"
        line = f"{mark} {plain(says(words, system), 400)}"
        if place == 0:
            st.subheader(line, anchor=False)
        else:
            st.markdown(line)


def _is_seen(system: SystemView) -> bool:
    """Whether every catalogue was read, so that an absence means something."""
    return all(catalogue.ok for catalogue in system.catalogues)


def _worst(system: SystemView) -> str:
    if system.row.is_bad or (system.row.newest is None and _is_seen(system)):
        return "no"
    if system.row.newest is None:
        return "unknown"
    return "unknown" if system.row.is_unclear or system.is_late else "yes"


def unseen(here: Here, words: BackupWords, seen: Backups) -> None:
    """What could not be seen stands before every number."""
    if seen.is_stale and seen.run is not None:
        said = words.page("stale", when=here.moment(seen.run.at), run=seen.run.run)
        st.markdown(f":orange[:material/visibility_off: {said}]")
    if not seen.is_whole:
        st.markdown(f":gray[:material/lock: {words.page('part')}]")
    if not seen.unseen:
        return
    with st.container(border=True, gap="xxsmall"):
        said = here.plural("backups.page.unseen", len(seen.unseen))
        st.markdown(f":orange[:material/visibility_off: **{said}**]")
        for one in seen.unseen[:SHOWN_UNSEEN]:
            name = plain(f"{words.system(one.system)} · {one.catalogue}")
            why = words.say(one.code, one.params) if one.code else words.page("unseen.part")
            st.markdown(f"**{name}** :gray[{plain(why, 400)}]")
        if len(seen.unseen) > SHOWN_UNSEEN:
            st.caption(words.page("unseen.more", n=len(seen.unseen) - SHOWN_UNSEEN))


def ages(words: BackupWords, seen: Backups) -> None:
    """How old the data is against how old it may be, a bar a system."""
    heading(words.page("ages"), help=words.page("ages.help"))
    bars = [
        Bar(
            name=words.system(system.name),
            share=None if system.age is None else system.age / system.row.rpo,
            is_good=system.row.verdicts["fresh"].value,
            said=words.page("ages.unknown")
            if system.age is None
            else words.page(
                "ages.over" if system.age > system.row.rpo else "ages.within",
                age=words.span(system.age),
                rpo=words.span(system.row.rpo),
            ),
        )
        for system in seen.systems
    ]
    strip(tuple(bars), words.page("rpo"), key="k.ages")


def together(here: Here, words: BackupWords, points: Sequence[PointRow]) -> None:
    """Do the newest backups fit together, and which common point was the last that did."""
    heading(words.page("together"), help=words.page("together.help"))
    groups = dict.fromkeys(point.group for point in points)
    if not groups:
        st.caption(words.page("together.none"))
    for group in groups:
        mine = [point for point in points if point.group == group]
        newest = next((p for p in mine if p.is_newest), None)
        good = next((p for p in mine if p.is_last_good), None)
        st.markdown(f"**{plain(words.systems(group.split('+')))}**")
        if newest is not None:
            code = answer(newest.consistent)
            said = words.page(f"together.{code}")
            st.markdown(f":{TONES[code]}[:material/{ICONS[code]}: {said}]")
            detail = [words.say(newest.code, newest.params)] if newest.code else []
            if newest.torn:
                detail.append(here.plural("backups.page.together.torn", newest.torn))
            if detail:
                st.caption(plain(" ".join(detail), 500))
        if good is None:
            st.markdown(f":orange[{words.page('together.no_point')}]")
        elif not good.is_newest:
            said = words.page("together.point", when=here.moment(good.at))
            st.markdown(f":material/history: {said}")
            with st.container(horizontal=True, gap="small"):
                for system, place in good.backups.items():
                    backup_link(here, place, f":blue[{plain(words.system(system))}]")


def card(here: Here, words: BackupWords, system: SystemView) -> None:
    """One system: its deadline, four marks with their reasons, copies, and what can be done."""
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(words.system(system.name))}**", width="content")
            st.markdown(_due(words, system), width="content")
            st.space("stretch")
            if system.row.newest is not None:
                backup_link(here, system.row.newest, f":blue[{words.page('to_newest')}]")
            page_link(here, "drills", f":blue[{words.page('to_drills')}]", d__system=system.name)
        columns = st.columns(4, gap="small")
        for column, mark in zip(columns, MARKS, strict=True):
            with column:
                verdict_block(words, mark, system.row.verdicts[mark])
        digits(words, system.row.digits)
        st.caption(" · ".join(plain(part, 200) for part in _facts(words, system)))


def _due(words: BackupWords, system: SystemView) -> str:
    state = system.row.due_state
    said = plain(words.due(state, system.row.due_at))
    return f":{DUE_TONES.get(state, 'orange')}[:material/{DUE_ICONS.get(state, 'help')}: {said}]"


def verdict_block(words: BackupWords, mark: str, verdict: Verdict, *, dated: bool = False) -> None:
    """One question with its answer in a word, and why."""
    code = answer(verdict.value)
    said = plain(words.answer(mark, verdict.value))
    with st.container(gap="xxsmall"):
        st.markdown(f":{TONES[code]}[:material/{ICONS[code]}: **{said}**]")
        st.caption(plain(words.reason(verdict) or "–", 400))
        if dated and verdict.at is not None:
            st.caption(words.page("seen_at", when=words.moment(verdict.at)))


def digits(words: BackupWords, found: Sequence[Digit]) -> None:
    """3-2-1-1-0, each digit with its answer and how that is known."""
    if not found:
        return
    badges = [f":gray[{words.page('score')}]"]
    for one in found:
        code = answer(one.value)
        tone = "blue" if code == "yes" and one.proof != "proved" else TONES[code]
        said = f"{words.known('digit', one.digit)} {words.yes(one.value)}"
        if one.value is not None and one.proof:
            said += f" ({words.known('proof', one.proof)})"
        badges.append(f":{tone}-badge[:material/{ICONS[code]}: {plain(said)}]")
    st.markdown("&ensp;".join(badges))


def _facts(words: BackupWords, system: SystemView) -> list[str]:
    row = system.row
    good = words.moment(row.last_good_at) if row.last_good else words.page("fact.no_good")
    said = [words.page("fact.good", when=good), words.page("fact.rpo", span=words.span(row.rpo))]
    if row.restore_seconds is None:
        took = words.page("fact.never")
    else:
        took = words.page("fact.took", span=words.span(row.restore_seconds))
    rto = words.span(row.rto) if row.rto else words.page("fact.no_rto")
    said += [took, words.page("fact.rto", span=rto)]
    if system.newest is not None and system.newest.size is not None:
        said.append(words.page("fact.size", size=words.size(system.newest.size)))
    return said


def days(here: Here, words: BackupWords, seen: Backups) -> None:
    """Thirty days of every system; a click leads to that day's backup."""
    heading(words.page("calendar"), help=words.page("calendar.help"))
    if not seen.days:
        st.caption(words.page("calendar.none"))
        return
    st.caption(
        "&ensp;".join(f"**{SIGNS[state]}** {words.page(f'day.{state}')}" for state in STATES)
    )
    shown = [day for day in seen.days if day.state in SIGNS and day.state != "none"]
    cells = tuple(
        Cell(
            row=words.system(day.system),
            day=day.day.isoformat(),
            state=day.state,
            sign=SIGNS[day.state],
            said=words.page(f"day.{day.state}"),
        )
        for day in shown
    )
    rows = tuple(words.system(system.name) for system in seen.systems)
    picked = calendar(cells, rows, key="k.calendar")
    if picked is None:
        return
    day = shown[picked]
    if day.place is not None:
        open_backup(here, day.place)
    else:
        st.caption(words.page("calendar.hole", system=plain(words.system(day.system)), day=day.day))


def chosen(seen: Backups) -> SystemView:
    """The system that the URL names, else the worst."""
    code = next(iter(urls.codes("k.system", [s.name for s in seen.systems])), None)
    return next((s for s in seen.systems if s.name == code), seen.systems[0])


def choose(words: BackupWords, seen: Backups) -> None:
    names = {system.name: words.system(system.name) for system in seen.systems}
    urls.restore_one("k.system", names, seen.systems[0].name)
    if len(names) > 1:
        st.segmented_control(
            words.page("system"),
            list(names),
            key="k.system",
            format_func=lambda code: plain(names[code], 60),
            label_visibility="collapsed",
            required=True,
            on_change=urls.keep,
            args=("k.system",),
        )
