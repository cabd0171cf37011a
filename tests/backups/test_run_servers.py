"""Real dumps of real servers through whole runs, judged by what really is in them.

The CRM is in PostgreSQL, the OA in MariaDB. Both live four nights; in the last one every kind of
damage that only the content shows lies in a folder of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from governance.demo.servers import mariadb, postgresql
from governance.ledger.rows import RunRow
from tests import edges
from tests.backups import dumped
from tests.conftest import mariadb_database, postgres_database
from tests.runs.conftest import START, Company, founded
from tests.worlds import CUSTOMERS, mapping, settle_in_servers

pytestmark = pytest.mark.servers

# A dump is made half an hour before the run reads the systems.
AHEAD = timedelta(minutes=30)
TEXTS = {
    "pg": ("iv", "j", "jb", "u", "ar", "bt", "bi", "m", "en", "e", "ch", "lt", "tm", "ttz", "ip"),
    "my": ("tm", "en", "st", "b1", "b8", "bin16", "g", "l1", "u4", "e", "js", "lt", "ci"),
}
POSTGRES = {
    "b": "boolean", "d": "date", "ts": "datetime", "tz": "datetime", "n18": "decimal",
    "n": "decimal", "nbig": "decimal", "f": "decimal", "dbl": "decimal",
    **dict.fromkeys(TEXTS["pg"], "text"),
}  # fmt: skip
# Without its FLOAT: a dump holds six digits of it.
MARIADB = {
    "flag": "boolean", "ti2": "integer", "d": "date", "dt": "datetime", "ts": "datetime",
    "y": "integer", "b64": "integer", "dec65": "decimal", "dec38": "decimal", "dec18": "decimal",
    "bu": "integer", "dbl": "decimal",
    **dict.fromkeys(TEXTS["my"], "text"),
}  # fmt: skip


@dataclass(frozen=True)
class System:
    """One of the two, with what its customers are called and how its nightly dump is made."""

    name: str
    url: str
    dump: Callable[..., bytes]

    @property
    def table(self) -> str:
        return CUSTOMERS.crm_table if self.name == "crm" else CUSTOMERS.oa_table

    @property
    def columns(self) -> tuple[str, ...]:
        return CUSTOMERS.crm_columns if self.name == "crm" else CUSTOMERS.oa_columns

    @property
    def database(self) -> str:
        return urlsplit(self.url).path[1:]

    def change(self, *statements: str) -> None:
        """Carry these out; `{t}` is the table of customers, `{code}` and `{name}` its columns."""
        names = {"t": self.table, "code": self.columns[0], "name": self.columns[1]}
        server = postgresql if urlsplit(self.url).scheme == "postgresql" else mariadb
        with server(self.url) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement.format(**names))

    @contextmanager
    def instead(self, query: str) -> Iterator[None]:
        """The customers are for a moment what `query` makes of them; `{t}_whole` has them all."""
        self.change("ALTER TABLE {t} RENAME TO {t}_whole", f"CREATE TABLE {{t}} AS {query}")
        try:
            yield
        finally:
            self.change("DROP TABLE {t}", "ALTER TABLE {t}_whole RENAME TO {t}")

    def without(self, table: str) -> str:
        """The flag that leaves a table out."""
        is_mine = self.dump is dumped.script
        return f"--ignore-table={self.database}.{table}" if is_mine else f"--exclude-table={table}"


@dataclass
class Lived:
    """The company after its nights; `run` is the last one, which looked at backups."""

    company: Company
    systems: tuple[System, System]
    run: RunRow | None = None

    def put(self, system: System, folder: str, content: bytes, night: int = 3) -> None:
        place = self.company.folder / "dumps" / system.name / folder
        at = START + timedelta(days=night) - AHEAD
        dumped.put(content, place, system.name, at)

    def ask(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        assert self.run is not None
        return self.company.query(self.run, query, *values)

    @cached_property
    def judged(self) -> dict[tuple[str, str], tuple[Any, ...]]:
        """By system and catalogue the last backup's answers: fresh, complete, and why."""
        query = """
        SELECT system, catalogue, fresh, complete, fresh_code, complete_code, complete_params
        FROM backup_list
        """
        return {(system, catalogue): tuple(told) for system, catalogue, *told in self.ask(query)}

    @cached_property
    def counts(self) -> dict[tuple[str, str, str], tuple[int | None, ...]]:
        """By system, catalogue and entity: rows, missing, extra, different."""
        query = """
        SELECT system, catalogue, entity, rows, missing, extra, different
        FROM backup_tables WHERE entity IS NOT NULL
        """
        return {tuple(place): tuple(told) for *place, a, b, c, d in self.ask(query)
                for told in [(a, b, c, d)]}  # fmt: skip


