"""A CRM that lives for some nights, each of them sealed by a real run, and what it held at noon.

Personal phones, amounts and instants: what a dump may print in another way than the source does.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checks.backups.model import Compared
from checks.sql import quoted
from governance.access import WORKER
from governance.backups.comparing import Comparing, Unread
from governance.config import Config, load
from governance.ledger import Ledger
from governance.ledger.rows import Trigger
from governance.runs import execute
from governance.runs.sides import Sides
from governance.store import Home, Proofs, engine, open_home
from tests.homes import fresh_ledger

START = datetime(2026, 11, 1, 18, tzinfo=UTC)
DAY, NOON = timedelta(days=1), timedelta(hours=10)
COLUMNS = ("code", "name", "phone", "credit", "changed_at")
Row = tuple[str | None, ...]
Rows = dict[str, Row]

CONFIG = """\
version: 1
company: {zh: 夜, en: Nights}
time_zone: Asia/Shanghai
sources:
  crm: {kind: sqlite, path: crm.sqlite}
  oa: {kind: sqlite, path: oa.sqlite}
entities:
  client:
    title: {zh: 客户, en: Client}
    key: code
    authority: crm
    fields:
      code: {type: code, required: true}
      name: {normalize: company_name}
      phone: {normalize: phone, sensitivity: personal}
      credit: {normalize: amount}
      changed_at: {type: datetime}
    sources:
      crm: {table: clients, columns: {code: code, name: name, phone: phone, credit: credit,
        changed_at: changed_at}}
      oa: {table: clients, columns: {code: code, name: name, phone: phone, credit: credit,
        changed_at: changed_at}}
  contact:
    title: {zh: 联系人, en: Contact}
    key: phone
    authority: crm
    fields:
      phone: {normalize: phone, sensitivity: personal, required: true}
      name: {}
    sources:
      crm: {table: clients, columns: {phone: phone, name: name}}
      oa: {table: clients, columns: {phone: phone, name: name}}
"""


def row(number: int, name: str, at: datetime) -> Row:
    phone = f"139{number:08d}"
    return (f"C{number:04d}", name, phone, f"{number}.50", f"{at:%Y-%m-%d %H:%M:%S}+00:00")


@dataclass
class Nights:
    """`nights[n]` is what run n saw; `noons[n]` what the system held ten hours later."""

    folder: Path
    home: Home
    ledger: Ledger
    config: Config
    nights: list[Rows] = field(default_factory=list)
    noons: list[Rows] = field(default_factory=list)

    def at(self, night: int) -> datetime:
        return START + night * DAY

    def noon(self, night: int) -> datetime:
        return self.at(night) + NOON

    def live(self, rows: Iterable[Row]) -> None:
        """One night's run over a CRM that holds `rows`."""
        self.nights.append({str(r[0]): r for r in rows})
        write(self.folder / "crm.sqlite", self.nights[-1].values())
        now = self.at(len(self.nights) - 1)
        made = self.ledger.runs.enqueue(
            WORKER, trigger=Trigger.MANUAL, now=now, sources=("crm",), checks=()
        )
        fence = self.ledger.leases.acquire("tests", now=now, ttl=DAY)
        assert fence is not None
        execute(
            self.ledger, self.home, self.config, made,
            fence=fence, clock=lambda: now, stop=lambda: False,
        )  # fmt: skip
        self.ledger.leases.release(fence, now=now)

    def compare(
        self,
        rows: Iterable[Sequence[str | None]],
        since: datetime,
        until: datetime | None = None,
        entity: str = "client",
    ) -> Compared | Unread:
        """Hold a backup with these rows, of this moment, against what was sealed."""
        con = engine(self.home)
        try:
            names = tuple(self.config.entity(entity).mappings[0].columns)
            listed = ", ".join(f"{quoted(name)} VARCHAR" for name in names)
            con.execute(f"CREATE TABLE landed ({listed})")
            places = [COLUMNS.index(name) for name in names]
            lines = [[line[at] for at in places] for line in rows]
            marks = ", ".join("?" for _ in names)
            if lines:
                con.executemany(f"INSERT INTO landed VALUES ({marks})", lines)
            sides = Sides(con, self.ledger, self.home, self.config, Proofs())
            comparing = Comparing(con, self.ledger, self.config, sides)
            return comparing.compare(self.config.entity(entity), "crm", "landed", since, until)
        finally:
            con.close()


def write(path: Path, rows: Iterable[Row]) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE IF EXISTS clients")
        connection.execute(f"CREATE TABLE clients ({', '.join(f'{c} TEXT' for c in COLUMNS)})")
        marks = ", ".join("?" for _ in COLUMNS)
        connection.executemany(f"INSERT INTO clients VALUES ({marks})", list(rows))


def settled(folder: Path) -> Nights:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "governance.yaml").write_text(CONFIG, encoding="utf-8")
    write(folder / "oa.sqlite", ())
    home = open_home(folder / "home")
    return Nights(
        folder, home, fresh_ledger(home.path), load(folder / "governance.yaml", environ={})
    )


def lived(folder: Path, nights: int, clients: int, *, upheaval: int | None = None) -> Nights:
    """A CRM that is edited before and after each noon; at night `upheaval` a third of it changes,
    so that a new chain begins."""
    made, chance = settled(folder), random.Random(20261101)
    rows = {str(r[0]): r for r in (row(n, f"公司{n}", START) for n in range(clients))}
    for night in range(nights):
        if night == upheaval:
            for code in sorted(rows)[::3]:
                rows[code] = (*rows[code][:1], f"改名{code}", *rows[code][2:])
        made.live(rows.values())
        edit(rows, chance, made.at(night) + NOON / 2, 0)
        made.noons.append(dict(rows))
        edit(rows, chance, made.at(night) + NOON * 1.5, 1)
    made.ledger.close()
    return made


def edit(rows: Rows, chance: random.Random, at: datetime, part: int) -> None:
    """Two come, one goes, two change, and one is put back as it once was; another `part` of the
    records each time of day, so that none changes twice between two nights."""
    for _ in range(2):
        new = row(2 * chance.randrange(2500, 4999) + part, "新来的", at)
        rows[str(new[0])] = new
    mine = [code for code in sorted(rows) if int(code[1:]) % 2 == part]
    gone, *changed, back = [*chance.sample(mine[6:], 3), chance.choice(mine[:6])]
    del rows[gone]
    for code in changed:
        credit, written = f"{chance.randrange(9000)}.00", f"{at:%Y-%m-%d %H:%M:%S}+00:00"
        rows[code] = (*rows[code][:3], credit, written)
    rows[back] = (*rows[back][:3], f"{chance.randrange(2)}.00", rows[back][4])
