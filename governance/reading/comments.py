"""What people write about a finding: decisions, added to the ledger and never rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from governance.access import Right
from governance.errors import ConfigError

if TYPE_CHECKING:
    from governance.ledger.database import Database
    from governance.reading.findings import Findings
    from governance.reading.model import Finding

KIND = "comment"
LONGEST = 4000


@dataclass(frozen=True)
class Comment:
    """One remark about a finding. `text` is what a person typed: show it, never render it."""

    id: int
    finding_id: str
    actor: str
    at: datetime
    text: str


def comment(findings: Findings, finding_id: str, text: str, *, now: datetime) -> int:
    """Write down what the reader of `findings` says about one of them; returns the comment's id.

    Raises PermissionRefused without the right to decide or for a finding out of the actor's scope,
    ConfigError for a comment that is empty or too long, or a finding that does not exist.
    """
    from governance.ledger.decisions import Decisions

    findings.actor.require(Right.DECIDE)
    words = text.strip()
    if not words:
        raise ConfigError("record.comment_empty")
    if len(words) > LONGEST:
        raise ConfigError("record.comment_long", longest=LONGEST, length=len(words))
    if findings.finding(finding_id) is None:
        raise ConfigError("record.comment_nothing", finding=finding_id)
    made = Decisions(findings.database)
    return made.add(findings.actor, finding_id, KIND, {"text": words}, now=now)


def comments(findings: Findings, finding_ids: Sequence[str]) -> tuple[Comment, ...]:
    """What was said about these findings, oldest first, as far as the reader may see them."""
    from sqlalchemy import select

    from governance.ledger.tables import decisions as table

    findings.actor.require(Right.VIEW)
    if not finding_ids:
        return ()
    asked = table.c.finding_id.in_(list(finding_ids))
    query = select(table).where(asked, table.c.kind == KIND).order_by(table.c.id)
    with findings.database.read() as connection:
        rows = connection.execute(query).mappings().all()
    # Few findings are talked about, and looking one up among a million costs more than this query.
    named = dict.fromkeys(row["finding_id"] for row in rows)
    seen = {name for name in named if findings.finding(name) is not None}
    return tuple(
        Comment(r["id"], r["finding_id"], r["actor"], r["at"], str(r["payload"].get("text", "")))
        for r in rows
        if r["finding_id"] in seen
    )


def counted(database: Database, rows: Sequence[Finding]) -> tuple[Finding, ...]:
    """`rows` with the number of comments each has; one query however many there are."""
    from sqlalchemy import func, select

    from governance.ledger.tables import decisions as table

    if not rows:
        return ()
    query = (
        select(table.c.finding_id, func.count())
        .where(table.c.finding_id.in_([row.finding_id for row in rows]), table.c.kind == KIND)
        .group_by(table.c.finding_id)
    )
    with database.read() as connection:
        numbers = {row[0]: row[1] for row in connection.execute(query)}
    return tuple(
        replace(row, comments=numbers[row.finding_id]) if row.finding_id in numbers else row
        for row in rows
    )
