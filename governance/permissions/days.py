"""The runs that looked at permissions and are still kept: one can be read as it was then."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from checks.outcome import Outcome
from checks.permissions import CODE
from governance.access import Actor, Right
from governance.ledger.database import Database
from governance.ledger.runs import KEPT
from governance.ledger.tables import check_results, runs
from governance.reading.model import Sealed, aware

_SEEN = (Outcome.PASSED.value, Outcome.FAILED.value)
MOST = 400


def looked(actor: Actor, database: Database, zone: ZoneInfo) -> dict[date, Sealed]:
    """By day of the business zone the last run of that day, newest day first.

    Raises PermissionRefused without the right to view.
    """
    actor.require(Right.VIEW)
    at = func.coalesce(runs.c.as_of, runs.c.requested_at)
    query = (
        select(runs.c.id, runs.c.file, runs.c.sha256, at)
        .join(check_results, check_results.c.run_id == runs.c.id)
        .where(check_results.c.check_name == CODE, check_results.c.outcome.in_(_SEEN))
        .where(*KEPT, runs.c.sha256.is_not(None), runs.c.file.is_not(None))
        .order_by(runs.c.id.desc())
        .limit(MOST)
    )
    found: dict[date, Sealed] = {}
    with database.read() as connection:
        for number, file, sha, when in connection.execute(query):
            moment: datetime = aware(when)
            day = moment.astimezone(zone).date()
            found.setdefault(day, Sealed(number, file, sha, moment))
    return found
