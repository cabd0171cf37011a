"""The demo company is believable, and nobody in it is real."""

from __future__ import annotations

from datetime import date
from random import Random

import phonenumbers
import pytest
from stdnum.cn import ric, uscc

from governance.demo import firms, people
from governance.demo.company import LEAST_SIZE, Maker, found
from governance.demo.notation import Row

START = date(2026, 10, 1)


@pytest.fixture(scope="module")
def records() -> dict[str, list[Row]]:
    made = found(Maker(7, START), 400)
    return {entity: list(rows.values()) for entity, rows in made.items()}


def test_size_sets_the_proportions(records: dict[str, list[Row]]) -> None:
    counts = {entity: len(rows) for entity, rows in records.items()}
    assert counts["customer"] == 400
    assert counts["contact"] == 560
    assert counts["contract"] == 320
    assert counts["staff"] == 40
    assert 320 < counts["payment"] < 960


def test_a_company_too_small_for_its_faults_is_refused() -> None:
    with pytest.raises(ValueError, match=str(LEAST_SIZE)):
        found(Maker(7, START), LEAST_SIZE - 1)


def test_credit_codes_pass_gb_32100(records: dict[str, list[Row]]) -> None:
    codes = [row["credit_code"] for row in records["customer"]]
    assert all(uscc.is_valid(code) for code in codes)
    assert {code.isdigit() for code in codes} == {True, False}
    assert len(set(codes)) == len(codes)


def test_identity_numbers_check_but_belong_to_nobody(records: dict[str, list[Row]]) -> None:
    for row in records["staff"]:
        number = row["id_number"]
        assert ric.calc_check_digit(number) == number[-1]
        with pytest.raises(ric.InvalidComponent):
            ric.get_birth_place(number)


def test_mobile_numbers_have_the_form_of_mobile_numbers(records: dict[str, list[Row]]) -> None:
    for row in records["contact"]:
        parsed = phonenumbers.parse(row["mobile"], "CN")
        assert phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE


def test_mail_can_reach_nobody(records: dict[str, list[Row]]) -> None:
    mails = [r["email"] for r in (*records["contact"], *records["staff"]) if r["email"]]
    assert all(mail.endswith(".example") and mail.isascii() for mail in mails)


def test_references_lead_to_records(records: dict[str, list[Row]]) -> None:
    staff = {row["code"] for row in records["staff"]}
    customers = {row["code"] for row in records["customer"]}
    contracts = {row["number"]: row for row in records["contract"]}
    assert {row["owner"] for row in records["customer"]} <= staff
    assert {row["customer"] for row in records["contact"]} <= customers
    assert {row["customer"] for row in contracts.values()} <= customers
    for payment in records["payment"]:
        assert 0 < payment["amount"] <= contracts[payment["contract"]]["amount"]


def test_every_branch_has_customers_in_its_share(records: dict[str, list[Row]]) -> None:
    for branch in firms.BRANCHES:
        count = sum(row["branch"] == branch.name for row in records["customer"])
        assert count == 400 * branch.share / 25


def test_some_names_are_beyond_gbk_and_none_beyond_gb18030() -> None:
    names = [people.person(Random(n), rare=True).name for n in range(20)]
    for name in names:
        assert name.encode("gb18030")
        with pytest.raises(UnicodeEncodeError):
            name.encode("gbk")


def test_a_legal_form_is_found_whole() -> None:
    assert firms.legal_form("无锡恒泰机床集团有限公司") == "集团有限公司"
    assert firms.legal_form("锦利模具（无锡）股份有限公司") == "股份有限公司"
    assert firms.legal_form("恒泰机床厂") == ""
