"""Review campaigns: opened, worked on, closed, and judged by later runs. Facts stay as frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, or_, select, update

from governance.access import Actor
from governance.errors import ConfigError
from governance.ledger import audit
from governance.ledger.database import Database
from governance.ledger.review_rows import (
    DONE,
    TO_DO,
    Change,
    Decision,
    Facts,
    NewLine,
    NewOutcome,
    Outcome,
    ReviewEvent,
    ReviewLine,
    ReviewRow,
    ReviewStatus,
    SourceState,
)
from governance.ledger.review_tables import review_events, review_lines, review_outcomes, reviews
from governance.ledger.tables import holds

HOLD = "review"
_CHUNK = 2_000


@dataclass(frozen=True)
class NewReview:
    """A campaign about to be opened."""

    name: str
    check_name: str
    due_at: datetime
    run_id: int
    run_sha256: str
    run_as_of: datetime
    filters: Mapping[str, Sequence[str]]
    rules: Sequence[str]
    sources: Sequence[SourceState]
    people: Mapping[str, str]
    ambiguous: Sequence[str]
    population: str
    compared_to: int | None
    only_differences: bool
    gone: Sequence[Facts]


@dataclass
class Hand:
    """One act in one campaign, inside its transaction: nothing it read can change meanwhile."""

    connection: Connection
    actor: Actor
    now: datetime
    review: ReviewRow

    def lines(self, seqs: Sequence[int] | None = None) -> list[ReviewLine]:
        """Those lines that are there, in their order; None for all."""
        found = _lines(self.connection, self.review.id)
        if seqs is None:
            return found
        wanted = set(seqs)
        return [line for line in found if line.seq in wanted]

    def batch(self) -> int:
        """A number for this act, one above all of the campaign before."""
        c = review_events.c
        newest = select(func.max(c.batch)).where(c.review_id == self.review.id)
        return int(self.connection.scalar(newest) or 0) + 1

    def change(
        self, event: str, batch: int, changed: Sequence[tuple[ReviewLine, Mapping[str, Any]]]
    ) -> None:
        """Write the new values of lines, each with an event that tells them. All lines of an act
        get the same columns."""
        if not changed:
            return
        c = review_lines.c
        own = c.review_id == self.review.id, c.seq == bindparam("its_seq")
        new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in changed[0][1]}
        self.connection.execute(
            update(review_lines).where(*own).values(new),
            [
                {"its_seq": line.seq} | {f"new_{name}": value for name, value in values.items()}
                for line, values in changed
            ],
        )
        told = [
            {
                "review_id": self.review.id,
                "seq": line.seq,
                "event": event,
                "actor": self.actor.name,
                "on_behalf_of": values.get("on_behalf_of"),
                "at": self.now,
                "batch": batch,
                "detail": {
                    name: values[name]
                    for name in ("decision", "reason", "reviewer", "delegate")
                    if name in values
                },
            }
            for line, values in changed
        ]
        self.connection.execute(insert(review_events), told)

    def note(self, event: str, detail: Mapping[str, object], batch: int | None = None) -> None:
        """An event of the whole campaign, and the audit event beside it."""
        note(self.connection, self.actor, self.review.id, event, detail, self.now, batch)

    def set(self, **values: Any) -> None:
        """Change the campaign itself; a cancelled one holds its run no longer."""
        own = reviews.c.id == self.review.id
        self.connection.execute(update(reviews).where(own).values(**values))
        if values.get("status") == ReviewStatus.CANCELLED.value:
            named = (holds.c.kind == HOLD, holds.c.object == str(self.review.id))
            self.connection.execute(delete(holds).where(*named))


@dataclass(frozen=True)
class Reviews:
    database: Database

    def open(self, actor: Actor, new: NewReview, lines: Sequence[NewLine], *, now: datetime) -> int:
        """Write a campaign with its lines; its run outlives retention from here on."""
        values = {
            **vars(new),
            "filters": {name: list(those) for name, those in new.filters.items()},
            "rules": list(new.rules),
            "sources": [_source(source) for source in new.sources],
            "people": dict(new.people),
            "ambiguous": list(new.ambiguous),
            "gone": list(new.gone),
            "lines": len(lines),
            "status": ReviewStatus.OPEN.value,
            "opened_by": actor.name,
            "opened_at": now,
        }
        with self.database.write() as connection:
            number: int = connection.execute(
                insert(reviews).values(values).returning(reviews.c.id)
            ).scalar_one()
            rows = [
                {**vars(line), "change": line.change.value, "review_id": number, "seq": at}
                for at, line in enumerate(lines, 1)
            ]
            for start in range(0, len(rows), _CHUNK):
                connection.execute(insert(review_lines), rows[start : start + _CHUNK])
            held = {"kind": HOLD, "object": str(number), "run_id": new.run_id}
            connection.execute(insert(holds).values(**held, actor=actor.name, at=now))
            detail = {"run": new.run_id, "lines": len(rows), "population": new.population}
            note(connection, actor, number, "open", detail, now)
        return number

    @contextmanager
    def act(self, actor: Actor, number: int, *, now: datetime) -> Iterator[Hand]:
        """One act in an open campaign, in one transaction. Raises ConfigError `reviews.unknown`,
        and `reviews.closed` for one that is over."""
        with self.database.write() as connection:
            row = _one(connection, number)
            if row is None:
                raise ConfigError("reviews.unknown", review=number)
            if row.status is not ReviewStatus.OPEN:
                raise ConfigError("reviews.closed", review=number)
            yield Hand(connection, actor, now, row)

    def get(self, number: int) -> ReviewRow | None:
        with self.database.read() as connection:
            return _one(connection, number)

    def recent(self, limit: int = 100) -> tuple[ReviewRow, ...]:
        """The newest campaigns first."""
        query = select(reviews).order_by(reviews.c.id.desc()).limit(limit)
        with self.database.read() as connection:
            return tuple(review_row(row) for row in connection.execute(query).mappings())

    def opened(self) -> tuple[ReviewRow, ...]:
        """Those that are open, oldest first."""
        query = select(reviews).where(reviews.c.status == ReviewStatus.OPEN.value)
        with self.database.read() as connection:
            found = connection.execute(query.order_by(reviews.c.id)).mappings()
            return tuple(review_row(row) for row in found)

    def last_signed(self) -> tuple[ReviewRow, ...]:
        """The signed campaigns, the newest first."""
        signed = reviews.c.status == ReviewStatus.SIGNED.value
        query = (
            select(reviews).where(signed).order_by(reviews.c.closed_at.desc(), reviews.c.id.desc())
        )
        with self.database.read() as connection:
            found = connection.execute(query.limit(100)).mappings()
            return tuple(review_row(row) for row in found)

    def lines(self, number: int) -> tuple[ReviewLine, ...]:
        with self.database.read() as connection:
            return tuple(_lines(connection, number))

    def events(self, number: int) -> tuple[ReviewEvent, ...]:
        """Everything that was done in a campaign, oldest first."""
        own = review_events.c.review_id == number
        query = select(review_events).where(own).order_by(review_events.c.id)
        with self.database.read() as connection:
            return tuple(ReviewEvent(**row) for row in connection.execute(query).mappings())

    def outcomes(self, number: int) -> dict[int, tuple[tuple[int, Outcome], ...]]:
        """Per line everything that runs said of it, as (run, outcome), oldest first."""
        c = review_outcomes.c
        query = select(review_outcomes).where(c.review_id == number).order_by(c.run_id)
        found: dict[int, list[tuple[int, Outcome]]] = {}
        with self.database.read() as connection:
            for row in connection.execute(query).mappings():
                found.setdefault(row["seq"], []).append((row["run_id"], Outcome(row["outcome"])))
        return {seq: tuple(told) for seq, told in found.items()}

    def counts(self) -> dict[int, dict[tuple[str | None, str | None], int]]:
        """Per campaign how many lines have which (decision, outcome)."""
        c = review_lines.c
        query = select(c.review_id, c.decision, c.outcome, func.count()).group_by(
            c.review_id, c.decision, c.outcome
        )
        found: dict[int, dict[tuple[str | None, str | None], int]] = {}
        with self.database.read() as connection:
            for number, decision, outcome, count in connection.execute(query):
                found.setdefault(number, {})[decision, outcome] = count
        return found

    def watched(self, check: str, since: datetime) -> tuple[tuple[ReviewRow, ReviewLine], ...]:
        """The lines that a run still judges: to be revoked or changed, in campaigns that were not
        cancelled. Those that are done are looked at until they are older than `since`."""
        c = review_lines.c
        done = c.outcome.in_([outcome.value for outcome in DONE])
        query = (
            select(review_lines)
            .join(reviews, reviews.c.id == c.review_id)
            .where(
                reviews.c.check_name == check,
                reviews.c.status != ReviewStatus.CANCELLED.value,
                c.decision.in_([decision.value for decision in TO_DO]),
                or_(c.outcome.is_(None), ~done, c.decided_at >= since),
            )
            .order_by(c.review_id, c.seq)
        )
        with self.database.read() as connection:
            found = [line_row(row) for row in connection.execute(query).mappings()]
            numbers = {line.review_id for line in found}
            rows = select(reviews).where(reviews.c.id.in_(numbers))
            known = {row["id"]: review_row(row) for row in connection.execute(rows).mappings()}
        return tuple((known[line.review_id], line) for line in found)


def note(
    connection: Connection,
    actor: Actor,
    number: int,
    event: str,
    detail: Mapping[str, object],
    now: datetime,
    batch: int | None = None,
) -> None:
    """An event of a whole campaign with its audit event, inside the caller's transaction."""
    connection.execute(
        insert(review_events).values(
            review_id=number,
            event=event,
            actor=actor.name,
            at=now,
            batch=batch,
            detail=dict(detail),
        )
    )
    audit.record(connection, actor, f"review.{event}", str(number), detail, now)


