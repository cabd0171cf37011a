"""What the dictionary says of columns that nobody maps and of mapped ones that vanished."""

from __future__ import annotations

import pytest

from governance.errors import PermissionRefused
from governance.views.dictionary import EntityView, entity_view
from tests.cast import LEADER, OUTSIDER
from tests.runs.conftest import Company, company

__all__ = ["company"]


def seen(company: Company) -> EntityView:
    return entity_view(LEADER, company.config, company.ledger, "customer")


def test_a_column_that_nobody_maps_is_listed(company: Company) -> None:
    company.change("crm", "ALTER TABLE customers ADD COLUMN hobby TEXT")
    company.run()
    assert [(u.source.name, u.column) for u in seen(company).unmapped] == [("crm", "hobby")]
    assert seen(company).vanished == ()


def test_a_mapped_column_that_vanished_is_named_with_its_field(company: Company) -> None:
    company.run()
    company.change("oa", "ALTER TABLE base_customer RENAME COLUMN khjb TO dengji")
    company.run()
    (lost,) = seen(company).vanished
    assert (lost.source.name, lost.column) == ("oa", "khjb")
    assert [field.name for field in lost.fields] == ["level"]


def test_a_table_that_vanished_is_told_as_a_whole(company: Company) -> None:
    company.run()
    company.change("oa", "ALTER TABLE base_customer RENAME TO kehu")
    company.run()
    (lost,) = seen(company).vanished
    assert (lost.source.name, lost.column, lost.fields) == ("oa", None, ())


def test_what_came_back_is_no_longer_vanished(company: Company) -> None:
    company.run()
    company.change("oa", "ALTER TABLE base_customer RENAME COLUMN khjb TO dengji")
    company.run()
    company.change("oa", "ALTER TABLE base_customer RENAME COLUMN dengji TO khjb")
    company.run()
    assert seen(company).vanished == ()


def test_an_outsider_sees_no_dictionary(company: Company) -> None:
    with pytest.raises(PermissionRefused):
        entity_view(OUTSIDER, company.config, company.ledger, "customer")
