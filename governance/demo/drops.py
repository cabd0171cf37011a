"""The branches' weekly files: what Suzhou types into Excel and Foshan saves as CSV.

A drop is the branch's part of the CRM on the day it was made, in the branch's own writing. Until
the next one it is out of date, and whoever opened it in a spreadsheet has left marks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from governance.demo import damage, firms
from governance.demo.books import Books
from governance.demo.company import Key
from governance.demo.faults import Fault
from governance.demo.notation import drop_cell
from governance.demo.planting import Planter, Where

Cell = str | float | None


@dataclass(frozen=True)
class DropKind:
    """One weekly file. `fields` are the compared ones by heading; the key's come first."""

    source: str
    entity: str
    of: str
    branch: str
    pattern: str
    days: tuple[int, ...]
    fields: dict[str, str]
    display: str


LEGACY = DropKind(
    "legacy", "branch_customer", "customer", firms.DROP_BRANCH, "苏州客户台账_{date}.xlsx",
    tuple(range(0, 400, 7)),
    {
        "客户编号": "code", "客户名称": "name", "统一社会信用代码": "credit_code",
        "联系电话": "phone", "邮编": "postcode", "客户等级": "level", "授信额度": "credit_limit",
        "银行账号": "bank_account", "客户经理工号": "owner", "建档日期": "opened_on",
    },
    "name",
)  # fmt: skip
LEDGER = DropKind(
    "ledger", "branch_payment", "payment", firms.LEDGER_BRANCH, "佛山回款台账_{date}.csv",
    (0, *range(3, 400, 7)),
    {
        "合同编号": "contract", "期次": "installment", "付款单位": "payer", "回款金额": "amount",
        "回款日期": "paid_on", "结算方式": "method", "银行流水号": "bank_serial",
    },
    "payer",
)  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """One file as it is dropped on `day`."""

    kind: DropKind
    day: int
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Smudge:
    """What is wrong about one row of the drops made from day `since` until before `until`."""

    key: Key
    what: Literal["cell", "missing", "copy"]
    since: int
    until: int | None = None
    field: str | None = None
    cell: Cell = None

    def shows_in(self, day: int) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


@dataclass
class Drops:
    """Plans one branch's files: keeps its smudges and writes its sheets."""

    kind: DropKind
    books: Books
    smudges: dict[Key, list[Smudge]] = dataclasses.field(default_factory=dict)
    sheets: list[Sheet] = dataclasses.field(default_factory=list)

    def next_after(self, day: int) -> int:
        return next(drop for drop in self.kind.days if drop > day)

    def plant(self, kind: str, cause: str, key: Key, since: int, **more: object) -> int:
        fault = Fault(self.kind.entity, "crm", self.kind.source, key, kind, cause, since)
        return self.books.plant(Fault(**{**vars(fault), **more}))

    def smudge(
        self, smudge: Smudge, kind: str, cause: str, key: Key | None = None, **more: object
    ) -> None:
        """Spoil a row of the coming drops, and write it down; `key` where it is another's."""
        self.smudges.setdefault(smudge.key, []).append(smudge)
        told = smudge.key if key is None else key
        self.plant(kind, cause, told, smudge.since, healed=smudge.until, **more)

    def spoil(
        self, key: Key, field: str, cell: Cell, cause: str, how: str = "different", *,
        since: int = 0, until: int | None = None,
    ) -> None:  # fmt: skip
        smudge = Smudge(key, "cell", since, until, field, cell)
        self.smudge(smudge, "mismatch", cause, field=field, cell_class=how)

    def out_of_date(self, key: Key, changed: str | None) -> None:
        """The CRM changed (`changed` None: was given) a record; the drop tells it a week later."""
        if self.books.day in self.kind.days:
            return
        if changed is not None and changed not in self.kind.fields.values():
            return
        healed = self.next_after(self.books.day)
        if changed is None:
            self.plant("only_left", "stale_drop", key, self.books.day, healed=healed)
        else:
            self.plant("mismatch", "stale_drop", key, self.books.day, healed=healed,
                       field=changed, cell_class="different")  # fmt: skip

    def write(self) -> None:
        """Today's file, if today is its day."""
        if self.books.day not in self.kind.days:
            return
        rows: list[tuple[Cell, ...]] = []
        records = self.books.records[self.kind.of]
        for key in self.books.ids["crm", self.kind.of]:
            if records[key]["branch"] == self.kind.branch:
                rows += self.lines(key)
        self.sheets.append(Sheet(self.kind, self.books.day, tuple(rows)))

    def lines(self, key: Key) -> list[tuple[Cell, ...]]:
        """The row of one record with its smudges; none, or more than one, where those say so."""
        record, style = self.books.records[self.kind.of][key], self.books.styles[self.kind.of, key]
        row: dict[str, Cell] = {
            name: drop_cell(name, record[name], style) for name in self.kind.fields.values()
        }
        lines = [row]
        for smudge in self.smudges.get(key, []):
            if smudge.shows_in(self.books.day):
                lines = self.smudged(lines, smudge)
        return [tuple(line.values()) for line in lines]

    def smudged(self, lines: list[dict[str, Cell]], smudge: Smudge) -> list[dict[str, Cell]]:
        if smudge.what == "missing":
            return []
        changed = dict(lines[0])
        if smudge.field is not None:
            changed[smudge.field] = smudge.cell
        return [changed, *lines[1:]] if smudge.what == "cell" else [*lines, changed]


