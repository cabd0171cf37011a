"""Blocks of the overview: the sentence, the tiles, the trend, the pairs, the sources, the doors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from checks.outcome import Severity
from governance.config import Config
from governance.i18n import formats
from governance.ui import backup_tile
from governance.ui.components import Kpi, heading, kpi, page_link
from governance.ui.here import Here
from governance.ui.plots import Line, Stack, palette, stacked
from governance.ui.run_parts import entity_name, source_name
from governance.ui.states import told
from governance.ui.text import plain
from governance.views.backups import Glance as BackupGlance
from governance.views.causes import Cause
from governance.views.overreach import Glance
from governance.views.overview import Overview, PairLine, Score
from governance.views.runs import Health, NextSlot, SourceHealth

TILES = 168
CHART = 206
SHOWN_CAUSES = 4
SHOWN_PAIRS = 7
NOT_CONNECTED = ("permissions", "backups", "approvals")
HEALTH_MARK = {
    Health.OK: ":gray[:material/check:]",
    Health.PART: ":orange[:material/warning:]",
    Health.FAILED: ":red[:material/error:]",
    Health.NEVER: ":gray[:material/hourglass_empty:]",
}


def field_name(here: Here, config: Config, entity: str, field: str | None) -> str:
    """A field's title as it is; its code where the dictionary no longer has it."""
    fields = next((e.fields for e in config.entities if e.name == entity), ())
    return next((here.title(f.title) for f in fields if f.name == field), field or "")


def cause_words(here: Here, config: Config, cause: Cause) -> str:
    """Why these records need somebody, in words and safe in markdown."""
    return here.t(
        f"overview.cause.{cause.what}",
        entity=plain(entity_name(here, config, cause.entity)),
        field=plain(field_name(here, config, cause.entity, cause.field)),
        left=plain(source_name(here, config, cause.left)),
        right=plain(source_name(here, config, cause.right)),
        empty=plain(source_name(here, config, cause.empty or "")),
    )


def sentence(here: Here, config: Config, seen: Overview) -> None:
    """What the company should know in one breath, then the largest causes as links."""
    if not seen.findings:
        st.subheader(here.t("overview.all_clear" if not seen.blind else "overview.clear_but_blind"))
    else:
        st.subheader(here.plural("overview.need", seen.records), anchor=False)
    st.markdown(" ".join(explanation(here, config, seen)))
    if not seen.causes and not seen.drift:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        if seen.causes:
            st.caption(here.t("overview.causes"), width="content")
        for cause in seen.causes[:SHOWN_CAUSES]:
            cause_link(here, config, cause)
        if seen.drift:
            words = here.plural("overview.drift", seen.drift)
            page_link(here, "drift", f":orange[{words}]", icon=":material/schema:")


def explanation(here: Here, config: Config, seen: Overview) -> list[str]:
    """The reasons: the largest cause, what is pending, what is only written otherwise."""
    said = []
    if seen.findings:
        said.append(here.plural("overview.need.findings", seen.findings))
    if seen.causes:
        first = seen.causes[0]
        most = "most" if first.records * 2 > seen.records else "largest"
        words = cause_words(here, config, first)
        said.append(here.t(f"overview.{most}", cause=words, n=here.number(first.records)))
    if seen.blind:
        said.append(here.plural("overview.blind", len(seen.blind)))
    if seen.pending:
        said.append(here.plural("overview.pending", seen.pending))
    if seen.rewritten:
        said.append(here.plural("overview.rewritten", seen.rewritten))
    return said


def cause_link(here: Here, config: Config, cause: Cause) -> None:
    """A link to exactly the findings of one cause."""
    parts = [plain(entity_name(here, config, cause.entity))]
    if cause.field:
        parts.append(plain(field_name(here, config, cause.entity, cause.field)))
    parts.append(
        here.t(
            f"overview.short.{cause.what}",
            left=plain(source_name(here, config, cause.left)),
            right=plain(source_name(here, config, cause.right)),
            empty=plain(source_name(here, config, cause.empty or "")),
        )
    )
    page_link(
        here,
        "consistency",
        f":blue[{' · '.join(parts)}] **{here.number(cause.records)}**",
        help=cause_words(here, config, cause),
        c__entity=cause.entity,
        c__field=cause.field,
        c__class=cause.what,
        c__pair=f"{cause.left}~{cause.right}",
    )


def tiles(
    here: Here, config: Config, seen: Overview, access: Glance | None, saved: BackupGlance | None
) -> None:
    """Strict and adjusted alignment side by side, then permissions, backups and what is not watched
    yet."""
    columns = st.columns([1.25, 1.25, 1, 1, 1], gap="xsmall")
    with columns[0]:
        alignment(here, "strict", seen.strict, tuple(day.strict for day in seen.history))
    with columns[1]:
        alignment(here, "adjusted", seen.adjusted, tuple(day.adjusted for day in seen.history))
    for column, name in zip(columns[2:], NOT_CONNECTED, strict=True):
        with column:
            if name == "permissions" and access is not None:
                permissions(here, access)
            elif name == "backups" and saved is not None:
                backup_tile.tile(here, config, saved, TILES)
            else:
                not_connected(here, name)


