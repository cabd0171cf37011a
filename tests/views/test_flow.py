"""What came, what went, how long it took, what is late, and what money hangs on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from governance.access import Actor, Right
from governance.config import load
from governance.errors import PermissionRefused
from governance.reading import Desk
from governance.views.flow import Flow, flow
from tests.cast import BRANCH, LEADER, OTHER_BRANCH
from tests.runs.conftest import START, Company, founded
from tests.worlds import settle

RULES = """\
owners:
  - {owner: 王芳, entity: customer, system: oa}
  - {owner: 李强, entity: customer}
due: {critical: 1d, high: 10d}
entities:
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Five days: a level moves on the second and arrives on the fourth; a phone is lost on the
    third; the second day's other change goes back on the fifth."""
    folder = tmp_path_factory.mktemp("flow")
    path = settle(folder)
    text = path.read_text("utf-8").replace("entities:\n", RULES)
    text = text.replace("    display: name\n", "    display: name\n    money: credit_limit\n")
    path.write_text(text.replace("weight: 8\n    fields", "weight: 8\n    fields"), "utf-8")
    made = founded(folder, folder / "home")
    said = (
        (),
        (("crm", "UPDATE customers SET level = 'Z' WHERE code = 'C001'"),
         ("crm", "UPDATE customers SET level = 'Q' WHERE code = 'C004'")),
        (("oa", "UPDATE base_customer SET lxdh = NULL WHERE khbh = 'C002'"),),
        (("oa", "UPDATE base_customer SET khjb = 'Z' WHERE khbh = 'C001'"),),
        (("crm", "UPDATE customers SET level = 'C' WHERE code = 'C004'"),),
    )  # fmt: skip
    for statements in said:
        for source, statement in statements:
            made.change(source, statement)
        made.run()
    yield made
    made.ledger.close()


def seen(company: Company, actor: Actor = LEADER) -> Flow:
    config = load(Path(company.folder) / "governance.yaml", environ=os.environ)
    desk = Desk(company.home, company.ledger.database)
    now = START + timedelta(days=4, hours=1)
    try:
        return flow(desk.view(actor), company.ledger, config.time_zone, now)
    finally:
        desk.close()


def test_what_was_there_at_the_first_look_is_no_news(company: Company) -> None:
    found = seen(company)
    first = START.astimezone().date()
    assert all(day.day > first for day in found.days)
    assert (found.opened, found.closed) == (3, 2)


def test_days_are_those_of_the_business_zone(company: Company) -> None:
    """Runs are at 18:05 UTC, five past two of the next day in Shanghai."""
    told = {day.day: (day.opened, day.closed) for day in seen(company).days}
    assert told == {
        date(2026, 3, 4): (2, 0),
        date(2026, 3, 5): (1, 0),
        date(2026, 3, 6): (0, 1),
        date(2026, 3, 7): (0, 1),
    }


def test_the_time_to_fix_is_of_what_was_fixed_not_of_what_went_back(company: Company) -> None:
    found = seen(company)
    assert found.fixed == 1
    assert found.fix == timedelta(days=2)


def test_each_owner_has_their_work_their_delay_and_their_money(company: Company) -> None:
    found = seen(company)
    shares = {share.name: share for share in found.owners}
    # the CRM's word counts but for credit limits, and what lies twice in the CRM is its own
    assert shares["王芳"].money == Decimal("70000") + 60000 + 15000 + 50000 + 30000 + 40000
    assert found.todo == sum(share.findings for share in found.owners)
    assert found.overdue == sum(share.overdue for share in found.owners) > 0
    assert shares[""].money is None  # payments have none


def test_a_record_with_two_findings_counts_its_money_once(company: Company) -> None:
    found = seen(company)
    # C011 has two; C005, C006, C007, C008 twice, C009 once in the OA, C010, C012, C002
    whole = 15000 + 70000 + 60000 + 30000 + 40000 + 10000 + 1000 + 50000
    assert found.money == {"customer": Decimal(whole) + Decimal("40000.02")}
    assert found.risk == ("customer", found.money["customer"])


def test_a_reader_sees_their_departments_alone(company: Company) -> None:
    mine = Actor("he", frozenset({Right.VIEW}), departments=frozenset({OTHER_BRANCH}))
    found = seen(company, mine)
    assert {share.name for share in found.departments} == {OTHER_BRANCH}
    assert BRANCH in {share.name for share in seen(company).departments}
    assert found.todo < seen(company).todo
    with pytest.raises(PermissionRefused):
        seen(company, Actor("nobody"))
