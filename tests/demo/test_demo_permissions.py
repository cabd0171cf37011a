"""What was planted about permissions is found, on its days, and nothing else is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from checks.permissions.identity import LinkKind
from checks.permissions.rules import RULES
from governance.demo.access.revoking import close, revoke
from governance.demo.faults import Overreach
from governance.demo.home import COMPANY
from governance.demo.stores import FileStores
from governance.demo.world import plan
from tests.demo.permissions import TODAY, Lived, live

# The night with the most, and the last, when what heals has.
LOOKED_AT = (12, 30)
AFTERWARDS = 31


def never_closed(lived: Lived) -> str:
    """The staff number of the leaver whom nobody shut out."""
    found = next(o for o in lived.truth.overreach if o.cause == "never_closed")
    return found.subject.partition(":")[2]


def roles_of(lived: Lived, day: int) -> list[tuple[str, str]]:
    """The CRM's accounts of that leaver with the roles they are in."""
    rows = lived.query(
        day,
        'SELECT account, "into" FROM perm_grants SEMI JOIN perm_accounts USING (system, account)'
        f" WHERE system = 'crm' AND account IN (SELECT account FROM perm_accounts"
        f" WHERE system = 'crm' AND human = '{never_closed(lived)}')",
    )
    return [(str(account), str(role)) for account, role in rows]


def shut_out(lived: Lived) -> None:
    """The CRM's administrators take away what a review told them to, once."""
    stores = FileStores(lived.home / COMPANY)
    for account, role in roles_of(lived, 30):
        assert revoke(stores, "crm", account, role)
        assert not revoke(stores, "crm", account, role)
        assert close(stores, "crm", account)
        assert not close(stores, "crm", account)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return live(tmp_path_factory.mktemp("demo") / "home", LOOKED_AT, shut_out)


def failed(lived: Lived, day: int) -> set[tuple[object, ...]]:
    query = "SELECT rule, subject FROM perm_verdicts WHERE ruling = 'failed'"
    return set(lived.query(day, query))


@pytest.mark.parametrize("day", LOOKED_AT)
def test_every_planted_case_fails_and_nothing_else_does(lived: Lived, day: int) -> None:
    assert failed(lived, day) == {(o.rule, o.subject) for o in lived.truth.overreach_at(day)}


def test_everything_was_read(lived: Lived) -> None:
    assert lived.query(30, "SELECT * FROM perm_blind") == []
    assert {rule for (rule,) in lived.query(30, "SELECT rule FROM perm_rules")} == set(RULES)


def test_a_right_that_is_taken_away_is_gone_the_next_night(lived: Lived) -> None:
    leaver = f"human:{never_closed(lived)}"
    assert ("R13", leaver) in failed(lived, 30)
    assert roles_of(lived, 30)
    assert ("R13", leaver) not in failed(lived, AFTERWARDS)
    assert roles_of(lived, AFTERWARDS) == []
    assert failed(lived, 30) - failed(lived, AFTERWARDS) == {("R13", leaver)}


def test_accounts_are_linked_in_every_way_there_is(lived: Lived) -> None:
    links = dict(lived.query(30, "SELECT link, count(*) FROM perm_accounts GROUP BY link"))
    assert links.keys() == {kind.value for kind in LinkKind}
    seconds = lived.query(30, "SELECT DISTINCT human FROM perm_accounts WHERE is_second")
    assert len(seconds) == 2


def test_a_young_log_proves_nothing(lived: Lived) -> None:
    """The OA has kept its log for a few weeks: what needs ninety days is not judged there."""
    query = "SELECT ruling, reason FROM perm_verdicts WHERE subject = 'system:oa' AND rule = 'R11'"
    assert lived.query(30, query) == [("not_evaluable", "deeds.young_log")]


def test_every_rule_has_its_case() -> None:
    planted = Counter(o.rule for o in plan(TODAY, 200).truth.overreach)
    assert planted.keys() == RULES.keys()


def test_what_many_know_happens_more_than_once_in_a_company_of_size() -> None:
    planted = Counter(o.rule for o in plan(TODAY, 2000).truth.overreach)
    assert all(planted[rule] > 2 for rule in ("R01", "R04", "R05", "R11", "R13", "R14", "R17"))


def test_some_of_it_heals_and_some_comes_later() -> None:
    truth = plan(TODAY, 200).truth
    counts = [len(truth.overreach_at(day)) for day in range(31)]
    assert counts[0] < counts[5] < counts[12] > counts[26] > counts[1]
    assert counts[30] > 20
    for o in truth.overreach:
        assert o.healed is None or o.planted < o.healed <= 30


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_told_twice_whatever_the_seed(seed: int) -> None:
    truth = plan(TODAY, 200, seed=seed).truth
    for day in (0, 12, 30):
        told = [(o.rule, o.subject) for o in truth.overreach_at(day)]
        assert len(told) == len(set(told))


def test_a_short_life_does_not_tell_of_later_days() -> None:
    short, long = plan(TODAY, 200, days=6).truth, plan(TODAY, 200, days=30).truth
    assert all(o.planted <= 6 and (o.healed or 0) <= 6 for o in short.overreach)
    begun = Counter((o.rule, o.cause) for o in long.overreach if o.planted <= 6)
    assert Counter((o.rule, o.cause) for o in short.overreach) == begun


def test_overreach_shows_from_its_first_day_until_it_is_healed() -> None:
    one = Overreach("R13", "human:000101", "never_closed", 3, 5)
    assert [day for day in range(8) if one.shows_on(day)] == [3, 4]
    assert [day for day in range(6) if replace(one, healed=None).shows_on(day)] == [3, 4, 5]
