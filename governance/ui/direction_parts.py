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
from governance.reading import Finding, State
from governance.ui.here import Here
from governance.ui.text import plain
from governance.views.titles import Titles

ROWS = (DELETED, NOT_YET_CREATED, NEVER_THERE)


def short(here: Here, titles: Titles, finding: Finding | None) -> str | None:
    """Who moved and when, for a table's cell; None where there is nothing to say."""
    if finding is None or finding.direction is None or finding.state == State.GONE:
        return None
    if finding.direction in (NEVER_AGREED, NEVER_THERE, VOID):
        return here.t(f"direction.short.{finding.direction}")
    if finding.direction in ROWS:
        is_left = (finding.kind == "only_left") is (finding.direction == NOT_YET_CREATED)
        at = finding.left_moved_at if is_left else finding.right_moved_at
        return here.t(f"direction.short.{finding.direction}", when=_when(here, at))
    mover, at = _mover(here, titles, finding)
    return here.t("direction.short.moved", source=mover, when=_when(here, at))


def sentence(here: Here, titles: Titles, finding: Finding) -> str | None:
    """The same as a sentence, with when both sides last agreed; safe as markdown. None where there
    is nothing to say, as of a finding that is closed: its two sides no longer differ."""
    code = finding.direction
    if code is None or finding.state == State.GONE:
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


def _mover(here: Here, titles: Titles, finding: Finding) -> tuple[str, datetime | None]:
    """Where both moved, the later move is the one since which it stands like this."""
    if finding.direction == BOTH_MOVED:
        times = [at for at in (finding.left_moved_at, finding.right_moved_at) if at is not None]
        return here.t("direction.short.both"), max(times, default=None)
    if finding.direction == LEFT_MOVED:
        return titles.source(finding.left_source), finding.left_moved_at
    if finding.direction == RIGHT_MOVED:
        return titles.source(finding.right_source), finding.right_moved_at
    raise ValueError(finding.direction)


def _when(here: Here, at: datetime | None) -> str:
    return here.t("direction.unknown") if at is None else here.moment(at)
