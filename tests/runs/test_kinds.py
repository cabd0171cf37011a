"""Every kind of check that may be configured can be carried out."""

from __future__ import annotations

from checks import CHECKS, backups, permissions
from governance.config.read_checks import KINDS
from governance.runs.kinds import RUNNERS


def test_what_is_registered_is_configurable_and_carried_out() -> None:
    codes = [check.code for check in CHECKS]
    assert list(KINDS) == codes
    assert list(RUNNERS) == [*codes, permissions.CODE, backups.CODE]


def test_no_two_kinds_fill_the_same_table() -> None:
    tables = [name for runner in RUNNERS.values() for name in runner.TABLES]
    assert len(tables) == len(set(tables))
