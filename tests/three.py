"""A company with three systems: a CRM and an OA in SQLite, an ERP that writes a CSV file.

Each field has the word of another system, and not every system has every field.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

Row = dict[str, str | None]

AUTHORITY = {
    "name": "crm", "phone": "oa", "credit": "erp", "level": "crm", "terms": "erp",
}  # fmt: skip
# Level is unknown to the ERP, terms to the CRM; nobody who has a remark has the word on it.
FIELDS = {
    "crm": ("code", "name", "phone", "credit", "level"),
    "oa": ("code", "name", "phone", "credit", "level", "terms", "remark"),
    "erp": ("code", "name", "phone", "credit", "terms", "remark"),
}
# Which pair compares which field: every source with the one whose word counts.
PLAN = {
    ("crm", "oa"): ("name", "phone", "level"),
    ("crm", "erp"): ("name", "credit"),
    ("oa", "erp"): ("phone", "credit", "terms", "remark"),
}
CHIEF = "crm"


def record(number: int) -> Row:
    return {
        "code": f"C{number:02}", "name": f"云帆{number}", "phone": f"1380000{number:04}",
        "credit": f"{number}000", "level": "A", "terms": "30", "remark": "旧客户",
    }  # fmt: skip


@dataclass
class Three:
    """The rows of each system; a test spoils them, writes them and asks what must be found."""

    folder: Path
    rows: dict[str, list[Row]] = field(default_factory=dict)

    @classmethod
    def sound(cls, folder: Path, count: int = 12) -> Three:
        rows = {s: [{f: record(n)[f] for f in fields} for n in range(1, count + 1)]
                for s, fields in FIELDS.items()}  # fmt: skip
        return cls(folder, rows)

    def row(self, source: str, code: str) -> Row:
        return next(row for row in self.rows[source] if row["code"] == code)

    def drop(self, source: str, code: str) -> None:
        self.rows[source].remove(self.row(source, code))

    def write(self) -> Path:
        for source in ("crm", "oa"):
            path = self.folder / f"{source}.sqlite"
            path.unlink(missing_ok=True)
            names = FIELDS[source]
            with closing(sqlite3.connect(path)) as con, con:
                con.execute(f"CREATE TABLE customers ({', '.join(f'{n} TEXT' for n in names)})")
                marks = ", ".join(f":{name}" for name in names)
                con.executemany(f"INSERT INTO customers VALUES ({marks})", self.rows[source])
        lines = [",".join(FIELDS["erp"])]
        for row in self.rows["erp"]:
            cells = (row[name] for name in FIELDS["erp"])
            lines.append(",".join("" if cell is None else f'"{cell}"' for cell in cells))
        (self.folder / "erp.csv").write_text("\n".join(lines) + "\n", "utf-8")
        path = self.folder / "governance.yaml"
        path.write_text(CONFIG, "utf-8")
        return path

    def expected(self) -> set[tuple[str, str, str | None, str | None, str]]:
        """Every finding as left, right, key, field and kind."""
        found: set[tuple[str, str, str | None, str | None, str]] = set()
        for (left, right), fields in PLAN.items():
            sides = [self._keyed(source) for source in (left, right)]
            for code in sides[0].keys() & sides[1].keys():
                here, there = sides[0][code], sides[1][code]
                if len(here) == len(there) == 1:
                    found |= {
                        (left, right, code, name, "mismatch")
                        for name in fields
                        if here[0][name] != there[0][name]
                    }
            if CHIEF in (left, right):
                found |= self._alone(left, right, *sides)
        return found

    def scores(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Per pair: record pairs that agree in all its fields, and what they are a share of."""
        found = {}
        for (left, right), fields in PLAN.items():
            here, there = (self._keyed(source) for source in (left, right))
            aligned = matched = alone = 0
            for code in here.keys() | there.keys():
                one, other = here.get(code, []), there.get(code, [])
                # Copies that cancel out are pairs too; what is left of them stands alone.
                rest = list(other)
                if len(one) <= 1 and len(other) <= 1:
                    matched += bool(one and other)
                    alone += not (one and other)
                    if one and other:
                        aligned += all(one[0][f] == other[0][f] for f in fields)
                    continue
                for row in one:
                    same = [r for r in rest if all(row[f] == r[f] for f in fields)]
                    matched += bool(same)
                    aligned += bool(same)
                    alone += not same
                    if same:
                        rest.remove(same[0])
                alone += len(rest)
            alone += sum(r["code"] is None for s in (left, right) for r in self.rows[s])
            found[(left, right)] = aligned, matched + (alone if CHIEF in (left, right) else 0)
        return found

    def _keyed(self, source: str) -> dict[str, list[Row]]:
        keyed: dict[str, list[Row]] = {}
        for row in self.rows[source]:
            if row["code"] is not None:
                keyed.setdefault(row["code"], []).append(row)
        return keyed

    def _alone(
        self, left: str, right: str, here: dict[str, list[Row]], there: dict[str, list[Row]]
    ) -> set[tuple[str, str, str | None, str | None, str]]:
        found: set[tuple[str, str, str | None, str | None, str]] = set()
        for code in here.keys() | there.keys():
            one, other = len(here.get(code, [])), len(there.get(code, []))
            if one + other > 2 or max(one, other) > 1:
                kinds = ["duplicate_left"] * (one > other) + ["duplicate_right"] * (other > one)
            else:
                kinds = ["only_left"] * (not other) + ["only_right"] * (not one)
            found |= {(left, right, code, None, kind) for kind in kinds}
        for source, kind in ((left, "null_key_left"), (right, "null_key_right")):
            if any(row["code"] is None for row in self.rows[source]):
                found.add((left, right, None, None, kind))
        return found


def _entity() -> str:
    words = {**{name: f"authority: {word}" for name, word in AUTHORITY.items()}, "remark": ""}
    fields = "".join(f"      {name}: {{{word}}}\n" for name, word in words.items())
    sources = ""
    for source, names in FIELDS.items():
        columns = ", ".join(f"{name}: {name}" for name in names)
        table = "" if source == "erp" else "table: customers, "
        sources += f"      {source}: {{{table}columns: {{{columns}}}}}\n"
    return (
        "  customer:\n    title: {zh: 客户, en: Customer}\n    key: code\n    authority: crm\n"
        f"    display: name\n    fields:\n      code: {{type: code}}\n{fields}"
        f"    sources:\n{sources}"
    )


CONFIG = (
    "version: 1\ncompany: {zh: 三家, en: Three}\nsources:\n"
    "  crm: {kind: sqlite, path: crm.sqlite}\n  oa: {kind: sqlite, path: oa.sqlite}\n"
    f"  erp: {{kind: csv, path: erp.csv}}\nentities:\n{_entity()}"
)