def is_number_like(field: str) -> Where:
    """Whether a spreadsheet takes the field for a number and loses digits of it."""
    return lambda row: not damage.survives_excel(row[field])


def plant_in_legacy(drops: Drops, planter: Planter) -> None:
    """Suzhou's sheet: ids that Excel has rounded, lost noughts, rows forgotten or pasted twice."""

    def take(share: float, where: Where = lambda _row: True) -> list[Key]:
        count = max(1, round(planter.counts["customer"] * 0.08 * share))
        return planter.take(
            "customer", count, lambda row: row["branch"] == firms.DROP_BRANCH and where(row)
        )

    records = planter.books.records["customer"]
    for field, share in (("bank_account", 0.012), ("credit_code", 0.01)):
        for key in take(share, is_number_like(field)):
            drops.spoil(key, field, damage.rounded_by_excel(records[key][field]), "damaged_id")
    for key in take(0.006, is_number_like("bank_account")):
        text = damage.scientific(records[key]["bank_account"])
        drops.spoil(key, "bank_account", text, "damaged_id", until=21)
    for key in take(0.012):
        drops.spoil(key, "owner", float(records[key]["owner"]), "damaged_id")
    for key in take(0.01):
        drops.spoil(key, "phone", None, "value_missing", "null_vs_value", until=14)
    for key in take(0.05):
        short = damage.without_legal_form(records[key]["name"])
        drops.spoil(key, "name", short, "legal_form_dropped", "normalized")
    plant_rows_in(drops, take, "code")
    # One week somebody saved the whole column as a number; the next file is right again.
    for key in take(0.15, is_number_like("bank_account")):
        number = damage.rounded_by_excel(records[key]["bank_account"])
        drops.spoil(key, "bank_account", number, "damaged_id", since=14, until=21)


def plant_in_ledger(drops: Drops, planter: Planter) -> None:
    """Foshan's GB18030 ledger: serials in scientific notation, amounts in fen, gaps, copies."""

    def take(share: float, where: Where = lambda _row: True) -> list[Key]:
        count = max(1, round(planter.counts["payment"] * 0.12 * share))
        return planter.take(
            "payment", count, lambda row: row["branch"] == firms.LEDGER_BRANCH and where(row)
        )

    records = planter.books.records["payment"]
    for key in take(0.008):
        cell = damage.scientific(records[key]["bank_serial"])
        drops.spoil(key, "bank_serial", cell, "damaged_id")
    for key in take(0.004):
        cell = f"{records[key]['amount'] * 100:.0f}"
        drops.spoil(key, "amount", cell, "amount_unit", until=10)
    for key in take(0.005):
        drops.spoil(key, "method", None, "value_missing", "null_vs_value")
    plant_rows_in(drops, take, "contract")


def plant_rows_in(drops: Drops, take: Callable[[float], list[Key]], part: str) -> None:
    """Rows that a drop lacks, has twice, or has without their number."""
    records, shown = drops.books.records[drops.kind.of], drops.kind.display
    for key in take(0.008):
        drops.smudge(Smudge(key, "missing", 0), "only_left", "absent_in_drop")
    for key in take(0.006):
        drops.smudge(Smudge(key, "copy", 0), "duplicate_right", "copies_equal")
    for key in take(0.004):
        name = f"{records[key][shown]}（二期）"
        drops.smudge(Smudge(key, "copy", 0, None, shown, name), "duplicate_right", "copies_unequal")
    for key in take(0.005):
        drops.smudge(
            Smudge(key, "copy", 0, None, part, None), "null_key_right", "key_missing", (),
            row=str(records[key][shown]),
        )  # fmt: skip
    for key in take(0.004):
        unknown = (f"{key[0]}X", *key[1:])
        smudge = Smudge(key, "copy", 0, None, part, unknown[0])
        drops.smudge(smudge, "only_right", "unknown_in_drop", unknown)
