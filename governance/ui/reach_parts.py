"""Blocks of the page that answers who sees what: the question, the answer, and everybody."""

from __future__ import annotations

from typing import Any

import streamlit as st

from governance.permissions.people import PersonRow
from governance.permissions.records import Reached, RecordRow
from governance.ui import urls
from governance.ui.components import (
    Kpi,
    heading,
    kpi,
    number_column,
    page_link,
    pill_column,
    table,
    text_column,
)
from governance.ui.here import Here
from governance.ui.overreach_parts import blind_line
from governance.ui.path_picture import picture
from governance.ui.person_parts import NEEDS, reach
from governance.ui.plots import palette
from governance.ui.text import plain
from governance.ui.verdict_words import Words
from governance.views.reach import Answer, Choices, Reach

ROWS = 14
ROLE_ROWS = 8
PICTURED = 4
ANSWERS = {
    Answer.YES: ("visibility", "blue"),
    Answer.NO: ("visibility_off", "gray"),
    Answer.UNCLEAR: ("help", "orange"),
}


def record_name(words: Words, record: RecordRow) -> str:
    """A record by name and number, with its system."""
    named = " ".join(part for part in (record.name, record.no) if part)
    return f"{named} · {words.system(record.system)}"


def question(here: Here, words: Words, seen: Reach, found: Choices) -> None:
    """Both halves of the question, each with its search."""
    left, right = st.columns(2, gap="small")
    asked = st.query_params
    with left, st.container(border=True, height="stretch", gap="xxsmall"):
        heading(here.t("reach.person"))
        if seen.person is not None:
            name = words.person(seen.person.human, seen.person.name)
            said = f"{seen.person.job or '–'} · {words.department(seen.person.department)}"
            _chosen(here, name, said, record=asked.get("record"))
        elif asked.get("person"):
            st.caption(f":orange[{here.t('reach.person.unknown')}]")
        _search(here, "w.p", here.t("person.search.hint"))
        if (asked.get("w.p") or "").strip() and not found.people:
            st.caption(here.t("person.search.none"))
        for person in found.people:
            _person_link(here, words, person, asked.get("record"))
    with right, st.container(border=True, height="stretch", gap="xxsmall"):
        heading(here.t("reach.record"))
        if seen.record is not None:
            _chosen(here, record_name(words, seen.record), _owned(here, words, seen.record),
                    person=asked.get("person"))  # fmt: skip
        elif asked.get("record"):
            st.caption(f":orange[{here.t('reach.record.unknown')}]")
        _search(here, "w.r", here.t("reach.record.hint"))
        if (asked.get("w.r") or "").strip() and not found.records:
            st.caption(here.t("reach.search.none"))
        for record in found.records:
            page_link(here, "reach", plain(record_name(words, record), 80),
                      icon=":material/badge:", record=record.code,
                      person=asked.get("person"))  # fmt: skip


def _search(here: Here, key: str, hint: str) -> None:
    urls.restore_text(key, 60)
    st.text_input(
        here.t("reach.search"),
        key=key,
        placeholder=hint,
        icon=":material/search:",
        label_visibility="collapsed",
        on_change=urls.keep,
        args=(key,),
    )


def _chosen(
    here: Here, name: str, said: str, *, person: str | None = None, record: str | None = None
) -> None:
    """What was chosen, and the way to leave it out and keep the other half of the question."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(name, 80)}** :gray[{plain(said, 120)}]", width="content")
        page_link(here, "reach", here.t("reach.without"), icon=":material/close:",
                  person=person, record=record)  # fmt: skip


def _person_link(here: Here, words: Words, person: PersonRow, record: str | None) -> None:
    label = f"{words.person(person.human, person.name)} · {person.job or '–'}"
    page_link(here, "reach", plain(label, 80), icon=":material/person:", person=person.human,
              record=record)  # fmt: skip


def _owned(here: Here, words: Words, record: RecordRow) -> str:
    department = words.department(record.department)
    if record.owner is None:
        return here.t("reach.unowned", department=department)
    return here.t("reach.owned", owner=record.owner, department=department)


def answer(here: Here, words: Words, seen: Reach) -> None:
    """Yes, no, or that nobody can tell; then how, and why not."""
    assert seen.person is not None
    assert seen.record is not None
    icon, tone = ANSWERS[seen.answer]
    name = plain(words.person(seen.person.human, seen.person.name), 60)
    what = plain(seen.record.name or seen.record.no, 60)
    said = here.t(f"reach.answer.{seen.answer.value}", person=name, record=what)
    badge = f"&ensp;:red-badge[{here.t('overreach.need.beyond')}]" if seen.beyond else ""
    st.subheader(f":{tone}[:material/{icon}:] {said}{badge}", anchor=False)
    unseen(here, words, seen)
    paths = [path for one in seen.able for path in one.giving.grants()]
    grave = {one.holding.function for one in seen.able if one.beyond}
    picture(words, words.person(seen.person.human, seen.person.name), paths, grave=grave)
    heading(here.t("reach.accounts"), help=here.t("reach.accounts.help"))
    rows = [*(_yes(here, words, one) for one in seen.reached), *_no(here, words, seen)]
    if not rows:
        st.caption(here.t("reach.accounts.none"))
        return
    names = ("account", "function", "answer", "why")
    widths = {"account": 160, "function": 140, "answer": 90}
    columns = {n: text_column(here.t(f"reach.column.{n}"), width=widths.get(n)) for n in names}
    table(rows, columns, most=ROWS, key="w.accounts")


def unseen(here: Here, words: Words, seen: Reach) -> None:
    """What could not be seen of the record's system."""
    for one in seen.blind:
        st.markdown(f":orange[:material/visibility_off:] {blind_line(here, words, one)}")
    if not seen.is_whole:
        st.markdown(f":gray[:material/lock: {here.t('reach.part')}]")


