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
    expected = {(t.name, t.entity) for t in tables_of(demo, demo.backups.system("crm"))}
    compared = {wanted.table for wanted in plan(demo, "crm", {}).wanted}
    assert ("sys_user", None) in expected
    assert ("customers", "customer") in expected
    assert compared == {table for table, entity in expected if entity is not None}
