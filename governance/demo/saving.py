"""The company's backups: each night, half an hour before the run, both systems are saved into
folders, and some nights go wrong.

The CRM is copied as a file; the OA is dumped in the form that mysqldump writes. Both are packed, as
such jobs do. What goes wrong on which day is told in `lapses`.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO

from governance.demo.lapses import (
    CLEARED,
    CLEARED_DAYS,
    CUT,
    DRILLS,
    HALF,
    LOST_TABLE,
    NOTHING,
    STUCK,
    UNREADABLE,
)  # fmt: skip
from governance.demo.notation import BUSINESS_ZONE
from governance.demo.stores import FileStores
from governance.demo.world import World

FOLDER = "backups"
AT = time(1, 30)
TOOK = timedelta(seconds=95)
MIRRORED = timedelta(minutes=12)
KEPT = timedelta(days=14)
ROWS_A_LINE = 200


@dataclass
class Saving:
    """Saves the systems of a world below its folder, night by night."""

    world: World

    @property
    def folder(self) -> Path:
        assert isinstance(self.world.stores, FileStores)
        return self.world.stores.home / FOLDER

    def save(self, day: int) -> None:
        """The backups of the night of `day`, and what became of older ones."""
        assert isinstance(self.world.stores, FileStores)
        databases = self.world.stores.databases
        began = datetime.combine(self.world.plan.date_of(day), AT, BUSINESS_ZONE)
        if day == STUCK[0]:
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(databases["oa"], self._replica)
        if day not in NOTHING:
            self._copy(databases["crm"], began, whole=day != CUT)
        source = self._replica if STUCK[0] <= day < STUCK[1] else databases["oa"]
        self._dump(source, began, left_out=LOST_TABLE if day in HALF else None)
        self._clean(began, day)
        self._second_site(began, day)
        self._drill(began, day)

    @property
    def _replica(self) -> Path:
        return self.folder / "replica.sqlite"

    def _place(self, system: str, began: datetime, ending: str) -> Path:
        place = self.folder / system / f"{system}_{began:%Y%m%d_%H%M%S}{ending}"
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _copy(self, database: Path, began: datetime, *, whole: bool) -> None:
        place = self._place("crm", began, ".sqlite.gz")
        with database.open("rb") as file, place.open("wb") as raw, _packed(raw) as packed:
            shutil.copyfileobj(file, packed, 1 << 20)
        if not whole:
            os.truncate(place, place.stat().st_size * 7 // 10)
        _dated(place, began + TOOK)

    def _dump(self, database: Path, began: datetime, *, left_out: str | None) -> None:
        place = self._place("oa", began, ".sql.gz")
        with closing(sqlite3.connect(database)) as con, place.open("wb") as raw, _packed(raw) as to:
            for piece in dump(con, began + TOOK, left_out):
                to.write(piece.encode())
        _dated(place, began + TOOK)

    def _clean(self, began: datetime, day: int) -> None:
        """Old ones go; one day somebody makes more room than that."""
        gone = [self.world.plan.date_of(d) for d in CLEARED_DAYS] if day == CLEARED else []
        for place in sorted(self.folder.glob("*/*.gz")):
            made = date.fromisoformat(place.name.split("_")[1])
            is_cleared = place.parent.name == "crm" and made in gone
            if is_cleared or began.date() - made > KEPT:
                place.unlink()

    def _second_site(self, began: datetime, day: int) -> None:
        """What the tool that mirrors the CRM's copies lists there."""
        listed = [
            {
                "Path": place.name,
                "Name": place.name,
                "Size": place.stat().st_size,
                "ModTime": datetime.fromtimestamp(place.stat().st_mtime, BUSINESS_ZONE).isoformat(),
                "IsDir": False,
            }
            for place in sorted((self.folder / "crm").glob("*.gz"))
        ]
        text = "504 Gateway Time-out" if day == UNREADABLE else json.dumps(listed, indent=1)
        place = self.folder / "second-site.json"
        place.write_text(text, encoding="utf-8")
        _dated(place, began + MIRRORED)

    def _drill(self, began: datetime, day: int) -> None:
        """What somebody noted who brought that night's copy of the CRM back elsewhere."""
        place = self.folder / "drills.csv"
        if not place.exists():
            place.write_text("at,ok,seconds,backup,differs,by,note\n", encoding="utf-8")
        if day in DRILLS:
            seconds, who, note = DRILLS[day]
            backup = self._place("crm", began, ".sqlite.gz").name
            at = began + timedelta(minutes=20)
            with place.open("a", encoding="utf-8") as file:
                file.write(f"{at:%Y-%m-%d %H:%M:%S},yes,{seconds},{backup},0,{who},{note}\n")


def dump(con: sqlite3.Connection, ended: datetime, left_out: str | None) -> Iterator[str]:
    """Every table in the form that mysqldump writes, without the one that is left out."""
    yield "-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)\n--\n"
    yield "-- Host: oa-replica    Database: oa\n-- Server version\t10.11.6-MariaDB\n\n"
    names = con.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    for (name,) in names.fetchall():
        if name != left_out:
            yield from _table(con, name)
    yield f"-- Dump completed on {ended:%Y-%m-%d} {ended.hour:2}:{ended:%M:%S}\n"


def _table(con: sqlite3.Connection, name: str) -> Iterator[str]:
    columns = [row[1] for row in con.execute("SELECT * FROM pragma_table_info(?)", [name])]
    told = ",\n".join(f"  `{column}` text DEFAULT NULL" for column in columns)
    yield f"DROP TABLE IF EXISTS `{name}`;\nCREATE TABLE `{name}` (\n{told}\n);\n"
    yield f"LOCK TABLES `{name}` WRITE;\n"
    quoted = '"' + name.replace('"', '""') + '"'
    rows = con.execute(f"SELECT * FROM {quoted}")
    while some := rows.fetchmany(ROWS_A_LINE):
        lines = ",".join(f"({','.join(map(_literal, row))})" for row in some)
        yield f"INSERT INTO `{name}` VALUES {lines};\n"
    yield "UNLOCK TABLES;\n\n"


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    text = text.replace("\n", "\\n").replace("\r", "\\r")
    return f"'{text}'"


def _packed(raw: BinaryIO) -> gzip.GzipFile:
    # The same content gives the same bytes, whenever it is made up.
    return gzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=raw, mtime=0)


def _dated(place: Path, moment: datetime) -> None:
    os.utime(place, (moment.timestamp(), moment.timestamp()))
