"""Findings get the owner of the first rule that fits, a due date, and the money on their record."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.runs.conftest import START, Company
from tests.worlds import CUSTOMERS, PAYMENTS, write_sqlite

DAY = timedelta(days=1)
MOMENT = START.replace(tzinfo=None)
ORDERS = """\
  sales_order:
    key: number
    authority: oa
    fields:
      number: {type: code}
      customer: {type: code}
      phone: {normalize: phone, sensitivity: personal}
      total: {normalize: amount}
    sources:
      crm: {table: orders, columns: {number: number, customer: customer, total: total}}
      oa: {table: dd, columns: {number: number, customer: customer, phone: phone, total: total}}
"""
Line = tuple[str | None, ...]


def configured(company: Company, *, top: str = "", money: str = "", entities: str = "") -> None:
    """Add to the configuration: lines at the top, the customer's `money`, whole entities."""
    path = company.folder / "governance.yaml"
    text = path.read_text("utf-8").replace("entities:\n", f"{top}entities:\n{entities}")
    if money:
        text = text.replace("    display: name\n", f"    display: name\n    money: {money}\n")
    path.write_text(text, encoding="utf-8")


def ordered(company: Company, crm: tuple[Line, ...], oa: tuple[Line, ...]) -> None:
    columns = ("number", "customer", "total")
    write_sqlite(company.folder / "crm.sqlite", "orders", columns, crm)
    write_sqlite(company.folder / "oa.sqlite", "dd", ("number", "customer", "phone", "total"), oa)


def told(company: Company, column: str, entity: str = "customer", **asked: Any) -> dict[Any, Any]:
    """(key, field) to one column of the findings after a run; whole rows have no field."""
    run = company.run(**asked)
    rows = company.query(
        run,
        f"SELECT record_key, field, {column} FROM findings WHERE entity = ? AND state <> 'gone'",
        entity,
    )
    return {(key, field): value for key, field, value in rows}


def test_the_first_rule_that_fits_names_the_owner(both_worlds: Company) -> None:
    configured(
        both_worlds,
        top="""\
owners:
  - {owner: 王芳, entity: customer, field: [phone, level], system: oa}
  - {owner: 李强, department: 苏州分公司, entity: [customer, payment]}
  - {owner: 赵敏, system: crm}
  - {owner: 周杰, entity: customer, field: name}
""",
    )
    owners = told(both_worlds, "owner")
    assert owners["C005", "level"] == "王芳"  # before the department's rule
    assert owners["C006", "phone"] == "王芳"
    assert owners["C010", "credit_limit"] == "赵敏"  # the OA's word counts, so the CRM is wrong
    assert owners["C012", None] == "赵敏"  # the CRM lacks it
    assert owners["C011", "name"] == "周杰"
    assert owners["C007", None] is None  # the OA lacks it, and no rule speaks of that
    assert owners["C008", None] is None  # twice in the OA
    assert owners["C009", None] == "赵敏"  # twice in the CRM


def test_without_rules_nobody_owns_anything(company: Company) -> None:
    assert set(told(company, "owner").values()) == {None}


def test_a_rule_for_a_department_speaks_of_whole_rows_too(company: Company) -> None:
    department = CUSTOMERS.crm_rows[0][5]
    configured(company, top=f"owners:\n  - {{owner: 王芳, department: [{department}, 无]}}\n")
    owners = told(company, "owner")
    assert owners["C007", None] == "王芳"
    assert owners["C005", "level"] is None


def test_each_severity_has_its_term(company: Company) -> None:
    configured(company, top="due: {high: 3d, low: 12h}\n")
    company.change("oa", "UPDATE base_customer SET ssfb = '无' WHERE khbh = 'C005'")
    due = told(company, "due_at")
    assert due["C011", "name"] == MOMENT + timedelta(days=2)  # critical, as usual
    assert due["C005", "level"] == MOMENT + timedelta(days=3)
    assert due["C006", "phone"] == MOMENT + timedelta(days=30)
    assert due["C005", "branch"] == MOMENT + timedelta(hours=12)


