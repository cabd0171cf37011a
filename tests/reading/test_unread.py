"""Which cells could not be read, and whose records they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from checks.dictionary import Entity
from governance.access import Actor, local_operator
from governance.errors import PermissionRefused
from governance.reading import Desk, UnreadCell, unread
from tests.cast import APPROVER, BRANCH, OUTSIDER
from tests.runs.conftest import Company, company

__all__ = ["company"]
ME = local_operator()


@contextmanager
def desk(company: Company) -> Iterator[Desk]:
    made = Desk(company.home, company.ledger.database)
    yield made
    made.close()


def cells(company: Company, actor: Actor = ME, most: int = 50) -> tuple[UnreadCell, ...]:
    entity: Entity = company.config.entity("customer")
    with desk(company) as open_:
        return unread(open_.view(actor), entity, most)


def spoil(company: Company) -> None:
    company.change("oa", "UPDATE base_customer SET sxed = '待定' WHERE khbh IN ('C001', 'C004')")
    company.change("oa", "UPDATE base_customer SET lxdh = '问门卫' WHERE khbh = 'C002'")


def test_every_such_cell_is_named_with_its_record_and_personal_ones_masked(
    company: Company,
) -> None:
    company.run()
    assert cells(company) == ()
    spoil(company)
    company.run()
    found = cells(company)
    assert [(c.source, c.field, c.key_shown) for c in found] == [
        ("oa", "credit_limit", "C001"),
        ("oa", "phone", "C002"),
        ("oa", "credit_limit", "C004"),
    ]
    assert [c.value for c in found if c.field == "credit_limit"] == ["待定", "待定"]
    assert "问门卫" not in str(found)
    assert found[0].display == "无锡恒泰机床有限公司"


def test_what_was_mended_is_no_longer_listed(company: Company) -> None:
    spoil(company)
    company.run()
    company.change("oa", "UPDATE base_customer SET sxed = '90000' WHERE khbh = 'C004'")
    company.run()
    assert [c.key_shown for c in cells(company)] == ["C001", "C002"]
    assert len(cells(company, most=1)) == 1


def test_only_records_of_ones_own_departments_are_told(company: Company) -> None:
    spoil(company)
    company.run()
    (departments,) = [APPROVER.departments]
    assert departments is not None
    assert BRANCH in departments
    assert [c.key_shown for c in cells(company, APPROVER)] == ["C001", "C002"]
    with pytest.raises(PermissionRefused):
        cells(company, OUTSIDER)