def settle(
    connection: Connection, run_id: int, outcomes: Sequence[NewOutcome], now: datetime
) -> None:
    """Write what a run says of lines, inside the transaction that shows its results. A line whose
    decision was taken back meanwhile is left alone."""
    if not outcomes:
        return
    c = review_lines.c
    changed = (
        update(review_lines)
        .where(
            c.review_id == bindparam("its_review"),
            c.seq == bindparam("its_seq"),
            or_(*(c.decision == decision.value for decision in TO_DO)),
        )
        .values(outcome=bindparam("said"), outcome_run=run_id, outcome_at=now)
    )
    told = [(o.review_id, o.seq, o.outcome.value) for o in outcomes]
    connection.execute(changed, [{"its_review": r, "its_seq": s, "said": o} for r, s, o in told])
    connection.execute(
        insert(review_outcomes),
        [{"review_id": r, "seq": s, "run_id": run_id, "outcome": o, "at": now} for r, s, o in told],
    )


def _one(connection: Connection, number: int) -> ReviewRow | None:
    found = connection.execute(select(reviews).where(reviews.c.id == number)).mappings()
    return next((review_row(row) for row in found), None)


def _lines(connection: Connection, number: int) -> list[ReviewLine]:
    query = select(review_lines).where(review_lines.c.review_id == number)
    found = connection.execute(query.order_by(review_lines.c.seq)).mappings()
    return [line_row(row) for row in found]


def _source(source: SourceState) -> dict[str, object]:
    taken = source.taken_at.isoformat() if source.taken_at else None
    return {**vars(replace(source, params=dict(source.params or {}))), "taken_at": taken}


def review_row(row: RowMapping) -> ReviewRow:
    sources = [
        SourceState(**{**s, "taken_at": datetime.fromisoformat(s["taken_at"])})
        if s["taken_at"]
        else SourceState(**s)
        for s in row["sources"]
    ]
    return ReviewRow(
        **{
            **row,
            "status": ReviewStatus(row["status"]),
            "sources": tuple(sources),
            "ambiguous": tuple(row["ambiguous"]),
            "gone": tuple(row["gone"]),
        }
    )


def line_row(row: RowMapping) -> ReviewLine:
    return ReviewLine(
        **{
            **row,
            "change": Change(row["change"]),
            "decision": Decision(row["decision"]) if row["decision"] else None,
            "outcome": Outcome(row["outcome"]) if row["outcome"] else None,
        }
    )
