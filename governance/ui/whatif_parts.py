"""The dictionary page's what-if: another rule for one field, and what it would have meant."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from checks.dictionary import Entity, Field
from checks.errors import CodedError
from checks.outcome import Severity
from governance.config import Config
from governance.errors import ConfigError
from governance.i18n import catalogue, formats
from governance.ui import states, urls
from governance.ui.components import Kpi, heading, kpi, severity_column, table, text_column
from governance.ui.here import Here
from governance.ui.plots import Line, Stack, palette, stacked
from governance.ui.record_parts import short
from governance.ui.text import plain
from governance.ui.workspace import Workspace
from governance.views import whatif as view
from governance.views.titles import Titles
from governance.whatif import PARTS, Change, Example, Outcome, lines_of

KEYS = ("d.field", "d.part", "d.value")
PATIENCE = 1.0
CHART = 220


def whatif(here: Here, open_: Workspace, config: Config, entity: Entity) -> None:
    """The whole tab: what is to change, and once that is said, what it would have meant."""
    st.caption(here.t("whatif.lead"))
    fields = view.fields_of(entity)
    if not fields:
        states.empty(here.t("whatif.empty.title"), here.t("whatif.empty.fields"))
        return
    asked = _controls(here, config, entity, fields)
    if asked is None:
        states.empty(here.t("whatif.empty.title"), here.t("whatif.empty.body"))
        return
    try:
        change = view.change_of(entity, *asked)
        outcomes = _looked(here, open_, config, change)
    except ConfigError as error:
        st.caption(f":orange[:material/info: {states.told(here, error.code, error.params)}]")
        return
    except CodedError as error:
        states.failed(here, error)
        return
    titles = Titles(config, here.language)
    for outcome in outcomes:
        if len(outcomes) > 1:
            heading(plain(here.title(config.check(outcome.check).title)))
        _outcome(here, titles, outcome)
    _lines(here, config, change)


def _controls(
    here: Here, config: Config, entity: Entity, fields: tuple[Field, ...]
) -> tuple[str, str, str] | None:
    """The field, the part and the value asked for; None until a value is."""
    by_name = {f.name: f for f in fields}
    left, middle, right = st.columns([2, 3, 3], vertical_alignment="bottom")
    name = str(urls.restore_one("d.field", by_name, default=fields[0].name))
    with left:
        st.selectbox(
            here.t("whatif.field"),
            list(by_name),
            key="d.field",
            format_func=lambda n: here.title(by_name[n].title),
            on_change=urls.keep,
            args=("d.field", "d.part", "d.value"),
        )
    field = by_name[name]
    parts = view.parts_of(field)
    part = str(urls.restore_one("d.part", parts, default=parts[0]))
    with middle:
        st.segmented_control(
            here.t("whatif.part"),
            list(parts),
            key="d.part",
            format_func=lambda p: here.t(f"whatif.part.{p}"),
            required=True,
            on_change=urls.keep,
            args=("d.part", "d.value"),
        )
    with right:
        value = _value(here, config, entity, field, part)
    if len(parts) < len(PARTS):
        st.caption(here.t("whatif.only_authority"))
    return None if value is None else (name, part, value)


def _value(here: Here, config: Config, entity: Entity, field: Field, part: str) -> str | None:
    """The new rule, or None while it is the one of today."""
    now = view.today(entity, field, part)
    choices = view.values_of(entity, field, part)
    if not choices:
        asked = "d.value" in st.query_params
        typed = urls.restore_text("d.value", 40) if asked else now
        st.session_state["d.value"] = "" if typed == view.NOTHING else typed
        st.text_input(
            here.t("whatif.value"),
            key="d.value",
            placeholder=here.t("whatif.tolerance.none"),
            help=here.t("whatif.tolerance.help"),
            on_change=_typed,
        )
        return typed if asked and typed != now else None
    value = str(urls.restore_one("d.value", choices, default=now))
    titles = Titles(config, here.language)

    def shown(code: str) -> str:
        if part == "authority":
            return titles.source(code)
        known = f"dictionary.reader.{'text_as_is' if code == view.NOTHING else code}"
        return here.t(known) if known in catalogue(here.language) else code

    st.selectbox(
        here.t("whatif.value"),
        list(choices),
        key="d.value",
        format_func=shown,
        on_change=urls.keep,
        args=("d.value",),
    )
    return value if value != now else None


def _typed() -> None:
    """No tolerance at all is a wish, too, and must not vanish from the URL."""
    urls.put("d.value", [str(st.session_state.get("d.value") or "").strip() or view.NOTHING])


def _looked(here: Here, open_: Workspace, config: Config, change: Change) -> tuple[Outcome, ...]:
    """The outcome, with progress where it takes more than a moment."""
    place = st.empty()
    try:
        return view.looked_at(
            here.actor, config, open_.ledger, open_.home, change, _telling(here, place)
        )
    finally:
        place.empty()


def _telling(here: Here, place: Any) -> Callable[[int, int], None]:
    began = time.monotonic()

    def tell(done: int, count: int) -> None:
        if time.monotonic() - began > PATIENCE:
            words = here.t("whatif.progress", done=done, count=count)
            place.progress(done / count if count else 1.0, text=words)

    return tell


def _outcome(here: Here, titles: Titles, outcome: Outcome) -> None:
    if not outcome.points:
        states.empty(here.t("whatif.none.title"), here.t("whatif.none.body"))
        _left_out(here, outcome)
        return
    _cards(here, outcome)
    _chart(here, outcome)
    _left_out(here, outcome)
    if not outcome.change.is_rule:
        words = {"hands": here.number(outcome.hands), "owners": here.number(outcome.owners)}
        st.markdown(here.t("whatif.hands", **words))
    if not outcome.gained and not outcome.lost:
        st.caption(here.t("whatif.same"))
        return
    if outcome.lost:
        _real(here, titles, outcome)
    sides = [("lost", outcome.lost, outcome.lost_examples),
             ("gained", outcome.gained, outcome.gained_examples)]  # fmt: skip
    told = [side for side in sides if side[2]]
    for place, (name, count, examples) in zip(st.columns(len(told) or 1), told, strict=False):
        with place:
            heading(here.t(f"whatif.{name}"), help=here.t(f"whatif.{name}.help"))
            _examples(here, titles, examples, key=f"whatif {name} {outcome.check}")
            if count > len(examples):
                st.caption(here.t("whatif.more", shown=len(examples), count=here.number(count)))


def _cards(here: Here, outcome: Outcome) -> None:
    """The newest of the runs under the other rule, held against today's."""
    newest = outcome.points[-1]
    period = here.t("whatif.against")
    cards = [
        _score(here, "strict", newest.was.strict, newest.would.strict, period),
        _score(here, "adjusted", newest.was.adjusted, newest.would.adjusted, period),
        _count(here, "lost", outcome.lost, newest.lost),
        _count(here, "gained", outcome.gained, newest.gained),
        _count(here, "real", outcome.real_count, None),
    ]
    for place, card in zip(st.columns(len(cards)), cards, strict=True):
        with place:
            kpi(card)


