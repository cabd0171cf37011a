"""Opening a campaign: what it takes in, who reviews, until when, and what that comes to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

import streamlit as st

from governance.config import Config
from governance.config.read_reviews import PERSON, RULES
from governance.exports.reviews import ReviewFiles
from governance.ledger.review_rows import Change, SourceState
from governance.reviews.opening import Draft, Opener, Wish
from governance.reviews.population import FILTERS
from governance.ui import states, urls
from governance.ui.components import heading, number_column, table, text_column
from governance.ui.here import Here
from governance.ui.text import bare, plain
from governance.ui.workspace import Workspace
from governance.views.reviews import Choices

TERM = timedelta(days=14)
PREVIEWED = 6


def form(here: Here, choices: Choices) -> Wish:
    """The inputs; returns what they ask for. Filters live in the URL, so a link can set them."""
    today = here.now.astimezone(here.zone).date()
    left, right = st.columns([2, 1], gap="small")
    with left:
        name = st.text_input(
            here.t("reviews.about.name"),
            value=here.t("reviews.new.name", day=today.isoformat()),
            key="rv.name",
            max_chars=200,
        )
    with right:
        due = st.date_input(
            here.t("reviews.about.due"), value=today + TERM, min_value=today, key="rv.due",
            format="YYYY-MM-DD", help=here.t("reviews.new.due.help"),
        )  # fmt: skip
    filters = _filters(here, choices)
    rules, fallback = _reviewers(here, choices)
    only = st.toggle(
        here.t("reviews.new.differences"),
        key="rv.only",
        help=here.t("reviews.new.differences.help"),
    )
    end = datetime.combine(due, time(23, 59, 59), here.zone).astimezone(UTC)
    return Wish(name, end, filters, rules, fallback, only)


def _filters(here: Here, choices: Choices) -> dict[str, tuple[str, ...]]:
    named: Mapping[str, Mapping[str, str]] = {
        name: getattr(choices, name) for name in FILTERS if name != "findings"
    }
    found = {}
    columns = st.columns(2, gap="small")
    for place, (name, words) in enumerate(named.items()):
        with columns[place % 2]:
            found[name] = _several(here, name, words)
    findings = tuple(st.query_params.get_all("rv.findings"))
    if findings:
        st.caption(f":material/filter_alt: {here.plural('reviews.new.findings', len(findings))}")
        st.button(here.t("reviews.new.findings.drop"), on_click=urls.drop, args=("rv.findings",))
    return {**found, "findings": findings}


def _several(here: Here, name: str, words: Mapping[str, str]) -> tuple[str, ...]:
    key = f"rv.{name}"
    urls.restore(key, words)
    shown = {code: plain(word) for code, word in words.items()}
    picked = st.multiselect(
        here.t(f"reviews.new.{name}"), list(words), key=key, on_change=urls.keep, args=(key,),
        format_func=lambda code: shown.get(code, code), placeholder=here.t("reviews.every"),
    )  # fmt: skip
    return tuple(picked)


def _reviewers(here: Here, choices: Choices) -> tuple[tuple[str, ...], str | None]:
    left, middle, right = st.columns(3, gap="small")
    words = {"": here.t("reviews.new.rule.usual")}
    words |= {rule: here.t(f"reviews.rule.{rule}") for rule in RULES}
    words["person"] = here.t("reviews.new.rule.person")
    with left:
        rule = st.selectbox(
            here.t("reviews.new.rule"), list(words), key="rv.rule",
            format_func=lambda code: words.get(code, code), help=here.t("reviews.new.rule.help"),
        )  # fmt: skip
    person = None
    if rule == "person":
        with middle:
            person = _person(here, choices, "rv.person", here.t("reviews.new.person"))
    with right if rule == "person" else middle:
        fallback = _person(here, choices, "rv.fallback", here.t("reviews.new.fallback"))
    if rule == "person":
        return ((f"{PERSON}{person}",) if person else (), fallback)
    return ((rule,) if rule else (), fallback)


def _person(here: Here, choices: Choices, key: str, label: str) -> str | None:
    names = {no: bare(words) for no, words in choices.humans.items()}
    found: str | None = st.selectbox(
        label, list(names), index=None, key=key, format_func=lambda no: names.get(no, no),
        accept_new_options=True, placeholder=here.t("reviews.new.person.hint"),
    )  # fmt: skip
    return found


def preview(here: Here, open_: Workspace, config: Config, draft: Draft) -> None:
    """How many grants, who would look at them, what was not seen, and what has changed."""
    st.markdown(f"**{here.plural('reviews.new.lines', len(draft.lines))}**")
    if draft.unassigned:
        words = here.plural("reviews.new.unassigned", draft.unassigned)
        st.caption(f":orange[:material/person_off: {words}]")
    gaps(here, open_, config, draft.gaps)
    rows = [
        {"who": draft.names.name(who) if who else here.t("reviews.nobody"), "lines": count}
        for who, count in draft.by_reviewer.most_common()
    ]
    if rows:
        columns = {
            "who": text_column(here.t("reviews.column.reviewer")),
            "lines": number_column(here.t("reviews.lines"), width=80),
        }
        table(rows, columns, most=PREVIEWED, key="rv.preview")
    if draft.before is None:
        st.caption(here.t("reviews.new.first"))
        return
    told = {change: draft.difference.count(change) for change in Change}
    st.caption(
        here.t(
            "reviews.new.since",
            number=draft.before.review,
            day=here.day(draft.before.signed_at),
            new=here.number(told[Change.NEW]),
            changed=here.number(told[Change.CHANGED]),
            same=here.number(told[Change.SAME]),
            gone=here.number(len(draft.difference.gone)),
        )
    )


def gaps(here: Here, open_: Workspace, config: Config, found: tuple[SourceState, ...]) -> None:
    """What could not be seen: with that a campaign may be opened, but never signed."""
    if not found:
        return
    st.markdown(f":orange[:material/visibility_off: **{here.t('reviews.gap.title')}**]")
    files = ReviewFiles(open_.ledger, config, here.actor, here.language, here.now)
    for source in found[:8]:
        st.caption(plain(files.source_words(source)))
    if len(found) > 8:
        st.caption(here.plural("reviews.gap.more", len(found) - 8))
    st.caption(here.t("reviews.gap.help"))


def ask(here: Here, opener: Opener, wish: Wish, draft: Draft) -> None:
    """The button that opens the campaign, and goes there."""
    st.button(
        here.plural("reviews.new.open", len(draft.lines)),
        key="rv.open",
        type="primary",
        icon=":material/fact_check:",
        disabled=not draft.lines,
        on_click=_open,
        args=(here, opener, wish),
    )


def _open(here: Here, opener: Opener, wish: Wish) -> None:
    with states.guarded(here):
        number = opener.open(here.actor, wish, now=here.later().now)
        urls.drop(*(f"rv.{name}" for name in FILTERS))
        urls.put("review", [number])


def section(here: Here, opener: Opener, open_: Workspace, choices: Choices) -> None:
    """The whole block."""
    assert open_.config is not None
    heading(here.t("reviews.new"), help=here.t("reviews.new.help"))
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        wish = form(here, choices)
    with right, states.loading(240):
        draft = opener.draft(wish, now=here.now)
        preview(here, open_, open_.config, draft)
    with left:
        ask(here, opener, wish, draft)
