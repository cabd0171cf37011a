"""Words, tones and cells that all blocks of the review page share."""

from __future__ import annotations

from typing import Any

from governance.ledger.review_rows import (
    Change,
    Decision,
    Outcome,
    ReviewLine,
    ReviewRow,
    ReviewStatus,
)
from governance.ui.components import pill_column
from governance.ui.here import Here
from governance.ui.plots import palette

STATUS_TONES = {
    ReviewStatus.OPEN: "busy",
    ReviewStatus.SIGNED: "good",
    ReviewStatus.INCOMPLETE: "watch",
    ReviewStatus.CANCELLED: "quiet",
}
DECISION_TONES = {Decision.KEEP: "quiet", Decision.REVOKE: "high", Decision.CHANGE: "busy"}
OUTCOME_TONES = {
    Outcome.GONE: "good",
    Outcome.CHANGED: "good",
    Outcome.STILL: "high",
    Outcome.BACK: "bad",
    Outcome.NOT_SEEN: "watch",
}
CHANGE_TONES = {Change.NEW: "watch", Change.CHANGED: "busy", Change.SAME: "quiet"}
BADGES = {"quiet": "gray", "watch": "yellow", "busy": "blue", "high": "orange", "bad": "red",
          "good": "green"}  # fmt: skip


def pills(here: Here, area: str, tones: dict[Any, str], label: str, width: int) -> Any:
    """A column of pills whose codes are those of `tones`."""
    colors = palette().pill
    words = {code.value: here.t(f"reviews.{area}.{code.value}") for code in tones}
    return pill_column(label, words, [colors[tone] for tone in tones.values()], width=width)


def status_badge(here: Here, row: ReviewRow) -> str:
    """The campaign's state as markdown."""
    tone = BADGES[STATUS_TONES[row.status]]
    return f":{tone}-badge[{here.t(f'reviews.status.{row.status.value}')}]"


def named(here: Here, row: ReviewRow, who: str | None) -> str:
    """A reviewer by name; nobody says so."""
    return here.t("reviews.nobody") if who is None else row.people.get(who, who)


def who_holds(line: ReviewLine) -> str:
    """Whose account it is: the human, else what the system calls the account."""
    facts = line.facts
    return str(facts["name"] or facts["account_name"] or facts["login"] or facts["account"])


def role_of(line: ReviewLine) -> str:
    return str(line.facts["into_name"] or line.facts["into"])


def scopes(here: Here, line: ReviewLine) -> str:
    return ", ".join(here.t(f"reviews.scope.{word}") for word in line.facts["scope"]) or "–"
