"""The two books kept while the demo's days are thought out: what each system holds, row by row.

Every change goes through here, so that the same steps can later be taken in SQLite, PostgreSQL or
MariaDB, and every fault is written down in the moment it is planted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Literal

from governance.demo.company import Key
from governance.demo.faults import Fault
from governance.demo.notation import BUSINESS_ZONE, STYLES, Row, Value, in_oa
from governance.demo.schema import ENTITIES, KEYS, table_of
from governance.demo.shapes import Store


@dataclass(frozen=True)
class Op:
    """One step in one system. `values` are by canonical field; empty for a delete."""

    store: Store
    entity: str
    action: Literal["insert", "update", "delete"]
    id: int
    values: Row


Place = tuple[Store, str]


class Books:
    """Both systems in memory, the canonical records, and the list of planted faults."""

    def __init__(self, records: dict[str, dict[Key, Row]], seed: int, start: date) -> None:
        self.records = records
        self.start = start
        self.random = Random(f"{seed}:books")  # noqa: S311 - repeatable, not secret
        self.day = 0
        self.ops: dict[int, list[Op]] = defaultdict(list)
        self.faults: list[Fault] = []
        self.agenda: dict[int, list[Callable[[], None]]] = defaultdict(list)
        self.rows: dict[Place, dict[int, Row]] = {}
        self.ids: dict[Place, dict[Key, int]] = {}
        self.last_id: dict[Place, int] = {}
        self.styles: dict[tuple[str, Key], int] = {}
        self.fields = {
            (store, entity): table_of(store, entity).fields
            for store in ("crm", "oa")
            for entity in ENTITIES
        }
        for entity in ENTITIES:
            self.open_books(entity)

    def open_books(self, entity: str) -> None:
        """Enter every record on both sides; the OA in an order of its own."""
        keys = list(self.records[entity])
        for key in keys:
            self.styles[entity, key] = self.random.randrange(STYLES)
        for store in ("crm", "oa"):
            self.rows[store, entity] = {}
            self.ids[store, entity] = {}
            self.last_id[store, entity] = 0 if store == "crm" else 100_000
            for key in keys:
                self.enter(store, entity, key)
            self.random.shuffle(keys)

    def written(self, store: Store, entity: str, key: Key, field: str) -> Value:
        """A record's field as that system writes it when nothing goes wrong."""
        value = self.records[entity][key].get(field)
        return value if store == "crm" else in_oa(field, value, self.styles[entity, key])

    def enter(self, store: Store, entity: str, key: Key) -> int:
        """Enter the record `key` into a system, as its first row there."""
        record, style = self.records[entity][key], self.styles[entity, key]
        fields = self.fields[store, entity]
        if store == "crm":
            row = {field: record.get(field) for field in fields}
        else:
            row = {field: in_oa(field, record.get(field), style) for field in fields}
        number = self.insert(store, entity, row)
        self.ids[store, entity][key] = number
        return number

    def insert(self, store: Store, entity: str, row: Row) -> int:
        place: Place = (store, entity)
        self.last_id[place] += 1
        number = self.last_id[place]
        self.rows[place][number] = row
        if self.day > 0:
            self.ops[self.day].append(Op(store, entity, "insert", number, dict(row)))
        return number

    def set(self, store: Store, entity: str, key: Key, field: str, value: Value) -> None:
        """Write a value into the first row of `key`, whatever its meaning."""
        number = self.ids[store, entity][key]
        self.rows[store, entity][number][field] = value
        self.note(Op(store, entity, "update", number, {field: value}))

    def remove(self, store: Store, entity: str, key: Key) -> None:
        number = self.ids[store, entity].pop(key)
        self.remove_row(store, entity, number)

    def remove_row(self, store: Store, entity: str, number: int) -> None:
        del self.rows[store, entity][number]
        self.note(Op(store, entity, "delete", number, {}))

    def note(self, op: Op) -> None:
        if self.day > 0:
            self.ops[self.day].append(op)

    def change(self, entity: str, key: Key, field: str, value: Value) -> None:
        """The CRM records a new value; what the OA does about it is the caller's matter."""
        record = self.records[entity][key]
        record[field] = value
        self.set("crm", entity, key, field, value)
        if self.day > 0 and "updated_at" in record:
            # Ten o'clock in the morning: life goes on before the night's run reads it.
            record["updated_at"] = datetime.combine(
                self.start + timedelta(days=self.day - 1), time(10), BUSINESS_ZONE
            ).astimezone(UTC)
            self.set("crm", entity, key, "updated_at", record["updated_at"])

    def synchronise(self, entity: str, key: Key, field: str) -> None:
        """The OA takes over what the CRM says."""
        for name in (field, "updated_at"):
            if name in self.fields["oa", entity]:
                self.set("oa", entity, key, name, self.written("oa", entity, key, name))

    def plant(self, fault: Fault) -> int:
        """Write a fault down; the number is what `heal` wants to hear."""
        self.faults.append(fault)
        return len(self.faults) - 1

    def heal(self, number: int) -> None:
        """From today's data on the fault is no more; one that never showed is struck out later."""
        self.faults[number] = replace(self.faults[number], healed=self.day)

    def later(self, days: int, act: Callable[[], None]) -> None:
        """Do `act` on the morning `days` from now."""
        self.agenda[self.day + days].append(act)

    def key_of(self, entity: str, record: Row) -> Key:
        return tuple(str(record[part]) for part in KEYS[entity])
