"""A value is proposed in the words of the system that is to take it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from checks.dictionary import Entity, Field, FieldType, Title
from checks.normalisers import NORMALISERS
from governance.batches.lines import spelled
from governance.batches.reread import Cell

ZONE = ZoneInfo("Asia/Shanghai")
NAMED = Title("字段", "Field")
READERS = [Field("f", NAMED, kind) for kind in FieldType]
READERS += [Field("f", NAMED, normalizer=name) for name in NORMALISERS]


def proposed(field: Field, word: str, own: str | None) -> str | None:
    entity = Entity("e", NAMED, ("k",), (field,), "crm", ())
    cells = Cell(word, word, word), Cell(own, own, own)
    return spelled(*cells, "varchar", entity, "f", ZONE)


@pytest.mark.parametrize("field", READERS, ids=lambda f: f.normalizer or f.type.value)
def test_a_value_of_any_kind_of_field_is_proposed(field: Field) -> None:
    assert proposed(field, "7", "8") == "7"


@pytest.mark.parametrize(
    ("word", "own", "told"),
    [
        ("true", "0", "1"),
        ("0", "true", "false"),
        ("Yes", "N", "Y"),
        ("是", "0", "1"),
        ("1", "否", "是"),
        ("f", "t", "f"),
        ("1", None, "1"),
        ("maybe", "0", "maybe"),
    ],
)
def test_yes_and_no_are_said_as_the_target_says_them(word: str, own: str | None, told: str) -> None:
    assert proposed(Field("f", NAMED, FieldType.BOOLEAN), word, own) == told