def _yes(here: Here, words: Words, one: Reached) -> dict[str, str]:
    able = one.is_enabled is not False
    why = [because(here, words, one)]
    why += [here.t("reach.disabled")] if not able else []
    return {
        "account": f"{words.system(one.holding.system)} · {one.holding.account}",
        "function": words.function(one.holding.function),
        "answer": here.t("reach.yes" if able else "reach.no"),
        "why": " ".join(why),
    }


def _no(here: Here, words: Words, seen: Reach) -> list[dict[str, str]]:
    """What the person's accounts hold without reaching the record, and those that hold nothing."""
    assert seen.record is not None
    holding = {r.holding.account for r in seen.reached} | {h.account for h in seen.others}
    rows = []
    for h in seen.others:
        why = here.t("reach.why.outside", scope=reach(here, words, h))
        rows.append(_not(here, words, h.system, h.account, words.function(h.function), why))
    for account in seen.accounts:
        if account.system == seen.record.system and account.account not in holding:
            why = here.t("reach.why.nothing")
            rows.append(_not(here, words, account.system, account.account, "–", why))
    for account in seen.unsure:
        why = here.t("reach.why.unsure")
        rows.append(_not(here, words, account.system, account.account, "–", why, "unclear"))
    return rows


def _not(
    here: Here, words: Words, system: str, account: str, function: str, why: str, how: str = "no"
) -> dict[str, str]:
    return {
        "account": f"{words.system(system)} · {account}",
        "function": function,
        "answer": here.t(f"reach.{how}"),
        "why": why,
    }


def because(here: Here, words: Words, one: Reached) -> str:
    """Why an account reaches the record."""
    if one.by == "department":
        return here.t("reach.by.department", scope=words.scopes(one.holding.words))
    return here.t(f"reach.by.{one.by}")


def everybody(here: Here, words: Words, seen: Reach) -> str | None:
    """Who can see a record: how many, through which roles, and each; a picked row's human."""
    assert seen.record is not None
    unseen(here, words, seen)
    cards = {"people": len(seen.humans), "beyond": len(seen.beyond), "nobodys": seen.nobodys}
    for column, (name, value) in zip(st.columns(3, gap="xsmall"), cards.items(), strict=True):
        with column:
            words_ = here.t(f"reach.card.{name}"), here.number(value)
            kpi(Kpi(*words_, help=here.t(f"reach.card.{name}.help")))
    if not seen.reached:
        st.caption(here.t("reach.nobody"))
        return None
    left, right = st.columns([1, 2.2], gap="small")
    with left:
        _roles(here, words, seen)
    with right:
        return _listed(here, words, seen)


def _roles(here: Here, words: Words, seen: Reach) -> None:
    heading(here.t("reach.roles"), help=here.t("reach.roles.help"))
    rows = [
        {
            "role": words.step(role.what, role.id, role.name),
            "people": role.people,
            "beyond": role.beyond,
        }
        for role in seen.roles
    ]
    columns = {
        "role": text_column(here.t("reach.column.role"), width=140),
        "people": number_column(here.t("reach.column.people"), width=54),
        "beyond": number_column(here.t("reach.column.beyond"), width=62),
    }
    table(rows, columns, most=ROLE_ROWS, key="w.roles")


def _listed(here: Here, words: Words, seen: Reach) -> str | None:
    heading(here.t("reach.everybody"), help=here.t("reach.everybody.help"))
    tones = palette().pill
    needs = {name: here.t(f"overreach.need.{name}") for name in NEEDS}
    columns: dict[str, Any] = {
        "need": pill_column(
            here.t("reach.column.need"), needs, [tones[t] for t in NEEDS.values()], width=92
        ),
        "person": text_column(here.t("reach.column.person"), width=110),
        "function": text_column(here.t("reach.column.function"), width=92),
        "why": text_column(here.t("reach.column.why"), width=130),
        "path": text_column(here.t("reach.column.path"), width=190),
    }
    state = table(
        [_one(here, words, one) for one in seen.reached],
        columns,
        most=ROWS,
        key="w.everybody",
        on_select="rerun",
        selection_mode="single-row",
    )
    picked = state["selection"]["rows"]
    return seen.reached[picked[0]].holding.human if picked else None


def _one(here: Here, words: Words, one: Reached) -> dict[str, Any]:
    need = "unclear" if one.beyond is None else "beyond" if one.beyond else "within"
    h = one.holding
    lone = f"{here.t(f'person.link.{one.link}')} · {h.account}"
    why = because(here, words, one)
    return {
        "need": [need],
        "person": words.person(h.human, one.name) if h.human else lone,
        "function": words.function(h.function),
        "why": why if one.is_enabled is not False else f"{why} {here.t('reach.disabled')}",
        "path": words.path(one.giving.paths[0]) if h.paths else "–",
    }
