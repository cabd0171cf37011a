"""Blocks of the person page: who it is, accounts, rights with their paths, what changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from checks.permissions.identity import LinkKind
from governance.permissions.people import AccountRow, HoldingRow, PersonRow
from governance.ui import urls
from governance.ui.components import (
    heading,
    page_link,
    pill_column,
    share_column,
    table,
    text_column,
)
from governance.ui.here import Here
from governance.ui.path_picture import picture
from governance.ui.plots import palette
from governance.ui.states import told
from governance.ui.text import plain
from governance.ui.verdict_words import Words
from governance.views.person import Change, Found, Who

ROWS = 10
LINKS = {
    "declared": "quiet", "matched": "busy", "unsure": "watch", "nobody": "high",
    "shared": "watch", "service": "quiet", "built_in": "quiet",
}  # fmt: skip
NEEDS = {"beyond": "bad", "within": "quiet", "unclear": "watch"}
USES = {"used": "busy", "unused": "high", "not_evaluable": "watch"}


def choose(here: Here, words: Words, found: Found, text: str) -> None:
    """Whom a search found, as links."""
    if not text.strip():
        return
    if not found.people:
        st.caption(here.t("person.search.none"))
    for person in found.people:
        page_link(here, "person", _found(words, person), icon=":material/person:",
                  person=person.human)  # fmt: skip


def _found(words: Words, person: PersonRow) -> str:
    parts = [words.person(person.human, person.name), person.job or "–"]
    if person.department:
        parts.append(words.department(person.department))
    return " · ".join(plain(part, 60) for part in parts)


def header(here: Here, words: Words, seen: Who) -> None:
    """Who this is, in two lines."""
    person = seen.person
    if seen.human is None:
        _account_header(here, words, seen.accounts[0])
        return
    name = person.name if person else None
    st.subheader(plain(words.person(seen.human, name), 120), anchor=False)
    if person is None:
        st.markdown(f":orange[:material/person_off: {here.t('person.unlisted')}]")
        return
    badges = []
    if person.status:
        tone = "red" if person.status == "left" else "gray"
        badges.append(f":{tone}-badge[{here.t(f'person.status.{person.status}')}]")
    else:
        badges.append(f":orange-badge[{here.t('person.status.unknown')}]")
    said = [
        person.job or here.t("person.no_job"),
        here.t("person.family", called=words.family(person.family)),
    ]
    said.append(words.department(person.department))
    if person.manager:
        manager = words.person(person.manager)
        said.append(here.t("person.manager", called=manager))
    if person.left_on:
        said.append(here.t("person.left_on", day=person.left_on.isoformat()))
    badges.append(f":gray[{' · '.join(plain(part, 80) for part in said)}]")
    st.markdown("&ensp;".join(badges))


def _account_header(here: Here, words: Words, account: AccountRow) -> None:
    title = here.t("person.account", id=account.login or account.account,
                   system=words.system(account.system))  # fmt: skip
    st.subheader(plain(title, 120), anchor=False)
    badge = f":orange-badge[{here.t(f'person.link.{account.link}')}]"
    st.markdown(f"{badge}&ensp;:gray[{told(here, account.reason, {})}]")
    if account.human:
        page_link(here, "person", here.t("overreach.to_person"), icon=":material/person:",
                  person=account.human)  # fmt: skip
    for candidate in account.candidates:
        name = plain(words.person(candidate), 80)
        page_link(here, "person", here.t("person.candidate", called=name),
                  icon=":material/person_search:", person=candidate)  # fmt: skip


def as_of(here: Here, seen: Who) -> None:
    """Which day is read; the days with a run are offered."""
    days = [day.isoformat() for day in seen.days]
    if len(days) < 2:
        return
    newest = days[0]
    urls.restore_one("p.on", days, default=seen.day.isoformat() if seen.day else newest)
    st.selectbox(
        here.t("person.on"),
        days,
        key="p.on",
        format_func=lambda d: here.t("person.on.newest", day=d) if d == newest else d,
        help=here.t("person.on.help"),
        width=220,
        on_change=urls.keep,
        args=("p.on",),
    )


def then(here: Here, seen: Who) -> None:
    """A line that says that this is the past."""
    if seen.day is not None:
        words = here.t("person.then", when=here.moment(seen.run.at), run=seen.run.run)
        st.markdown(f":blue[:material/history: {words}]")


def accounts(here: Here, words: Words, seen: Who) -> None:
    """Every account, how it was linked, and how surely."""
    heading(here.t("person.accounts"), help=here.t("person.accounts.help"))
    if not seen.accounts:
        st.caption(here.t("person.accounts.none"))
        return
    tones = palette().pill
    links = {kind.value: here.t(f"person.link.{kind.value}") for kind in LinkKind}
    head = {name: here.t(f"person.column.{name}") for name in _ACCOUNT_COLUMNS}
    columns: dict[str, Any] = {
        "system": text_column(head["system"], width=100),
        "account": text_column(head["account"], width=100),
        "login": text_column(head["login"], width=100),
        "state": text_column(head["state"], width=84),
        "kind": text_column(head["kind"], width=96),
        "link": pill_column(head["link"], links, [tones[LINKS[k]] for k in links], width=84),
        "confidence": share_column(head["confidence"], width=64),
        "last_login": text_column(head["last_login"], width=126),
        "reason": text_column(head["reason"]),
    }
    table([_account(here, words, a) for a in seen.accounts], columns, most=ROWS, key="p.accounts")


_ACCOUNT_COLUMNS = (
    "system", "account", "login", "state", "kind", "link", "confidence", "last_login", "reason",
)  # fmt: skip


def _account(here: Here, words: Words, account: AccountRow) -> dict[str, Any]:
    state = {True: "enabled", False: "disabled", None: "unknown"}[account.is_enabled]
    kind = "admin" if account.is_admin else account.kind
    said = [told(here, account.reason, {}, cell=True)] if account.reason else []
    if account.is_second:
        said.append(here.t("person.second"))
    return {
        "system": words.system(account.system),
        "account": account.account,
        "login": account.login,
        "state": here.t(f"person.state.{state}"),
        "kind": here.t(f"person.kind.{kind}"),
        "link": [account.link],
        "confidence": here.share(account.confidence, 0),
        "last_login": here.moment(account.last_login) if account.last_login else None,
        "reason": " ".join(said),
    }


def rights(here: Here, words: Words, seen: Who) -> None:
    """What the accounts may do and how it comes about; ticked rows narrow the picture."""
    heading(here.t("person.rights"), help=here.t("person.rights.help"))
    if not seen.holdings:
        st.caption(here.t("person.rights.none"))
        return
    tones = palette().pill
    needs = {name: here.t(f"overreach.need.{name}") for name in NEEDS}
    uses = {name: here.t(f"person.used.{name}") for name in USES}
    head = {name: here.t(f"person.column.{name}") for name in _RIGHT_COLUMNS}
    columns: dict[str, Any] = {
        "need": pill_column(head["need"], needs, [tones[t] for t in NEEDS.values()], width=92),
        "function": text_column(head["function"], width=120),
        "place": text_column(head["place"], width=140),
        "scope": text_column(head["scope"], width=130),
        "allowed": text_column(head["allowed"], width=110),
        "use": pill_column(head["use"], uses, [tones[t] for t in USES.values()], width=84),
        "used": text_column(head["used"]),
    }
    state = table(
        [_right(here, words, h) for h in seen.holdings],
        columns,
        most=ROWS,
        key=f"p.rights.{seen.run.run}",
        on_select="rerun",
        selection_mode="multi-row",
    )
    picked = [n for n in state["selection"]["rows"] if n < len(seen.holdings)]
    shown = [seen.holdings[n] for n in picked] or seen.holdings
    paths = [path for h in shown for path in h.grants()]
    name = words.person(seen.human, seen.person.name if seen.person else None)
    grave = {h.function for h in shown if h.beyond}
    picture(words, name if seen.human else None, paths, grave=grave)


_RIGHT_COLUMNS = ("need", "function", "place", "scope", "allowed", "use", "used")


def _right(here: Here, words: Words, h: HoldingRow) -> dict[str, Any]:
    need = "unclear" if h.beyond is None else "beyond" if h.beyond else "within"
    return {
        "need": [need],
        "function": words.function(h.function),
        "place": f"{words.system(h.system)} · {h.account}",
        "scope": reach(here, words, h),
        "allowed": words.scope(h.allowed) if h.allowed else None,
        "use": [h.used] if h.used else [],
        "used": use(here, words, h),
    }


def reach(here: Here, words: Words, h: HoldingRow) -> str:
    """Which rows, in words; a few departments are named."""
    said = words.scopes(h.words, is_all=h.is_all)
    if h.is_bypass:
        said = f"{said} ({here.t('overreach.hop.administrator')})"
    if h.departments and not h.is_all and "own" not in h.words:
        names = [words.department(d) for d in h.departments[:3]]
        more = "…" if len(h.departments) > len(names) else ""
        said = f"{said}: {here.t('ui.list').join(names)}{more}"
    return said


def use(here: Here, words: Words, h: HoldingRow) -> str | None:
    """How often and when, or why nobody can tell."""
    if h.used == "used" and h.used_at is not None:
        count = here.number(h.used_count or 0)
        return here.t("person.used.last", n=count, when=here.day(h.used_at))
    return words.say(*h.why) if h.why else None


def changes(here: Here, words: Words, seen: Who) -> None:
    """What came and went since some weeks before."""
    heading(here.t("person.changes"), help=here.t("person.changes.help"))
    if seen.against is None:
        st.caption(here.t("person.changes.first"))
        return
    st.caption(here.t("person.changes.against", day=seen.against.isoformat()))
    if not seen.changes:
        st.caption(here.t("person.changes.none"))
        return
    columns = {
        "how": text_column(here.t("person.column.how"), width=70),
        "what": text_column(here.t("person.column.what")),
        "place": text_column(here.t("person.column.place"), width=150),
        "since": text_column(here.t("person.column.since"), width=92),
    }
    rows = [_change(here, words, change) for change in seen.changes]
    table(rows, columns, most=ROWS, key=f"p.changes.{seen.run.run}")


def _change(here: Here, words: Words, change: Change) -> dict[str, str | None]:
    one, _, other = change.name.partition("|")
    what = {
        "grant": lambda: here.t("person.change.grant", called=one),
        "function": lambda: here.t(
            "person.change.function", called=words.function(one), scope=words.scope(other)
        ),
        "moved": lambda: here.t(
            "person.change.moved", old=words.department(one), new=words.department(other)
        ),
    }[change.what]()
    place = f"{words.system(change.system)} · {change.account}" if change.system else None
    return {
        "how": here.t("person.came" if change.came else "person.went"),
        "what": what,
        "place": place,
        "since": here.day(change.at) if change.at else None,
    }


def day_of(text: str | None) -> date | None:
    """A day out of the URL; None for anything else."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
