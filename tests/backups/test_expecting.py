"""Which tables must be inside a backup, and which of them are held against snapshots."""

from __future__ import annotations

import pytest

from governance.backups.comparing import plan
from governance.backups.expecting import tables_of
from governance.config import Config, load
from governance.demo.home import SHIPPED_CONFIG


@pytest.fixture(scope="module")
def demo() -> Config:
    """Both systems keep their permissions in tables beside the records."""
    return load(SHIPPED_CONFIG, environ={})


def test_tables_of_permissions_are_expected_and_not_compared(demo: Config) -> None:
    assert demo.backups is not None
    tables = tables_of(demo, demo.backups.system("crm"))
    expected = {(t.name, t.entity) for t in tables}
    compared = {wanted.table for wanted in plan(demo, "crm", {}).wanted}
    assert ("sys_user", None) in expected
    assert all(t.may_be_empty == (t.entity is None) for t in tables)
    assert ("customers", "customer") in expected
    assert compared == {table for table, entity in expected if entity is not None}


def test_some_rows_of_a_table_are_held_with_all_of_them(demo: Config) -> None:
    assert demo.backups is not None
    tables = tables_of(demo, demo.backups.system("crm"))
    assert [t.entity for t in tables if t.name == "customers" and t.entity] == ["customer"]