# What the customers are in a damaged dump, where a query says it.
DAMAGED = {
    "emptied": "SELECT * FROM {t}_whole WHERE 1 = 0",
    "tenth": "SELECT * FROM {t}_whole WHERE {code} NOT LIKE 'G__5' OR {code} IS NULL",
    "changed": "SELECT * FROM {t}_whole WHERE {code} <> 'G041' OR {code} IS NULL",
}
FOLDERS = ("nightly", "quiet", "stuck", "elsewhere", "schema", "gone", "narrow", *DAMAGED)
# By system of backups whose dumps it looks at, and in which folders.
LOOKED_AT = {
    "crm": ("crm", (*FOLDERS, "plain")),
    "oa": ("oa", FOLDERS),
    "pg": ("crm", ("quiet", "plain")),
    "my": ("oa", ("quiet",)),
}


def configuration(path: Path, crm: str, oa: str) -> None:
    """The edge tables, read as sources of their own, and all the folders of dumps."""
    text = path.read_text("utf-8")
    sources = f"  pg: {{kind: postgresql, url: {crm}}}\n  my: {{kind: mariadb, url: {oa}}}\n"
    text = text.replace("entities:\n", f"{sources}entities:\n")
    text += entity("edge_pg", "pg", POSTGRES) + entity("edge_my", "my", MARIADB)
    text += entity("edge_float", "my", {"f": "decimal"}) + "backups:\n  systems:\n"
    for system, (name, folders) in LOOKED_AT.items():
        text += f"    {system}:\n      catalogues:\n"
        for folder in folders:
            options = f"{{pattern: '{name}_{{date}}_{{time}}.dump', min_size: 1 B}}"
            text += f"        {folder}: {{kind: directory, path: dumps/{name}/{folder},"
            text += f" options: {options}}}\n"
    path.write_text(text, "utf-8")


def entity(name: str, source: str, types: dict[str, str]) -> str:
    fields = "".join(f"      {field}: {{type: {kind}}}\n" for field, kind in types.items())
    names = ("id", *types)
    return (
        f"  {name}:\n    title: {{zh: 边, en: Edge}}\n    key: id\n    authority: {source}\n"
        f"    fields:\n      id: {{type: integer}}\n{fields}"
        f"    sources:\n      {source}: {{table: e, columns: {mapping(names, names)}}}\n"
    )


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with (
        pytest.MonkeyPatch.context() as patch,
        postgres_database() as crm,
        mariadb_database() as oa,
    ):
        patch.delenv("DUIQI_SECRET", raising=False)
        folder = tmp_path_factory.mktemp("servers")
        (folder / "company").mkdir()
        path = settle_in_servers(crm, oa, folder / "company", (CUSTOMERS,))
        configuration(path, crm, oa)
        edges.build_postgres(crm)
        edges.build_mariadb(oa)
        systems = System("crm", crm, dumped.archive), System("oa", oa, dumped.script)
        rows = ", ".join(f"('G{n:03d}', '公司 {n}')" for n in range(100))
        for system in systems:
            system.change(f"INSERT INTO {{t}} ({{code}}, {{name}}) VALUES {rows}")
        made = Lived(founded(folder / "company", folder / "home"), systems)
        live(made)
        yield made
        made.company.ledger.close()


def live(made: Lived) -> None:
    """Four nights. The systems change after the first dumps; on the last day they are busy before
    the last dumps, and between these and our run. Only the last run looks at backups."""
    look = partial(made.company.run, checks=(), sources=tuple(LOOKED_AT))
    look()
    old = {system.name: system.dump(system.url) for system in made.systems}
    for system in made.systems:
        made.put(system, "quiet", old[system.name], 1)
        if system.name == "crm":
            made.put(system, "plain", dumped.script(system.url), 1)
        busy(system, 1)
    look()
    look()
    for system in made.systems:
        busy(system, 2)
        made.put(system, "nightly", system.dump(system.url))
        damage(made, system, old[system.name])
        system.change("DELETE FROM {t} WHERE {code} = 'N2'")
        busy(system, 3)
    made.run = made.company.run(checks=("backups",))


def busy(system: System, time: int) -> None:
    """One record comes, one goes, one is changed again."""
    system.change(
        f"INSERT INTO {{t}} ({{code}}, {{name}}) VALUES ('N{time}', 'new')",
        f"DELETE FROM {{t}} WHERE {{code}} = 'G00{time}'",
        f"UPDATE {{t}} SET {{name}} = 'renamed {time}' WHERE {{code}} = 'G010'",
    )


