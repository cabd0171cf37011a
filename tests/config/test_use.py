"""Presets and dictionaries lie under the user's file; mistakes point into the right file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from governance.config import ConfigProblems, load
from tests.config.worlds import ENVIRON, only_problem, problems_of, written

ROOT = Path(__file__).parents[2]

HEAD = """\
version: 1
company: 云帆
sources:
  crm: {kind: csv, path: crm.csv}
  oa: {kind: csv, path: oa.csv}
"""
USING = (
    HEAD
    + """\
use: [under.yaml]
entities:
  customer:
    authority: crm
    fields:
      name: {weight: 9}
    sources:
      crm: {columns: {customer_no: a, name: b}}
      oa: {columns: {customer_no: c, name: d}}
"""
)
UNDER = """\
version: 1
entities:
  customer:
    title: {zh: 客户, en: Customer}
    key: customer_no
    display: name
    department: branch
    fields:
      customer_no: {type: code}
      name: {normalize: company_name, weight: 2}
      branch: {normalize: text}
  supplier:
    title: {zh: 供应商, en: Supplier}
    key: no
    fields: {no: {type: code}}
"""


def test_the_own_file_goes_over_the_used_one(tmp_path: Path) -> None:
    written(tmp_path, UNDER, "under.yaml")
    config = load(written(tmp_path, USING), environ={})
    customer = config.entity("customer")
    assert customer.title.zh == "客户"
    assert customer.field_named("name").normalizer == "company_name"
    assert customer.field_named("name").weight == 9


def test_the_configuration_names_every_file_it_was_read_from(tmp_path: Path) -> None:
    under = written(tmp_path, UNDER, "under.yaml")
    path = written(tmp_path, USING)
    assert load(path, environ={}).files == (path, under)


def test_what_nobody_maps_is_left_out_of_a_used_file(tmp_path: Path) -> None:
    written(tmp_path, UNDER, "under.yaml")
    config = load(written(tmp_path, USING), environ={})
    assert [entity.name for entity in config.entities] == ["customer"]
    assert [field.name for field in config.entity("customer").fields] == ["customer_no", "name"]
    assert config.entity("customer").department is None


def test_a_later_file_goes_over_an_earlier_one(tmp_path: Path) -> None:
    written(tmp_path, UNDER, "under.yaml")
    later = "version: 1\nentities: {customer: {lag: 5m, display: customer_no}}\n"
    written(tmp_path, later, "later.yaml")
    text = USING.replace("[under.yaml]", "[under.yaml, later.yaml]")
    customer = load(written(tmp_path, text), environ={}).entity("customer")
    assert (customer.display, customer.lag.total_seconds()) == ("customer_no", 300)


def test_a_mistake_in_a_used_file_points_there(tmp_path: Path) -> None:
    written(tmp_path, UNDER.replace("company_name", "company"), "under.yaml")
    problem = only_problem(tmp_path, USING)
    assert Path(problem.file).name == "under.yaml"
    assert problem.line == 10


def test_a_used_file_may_not_bring_sources_or_alerts(tmp_path: Path) -> None:
    written(tmp_path, UNDER + 'alerts: {channels: ["${A}"]}\nsources: {}\n', "under.yaml")
    found = problems_of(tmp_path, USING)
    assert [(p.code, p.key) for p in found] == [
        ("config.unknown_key", "alerts"),
        ("config.unknown_key", "sources"),
    ]


def test_as_renames_the_only_source_of_a_preset(tmp_path: Path) -> None:
    text = HEAD + "use: [{file: data/presets/ruoyi.yaml, as: legacy_oa}]\nentities: {}\n"
    text = text.replace(
        "  oa: {kind: csv, path: oa.csv}", '  legacy_oa: {kind: mysql, url: "${U}"}'
    )
    config = load(written(tmp_path, text), environ={"U": "mysql://r@h/ry"})
    assert [entity.name for entity in config.entities] == ["staff", "department"]
    for entity in config.entities:
        assert entity.authority == "legacy_oa"
        assert [mapping.source for mapping in entity.mappings] == ["legacy_oa"]


def test_as_needs_exactly_one_source(tmp_path: Path) -> None:
    written(tmp_path, UNDER, "under.yaml")
    found = problems_of(tmp_path, USING.replace("[under.yaml]", "[{file: under.yaml, as: oa}]"))
    assert "config.as_needs_one" in {problem.code for problem in found}


def test_the_digest_covers_what_is_used(tmp_path: Path) -> None:
    written(tmp_path, UNDER, "under.yaml")
    path = written(tmp_path, USING)
    before = load(path, environ={}).digest
    written(tmp_path, UNDER.replace("客户", "顾客"), "under.yaml")
    assert load(path, environ={}).digest != before


def test_the_preset_never_reads_a_password() -> None:
    text = (ROOT / "data/presets/ruoyi.yaml").read_text(encoding="utf-8")
    mapped = re.sub(r"#.*", "", text)
    assert "password" not in mapped
    assert "login_ip" not in mapped


def test_every_entity_of_the_dictionary_loads_when_all_is_mapped(tmp_path: Path) -> None:
    from governance.config.proposal import dictionary

    lines = [HEAD, "use: [data/dictionaries/company.yaml]\nentities:\n"]
    for name, entity in dictionary().items():
        columns = ", ".join(f"{field}: {field}" for field in entity.items["fields"].items)
        lines.append(f"  {name}: {{sources: {{crm: {{columns: {{{columns}}}}}}}}}\n")
    config = load(written(tmp_path, "".join(lines)), environ={})
    assert [entity.name for entity in config.entities] == [
        "customer", "contact", "contract", "payment", "staff", "department",
    ]  # fmt: skip
    for entity in config.entities:
        for field in entity.fields:
            assert field.title.zh != field.title.en, (entity.name, field.name)


def test_examples_of_the_documentation_load(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    examples = [e for e in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "version:" in e]
    assert len(examples) == 2
    for example in examples:
        config = load(
            written(tmp_path, example), environ=ENVIRON | {"OA_URL": "mysql://reader:x@h/ry"}
        )
        assert config.checks


@pytest.mark.parametrize(
    "text", ["use: [governance.yaml]", "use: [.]", 'use: ["../../etc/passwd"]']
)
def test_using_nonsense_is_a_plain_problem(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems):
        load(written(tmp_path, HEAD + text + "\nentities: {}\n"), environ={})
