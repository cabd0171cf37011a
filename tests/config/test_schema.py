"""The shipped JSON Schema says what the loader says, as far as a schema can."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from checks.dictionary import FieldType, Sensitivity
from checks.normalisers import NORMALISERS
from governance.config import schema
from governance.config.read_sources import KINDS
from tests.config.test_load import FULL
from tests.config.worlds import SMALL

ROOT = Path(__file__).parents[2]


def shipped() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(schema.SHIPPED.read_text(encoding="utf-8"))
    return loaded


def errors(text: str) -> list[str]:
    document = YAML(typ="safe", pure=True).load(text)
    checker = jsonschema.Draft202012Validator(shipped())
    return [error.message for error in checker.iter_errors(document)]


def test_the_shipped_file_is_what_the_code_says() -> None:
    assert schema.SHIPPED.read_text(encoding="utf-8") == schema.text()
    jsonschema.Draft202012Validator.check_schema(shipped())


def test_enumerations_are_those_of_the_code() -> None:
    source = shipped()["properties"]["sources"]["additionalProperties"]["properties"]
    entity = shipped()["properties"]["entities"]["additionalProperties"]["properties"]
    field = entity["fields"]["additionalProperties"]["properties"]
    assert tuple(source["kind"]["enum"]) == KINDS
    assert set(field["normalize"]["enum"]) == set(NORMALISERS)
    assert set(field["type"]["enum"]) == {kind.value for kind in FieldType}
    assert set(field["sensitivity"]["enum"]) == {level.value for level in Sensitivity}


def test_kinds_of_sources_are_those_that_can_be_opened() -> None:
    from governance.sources import KINDS as OPENED

    assert set(KINDS) == set(OPENED)


def test_good_configurations_pass() -> None:
    assert errors(SMALL) == []
    assert errors(FULL) == []


def test_what_ships_passes() -> None:
    files = [*ROOT.glob("data/presets/*.yaml"), *ROOT.glob("data/dictionaries/*.yaml")]
    files += ROOT.glob("data/demo/**/governance*.yaml")
    assert len(files) >= 2
    for file in files:
        assert errors(file.read_text(encoding="utf-8")) == [], file.name


def test_examples_in_the_documentation_pass() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    examples = [e for e in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "version:" in e]
    assert examples
    for example in examples:
        assert errors(example) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("company:", "compny:"),
        ("authority:", "autority:"),
        ("normalize: company_name", "normalize: company"),
        ("normalize: company_name", "normalise: company_name"),
        ("kind: mariadb", "kind: maria"),
        ("table: kh", "tabel: kh"),
        ("sensitivity: personal", "sensitivity: secret"),
        ('password: "${OA_PASSWORD}"', "password: hunter2"),
    ],
)
def test_mistakes_are_underlined_in_the_editor(old: str, new: str) -> None:
    assert SMALL.count(old) == 1
    assert errors(SMALL.replace(old, new)) != []