def permissions(here: Here, access: Glance) -> None:
    """What stands of overreach and what could not be told, with the way to its page."""
    with st.container(border=True, height=TILES, gap="xxsmall"):
        st.markdown(f":small[{here.t('overview.tile.permissions')}]")
        if access.run is None:
            st.markdown(f":orange[:material/visibility_off: {here.t('overview.overreach.none')}]")
        else:
            tone = "red" if access.grave else "gray"
            grave = here.t("overview.overreach.grave", n=here.number(access.grave))
            st.markdown(f"**{here.plural('overview.overreach', access.failed)}** :{tone}[{grave}]")
        if access.unclear or access.is_blind:
            words = here.t("overview.overreach.unclear", n=here.number(access.unclear))
            st.caption(f":orange[:material/visibility_off: {words}]")
        page_link(here, "overreach", f":blue[{here.t('overview.overreach.link')}]")


def alignment(here: Here, name: str, score: Score | None, values: tuple[float | None, ...]) -> None:
    """One alignment card; where nothing could be judged, a dash and no colour."""
    delta = period = None
    if score is not None and score.change is not None and score.since is not None:
        delta = here.t("overview.points", n=formats.points(score.change, here.language))
        period = since(here, score.since)
    kpi(
        Kpi(
            label=here.t(f"overview.tile.{name}"),
            value=here.share(score.now if score else None),
            help=here.t(f"dictionary.definition.{name}"),
            delta=delta,
            period=period,
            better="up",
            history=tuple(value * 100 for value in values if value is not None),
        ),
        TILES,
    )


def since(here: Here, when: datetime) -> str:
    """The named period a delta is against."""
    return here.t("overview.since", day=when.astimezone(here.zone).strftime("%m-%d"))


def not_connected(here: Here, name: str) -> None:
    """A tile of something nobody watches yet: no number, no green, and how it will come."""
    with st.container(border=True, height=TILES, gap="xxsmall"):
        st.markdown(f":small[{here.t(f'overview.tile.{name}')}]")
        st.markdown(f":gray[:material/link_off: **{here.t('overview.not_connected')}**]")
        st.caption(here.t(f"overview.how.{name}"))


def trend(here: Here, seen: Overview) -> None:
    """Open findings by severity and both scores, a point a day."""
    colors = palette()
    heading(here.t("overview.trend"), help=here.t("overview.trend.help"))
    if len(seen.history) < 2:
        st.caption(here.t("overview.trend.none"))
        return
    stacks = tuple(
        Stack(
            here.t(f"ui.severity.{severity.value}"),
            tuple(day.open.get(severity.value, 0) for day in seen.history),
            colors.severity[severity],
        )
        for severity in Severity
    )
    lines = (
        Line(
            here.t("overview.tile.adjusted"),
            tuple(day.adjusted for day in seen.history),
            colors.accent_pale,
            "dot",
        ),
        Line(
            here.t("overview.tile.strict"),
            tuple(day.strict for day in seen.history),
            colors.accent,
        ),
    )
    days = tuple(day.day.isoformat() for day in seen.history)
    stacked(days, stacks, lines, height=CHART, key="trend")


def pair_table(here: Here, config: Config, lines: tuple[PairLine, ...]) -> None:
    """Each entity and pair of systems: both scores, and the way to what needs somebody."""
    heading(here.t("overview.pairs"))
    widths = [2.6, 1.1, 1.1, 1.3]
    entities = [line.score.entity for line in lines]
    several = {name for name in entities if entities.count(name) > 1}
    head = st.columns(widths, gap="xsmall", vertical_alignment="center")
    for column, name in zip(head, ("pair", "strict", "adjusted", "open"), strict=True):
        column.caption(
            here.t(f"overview.column.{name}"), text_alignment="left" if name == "pair" else "right"
        )
    for line in lines[:SHOWN_PAIRS]:
        pair_line(here, config, line, widths, names_pair=line.score.entity in several)
    if len(lines) > SHOWN_PAIRS:
        page_link(here, "consistency", here.t("overview.more", n=len(lines) - SHOWN_PAIRS))


