"""Which side moved, and when: told of every standing finding, proven or not said."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from governance.ledger.rows import RunRow
from tests.runs.conftest import START, Company

TOLD = (
    "SELECT direction, left_moved_at, right_moved_at, agreed_run FROM findings"
    " WHERE entity = 'customer' AND record_key = ? AND field IS NOT DISTINCT FROM ?"
    " AND state <> 'gone'"
)
Told = tuple[str | None, int | None, int | None, int | None]


def run(company: Company) -> RunRow:
    return company.run(checks=("customer",))


def told(company: Company, run: RunRow, key: str, field: str | None = None) -> Told | None:
    """Direction, the days on which left and right moved, and the run of the agreement."""
    found = company.query(run, TOLD, key, field)
    if not found:
        return None
    ((direction, left, right, agreed),) = found
    return direction, day(left), day(right), agreed


def day(at: datetime | None) -> int | None:
    return None if at is None else (at - START.replace(tzinfo=None)) // timedelta(days=1)


def crm(company: Company, key: str, column: str, value: Any) -> None:
    company.change("crm", f"UPDATE customers SET {column} = ? WHERE code = ?", value, key)


def oa(company: Company, key: str, column: str, value: Any) -> None:
    company.change("oa", f"UPDATE base_customer SET {column} = ? WHERE khbh = ?", value, key)


def configure(company: Company, old: str, new: str) -> None:
    path = company.folder / "governance.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_what_stood_at_the_first_look_never_agreed(company: Company) -> None:
    first = run(company)
    assert told(company, first, "C005", "level") == ("never_agreed", None, None, None)
    assert told(company, first, "C007") == ("never_there", None, None, None)
    assert told(company, first, "C012") == ("never_there", None, None, None)
    assert company.query(
        first, "SELECT DISTINCT direction FROM findings WHERE kind LIKE 'duplicate%'"
    ) == [(None,)]
    crm(company, "C005", "level", "C")
    assert told(company, run(company), "C005", "level") == ("never_agreed", 1, None, None)


def test_a_cell_tells_who_moved_and_when_until_it_agrees_again(company: Company) -> None:
    first = run(company)
    crm(company, "C001", "level", "B")
    oa(company, "C002", "khjb", "A")
    crm(company, "C003", "level", "X")
    oa(company, "C003", "khjb", "Y")
    second = run(company)
    assert told(company, second, "C001", "level") == ("left_moved", 1, None, first.id)
    assert told(company, second, "C002", "level") == ("right_moved", None, 1, first.id)
    assert told(company, second, "C003", "level") == ("both_moved", 1, 1, first.id)
    crm(company, "C002", "level", "C")
    crm(company, "C003", "level", "B")  # as it was agreed on
    third = run(company)
    assert told(company, third, "C001", "level") == ("left_moved", 1, None, first.id)
    assert told(company, third, "C002", "level") == ("both_moved", 2, 1, first.id)
    assert told(company, third, "C003", "level") == ("right_moved", None, 1, first.id)
    oa(company, "C001", "khjb", "B")
    assert told(company, fourth := run(company), "C001", "level") is None
    oa(company, "C001", "khjb", "A")
    assert told(company, run(company), "C001", "level") == ("right_moved", None, 4, fourth.id)


def test_a_personal_value_is_followed_by_its_token(company: Company) -> None:
    first = run(company)
    oa(company, "C001", "lxdh", "13899990001")  # under the same mask
    assert told(company, run(company), "C001", "phone") == ("right_moved", None, 1, first.id)


def test_what_lies_within_tolerance_of_the_agreed_value_has_not_moved(company: Company) -> None:
    first = run(company)
    crm(company, "C001", "credit_limit", "1200000.01")
    oa(company, "C001", "sxed", "1300000.00")
    second = run(company)
    assert told(company, second, "C001", "credit_limit") == ("right_moved", None, 1, first.id)
    crm(company, "C001", "credit_limit", "1200000.02")
    third = run(company)
    assert told(company, third, "C001", "credit_limit") == ("both_moved", 2, 1, first.id)


def test_a_missing_record_was_deleted_or_is_not_yet_created(company: Company) -> None:
    first = run(company)
    company.change("oa", "DELETE FROM base_customer WHERE khbh = 'C001'")
    company.change("crm", "DELETE FROM customers WHERE code = 'C002'")
    company.change("crm", "INSERT INTO customers VALUES ('C900', '新', NULL, '1', 'A', '')")
    second = run(company)
    assert told(company, second, "C001") == ("deleted", None, 1, first.id)
    assert told(company, second, "C002") == ("deleted", 1, None, first.id)
    assert told(company, second, "C900") == ("not_yet_created", 1, None, None)
    company.change("oa", "INSERT INTO base_customer VALUES ('C900', '新', NULL, '1', 'B', '')")
    third = run(company)
    assert told(company, third, "C001") == ("deleted", None, 1, first.id)
    assert told(company, third, "C900") is None
    assert told(company, third, "C900", "level") == ("never_agreed", None, 2, None)


def test_a_record_that_comes_back_is_held_against_what_was_agreed_before(company: Company) -> None:
    first = run(company)
    oa(company, "C002", "khjb", "Z")
    second = run(company)
    company.change("oa", "DELETE FROM base_customer WHERE khbh IN ('C001', 'C002')")
    run(company)
    crm(company, "C001", "level", "B")
    run(company)
    insert = "INSERT INTO base_customer VALUES (?, ?, ?, ?, ?, '上海分公司')"
    company.change("oa", insert, "C001", "无锡恒泰机床有限公司", "13800000001", "1200000", "A")
    company.change("oa", insert, "C002", "苏州瑞达模具", "13800000002", "50000.00", "Y")
    back = run(company)
    assert told(company, back, "C001", "level") == ("left_moved", 3, None, second.id)
    assert told(company, back, "C002", "level") == ("right_moved", None, 4, first.id)
