"""The demo's systems as files: two SQLite databases and the folders of the branches' drops."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path

from governance.demo.books import Op
from governance.demo.drops import Cell, Sheet
from governance.demo.notation import to_sqlite
from governance.demo.schema import TABLES, Alteration, alter_statements, table_of
from governance.demo.shapes import Store, Table, create_statement
from governance.demo.world import Plan

LEDGER_ENCODING = "gb18030"


class FileStores:
    """A world under one folder: `crm.sqlite`, `oa.sqlite`, `legacy/`, `ledger/`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.databases: dict[Store, Path] = {
            "crm": home / "crm.sqlite",
            "oa": home / "oa.sqlite",
        }

    def create(self, plan: Plan) -> None:
        """Write day 0. Raises FileExistsError where there is a database already."""
        self.home.mkdir(parents=True, exist_ok=True)
        for store, path in self.databases.items():
            if path.exists():
                raise FileExistsError(path)
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                # A build that is cut short starts over, so nothing here need survive a crash.
                connection.execute("PRAGMA journal_mode=OFF")
                connection.execute("PRAGMA synchronous=OFF")
                connection.execute("BEGIN")
                for shape in TABLES:
                    if shape.store == store:
                        fill(connection, shape, plan)
                connection.execute("COMMIT")

    def alter(self, change: Alteration) -> None:
        with closing(sqlite3.connect(self.databases[change.store])) as connection, connection:
            connection.execute("PRAGMA synchronous=OFF")
            for sql in alter_statements(change, "sqlite"):
                connection.execute(sql)

    def apply(self, ops: list[Op]) -> None:
        """Carry out one day's steps, all of a system's or none."""
        for store, path in self.databases.items():
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute("PRAGMA synchronous=OFF")
                for op in ops:
                    if op.store == store:
                        sql, values = statement(op, "?")
                        connection.execute(sql, [to_sqlite(value) for value in values])

    def drop(self, sheet: Sheet, on: date) -> None:
        folder = self.home / sheet.kind.source
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / sheet.kind.pattern.replace("{date}", on.isoformat())
        if path.suffix == ".csv":
            write_csv(path, sheet)
        else:
            write_workbook(path, sheet, on)


def fill(connection: sqlite3.Connection, shape: Table, plan: Plan) -> None:
    connection.execute(create_statement(shape, "sqlite"))
    marks = ", ".join("?" for _ in shape.columns)
    connection.executemany(f"INSERT INTO {shape.name} VALUES ({marks})", first_lines(shape, plan))


def first_lines(shape: Table, plan: Plan) -> Iterable[list[object]]:
    """The rows of day 0 as SQLite keeps them, in the order of the row numbers."""
    rows = plan.first_rows[shape.store, shape.entity]
    for number in sorted(rows):
        row = rows[number]
        yield [number, *(to_sqlite(row[field]) for field in shape.fields)]


def statement(op: Op, mark: str) -> tuple[str, list[object]]:
    """One step as SQL with bound values; every name in it is one of `schema`'s."""
    shape = table_of(op.store, op.entity)
    columns = [shape.column_of(field) for field in op.values]
    values: list[object] = list(op.values.values())
    if op.action == "insert":
        names = ", ".join(["id", *columns])
        marks = ", ".join(mark for _ in range(len(columns) + 1))
        return f"INSERT INTO {shape.name} ({names}) VALUES ({marks})", [op.id, *values]
    if op.action == "delete":
        return f"DELETE FROM {shape.name} WHERE id = {mark}", [op.id]
    changes = ", ".join(f"{column} = {mark}" for column in columns)
    return f"UPDATE {shape.name} SET {changes} WHERE id = {mark}", [*values, op.id]


def write_csv(path: Path, sheet: Sheet) -> None:
    """As a Chinese Excel saves it: GB18030, commas, an empty cell where there is nothing."""
    with path.open("w", encoding=LEDGER_ENCODING, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(sheet.kind.fields)
        writer.writerows(sheet.rows)


def write_workbook(path: Path, sheet: Sheet, on: date) -> None:
    """Text as text, and as numbers only what somebody let Excel take for one."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        # Otherwise the file would carry the time at which it was made up.
        book.set_properties({"created": datetime.combine(on, time())})
        page = book.add_worksheet("客户台账")
        page.write_row(0, 0, list(sheet.kind.fields))
        for number, row in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(row):
                write_cell(page, number, column, cell)


def write_cell(page: object, row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, float):
        page.write_number(row, column, cell)  # type: ignore[attr-defined]
    elif cell is not None:
        page.write_string(row, column, cell)  # type: ignore[attr-defined]
