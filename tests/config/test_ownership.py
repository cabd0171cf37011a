"""Owners, terms and money in governance.yaml: what they become, and what is wrong with them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from checks.dictionary import Money
from checks.ownership import Levels, OwnerRule, Terms
from governance.i18n import LANGUAGES
from tests.config.test_schema import errors
from tests.config.worlds import SMALL, loaded, only_problem, problems_of

ORDER = """\
  contract:
    key: number
    authority: oa
    fields:
      number: {type: code}
      customer: {type: code}
      amount: {normalize: amount}
      title: {}
      price: {normalize: amount, sensitivity: sensitive}
    sources:
      crm: {table: ht, columns: {number: no, customer: kh, title: bt, price: dj}}
      oa: {table: ht, columns: {number: no, customer: kh, amount: je, title: bt, price: dj}}
"""
HANGING = "{entity: contract, field: amount, by: customer}"


def text(money: str = "", *top: str) -> str:
    """SMALL with a contract beside the customer, the customer's `money` and lines at the top."""
    assert SMALL.count("    key: customer_no\n") == 1
    key = "    key: customer_no\n" + (f"    money: {money}\n" if money else "")
    return SMALL.replace("    key: customer_no\n", key) + ORDER + "".join(f"{t}\n" for t in top)


def test_what_is_left_out_has_its_usual_value(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    assert (config.owners, config.money_at_risk) == ((), Levels())
    assert config.due == Terms()
    assert config.due.critical < config.due.high < config.due.medium < config.due.low
    assert config.entity("customer").money == ()


def test_rules_keep_their_order_and_take_one_name_or_several(tmp_path: Path) -> None:
    owners = """\
owners:
  - {owner: 王芳, entity: customer, field: [phone, name], department: 华东销售部, system: oa}
  - {owner: 李强, entity: [customer, contract], system: [crm, oa]}
  - owner: 赵敏"""
    config = loaded(tmp_path, text("", owners))
    assert config.owners == (
        OwnerRule("王芳", ("customer",), ("phone", "name"), ("华东销售部",), ("oa",)),
        OwnerRule("李强", ("customer", "contract"), (), (), ("crm", "oa")),
        OwnerRule("赵敏"),
    )
    assert errors(text("", owners)) == []


def test_terms_and_levels_may_be_stated_in_part(tmp_path: Path) -> None:
    top = ("due: {critical: 12h, low: 1w}", 'money_at_risk: {critical: "1000000.50"}')
    config = loaded(tmp_path, text("", *top))
    assert config.due == Terms(critical=timedelta(hours=12), low=timedelta(weeks=1))
    assert config.money_at_risk == Levels(critical=Decimal("1000000.50"))
    assert errors(text("", *top)) == []


def test_money_is_an_own_field_or_hangs_on_the_record_or_both(tmp_path: Path) -> None:
    own, hanging = Money("credit"), Money("amount", "contract", ("customer",))
    for money, expected in {
        "credit": (own,),
        HANGING: (hanging,),
        f"[{HANGING}, credit]": (hanging, own),
    }.items():
        assert loaded(tmp_path, text(money)).entity("customer").money == expected
        assert errors(text(money)) == []


def test_what_a_dictionary_offers_and_nobody_maps_is_left_out(tmp_path: Path) -> None:
    own = SMALL.replace("    title: {zh: 客户, en: Customer}\n", "").replace("customers,", "kh,")
    config = loaded(tmp_path, own + "use: [data/dictionaries/company.yaml]\n")
    assert config.entity("customer").money == ()


def test_a_dictionarys_money_counts_once_its_fields_are_mapped(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        """\
        version: 1
        company: Yunfan
        use: [data/dictionaries/company.yaml]
        sources:
          crm: {kind: postgresql, url: "${CRM_URL}"}
        entities:
          customer:
            sources: {crm: {table: kh, columns: {customer_no: no}}}
          contract:
            sources: {crm: {table: ht, columns: {contract_no: n, customer_no: k, amount: a}}}
        """,
    )
    assert config.entity("customer").money == (Money("amount", "contract", ("customer_no",)),)
    assert config.entity("contract").money == (Money("amount"),)


MISTAKES = {
    "an owner without a name": ("owners: [{entity: customer}]", "config.missing"),
    "a blank owner": ("owners: [{owner: ' '}]", "config.want_text"),
    "a name for a list of rules": ("owners: 王芳", "ownership.want_rules"),
    "names for rules": ("owners: [王芳]", "config.want_mapping"),
    "an unknown key in a rule": ("owners: [{owner: a, entty: b}]", "config.unknown_key_near"),
    "an unknown entity": ("owners: [{owner: a, entity: custmer}]", "config.unknown_entity_near"),
    "an unknown field": (
        "owners: [{owner: a, entity: customer, field: fone}]", "config.unknown_field_near"),
    "a field of another entity": (
        "owners: [{owner: a, entity: contract, field: phone}]", "config.unknown_field"),
    "an unknown system": ("owners: [{owner: a, system: [crm, erp]}]", "config.unknown_source"),
    "no names at all": ("owners: [{owner: a, department: []}]", "config.empty_list"),
    "an unknown severity": ("due: {critcal: 2d}", "config.unknown_key_near"),
    "a term without a unit": ("due: {critical: 2}", "config.bad_duration"),
    "no term": ("due: {critical: 0d}", "config.zero_duration"),
    "an unknown level": ("money_at_risk: {medium: 5}", "config.unknown_key"),
    "an amount in words": ("money_at_risk: {high: 十万}", "config.bad_number"),
    "nothing at risk": ("money_at_risk: {high: 0}", "ownership.level_positive"),
    "levels the wrong way round": (
        "money_at_risk: {high: 10, critical: 9}", "ownership.levels_order"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_at_the_top_has_its_message_and_place(mistake: str, tmp_path: Path) -> None:
    line, code = MISTAKES[mistake]
    problem = only_problem(tmp_path, text("", line))
    assert (problem.code, problem.line) == (code, text("", line).count("\n"))
    assert problem.key.startswith(line.split(":")[0])
    assert all(problem.text(language) for language in LANGUAGES)


MONEY = {
    "an unknown field": ("credt", "config.unknown_field_near"),
    "a text": ("name", "ownership.not_a_number"),
    "a masked field": (
        "{entity: contract, field: price, by: customer}", "ownership.masked"),
    "an unknown entity": (
        "{entity: contrct, field: amount, by: customer}", "config.unknown_entity_near"),
    "an unknown field there": (
        "{entity: contract, field: sum, by: customer}", "config.unknown_field"),
    "an unknown reference": (
        "{entity: contract, field: amount, by: custmer}", "config.unknown_field_near"),
    "a reference that is read otherwise": (
        "{entity: contract, field: amount, by: title}", "ownership.by_unlike"),
    "too many parts": (
        "{entity: contract, field: amount, by: [customer, number]}", "ownership.by_parts"),
    "no reference": ("{entity: contract, field: amount}", "config.missing"),
    "another key": ("{entity: contract, field: amount, by: customer, of: x}", "config.unknown_key"),
    "no money at all": ("[]", "config.empty_list"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MONEY)
def test_each_mistake_in_an_entitys_money_has_its_message(mistake: str, tmp_path: Path) -> None:
    money, code = MONEY[mistake]
    problem = only_problem(tmp_path, text(money))
    assert problem.code == code
    assert problem.key.startswith("entities.customer.money")
    assert all(problem.text(language) for language in LANGUAGES)


def test_a_source_must_keep_the_amount_and_the_reference_together(tmp_path: Path) -> None:
    apart = text(HANGING).replace(
        "oa: {table: ht, columns: {number: no, customer: kh, amount",
        "oa: {table: ht, columns: {number: no, amount",
    )
    (problem,) = problems_of(tmp_path, apart)
    assert problem.code == "ownership.no_source"