def test_the_due_date_of_a_standing_finding_stays_until_the_terms_change(company: Company) -> None:
    first = told(company, "due_at")
    company.change("oa", "UPDATE base_customer SET khmc = '新名字' WHERE khbh = 'C001'")
    later = told(company, "due_at")
    assert later.pop(("C001", "name")) == MOMENT + 3 * DAY
    assert later == first
    configured(company, top="due: {high: 1d}\n")
    after = told(company, "due_at")
    assert after["C005", "level"] == MOMENT + DAY
    assert after["C011", "name"] == first["C011", "name"]


def test_a_pending_finding_is_due_by_no_date_until_it_is_open(company: Company) -> None:
    path = company.folder / "governance.yaml"
    text = path.read_text("utf-8").replace("display: name\n", "display: name\n    lag: 36h\n")
    path.write_text(text, encoding="utf-8")
    company.run()
    company.change("oa", "UPDATE base_customer SET khjb = 'C' WHERE khbh = 'C001'")
    assert told(company, "due_at")["C001", "level"] is None
    assert told(company, "due_at")["C001", "level"] is None
    later: datetime = told(company, "due_at")["C001", "level"]
    assert later == MOMENT + DAY + timedelta(days=7)


def test_an_amount_of_its_own_is_the_authoritys_and_else_the_others(company: Company) -> None:
    configured(company, money="credit_limit")
    money = told(company, "money")
    assert money["C005", "level"] == Decimal("70000.00")
    assert money["C010", "credit_limit"] == Decimal("40000.02")  # of the OA, its authority
    assert money["C007", None] == Decimal("30000.00")  # in the CRM only
    assert money["C008", None] == Decimal("40000.00")  # twice there
    assert all(value is None for (key, _), value in money.items() if key is None)


def test_an_amount_that_no_one_can_read_is_not_known_and_never_nothing(
    both_worlds: Company,
) -> None:
    path = both_worlds.folder / "governance.yaml"
    text = path.read_text("utf-8")
    text = text.replace("    display: note\n", "    display: note\n    money: amount\n")
    path.write_text(text, encoding="utf-8")
    both_worlds.change("crm", "UPDATE payments SET amount = 'USD 900' WHERE contract = 'HT5'")
    money = told(both_worlds, "money", "payment")
    key = {row[:2]: "".join(f"{len(p or '')}:{p}" for p in row[:2]) for row in PAYMENTS.crm_rows}
    assert money[key["HT5", "1"], "amount"] is None
    assert money[key["HT2", "2"], "booked_at"] == Decimal("400.00")
    assert money[key["HT7", "1"], None] == Decimal("63.00")


def test_what_hangs_on_a_record_is_added_up_exactly(company: Company) -> None:
    ordered(
        company,
        (("A1", "C005", "1"),),
        (
            ("A1", "c005", None, "¥1,000.10"),
            ("A2", "C005", None, "0.1万"),
            ("A3", "C005", None, "0.005"),
            ("A4", "C005", None, "面议"),
            ("A5", "C006", None, "面议"),
            ("A6", None, None, "5"),
        ),
    )
    configured(
        company,
        entities=ORDERS,
        money="[{entity: sales_order, field: total, by: customer}, credit_limit]",
    )
    money = told(company, "money")
    assert money["C005", "level"] == Decimal("72000.11")  # 1000.10 + 1000 + 0.005 and its own
    assert money["C006", "phone"] == Decimal("60000.00")


def test_nothing_that_hangs_on_a_record_is_not_nought(company: Company) -> None:
    ordered(company, (), (("A1", "C005", None, "0"), ("A5", "C006", None, "面议")))
    configured(company, entities=ORDERS, money="{entity: sales_order, field: total, by: customer}")
    money = told(company, "money")
    assert money["C005", "level"] == 0
    assert money["C006", "phone"] is None
    assert money["C011", "name"] is None