def _score(here: Here, name: str, was: float | None, would: float | None, period: str) -> Kpi:
    delta = None
    if was is not None and would is not None:
        delta = formats.points(would - was, here.language)
    label, help_ = here.t(f"whatif.card.{name}"), here.t(f"whatif.card.{name}.help")
    # More is not better where a rule only looks away.
    return Kpi(label, here.share(would), help_, delta, period)


def _count(here: Here, name: str, whole: int, newest: int | None) -> Kpi:
    label, help_ = here.t(f"whatif.card.{name}"), here.t(f"whatif.card.{name}.help")
    words = None if newest is None else here.t("whatif.card.newest", count=here.number(newest))
    return Kpi(label, here.number(whole), help_, None, words)


def _chart(here: Here, outcome: Outcome) -> None:
    colors = palette()
    points, today = outcome.points, colors.severity[Severity.LOW]
    days = tuple(p.at.astimezone(here.zone).strftime("%Y-%m-%d %H:%M") for p in points)
    bars = (
        Stack(here.t("whatif.lost"), tuple(float(p.lost) for p in points), colors.pill["busy"]),
        Stack(here.t("whatif.gained"), tuple(float(p.gained) for p in points), colors.pill["high"]),
    )
    lines = (
        Line(here.t("whatif.line.strict"), tuple(p.was.strict for p in points), today),
        Line(here.t("whatif.line.strict_would"), tuple(p.would.strict for p in points),
             colors.accent),
        Line(here.t("whatif.line.adjusted"), tuple(p.was.adjusted for p in points), today, "dot"),
        Line(here.t("whatif.line.adjusted_would"), tuple(p.would.adjusted for p in points),
             colors.accent, "dot"),
    )  # fmt: skip
    heading(here.t("whatif.chart", count=len(points)))
    stacked(days, bars, lines, height=CHART, key=f"whatif {outcome.check}")


