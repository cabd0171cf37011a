"""What a run seals of permissions, from the tables of two systems to verdicts."""

from __future__ import annotations

import pytest

from checks.outcome import Outcome
from governance.ledger.rows import RunRow
from tests.permissions.home import company
from tests.runs.conftest import Company


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, list[RunRow]]:
    """Three nights: as it stands; an account is disabled and one moves; the OA is away."""
    made = company(tmp_path_factory.mktemp("permissions"))
    runs = [made.run()]
    made.change("crm", "UPDATE users SET state = 'off' WHERE id = 'u2'")
    made.change("oa", "UPDATE staff SET dept = 'd3' WHERE no = '1003'")
    runs.append(made.run())
    made.change("oa", "ALTER TABLE staff RENAME TO hidden")
    runs.append(made.run())
    return made, runs


def test_a_run_seals_accounts_grants_and_what_they_come_to(
    lived: tuple[Company, list[RunRow]],
) -> None:
    made, runs = lived
    accounts = made.query(runs[0], "SELECT count(*) FROM perm_accounts")
    assert accounts == [(8,)]
    orphans = 'SELECT account, "into" FROM perm_grants WHERE is_orphan'
    assert made.query(runs[0], orphans) == [("gone", "seller")]
    held = "SELECT is_all FROM perm_holdings WHERE account = 'u3' AND function = 'CUST_VIEW'"
    assert made.query(runs[0], held) == [(True,)]  # the intern's role widens the seller's


def test_a_move_that_no_table_tells_is_noticed_and_remembered(
    lived: tuple[Company, list[RunRow]],
) -> None:
    made, runs = lived
    moved = "SELECT person, before, after FROM perm_moves"
    assert made.query(runs[0], moved) == []
    assert made.query(runs[1], moved) == [("1003", "d2", "d3")]
    assert made.query(runs[2], moved) == [("1003", "d2", "d3")]


def test_departments_are_sealed_by_their_names_and_accounts_counted_by_their_links(
    lived: tuple[Company, list[RunRow]],
) -> None:
    made, runs = lived
    named = "SELECT id, parent, name FROM perm_departments WHERE system = 'crm' ORDER BY id"
    assert made.query(runs[0], named)[1] == ("d2", "d1", "销售部")
    counted = {
        name: int(point.metric.value or 0)
        for name in ("accounts_declared", "accounts_matched", "accounts_nobody")
        for point in made.ledger.results.series("permissions", name)
        if point.run_id == runs[0].id
    }
    links = "SELECT link, count(*) FROM perm_accounts GROUP BY link"
    told = {f"accounts_{link}": n for link, n in made.query(runs[0], links)}
    assert counted == {name: told.get(name, 0) for name in counted}


def test_the_outcome_of_the_check_stands_in_the_ledger(
    lived: tuple[Company, list[RunRow]],
) -> None:
    made, runs = lived
    (result,) = made.ledger.results.of_run(runs[0].id)
    assert (result.check_name, result.outcome) == ("permissions", Outcome.FAILED)


def test_a_leaver_is_a_finding_until_the_account_is_disabled(
    lived: tuple[Company, list[RunRow]],
) -> None:
    made, runs = lived
    leaver = "SELECT state, turn FROM findings WHERE field = 'R13' AND record_key LIKE '%1002%'"
    assert made.query(runs[0], leaver) == [("open", None)]
    assert made.query(runs[1], leaver) == [("gone", "fixed")]


def test_what_was_not_read_closes_nothing(lived: tuple[Company, list[RunRow]]) -> None:
    made, runs = lived
    owned = "SELECT state FROM findings WHERE field = 'R15' AND record_key LIKE '%1002%'"
    assert made.query(runs[1], owned) == [("open",)]
    assert made.query(runs[2], owned) == [("unchecked",)]
    blind = made.query(runs[2], "SELECT system, kind FROM perm_blind")
    assert ("oa", "persons") in blind
