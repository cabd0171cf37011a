"""The tiny worlds are what they say: another reader of them finds the very same differences."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from governance.config import load
from tests.plain import Comparison, Difference, from_sqlite
from tests.worlds import (
    WORLDS,
    Line,
    Side,
    TinyWorld,
    fill_server,
    settle,
    settle_in_servers,
    write_csv,
)

each_world = pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.entity)


@pytest.fixture
def company(tmp_path: Path) -> Path:
    return settle(tmp_path)


def compared(world: TinyWorld, path: Path) -> Comparison:
    config = load(path, environ={})
    return Comparison(config, config.entity(world.entity))


@each_world
def test_plain_python_finds_the_findings_and_no_others(world: TinyWorld, company: Path) -> None:
    expected = Counter[Difference]()
    for f in world.expected.findings:
        expected[Difference(world.entity, "crm", "oa", f.key, f.kind, f.field, f.cell_class)] += (
            f.copies
        )
    assert compared(world, company).found == expected


@each_world
def test_plain_python_counts_the_cells_of_every_class(world: TinyWorld, company: Path) -> None:
    comparison = compared(world, company)
    cells: dict[str, Counter[str]] = {field: Counter() for field in world.expected.cells}
    for difference, count in (comparison.found + comparison.aligned).items():
        if difference.field is not None and difference.cell_class is not None:
            cells[difference.field][difference.cell_class] += count
    assert {field: dict(found) for field, found in cells.items()} == world.expected.cells


@each_world
def test_every_row_is_matched_alone_or_without_a_key(world: TinyWorld) -> None:
    expected = world.expected
    assert expected.matched == expected.aligned + expected.mismatched
    for side, rows, only in (
        (expected.left, world.crm_rows, expected.only_left),
        (expected.right, world.oa_rows, expected.only_right),
    ):
        assert side.rows == len(rows) == expected.matched + only + side.null_keys


@each_world
def test_the_counts_of_rows_without_a_partner_agree_with_the_findings(world: TinyWorld) -> None:
    kinds: Counter[str] = Counter()
    for finding in world.expected.findings:
        kinds[finding.kind] += finding.copies
    assert world.expected.only_left == kinds["only_left"] + kinds["duplicate_left"]
    assert world.expected.only_right == kinds["only_right"] + kinds["duplicate_right"]
    assert world.expected.left.null_keys == kinds["null_key_left"]
    assert world.expected.right.null_keys == kinds["null_key_right"]


@each_world
def test_keys_are_counted_as_stated(world: TinyWorld, company: Path) -> None:
    config = load(company, environ={})
    entity = config.entity(world.entity)
    width = len(entity.key)
    for rows, side in (
        (world.crm_rows, world.expected.left),
        (world.oa_rows, world.expected.right),
    ):
        whole = [
            tuple((part or "").strip().upper().lstrip("0") for part in row[:width])
            for row in rows
            if None not in row[:width]
        ]
        seen = Counter(whole)
        repeated = sum(1 for count in seen.values() if count > 1)
        assert side == Side(len(rows), len(seen), repeated, len(rows) - len(whole))


@each_world
def test_sqlite_keeps_the_rows_as_they_stand(world: TinyWorld, company: Path) -> None:
    for database, table, columns, rows in (
        ("crm.sqlite", world.crm_table, world.crm_columns, world.crm_rows),
        ("oa.sqlite", world.oa_table, world.oa_columns, world.oa_rows),
    ):
        found = from_sqlite(company.parent / database, table)
        assert [tuple(row[column] for column in columns) for row in found] == list(rows)


@each_world
def test_csv_tells_null_from_empty_text(world: TinyWorld, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "crm.csv", world.crm_columns, world.crm_rows, "gb18030")
    lines = path.read_text(encoding="gb18030").splitlines()

    def cell(text: str) -> str | None:
        return text.strip('"') if text else None

    assert lines[0] == ",".join(world.crm_columns)
    assert [tuple(cell(c) for c in line.split(",")) for line in lines[1:]] == list(world.crm_rows)


@pytest.mark.servers
@each_world
def test_the_servers_keep_the_rows_as_they_stand(
    world: TinyWorld, postgres_url: str, mariadb_url: str
) -> None:
    from governance.demo.servers import mariadb, postgresql

    for url, server in ((postgres_url, postgresql), (mariadb_url, mariadb)):
        fill_server(url, world.crm_table, world.crm_columns, world.crm_rows)
        with server(url) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {world.crm_table}")
            found: list[Line] = list(cursor.fetchall())
        assert Counter(found) == Counter(world.crm_rows)


@pytest.mark.servers
def test_a_configuration_over_servers_is_sound(
    postgres_url: str, mariadb_url: str, tmp_path: Path
) -> None:
    config = load(settle_in_servers(postgres_url, mariadb_url, tmp_path), environ={})
    assert [source.kind for source in config.sources] == ["postgresql", "mysql"]
