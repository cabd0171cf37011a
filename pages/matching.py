"""Records without a shared key: which pairs wait for a person, and which are one."""

from __future__ import annotations

import streamlit as st

from governance.ledger.walks import Between, Event, Status
from governance.ui import match_parts as parts
from governance.ui import states, urls
from governance.ui.components import opening
from governance.ui.here import Here, here
from governance.ui.workspace import Workspace, workspace
from governance.views import matching

TABS = {"queue": Status.PROPOSED, "accepted": Status.ACCEPTED, "rejected": Status.REJECTED}


def choose(label: str, key: str, words: dict[str, str]) -> str:
    """One of `words` by its code in the URL."""
    chosen = urls.restore_one(key, words, default=next(iter(words)))
    st.segmented_control(
        label,
        list(words),
        key=key,
        format_func=words.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=urls.keep,
        args=(key, "m.page"),
    )
    return str(chosen)


def queue(reader: Here, open_: Workspace, between: Between, count: int) -> None:
    """What waits: both records side by side, the surest first."""
    if not count:
        states.clear(reader.t("matching.clear.title"), reader.t("matching.clear.body"))
        return
    parts.bulk(reader, open_.ledger, between)
    page = parts.pages(count, "m.page", parts.PER_PAGE)
    for case in listed(reader, open_, between, Status.PROPOSED, page, parts.PER_PAGE):
        parts.card(reader, open_.config, open_.ledger, case)


def listed(
    reader: Here, open_: Workspace, between: Between, status: Status, page: int, size: int
) -> tuple[matching.Case, ...]:
    pairs = open_.ledger.crosswalk.page(
        reader.actor, between, status, limit=size, offset=page * size
    )
    with states.loading(300):
        entity = open_.config.entity(between.entity)
        return matching.cases(open_.desk.view(reader.actor, open_.checks), entity, pairs)


def decided(reader: Here, open_: Workspace, between: Between, status: Status, count: int) -> None:
    """The cross-walk: what is one, or was said to be two, and how to undo that."""
    if not count:
        states.empty(reader.t("matching.none.title"), reader.t(f"matching.none.{status}"))
        return
    size = parts.PER_TABLE
    page = parts.pages(count, "m.page", size)
    walk = open_.ledger.crosswalk
    rows = walk.page(reader.actor, between, status, limit=size, offset=page * size)
    picked = parts.walk_table(reader, open_.config, rows, f"m.rows.{status}.{page}")
    if picked is None:
        st.caption(reader.t("matching.pick"))
        return
    entity = open_.config.entity(between.entity)
    (case,) = matching.cases(open_.desk.view(reader.actor, open_.checks), entity, (picked,))
    undo = Event.SPLIT if status is Status.ACCEPTED else Event.MERGED
    parts.detail(reader, open_.config, open_.ledger, case, undo)


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.matching", "matching.where")
    open_ = workspace()
    pairs = matching.matched(reader.actor, open_.config) if open_.config else {}
    if not pairs:
        states.not_connected(reader.t("matching.empty.title"), reader.t("matching.empty.body"))
        return
    parts.told()
    code = choose(reader.t("matching.pairs"), "m.pair", parts.names(reader, open_.config, pairs))
    between = pairs[code]
    standing = matching.standing(reader.actor, open_.ledger, between)
    counts = {"queue": standing.waiting, "accepted": standing.accepted,
              "rejected": standing.rejected}  # fmt: skip
    words = {
        tab: reader.t(f"matching.tab.{tab}", count=reader.number(n)) for tab, n in counts.items()
    }
    tab = choose(reader.t("matching.tab"), "m.tab", words)
    if not sum(counts.values()):
        states.empty(reader.t("matching.unrun.title"), reader.t("matching.unrun.body"))
        return
    if tab == "queue":
        queue(reader, open_, between, counts[tab])
    else:
        decided(reader, open_, between, TABS[tab], counts[tab])

    def merge(left: str, right: str) -> str:
        entity = open_.config.entity(between.entity)
        view = open_.desk.view(reader.actor, open_.checks)
        keys, now = (left, right), reader.later().now
        matching.by_hand(view, open_.ledger, entity, between, keys, now=now)
        return reader.t("matching.done.hand")

    parts.hand(reader, open_.config, between, merge)


draw(here())
