"""Rows of what holds of systems as a whole: calendar, score, keepers, and what fits together."""

from __future__ import annotations

from collections.abc import Iterator

from checks.backups.score import Graded, Score
from checks.backups.together import CommonPoint
from governance.backups.fitting import Fit
from governance.backups.found import Found
from governance.backups.judging import Told
from governance.backups.rows import Row, bare, told
from governance.backups.whole import Whole


def score_text(score: Score) -> str:
    """The five digits with their proofs, as the column `score_json` holds them."""
    return told(
        [
            {
                "digit": graded.digit.value,
                "value": graded.verdict.value,
                "proof": _proof(graded),
                "places": graded.places,
                "code": graded.verdict.code,
                "params": dict(graded.verdict.params),
            }
            for graded in score.digits
        ]
    )


def _proof(graded: Graded) -> str | None:
    """Whether a digit was seen or is only claimed."""
    if graded.verdict.value is True:
        return "proved"
    return "claimed" if graded.is_claimed else None


def baseline_text(told_of: Told, whole: Whole) -> str:
    """Between which sizes the newest backup of the system would be usual, where that is known."""
    newest = max(told_of.backups, key=lambda j: j.order, default=None)
    measured = newest and whole.sizes.get((newest.catalogue, newest.backup.id))
    if not measured or measured.usual is None:
        return told({})
    return told({"size": {"low": measured.usual.low, "high": measured.usual.high}})


def days(found: Found) -> Iterator[Row]:
    for system, whole in found.wholes.items():
        for day in whole.calendar.days:
            entry = day.entry
            rungs = {
                "stands_for": [rung.value for rung in day.stands_for],
                "holes": [rung.value for rung in day.holes],
            }
            yield {
                "system": system,
                "day": day.day,
                "state": day.state.value,
                "backup": entry.id if entry else None,
                "catalogue": entry.catalogue if entry else None,
                "size": entry.size if entry else None,
                "rungs_json": told(rungs),
            }


def together(found: Found) -> Iterator[Row]:
    for fit in found.fits:
        last = fit.last
        is_same = last is not None and last.parts == fit.newest.parts
        yield _point(fit, fit.newest, is_newest=True, is_last_good=is_same)
        if last is not None and not is_same:
            yield _point(fit, last, is_newest=False, is_last_good=True)


def _point(fit: Fit, point: CommonPoint, *, is_newest: bool, is_last_good: bool) -> Row:
    parts = {
        part.option.system: {
            "catalogue": part.option.catalogue,
            "backup": part.option.backup,
            "at": part.at.isoformat(),
            "is_rolled": part.is_rolled,
        }
        for part in point.parts
    }
    return {
        "group_name": "+".join(fit.systems),
        "at": bare(point.at),
        "spread": point.spread.total_seconds(),
        "consistent": point.verdict.value,
        "code": point.verdict.code,
        "params": told(dict(point.verdict.params)),
        "is_newest": is_newest,
        "is_last_good": is_last_good,
        "backups_json": told(parts),
        "torn": sum(point.torn.values()) if point.torn is not None else None,
        "torn_json": told(dict(point.torn or {})),
    }


def keepers(found: Found) -> Iterator[Row]:
    for system, keeping in found.keepings.items():
        for keeper in keeping.keepers:
            yield {
                "system": system,
                "human": keeper.human,
                "name": found.names.get(keeper.human),
                "can_delete": keeper.can_delete,
                "can_restore": keeper.can_restore,
                "also_json": told(keeper.also),
            }
