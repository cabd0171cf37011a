"""`duiqi reviews`: the review campaigns there are, and the evidence of one of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from governance.cli import common, language
from governance.cli.common import Format
from governance.errors import ConfigError
from governance.i18n import t

if TYPE_CHECKING:
    from governance.views.reviews import Campaign

app = typer.Typer(add_completion=False)


@app.command()
def reviews(
    number: Annotated[int | None, typer.Argument(metavar="[ID]")] = None,
    format: common.FormatOption = Format.TEXT,
) -> int:
    """List campaigns, or tell one; with JSON, its whole evidence. Reads the ledger alone."""
    from governance.access import local_operator
    from governance.exports.review_evidence import document
    from governance.ledger import open_ledger
    from governance.store import home_path, open_home
    from governance.views.reviews import campaigns_view
    from governance.worker.holder import utc_now

    ledger = open_ledger(open_home(home_path()).path)
    try:
        campaigns = campaigns_view(local_operator(), ledger)
        if number is not None:
            campaigns = tuple(c for c in campaigns if c.row.id == number)
            if not campaigns:
                raise ConfigError("reviews.unknown", review=number)
        if format is Format.JSON and number is not None:
            common.write_json(document(ledger, campaigns[0].row, utc_now()))
        elif format is Format.JSON:
            common.write_json({"reviews": [as_json(c) for c in campaigns]})
        else:
            sys.stdout.write("".join(f"{line}\n" for line in as_text(campaigns)))
    finally:
        ledger.close()
    return 0


def as_json(campaign: Campaign) -> dict[str, object]:
    row = campaign.row
    return {
        "id": row.id,
        "name": row.name,
        "status": row.status.value,
        "run": row.run_id,
        "opened_at": common.instant(row.opened_at),
        "opened_by": row.opened_by,
        "due_at": common.instant(row.due_at),
        "closed_at": common.instant(row.closed_at),
        "closed_by": row.closed_by,
        "population": row.population,
        "lines": campaign.lines,
        "decided": campaign.decided,
        "to_do": campaign.to_do,
        "done": campaign.done,
        "still": campaign.still,
        "not_seen": len(row.gaps),
    }


def as_text(campaigns: tuple[Campaign, ...]) -> Iterator[str]:
    speak = language()
    if not campaigns:
        yield t("reviews.none.title", speak)
    for c in campaigns:
        yield t(
            "reviews.line",
            speak,
            number=c.row.id,
            name=c.row.name,
            status=t(f"reviews.status.{c.row.status.value}", speak),
            decided=c.decided,
            lines=c.lines,
            to_do=c.to_do,
            done=c.done,
            still=c.still,
        )