def test_personal_keys_are_joined_by_their_tokens(company: Company) -> None:
    ordered(
        company,
        (),
        (("A1", None, "+86 138-0000-0006", "10.50"), ("A2", None, "13800000006", "2")),
    )
    columns = ("phone", "city")
    write_sqlite(company.folder / "crm.sqlite", "people", columns, (("13800000006", "无锡"),))
    write_sqlite(company.folder / "oa.sqlite", "ry", columns, (("138 0000 0006", "苏州"),))
    person = """\
  person:
    key: phone
    authority: oa
    money: {entity: sales_order, field: total, by: phone}
    fields:
      phone: {normalize: phone, sensitivity: personal}
      city: {}
    sources:
      crm: {table: people, columns: {phone: phone, city: city}}
      oa: {table: ry, columns: {phone: phone, city: city}}
"""
    configured(company, entities=ORDERS + person)
    (found,) = told(company, "money", "person").items()
    assert found[0][1] == "city"
    assert "138" not in found[0][0]
    assert found[1] == Decimal("12.50")


@pytest.mark.parametrize("sign", ["", "-"])
def test_money_raises_a_severity_and_never_lowers_it(company: Company, sign: str) -> None:
    configured(company, top="money_at_risk: {high: 60000, critical: 70000}\n", money="credit_limit")
    company.change("oa", f"UPDATE base_customer SET sxed = '{sign}' || sxed")
    severities = told(company, "severity")
    assert severities["C005", "level"] == "critical"
    assert severities["C006", "phone"] == "high"
    assert severities["C011", "level"] == "high"
    assert severities["C011", "name"] == "critical"


def test_a_raised_finding_stands_where_its_severity_belongs_and_is_counted_so(
    company: Company,
) -> None:
    configured(company, top="money_at_risk: {critical: 60000}\n", money="credit_limit")
    run = company.run()
    rows = company.query(
        run,
        "SELECT severity FROM findings WHERE check_name = 'customer' ORDER BY rowid",
    )
    ranks = [("critical", "high", "medium", "low").index(severity) for (severity,) in rows]
    assert ranks == sorted(ranks)
    metrics = company.ledger.results.metrics_of_run(run.id)
    counted = {m.name: m.value for m in metrics if m.check_name == "customer"}
    assert counted["open_critical"] == ranks.count(0) > 1


def test_money_that_cannot_be_read_today_is_what_it_was(company: Company) -> None:
    ordered(company, (), (("A1", "C005", None, "500"),))
    configured(
        company,
        top="money_at_risk: {critical: 500}\n",
        entities=ORDERS,
        money="{entity: sales_order, field: total, by: customer}",
    )
    first = told(company, "money")
    assert first["C005", "level"] == 500
    company.change("oa", "DROP TABLE dd")
    company.change("oa", "UPDATE base_customer SET khmc = '新名字' WHERE khbh = 'C001'")
    after = told(company, "money")
    assert after["C005", "level"] == 500
    assert after["C001", "name"] is None


def test_a_source_that_is_away_takes_neither_owner_nor_money_away(company: Company) -> None:
    configured(company, top="owners: [{owner: 王芳}]\n", money="credit_limit")
    company.run()
    (company.folder / "oa.sqlite").rename(company.folder / "away")
    run = company.run()
    rows = company.query(
        run,
        "SELECT DISTINCT state, owner, money, due_at FROM findings WHERE record_key = 'C005'",
    )
    assert rows == [("unchecked", "王芳", Decimal("70000.00"), MOMENT + timedelta(days=7))]


def test_what_is_gone_keeps_its_owner_and_its_money(company: Company) -> None:
    configured(company, top="owners: [{owner: 王芳}]\n", money="credit_limit")
    company.run()
    company.change("oa", "UPDATE base_customer SET khjb = 'A' WHERE khbh = 'C005'")
    run = company.run()
    rows = company.query(run, "SELECT state, owner, money FROM findings WHERE record_key = 'C005'")
    assert rows == [("gone", "王芳", Decimal("70000.00"))]
