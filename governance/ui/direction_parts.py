"""Which side moved, and when, in words: short for a cell of a table, whole for a finding."""

from __future__ import annotations

from datetime import datetime

from checks.direction import (
    BOTH_MOVED,
    DELETED,
    LEFT_MOVED,
    NEVER_AGREED,
    NEVER_THERE,
    NOT_YET_CREATED,
    RIGHT_MOVED,
    VOID,
)
from governance.reading import Finding
from governance.ui.here import Here
from governance.ui.text import plain
from governance.views.titles import Titles

MOVED = (LEFT_MOVED, RIGHT_MOVED, BOTH_MOVED)
ROWS = (DELETED, NOT_YET_CREATED, NEVER_THERE)


def short(here: Here, titles: Titles, finding: Finding | None) -> str | None:
    """Who moved and when, for a table's cell; None where there is nothing to say."""
    if finding is None or finding.direction is None:
        return None
    if finding.direction in (NEVER_AGREED, VOID):
        return here.t(f"direction.short.{finding.direction}")
    return " · ".join(
        here.t("direction.short.moved", source=source, when=_when(here, at))
        for source, at in _movers(titles, finding)
    )


def sentence(here: Here, titles: Titles, finding: Finding) -> str | None:
    """The same as a sentence, with when both sides last agreed; safe as markdown. None where there
    is nothing to say."""
    code = finding.direction
    if code is None:
        return None
    words = {
        "left": plain(titles.source(finding.left_source)),
        "right": plain(titles.source(finding.right_source)),
        "left_when": _when(here, finding.left_moved_at),
        "right_when": _when(here, finding.right_moved_at),
    }
    if code in ROWS:
        here_, there = ("left", "right") if finding.kind == "only_left" else ("right", "left")
        words |= {"here": words[here_], "there": words[there]}
        words |= {"here_when": words[f"{here_}_when"], "there_when": words[f"{there}_when"]}
    told = here.t(f"direction.{code}", **words)
    if finding.agreed_at is None:
        return told
    agreed = here.t("direction.agreed", when=here.moment(finding.agreed_at), run=finding.agreed_run)
    return f"{told} {agreed}"


def _movers(titles: Titles, finding: Finding) -> list[tuple[str, datetime | None]]:
    left = titles.source(finding.left_source), finding.left_moved_at
    right = titles.source(finding.right_source), finding.right_moved_at
    if finding.direction == BOTH_MOVED:
        return [left, right]
    return [left if finding.direction == LEFT_MOVED else right]


def _when(here: Here, at: datetime | None) -> str:
    return here.t("direction.unknown") if at is None else here.moment(at)
