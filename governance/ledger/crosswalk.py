"""The cross-walk: which records are one, proposed by a run, decided by a run or a person.

A pair is never removed. A run adds to what nobody decided and never touches what somebody did; a
person accepts, rejects, splits and merges. Every change leaves an event, a person's also one in
the audit log, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, or_, select, update

from governance.access import WORKER, Actor, Right
from governance.errors import GovernanceError
from governance.ledger import audit
from governance.ledger.database import Database
from governance.ledger.tables import crosswalk, crosswalk_events, crosswalk_models
from governance.ledger.walks import (
    AFTER,
    FROM,
    Between,
    End,
    Event,
    EventRow,
    Found,
    Model,
    PairRow,
    Status,
)

DECIDED = (Status.ACCEPTED, Status.REJECTED)


class PairRefused(GovernanceError):
    """What a person asked for does not fit how the pair stands."""


@dataclass(frozen=True)
class Crosswalk:
    """Reads need Right.VIEW, changes Right.DECIDE; both see the actor's departments only."""

    database: Database

    def accepted(self, between: Between) -> tuple[tuple[str, str], ...]:
        """The keys of the records that are one, for the comparison."""
        return self._keys(between, Status.ACCEPTED)

    def rejected(self, between: Between) -> tuple[tuple[str, str], ...]:
        """The keys of the records that somebody said are two."""
        return self._keys(between, Status.REJECTED)

    def waiting(self, between: Between) -> int:
        """How many pairs wait for a person, in whoever's scope."""
        query = select(func.count()).where(*_of(between), crosswalk.c.status == Status.PROPOSED)
        with self.database.read() as connection:
            return int(connection.scalar(query) or 0)

    def counter(self, between: Between) -> int:
        """Another number once a person has decided something."""
        query = (
            select(func.max(crosswalk_events.c.id))
            .join(crosswalk, crosswalk.c.id == crosswalk_events.c.pair_id)
            .where(*_of(between), crosswalk_events.c.actor != WORKER.name)
        )
        with self.database.read() as connection:
            return connection.scalar(query) or 0

    def model(self, between: Between) -> Model | None:
        """What the last linkage learned, if there was one."""
        table = crosswalk_models.c
        where = [table[name] == value for name, value in between.names.items()]
        query = select(table.rules, table.rows, table.model, table.seen).where(*where)
        with self.database.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else Model(**row)

    def take(
        self,
        between: Between,
        found: Sequence[Found],
        model: Model,
        *,
        run_id: int,
        now: datetime,
        fence: int | None = None,
    ) -> None:
        """Take in what a linkage found, with what it learned, in one transaction.

        Decided pairs stay as they are, and no record gets a second partner. A proposal that is
        not among `found` any more is withdrawn.
        """
        guard = self.database.write() if fence is None else self.database.fenced(fence)
        with guard as connection:
            known = {
                (row["left_key"], row["right_key"]): row
                for row in connection.execute(select(crosswalk).where(*_of(between))).mappings()
            }
            taken = [
                {k[at] for k, r in known.items() if r["status"] == "accepted"} for at in (0, 1)
            ]
            machine = _Machine(connection, between, run_id, now)
            for pair in sorted(found, key=lambda f: (-f.probability, f.left.key, f.right.key)):
                free = pair.left.key not in taken[0] and pair.right.key not in taken[1]
                before = known.get((pair.left.key, pair.right.key))
                machine.take(pair, dict(before) if before else None, free)
                if pair.accepted and free:
                    taken[0].add(pair.left.key)
                    taken[1].add(pair.right.key)
            seen = {(pair.left.key, pair.right.key) for pair in found}
            for key, row in known.items():
                if row["status"] == Status.PROPOSED and key not in seen:
                    machine.move(row["id"], Event.WITHDRAWN, row["probability"])
            _keep_model(connection, between, model, now)

    def decide(self, actor: Actor, pair_id: int, event: Event, *, now: datetime) -> PairRow:
        """Accept, reject, split or merge one pair again; returns it as it then stands.

        Raises PermissionRefused, and PairRefused where it stands otherwise or a record has another
        partner by now.
        """
        actor.require(Right.DECIDE)
        with self.database.write() as connection:
            _decide(connection, actor, _row(connection, actor, pair_id), event, now)
            return _row(connection, actor, pair_id)

    def decide_all(
        self, actor: Actor, pair_ids: Sequence[int], event: Event, *, now: datetime
    ) -> int:
        """As `decide` for many pairs in one transaction; returns how many there were.

        One that stands otherwise by now, or whose record has a partner, is passed over.
        """
        actor.require(Right.DECIDE)
        done = 0
        with self.database.write() as connection:
            for pair_id in pair_ids:
                with suppress(PairRefused):
                    _decide(connection, actor, _row(connection, actor, pair_id), event, now)
                    done += 1
        return done

    def merge(
        self, actor: Actor, between: Between, left: End, right: End, *, now: datetime
    ) -> PairRow:
        """Say by hand that two records are one. Raises as `decide` does."""
        actor.require(Right.DECIDE)
        with self.database.write() as connection:
            keys = crosswalk.c.left_key == left.key, crosswalk.c.right_key == right.key
            query = select(crosswalk.c.id).where(*_of(between), *keys)
            pair_id = connection.scalar(query)
            if pair_id is None:
                _in_scope(actor, left.department, right.department)
                values = _values(between, left, right) | {
                    "status": Status.WITHDRAWN, "made_by": actor.name, "at": now, "reason": [],
                }  # fmt: skip
                added = insert(crosswalk).values(values).returning(crosswalk.c.id)
                pair_id = connection.execute(added).scalar_one()
            _decide(connection, actor, _row(connection, actor, pair_id), Event.MERGED, now)
            return _row(connection, actor, pair_id)

    def pair(self, actor: Actor, pair_id: int) -> PairRow:
        """Raises PairRefused for one that is not there, PermissionRefused outside the scope."""
        actor.require(Right.VIEW)
        with self.database.read() as connection:
            return _row(connection, actor, pair_id)

    def count(self, actor: Actor, between: Between, status: Status, least: float = 0.0) -> int:
        """Pairs in the actor's scope that stand so, of at least that probability."""
        query = select(func.count()).where(*_seen(actor, between, status, least))
        with self.database.read() as connection:
            return int(connection.scalar(query) or 0)

    def page(
        self,
        actor: Actor,
        between: Between,
        status: Status,
        *,
        least: float = 0.0,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[PairRow, ...]:
        """The surest first."""
        query = (
            select(crosswalk)
            .where(*_seen(actor, between, status, least))
            .order_by(crosswalk.c.probability.desc(), crosswalk.c.id)
            .limit(limit)
            .offset(offset)
        )
        with self.database.read() as connection:
            return tuple(_pair_row(row) for row in connection.execute(query).mappings())

    def history(self, actor: Actor, pair_id: int) -> tuple[EventRow, ...]:
        """What happened to a pair, oldest first."""
        self.pair(actor, pair_id)
        table = crosswalk_events
        columns = table.c.event, table.c.actor, table.c.run_id, table.c.at, table.c.probability
        query = select(*columns).where(table.c.pair_id == pair_id).order_by(table.c.id)
        with self.database.read() as connection:
            rows = connection.execute(query).mappings()
            return tuple(EventRow(**{**row, "event": Event(row["event"])}) for row in rows)

    def _keys(self, between: Between, status: Status) -> tuple[tuple[str, str], ...]:
        query = select(crosswalk.c.left_key, crosswalk.c.right_key)
        query = query.where(*_of(between), crosswalk.c.status == status)
        with self.database.read() as connection:
            return tuple((left, right) for left, right in connection.execute(query))


@dataclass(frozen=True)
class _Machine:
    """A run that takes in what it found."""

    connection: Connection
    between: Between
    run_id: int
    now: datetime

    def take(self, pair: Found, known: Mapping[Any, Any] | None, free: bool) -> None:
        if known is not None and known["status"] in DECIDED:
            return
        event = Event.ACCEPTED if pair.accepted and free else Event.PROPOSED
        facts = {
            **_values(self.between, pair.left, pair.right),
            "probability": pair.probability,
            "reason": [list(part) for part in pair.reason],
        }
        if known is None:
            if not free:
                return
            values = {**facts, **self._made(event)}
            added = insert(crosswalk).values(values).returning(crosswalk.c.id)
            pair_id = self.connection.execute(added).scalar_one()
            self._event(pair_id, event, pair.probability)
            return
        if not free:
            event = Event.WITHDRAWN
        changed = known["status"] != AFTER[event]
        values = {**facts, **(self._made(event) if changed else {})}
        self.connection.execute(
            update(crosswalk).where(crosswalk.c.id == known["id"]).values(values)
        )
        if changed:
            self._event(known["id"], event, pair.probability)

    def move(self, pair_id: int, event: Event, probability: float | None) -> None:
        self.connection.execute(
            update(crosswalk).where(crosswalk.c.id == pair_id).values(self._made(event))
        )
        self._event(pair_id, event, probability)

    def _made(self, event: Event) -> dict[str, Any]:
        made = {"made_by": WORKER.name, "run_id": self.run_id, "at": self.now}
        return {"status": AFTER[event], **made}

    def _event(self, pair_id: int, event: Event, probability: float | None) -> None:
        _add_event(self.connection, pair_id, event, WORKER.name, self.now, probability, self.run_id)


def _decide(
    connection: Connection, actor: Actor, row: PairRow, event: Event, now: datetime
) -> None:
    if row.status not in FROM[event]:
        raise PairRefused("matching.stands", id=row.id, status=row.status.value)
    if AFTER[event] is Status.ACCEPTED:
        either = or_(crosswalk.c.left_key == row.left_key, crosswalk.c.right_key == row.right_key)
        where = *_of(row.between), either, crosswalk.c.status == Status.ACCEPTED
        if connection.scalar(select(crosswalk.c.id).where(*where)) is not None:
            raise PairRefused("matching.taken", id=row.id)
    connection.execute(
        update(crosswalk)
        .where(crosswalk.c.id == row.id)
        .values(status=AFTER[event], made_by=actor.name, at=now, run_id=None)
    )
    _add_event(connection, row.id, event, actor.name, now, row.probability, None)
    if AFTER[event] is Status.ACCEPTED:
        _withdraw_rivals(connection, actor, row, now)
    audit.record(connection, actor, f"matching.{event}", str(row.id), row.between.names, now)


def _withdraw_rivals(connection: Connection, actor: Actor, row: PairRow, now: datetime) -> None:
    """Whoever has a partner is no longer proposed to others."""
    either = or_(crosswalk.c.left_key == row.left_key, crosswalk.c.right_key == row.right_key)
    where = *_of(row.between), either, crosswalk.c.status == Status.PROPOSED
    rivals = connection.execute(select(crosswalk.c.id, crosswalk.c.probability).where(*where)).all()
    for rival, probability in rivals:
        connection.execute(
            update(crosswalk)
            .where(crosswalk.c.id == rival)
            .values(status=Status.WITHDRAWN, made_by=actor.name, at=now, run_id=None)
        )
        _add_event(connection, rival, Event.WITHDRAWN, actor.name, now, probability, None)


def _add_event(
    connection: Connection,
    pair_id: int,
    event: Event,
    actor: str,
    now: datetime,
    probability: float | None,
    run_id: int | None,
) -> None:
    connection.execute(
        insert(crosswalk_events).values(
            pair_id=pair_id, event=event, actor=actor, at=now, probability=probability,
            run_id=run_id,
        )
    )  # fmt: skip


def _row(connection: Connection, actor: Actor, pair_id: int) -> PairRow:
    query: Select[Any] = select(crosswalk).where(crosswalk.c.id == pair_id)
    found = connection.execute(query).mappings().first()
    if found is None:
        raise PairRefused("matching.unknown", id=pair_id)
    row = _pair_row(found)
    _in_scope(actor, row.left_department, row.right_department)
    return row


def _in_scope(actor: Actor, *departments: str | None) -> None:
    allowed = actor.departments
    if allowed is not None and not any(d in allowed for d in departments if d is not None):
        raise PairRefused("matching.outside", actor=actor.name)


def _of(between: Between) -> Iterable[Any]:
    return [crosswalk.c[name] == value for name, value in between.names.items()]


def _seen(actor: Actor, between: Between, status: Status, least: float) -> Iterable[Any]:
    actor.require(Right.VIEW)
    where = [*_of(between), crosswalk.c.status == status]
    if least > 0:
        where.append(crosswalk.c.probability >= least)
    if actor.departments is not None:
        mine = sorted(actor.departments)
        sides = crosswalk.c.left_department, crosswalk.c.right_department
        where.append(and_(or_(*(side.in_(mine) for side in sides))))
    return where


def _values(between: Between, left: End, right: End) -> dict[str, Any]:
    return {
        **between.names,
        "left_key": left.key, "left_shown": left.shown, "left_department": left.department,
        "right_key": right.key, "right_shown": right.shown, "right_department": right.department,
    }  # fmt: skip


def _pair_row(row: Mapping[Any, Any]) -> PairRow:
    reason = tuple((str(f), str(level), float(w)) for f, level, w in row["reason"] or ())
    return PairRow(**{**row, "status": Status(row["status"]), "reason": reason})


def _keep_model(connection: Connection, between: Between, model: Model, now: datetime) -> None:
    table = crosswalk_models
    where = [table.c[name] == value for name, value in between.names.items()]
    connection.execute(table.delete().where(*where))
    values = {"rules": model.rules, "rows": model.rows, "model": model.model, "seen": model.seen}
    connection.execute(insert(table).values(**between.names, **values, at=now))