def pair_line(
    here: Here, config: Config, line: PairLine, widths: list[float], *, names_pair: bool
) -> None:
    """One row; the systems are named where the entity alone does not tell which pair it is."""
    score = line.score
    row = st.columns(widths, gap="xsmall", vertical_alignment="center")
    sides = (score.left_source, score.right_source)
    titles = " ↔ ".join(plain(source_name(here, config, name)) for name in sides)
    entity = plain(entity_name(here, config, score.entity))
    with row[0]:
        page_link(
            here,
            "consistency",
            f":blue[**{entity}**]" + (f" :gray[{titles}]" if names_pair else ""),
            help=titles,
            c__entity=score.entity,
            c__pair=f"{score.left_source}~{score.right_source}",
        )
    if score.strict is None:
        row[1].caption(
            f":orange[{here.t(f'ui.outcome.{score.outcome}')}]",
            text_alignment="right",
            help=told(here, score.reason, {}) if score.reason else None,
        )
    else:
        row[1].markdown(here.share(score.strict), text_alignment="right")
        row[2].markdown(f":gray[{here.share(score.adjusted)}]", text_alignment="right")
    row[3].markdown(here.number(line.open), text_alignment="right")


def sources(here: Here, config: Config, health: tuple[SourceHealth, ...]) -> None:
    """Which systems were read, when, and what is wrong with one that was not."""
    for source in health:
        name = plain(source_name(here, config, source.source))
        words = here.t(f"overview.health.{source.health.value}")
        if source.health is Health.OK and source.read_at is not None:
            words = here.t(
                "overview.health.read",
                rows=here.number(source.rows or 0),
                when=here.distance(source.read_at),
            )
        st.markdown(
            f"{HEALTH_MARK[source.health]} **{name}** :gray[{words}]",
            help=told(here, source.code, source.params) if source.code else None,
        )


def run_times(here: Here, slots: tuple[NextSlot, ...]) -> None:
    """When the last run was and when the next will be."""
    standing = here.standing
    parts = []
    if standing.as_of is not None:
        parts.append(here.t("overview.last", when=here.distance(standing.as_of)))
    if slots:
        parts.append(here.t("overview.next", when=here.distance(slots[0].at)))
    else:
        parts.append(here.t("overview.next.none"))
    st.caption(" · ".join(parts))


def door(here: Here, name: str, icon: str, words: str, link: Callable[[], None]) -> None:
    """One reader's way in: who it is for, what is true for them now, where to go."""
    with st.container(border=True, height="stretch", gap="xxsmall"):
        st.markdown(f":material/{icon}: **{here.t(f'overview.door.{name}')}**")
        st.caption(words)
        link()


def doors(
    here: Here, config: Config, seen: Overview, columns: list[st.delta_generator.DeltaGenerator]
) -> None:
    """The three readers: leadership, operations, auditors."""
    grave = seen.by_severity.get("critical", 0) + seen.by_severity.get("high", 0)
    with columns[0]:
        door(
            here,
            "leader",
            "trending_up",
            leader(here, config, seen),
            lambda: leader_link(here, seen),
        )
    with columns[1]:
        door(
            here,
            "operations",
            "build",
            here.plural("overview.operations", grave),
            lambda: page_link(
                here,
                "findings",
                f":blue[{here.t('overview.operations.link')}]",
                icon=":material/arrow_forward:",
                q__tab="todo",
                q__sev=["critical", "high"],
            ),
        )
    with columns[2]:
        door(
            here,
            "auditor",
            "verified_user",
            here.t("overview.auditor"),
            lambda: page_link(
                here,
                "runs",
                f":blue[{here.t('overview.auditor.link')}]",
                icon=":material/arrow_forward:",
            ),
        )


def leader(here: Here, config: Config, seen: Overview) -> str:
    """Better or worse than a week ago, and where it is weakest."""
    said = []
    if seen.strict is not None and seen.strict.change is not None and seen.strict.since is not None:
        moved = formats.points(seen.strict.change, here.language)
        way = "same" if not moved.strip("+-0.") else "better" if seen.strict.change > 0 else "worse"
        said.append(
            here.t(
                f"overview.leader.{way}",
                n=moved.lstrip("+-"),
                period=since(here, seen.strict.since),
            )
        )
    weakest = seen.weakest
    if weakest is not None:
        said.append(
            here.t(
                "overview.leader.weakest",
                entity=plain(entity_name(here, config, weakest.score.entity)),
                share=here.share(weakest.score.strict),
            )
        )
    return " ".join(said) or here.t("overview.leader.none")


def leader_link(here: Here, seen: Overview) -> None:
    weakest = seen.weakest
    page_link(
        here,
        "consistency",
        f":blue[{here.t('overview.leader.link')}]",
        icon=":material/arrow_forward:",
        c__entity=weakest.score.entity if weakest else None,
    )


def demo_banner(here: Here, seen: Overview) -> None:
    """What to try in the demo, in three clicks."""
    first = seen.causes[0] if seen.causes else None
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(here.t("ui.demo"), color="blue")
        st.caption(here.t("overview.demo"), width="content")
        page_link(
            here,
            "consistency",
            f":blue[{here.t('overview.demo.first')}]",
            c__entity=first.entity if first else None,
            c__field=first.field if first else None,
            c__class=first.what if first else None,
        )
        page_link(here, "runs", f":blue[{here.t('overview.demo.second')}]")
        page_link(here, "dictionary", f":blue[{here.t('overview.demo.third')}]")
