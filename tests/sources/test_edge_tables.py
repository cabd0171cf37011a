"""The edge tables come through cell by cell: nothing is rounded, moved, shortened or left out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from governance.errors import SchemaDrift, SourceRefused, SourceUnavailable
from tests import edges


def landed(desk: Any, target: str, **settings: Any) -> tuple[dict[str, edges.Cells], Any]:
    """Every column of the edge table in the order of `id`, and what the reader had to say."""
    with desk.open(target, **settings) as reader:
        columns = [name for name, _ in reader.columns("e")]
        taken = desk.take(reader, table="e")
    rows = desk.con.execute("SELECT * FROM landed ORDER BY CAST(id AS INTEGER)").fetchall()
    return dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)), taken.notes


def test_every_cell_of_the_postgresql_table_is_what_the_server_prints(
    desk: Any, postgres_url: str
) -> None:
    edges.build_postgres(postgres_url)
    got, notes = landed(desk, postgres_url)
    assert len(got) == 25
    for column, cells in got.items():
        expression = edges.POSTGRES_FORMS.get(column, column)
        assert cells == edges.printed_by_postgres(postgres_url, expression), column
    assert notes == ()


def test_every_cell_of_the_mariadb_table_is_what_the_server_prints(
    desk: Any, mariadb_url: str
) -> None:
    edges.build_mariadb(mariadb_url)
    got, notes = landed(desk, mariadb_url)
    assert len(got) == 27
    for column, cells in got.items():
        expression = edges.MARIADB_FORMS.get(column, column)
        assert cells == edges.printed_by_mariadb(mariadb_url, expression), column
    assert notes == ()


BACK = {
    "f": "CAST('{}' AS FLOAT)",
    "b1": "CAST('{}' AS UNSIGNED)",
    "b8": "CAST('{}' AS UNSIGNED)",
    "b64": "CAST('{}' AS UNSIGNED)",
    "bin16": "UNHEX('{}')",
    "ts": "LEFT('{}', 19)",
}


def test_what_lands_in_another_form_is_still_the_same_value(desk: Any, mariadb_url: str) -> None:
    edges.build_mariadb(mariadb_url)
    got, _ = landed(desk, mariadb_url)
    for column, form in BACK.items():
        for at, cell in zip(got["id"], got[column], strict=True):
            value = "NULL" if cell is None else form.format(cell)
            statement = (
                f"SET time_zone = '+00:00'; SELECT {column} <=> {value} FROM e WHERE id={at}"
            )
            assert edges.mariadb(mariadb_url, statement) == "1\n", (column, at, cell)


def test_a_float_keeps_the_digits_that_the_client_drops(desk: Any, mariadb_url: str) -> None:
    edges.build_mariadb(mariadb_url)
    got, _ = landed(desk, mariadb_url)
    assert got["f"][0] == "1234567.875"
    assert edges.printed_by_mariadb(mariadb_url, "f")[0] == "1234570"


@pytest.fixture
def odd_cells(desk: Any, postgres_url: str, mariadb_url: str) -> list[edges.Cells]:
    """All cells of both tables as one column of texts with a number before each."""
    edges.build_postgres(postgres_url)
    edges.build_mariadb(mariadb_url)
    found = [*landed(desk, postgres_url)[0].values(), *landed(desk, mariadb_url)[0].values()]
    cells = dict.fromkeys(cell for column in found for cell in column)
    return [[str(at), cell] for at, cell in enumerate(cells)]


def through_sqlalchemy(url: str) -> dict[str, str]:
    """The same address for the generic kind."""
    scheme, _, rest = url.partition("://")
    driver = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}[scheme]
    return {"kind": "sqlalchemy", "url": f"{driver}://{rest}"}


def test_the_generic_reader_prints_the_postgresql_table_alike(desk: Any, postgres_url: str) -> None:
    edges.build_postgres(postgres_url)
    name = postgres_url.rpartition("/")[2]
    edges.psql(postgres_url, f"ALTER DATABASE {name} SET DateStyle = 'SQL, DMY'")
    edges.psql(postgres_url, f"ALTER DATABASE {name} SET TimeZone = 'Asia/Shanghai'")
    through = through_sqlalchemy(postgres_url)
    assert landed(desk, "x", **through)[0] == landed(desk, postgres_url)[0]


def test_the_generic_reader_prints_the_mariadb_table_alike(desk: Any, mariadb_url: str) -> None:
    edges.build_mariadb(mariadb_url)
    generic, ours = (
        landed(desk, "x", **through_sqlalchemy(mariadb_url))[0],
        landed(desk, mariadb_url)[0],
    )
    for floats in (generic, ours):  # 0.0 and 3.4e+38 are 0 and 3.4e38
        for name in ("f", "dbl"):
            floats[name] = [cell and repr(float(cell)) for cell in floats[name]]
    assert generic == ours


@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_the_generic_reader_goes_on_after_what_was_refused(
    desk: Any, request: pytest.FixtureRequest, server: str
) -> None:
    url = request.getfixturevalue(server)
    build = edges.build_postgres if server == "postgres_url" else edges.build_mariadb
    build(url)
    with desk.open("x", **through_sqlalchemy(url)) as reader:
        with pytest.raises(SchemaDrift):
            desk.take(reader, "id", table="gone")
        with pytest.raises(SourceRefused, match="query_failed"):
            desk.take(reader, "id", query="SELECT no_such_column AS id FROM e")
        for _ in range(2):
            assert desk.take(reader, "id", table="e").rows == 4
        assert "e" in [table.name for table in reader.catalogue()]


def test_the_generic_reader_tells_a_refused_login_from_a_server_that_is_away(
    desk: Any, mariadb_url: str
) -> None:
    wrong = mariadb_url.replace("root@", "nobody:s3cret@")
    away = "mysql://root@127.0.0.1:1/db"
    for url, kind, code in (
        (wrong, SourceRefused, "source.login"),
        (away, SourceUnavailable, "source.unreachable"),
    ):
        with pytest.raises(kind) as caught, desk.open("x", **through_sqlalchemy(url)):
            pass
        assert caught.value.code == code
        assert "s3cret" not in str(caught.value)


def written(path: Path, cells: list[edges.Cells], encoding: str) -> Path:
    def cell(text: str | None) -> str:
        return "" if text is None else '"' + text.replace('"', '""') + '"'

    lines = ["id,v", *(",".join(map(cell, row)) for row in cells)]
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def test_the_same_cells_come_through_files(
    desk: Any, tmp_path: Path, odd_cells: list[edges.Cells]
) -> None:
    assert len(odd_cells) > 90
    wanted = [tuple(row) for row in odd_cells]
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        assert desk.read(written(tmp_path / "a.csv", odd_cells, encoding)) == wanted, encoding
    with closing(sqlite3.connect(tmp_path / "a.db")) as file, file:
        file.execute("CREATE TABLE t (id TEXT, v TEXT)")
        file.executemany("INSERT INTO t VALUES (?, ?)", odd_cells)
    assert desk.read(tmp_path / "a.db", table="t") == wanted