def _left_out(here: Here, outcome: Outcome) -> None:
    for code in dict.fromkeys(left.code for left in outcome.left_out):
        same = [left for left in outcome.left_out if left.code == code]
        why = states.told(here, code, same[0].params)
        named = ", ".join(str(left.run) for left in same)
        st.caption(f":orange[{here.t('whatif.left_out', runs=named, why=why)}]")


def _real(here: Here, titles: Titles, outcome: Outcome) -> None:
    heading(here.t("whatif.real"), help=here.t("whatif.real.help"))
    if not outcome.real:
        st.caption(here.t("whatif.real.none"))
        return
    rows = []
    for real in outcome.real:
        why = ", ".join(here.t(f"whatif.why.{name}") for name in real.why)
        rows.append({**_row(titles, real.example), "why": why})
    columns = _columns(here, titles, tuple(real.example for real in outcome.real))
    columns["why"] = text_column(here.t("whatif.column.why"))
    table(rows, columns, most=10, key=f"whatif real {outcome.check}")
    if outcome.real_count > len(rows):
        count = here.number(outcome.real_count)
        st.caption(here.t("whatif.more", shown=len(rows), count=count))


def _examples(here: Here, titles: Titles, examples: tuple[Example, ...], key: str) -> None:
    rows = [_row(titles, example) for example in examples]
    table(rows, _columns(here, titles, examples), most=8, key=key)


def _row(titles: Titles, example: Example) -> dict[str, Any]:
    runs = str(example.first_run)
    if example.last_run != example.first_run:
        runs = f"{example.first_run} – {example.last_run}"
    return {
        "severity": [example.severity],
        "key": short(example.key_shown) or "–",
        "name": short(example.display),
        "left": short(example.left_value),
        "right": short(example.right_value),
        "pair": titles.pair(example.left_source, example.right_source),
        "runs": runs,
    }


def _columns(here: Here, titles: Titles, examples: tuple[Example, ...]) -> dict[str, Any]:
    """Where all are of one pair, its sources head their columns."""
    pairs = {(e.left_source, e.right_source) for e in examples}
    words = {n: here.t(f"whatif.column.{n}") for n in ("key", "name", "left", "right", "runs")}
    if len(pairs) == 1:
        ((left, right),) = pairs
        words |= {"left": plain(titles.source(left)), "right": plain(titles.source(right))}
    columns: dict[str, Any] = {
        "severity": severity_column(here, here.t("whatif.column.severity")),
        **{name: text_column(word) for name, word in words.items()},
    }
    if len(pairs) > 1:
        columns["pair"] = text_column(here.t("whatif.column.pair"))
    return columns


def _lines(here: Here, config: Config, change: Change) -> None:
    """What to write, and where; the file itself is left to a person."""
    lines = lines_of(config, change)
    heading(here.t("whatif.lines"))
    words = "whatif.lines.over" if lines.is_over else "whatif.lines.place"
    st.caption(here.t(words, file=plain(lines.file), line=lines.line))
    st.code(lines.text, language="yaml")