def damage(made: Lived, system: System, old: bytes) -> None:
    """Every folder of damage gets its dump of the last night. `old` is the stuck replica's."""
    made.put(system, "stuck", old)
    made.put(system, "gone", system.dump(system.url, system.without(system.table)))
    only = "--no-data" if system.name == "oa" else "--schema-only"
    made.put(system, "schema", system.dump(system.url, only))
    whole = system.without(f"{system.table}_whole")
    columns = ", ".join(c for c in system.columns if c != system.columns[2])
    for name, query in {**DAMAGED, "narrow": f"SELECT {columns} FROM {{t}}_whole"}.items():
        with system.instead(query):
            if name == "changed":
                system.change("INSERT INTO {t} ({code}, {name}) VALUES ('G041', 'only here')")
            made.put(system, name, system.dump(system.url, whole))
    with postgres_database() if system.name == "crm" else mariadb_database() as url:
        other = System(system.name, url, system.dump)
        listed = ", ".join(f"{c} varchar(200)" for c in system.columns)
        other.change(
            f"CREATE TABLE {{t}} ({listed})", "INSERT INTO {t} ({code}) VALUES ('X001'), ('X002')"
        )
        made.put(system, "elsewhere", other.dump(url))


def test_what_dumps_print_is_what_our_reader_prints_for_every_odd_value(lived: Lived) -> None:
    same = (4, 0, 0, 0)
    assert lived.counts["pg", "quiet", "edge_pg"] == same
    assert lived.counts["pg", "plain", "edge_pg"] == same
    assert lived.counts["my", "quiet", "edge_my"] == same


def test_what_a_dump_loses_of_a_float_is_told_as_different(lived: Lived) -> None:
    assert lived.counts["my", "quiet", "edge_float"] == (4, 0, 0, 1)


def test_a_healthy_dump_holds_the_snapshot(lived: Lived) -> None:
    for system, folder in (("crm", "quiet"), ("crm", "plain"), ("oa", "quiet")):
        assert lived.counts[system, folder, "customer"] == (113, 0, 0, 0)


@pytest.mark.parametrize("system", ["crm", "oa"])
def test_a_dump_amid_ordinary_changes_is_fresh_and_complete(lived: Lived, system: str) -> None:
    # N2 was there for an hour, and G010 had a name that no snapshot saw: neither is missing.
    assert lived.counts[system, "nightly", "customer"] == (113, 0, 1, 1)
    fresh, complete, *_ = lived.judged[system, "nightly"]
    assert (fresh, complete) == (True, True)
    answers = "SELECT fresh, complete, last_good_catalogue FROM backup_systems WHERE system = ?"
    assert lived.ask(answers, system) == [(True, True, "nightly")]


# By folder: fresh, complete, why it is not, and how many keys are told as missing.
TOLD = {
    "stuck": (False, False, "tables.missing_rows", 1),
    "elsewhere": (None, False, "tables.missing_rows", 110),
    "schema": (None, False, "tables.missing_rows", 110),
    "emptied": (None, False, "tables.missing_rows", 110),
    "tenth": (None, False, "tables.missing_rows", 10),
    "gone": (None, False, "tables.gone", 0),
    "narrow": (True, False, "tables.lost_columns", 0),
}


@pytest.mark.parametrize("folder", TOLD)
@pytest.mark.parametrize("system", ["crm", "oa"])
def test_damage_that_only_the_content_shows_is_told(lived: Lived, system: str, folder: str) -> None:
    fresh, complete, _, why, params = lived.judged[system, folder]
    told = fresh, complete, why.removeprefix("backups.why."), int(json.loads(params)["missing"])
    assert told == TOLD[folder]


@pytest.mark.parametrize("system", ["crm", "oa"])
def test_a_row_that_only_the_dump_has_so_is_counted(lived: Lived, system: str) -> None:
    # Nothing is missing, and it may have been so for an hour: it is told, not judged.
    assert lived.counts[system, "changed", "customer"] == (113, 0, 1, 2)
    assert lived.judged[system, "changed"][1] is True


def test_a_stuck_replica_is_dated_by_what_it_lacks(lived: Lived) -> None:
    reasons = "SELECT fresh_params FROM backup_list WHERE catalogue = 'stuck' ORDER BY system"
    for (params,), system in zip(lived.ask(reasons), lived.systems, strict=True):
        told = json.loads(params)
        assert told["data_at"] == "2026-03-03T18:05:00+00:00", system.name
        assert (told["table"], told["missing"]) == ("customer", "1")
