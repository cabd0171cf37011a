"""A small store built by hand: sealed runs and snapshots with known content, and their ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from checks.dictionary import Entity, Field, FieldType, Sensitivity, Title, Tolerance
from checks.dictionary import Mapping as SourceMapping
from checks.outcome import Outcome
from governance.access import Actor, Right
from governance.config.model import CheckConfig, Config, Retention, SourceConfig
from governance.ledger import Ledger
from governance.ledger.rows import CheckResult, RunStatus, Trigger
from governance.ledger.snapshots import NewSnapshot
from governance.reading import Desk
from governance.runs.findings import FINDINGS
from governance.store import Home, engine, open_home, seal
from tests.homes import fresh_ledger

START = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)

_SIDE = ("rows", "keys", "duplicate_keys", "null_keys")
PAIRS = {
    **dict.fromkeys(("check_name", "entity", "left_source", "right_source"), "VARCHAR"),
    **{f"{side}_{name}": "BIGINT" for side in ("left", "right") for name in _SIDE},
    **dict.fromkeys(("matched", "aligned", "mismatched", "only_left", "only_right"), "BIGINT"),
    "strict": "DOUBLE",
    "adjusted": "DOUBLE",
    "outcome": "VARCHAR",
    "reason": "VARCHAR",
}
FIELDS = {
    **dict.fromkeys(("check_name", "left_source", "right_source", "field"), "VARCHAR"),
    **dict.fromkeys(
        (
            "compared",
            "equal",
            "normalized",
            "within_tolerance",
            "null_vs_value",
            "different",
        ),
        "BIGINT",
    ),
    "strict": "DOUBLE",
    "adjusted": "DOUBLE",
}
UNREAD = {"source": "VARCHAR", "entity": "VARCHAR", "field": "VARCHAR", "cells": "BIGINT"}

CUSTOMER = Entity(
    name="customer",
    title=Title("客户", "Customer"),
    key=("code",),
    fields=(
        Field("code", Title("客户编号", "Customer no."), FieldType.CODE),
        Field("name", Title("名称", "Name"), normalizer="company_name", weight=9),
        Field("phone", Title("电话", "Phone"), sensitivity=Sensitivity.PERSONAL),
        Field(
            "credit",
            Title("信用额度", "Credit limit"),
            FieldType.DECIMAL,
            tolerance=Tolerance(absolute=Decimal("0.01")),
            authority="oa",
        ),
        Field("region", Title("部门", "Department")),
    ),
    authority="crm",
    mappings=(
        SourceMapping("crm", {"code": "code"}, "customers"),
        SourceMapping("oa", {"code": "code"}, "customers"),
    ),
    display="name",
    department="region",
)

ALICE = Actor("alice", frozenset(Right))
BOB = Actor("bob", frozenset({Right.VIEW, Right.EXPORT, Right.DECIDE}), frozenset({"华东"}))
CHARLIE = Actor("charlie", frozenset())


def finding(number: int, **changed: Any) -> dict[str, Any]:
    """A mismatch of a customer's name between crm and oa; `changed` says what is special."""
    row: dict[str, Any] = dict.fromkeys(FINDINGS)
    row |= {
        "finding_id": f"f{number:06d}",
        "check_name": "customers",
        "entity": "customer",
        "left_source": "crm",
        "right_source": "oa",
        "key_shown": f"C{number:06d}",
        "record_key": f"C{number:06d}",
        "field": "name",
        "kind": "mismatch",
        "class": "different",
        "left_value": f"云帆科技 {number}",
        "right_value": f"云帆科贸 {number}",
        "normalisers": "company_name",
        "authority": "crm",
        "severity": "high",
        "weight": 6,
        "department": "华东",
        "display": f"云帆 {number}",
        "state": "open",
        "first_seen": START.replace(tzinfo=None) + timedelta(minutes=number),
        "first_run": 1,
        "last_seen": START.replace(tzinfo=None),
        "last_run": 1,
        "copies": 1,
        "personal": False,
    }
    assert set(changed) <= set(FINDINGS), set(changed) - set(FINDINGS)
    return row | changed


def pair(**changed: Any) -> dict[str, Any]:
    numbers = dict.fromkeys((n for n, kind in PAIRS.items() if kind == "BIGINT"), 0)
    names = {
        "check_name": "customers",
        "entity": "customer",
        "left_source": "crm",
        "right_source": "oa",
        "strict": 0.9,
        "adjusted": 0.95,
        "outcome": "failed",
        "reason": None,
    }
    return numbers | names | changed


def side_row(key: str | None, raw_hash: str | None = None, **cells: str | None) -> dict[str, Any]:
    """A prepared row; `phone` becomes a mask with tokens, `name` gets a normalised text."""
    row: dict[str, Any] = {"_key": key, "_raw_hash": raw_hash or repr(cells), "_norm_hash": "n"}
    for name in ("code", "name", "phone", "credit", "region"):
        value = cells.get(name, key if name == "code" else None)
        row[name] = value
        if name == "phone":
            row[name] = value and f"{value[:3]}****{value[-4:]}"
            row["phone__t"] = value and f"token-{value}"
        if name == "name":
            row["name__n"] = value and value.removesuffix("有限公司")
    return row


