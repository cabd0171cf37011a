"""What `duiqi init` makes of two systems' tables: keys, columns, normalisers, sensitivity."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from checks.dictionary import Title
from governance.config import load
from governance.config.guess import shape
from governance.config.model import SourceConfig
from governance.config.pairing import pairs
from governance.config.proposal import Proposed, propose, slug
from governance.config.sampling import Looked, Sample, source_of
from governance.config.synonyms import entity_of, field_of, may_be_read
from governance.config.writing import scalar, written
from governance.errors import ConfigError

Cell = str | None


def sample(source: str, name: str, columns: str, rows: Sequence[Sequence[Cell]]) -> Sample:
    return Sample(source, name, name, tuple(columns.split()), {}, tuple(map(tuple, rows)))


def customers(count: int = 60) -> tuple[Sample, Sample]:
    """A CRM's and an OA's customers; ids of their own, one common number, other spellings."""
    chance = random.Random(7)
    left, right = [], []
    for n in range(1, count + 1):
        number, phone = f"C{n:05d}", f"138{chance.randrange(10**8):08d}"
        day = f"2025-{n % 12 + 1:02d}-{n % 28 + 1:02d}"
        left.append((str(n), number, f"杭州第{n}机械有限公司", phone, f"{n * 1000}.50", day, "1"))
        right.append((f"杭州第{n}机械", number, f"{phone[:3]}-{phone[3:7]}-{phone[7:]}",
                      f"{n * 1000:,}.50", day.replace("-", "/"), "正常"))  # fmt: skip
    chance.shuffle(right)
    numbered = [(str(place), *row) for place, row in enumerate(right, start=1)]
    one = sample("crm", "customers", "id cust_no cust_name tel limit_amt created status", left)
    other = sample("oa", "formtable_main_kh", "id khmc khbh lxdh xyed cjrq zt", numbered)
    return one, other


def looked(*samples: Sample) -> tuple[Looked, ...]:
    names = dict.fromkeys(one.source for one in samples)
    return tuple(
        Looked(
            SourceConfig(name, "postgresql", Title(name, name), url="postgresql://r:secret@h/d"),
            tuple(one for one in samples if one.source == name),
        )
        for name in names
    )


def field_columns(entity: Proposed) -> dict[str, tuple[str, ...]]:
    return {field.name: tuple(field.columns.values()) for field in entity.fields}


def test_a_shared_number_is_the_key_and_counters_are_not() -> None:
    (pair,) = pairs((customers()[0],), (customers()[1],))
    assert pair.key == ("cust_no", "khbh")
    assert pair.overlap == 1.0


def test_counters_that_began_alike_are_not_one_column() -> None:
    """Filled from one list, both count 1, 2, 3 until a row that one of them never had."""
    names = [f"C{n:05d}" for n in range(60)]
    left = [(str(at), name, f"客户{name}") for at, name in enumerate(names)]
    right = [(str(at), name, f"客户{name}") for at, name in enumerate(names[:20] + names[21:])]
    (found,) = pairs(
        (sample("crm", "customers", "id customer_no name", left),),
        (sample("oa", "kehu", "id kehu_bianhao kehu_mingcheng", right),),
    )
    assert ("id", "id") not in found.columns
    assert found.columns[0] == ("customer_no", "kehu_bianhao")


def test_columns_are_paired_by_name_and_by_value() -> None:
    (entity,) = propose(looked(*customers()))
    assert entity.name == "customer"
    assert field_columns(entity) == {
        "customer_no": ("cust_no", "khbh"),
        "name": ("cust_name", "khmc"),
        "phone": ("tel", "lxdh"),
        "credit_limit": ("limit_amt", "xyed"),
        "created_on": ("created", "cjrq"),
        "status": ("status", "zt"),
    }
    settings = {field.name: field.settings for field in entity.fields}
    assert settings["customer_no"]["required"] == "true"
    assert (
        settings["phone"] | {"normalize": "phone", "sensitivity": "personal"} == settings["phone"]
    )
    assert settings["name"]["normalize"] == "company_name"


def test_duplicate_and_missing_keys_do_not_hide_the_key() -> None:
    one, other = customers()
    rows = [
        *other.rows,
        *other.rows[:4],
        *[(str(n), "x", None, None, None, None, None) for n in range(5)],
    ]
    dirty = Sample("oa", other.table, other.name, other.columns, {}, tuple(rows))
    (pair,) = pairs((one,), (dirty,))
    assert pair.key == ("cust_no", "khbh")


def test_tables_nobody_has_a_word_for_are_paired_by_values() -> None:
    left = sample(
        "crm", "Asset List", "Tag Colour Maker", [(f"A-{n}", f"c{n}", f"m{n}") for n in range(30)]
    )
    right = sample(
        "oa", "zc2024", "标签 颜色 厂商", [(f"A-{n}", f"c{n}", f"M{n}") for n in range(5, 40)]
    )
    (entity,) = propose(looked(left, right))
    assert entity.name == "asset_list"
    assert field_columns(entity) == {
        "tag": ("Tag", "标签"), "colour": ("Colour", "颜色"), "maker": ("Maker", "厂商"),
    }  # fmt: skip
    assert entity.fields[1].zh == "颜色"


def test_tables_that_share_no_key_are_not_paired() -> None:
    left = sample("crm", "customers", "no name", [(f"A{n}", f"n{n}") for n in range(30)])
    right = sample("oa", "customers", "no name", [(f"B{n}", f"m{n}") for n in range(30)])
    assert propose(looked(left, right)) == ()


def test_each_table_is_used_once_and_by_its_better_partner() -> None:
    one, other = customers()
    people = [(f"E{n:04d}", f"员工{n}", f"139{n:08d}") for n in range(60)]
    rows = [(str(n), *person) for n, person in enumerate(people)]
    staff = sample("oa", "hrmresource", "id workcode lastname mobile", rows)
    rows = [(str(n + 7), *person) for n, person in enumerate(people)]
    users = sample("crm", "users", "id emp_no real_name phone", rows)
    found = {entity.name: entity for entity in propose(looked(users, one, staff, other))}
    assert set(found) == {"customer", "staff"}
    assert field_columns(found["staff"])["staff_no"] == ("emp_no", "workcode")


def test_one_system_alone_gives_what_its_tables_look_like() -> None:
    (entity,) = propose(looked(customers()[0]))
    assert (entity.name, entity.key, entity.overlap) == ("customer", "customer_no", None)


HOSTILE = 'a: "b" #{x}\n- *y\u2028\x85{{z}}'


def test_hostile_names_stay_text_in_the_file(tmp_path: Path) -> None:
    rows = [(f"K{n:04d}", f"v{n}") for n in range(30)]
    left = Sample("crm", HOSTILE, HOSTILE, ("no", HOSTILE), {}, tuple(rows))
    right = Sample("oa", "yes", "yes", ("null", "007"), {}, tuple(rows))
    path = tmp_path / "governance.yaml"
    systems = looked(left, right)
    path.write_text(written(systems, propose(systems), path, "zh"), encoding="utf-8")
    environ = {"CRM_URL": "postgresql://r@h/d", "OA_URL": "postgresql://r@h/d"}
    (entity,) = load(path, environ=environ).entities
    assert [mapping.table for mapping in entity.mappings] == [HOSTILE, "yes"]
    assert list(entity.mappings[0].columns.values()) == ["no", HOSTILE]
    assert list(entity.mappings[1].columns.values()) == ["null", "007"]


def test_the_written_file_loads_and_holds_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "governance.yaml"
    systems = looked(*customers())
    for language in ("zh", "en"):
        text = written(systems, propose(systems), path, language)
        assert "secret" not in text
        path.write_text(text, encoding="utf-8")
        environ = {"CRM_URL": "postgresql://r@h/d", "OA_URL": "postgresql://r@h/d"}
        config = load(path, environ=environ)
        assert config.locale == language
        assert config.check("customer").sources == ("crm", "oa")


@pytest.mark.parametrize(
    "text", ["plain", "客户", "a b", "1", "yes", "~", "", "a: b", "#x", "\u2028", "\ud800x"]
)
def test_a_scalar_reads_back_as_it_was(text: str) -> None:
    from ruamel.yaml import YAML

    if "\ud800" in text:
        assert "\\ud800" in scalar(text)
    else:
        assert YAML(typ="safe", pure=True).load(f"[{scalar(text)}]") == [text]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a@b.cn", "c@d.com"], "email"),
        (["13812345678", "+86 139-1234-5678", "0571-88776655"], "phone"),
        (["91330100MA27X12345", "91110000100000123X"], "credit_code"),
        (["330102199003071234", "11010519491231002X"], "id_number"),
        (["2026-03-01", "2026年3月2日", "2026/3/3"], "date"),
        (["2026-03-01 10:00:00", "2026-03-02T10:00"], "datetime"),
        (["1,234.50", "￥99", "3万"], "amount"),
        (["12%", "13.5%"], "percent"),
        (["1", "2", "30"], "integer"),
        (["007", "008", "0123"], "code"),
        (["HT-2026-001", "HT-2026-002"], "code"),
        (["张三", "李四"], None),
        ([None, "", " "], None),
        (["1"], None),
    ],
)
def test_shapes_are_told_from_values(values: list[Cell], expected: str | None) -> None:
    assert shape(values) == expected


def test_names_are_known_in_english_chinese_and_pinyin() -> None:
    for table in (
        "public.customers",
        "kh",
        "客户档案",
        "t_customer",
        "CrmCustomer",
        "formtable_kh",
    ):
        assert entity_of(table) == "customer", table
    for column in ("cust_name", "khmc", "客户名称", "CompanyName", "c_name"):
        assert field_of("customer", column) == "name", column
    assert entity_of("zzz") is None


def test_passwords_and_tokens_are_never_looked_at() -> None:
    for column in (
        "password",
        "Passwd",
        "user_pwd",
        "pwd_hash",
        "salt",
        "api_token",
        "密码",
        "loginpass",
    ):
        assert not may_be_read(column), column
    for column in ("name", "passport_no", "compass_direction"):
        assert may_be_read(column), column


def test_names_become_names_of_the_format() -> None:
    names = {"Cust No.": "cust_no", "CustName": "cust_name", "a__b": "a_b", "客户": "",
             "2nd": "f_2nd", "_x_": "x", "a" * 99: "a" * 44}  # fmt: skip
    assert {name: slug(name) for name in names} == names


def test_addresses_and_files_are_told_apart(tmp_path: Path) -> None:
    kinds = {
        "postgresql://r@h/d": "postgresql",
        "postgres://r@h/d": "postgresql",
        "mysql+pymysql://r@h/d": "mysql",
        "mariadb://r@h/d": "mariadb",
        "oracle://r@h/d": "sqlalchemy",
        "sqlite:///x.db": "sqlite",
        "a.csv": "csv",
        "a.XLSX": "xlsx",
        "a.db": "sqlite",
    }
    assert {where: source_of("crm", where).kind for where in kinds} == kinds
    with pytest.raises(ConfigError, match=r"source\.suffix"):
        source_of("crm", "a.docx")