@dataclass
class World:
    """A home with a ledger. Each run is an hour after the one before."""

    home: Home
    ledger: Ledger
    desk: Desk
    fence: int
    count: int = 0
    taken: dict[tuple[str, str], int] = field(default_factory=dict)

    def run(
        self,
        findings: Sequence[Mapping[str, Any]] = (),
        *,
        pairs: Sequence[Mapping[str, Any]] | None = None,
        fields: Sequence[Mapping[str, Any]] = (),
        results: Sequence[CheckResult] | None = None,
        rows: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]] | None = None,
    ) -> int:
        """Seal one run and make it visible. `rows` holds new snapshots by (source, entity)."""
        self.count += 1
        now = START + timedelta(hours=self.count)
        number = self.ledger.runs.enqueue(ALICE, trigger=Trigger.SCHEDULE, now=now)
        self.ledger.runs.start(number, fence=self.fence, now=now, config_digest="d")
        for (source, entity), held in (rows or {}).items():
            self._snapshot(number, source, entity, held, now)
        con = engine(self.home)
        filled = {
            "findings": (FINDINGS, findings),
            "pairs": (PAIRS, [pair()] if pairs is None else pairs),
            "fields": (FIELDS, fields),
            "unread": (UNREAD, ()),
        }
        for table, (columns, held) in filled.items():
            fill(con, table, columns, held)
        sealed = seal(
            con,
            self.home,
            f"runs/{number}.duckdb",
            [(table, f"SELECT * FROM {table}") for table in filled],
            fence=self.fence,
            rows=len(findings),
        )
        con.close()
        self.ledger.runs.finish(
            number,
            fence=self.fence,
            now=now,
            status=RunStatus.SUCCEEDED,
            as_of=now,
            sealed=sealed,
            used_snapshots=tuple(self.taken.values()),
            results=results or [CheckResult("customers", Outcome.FAILED)],
        )
        return number

    def _snapshot(
        self,
        run: int,
        source: str,
        entity: str,
        held: Sequence[Mapping[str, Any]],
        now: datetime,
    ) -> None:
        keys = [row["_key"] for row in held]
        con = engine(self.home)
        columns = dict.fromkeys(side_row("k"), "VARCHAR")
        single = [row for row in held if row["_key"] is not None and keys.count(row["_key"]) == 1]
        fill(con, "rows", columns, single)
        fill(con, "odd", columns, [row for row in held if row not in single])
        sealed = seal(
            con,
            self.home,
            f"snapshots/{source}/{entity}/{run}.duckdb",
            [("rows", "SELECT * FROM rows"), ("odd", "SELECT * FROM odd")],
            fence=self.fence,
            rows=len(held),
        )
        con.close()
        self.taken[source, entity] = self.ledger.snapshots.add(
            NewSnapshot(
                source=source,
                entity=entity,
                run_id=run,
                sealed=sealed,
                rows=len(held),
                taken_at=now,
                columns=[],
                unread={},
            ),
            fence=self.fence,
        )

    def close(self) -> None:
        self.desk.close()
        self.ledger.close()


def fill(
    con: Any, table: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> None:
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    con.execute(f"CREATE TABLE {table} ({declared})")
    if rows:
        marks = ", ".join("?" for _ in columns)
        values = [[row[name] for name in columns] for row in rows]
        con.executemany(f"INSERT INTO {table} VALUES ({marks})", values)


def world(path: Path) -> World:
    home = open_home(path)
    ledger = fresh_ledger(home.path)
    fence = ledger.leases.acquire("builder", now=START, ttl=timedelta(days=400))
    assert fence is not None
    return World(home, ledger, Desk(home, ledger.database), fence)


def config(path: Path | None = None) -> Config:
    """The dictionary that belongs to `CUSTOMER`, without any way to reach a source."""
    return Config(
        path=path or Path("governance.yaml"),
        company=Title("示例公司", "Example Ltd"),
        locale="zh",
        time_zone=ZoneInfo("Asia/Shanghai"),
        schedule=None,
        retention=Retention(),
        sources=(
            SourceConfig("crm", "sqlite", Title("客户系统", "CRM")),
            SourceConfig("oa", "sqlite", Title("办公系统", "OA")),
            SourceConfig("legacy", "xlsx", Title("旧表 [2020]/?", "Old: sheet")),
        ),
        entities=(CUSTOMER,),
        checks=(
            CheckConfig(
                "customers", "consistency", "customer", ("crm", "oa"), Title("客户", "Customers")
            ),
        ),
        alert_urls=(),
        digest="d",
    )
