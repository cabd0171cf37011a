"""The command contract of `duiqi compare`: flags, JSON, exit codes."""

from __future__ import annotations

import pytest

LEFT = "id,name,amount\n1,Ann,10\n2,Bob,20\n3,Cid,30\n"
SIDE = ["rows", "keys", "duplicate_keys", "null_keys"]


def test_the_json_has_the_promised_keys_in_order(duiqi, pair):
    ran = duiqi(*pair(LEFT, "id,name,amount\n1,Ann,10\n2,Bo,21\n4,Dan,\n"), "--key", "id")
    assert list(ran.json)[:9] == [
        "left", "right", "matched", "aligned", "mismatched", "only_left", "only_right",
        "columns", "columns_only_left",
    ]  # fmt: skip
    assert list(ran.json)[9] == "columns_only_right"
    assert ran.json["left"] == {"rows": 3, "keys": 3, "duplicate_keys": 0, "null_keys": 0}
    assert list(ran.json["right"]) == SIDE
    assert (ran.json["matched"], ran.json["aligned"], ran.json["mismatched"]) == (2, 1, 1)
    assert (ran.json["only_left"], ran.json["only_right"]) == (1, 1)
    empty = {"normalized": 0, "within_tolerance": 0, "null_vs_value": 0}
    assert ran.json["columns"] == [
        {"name": "name", **empty, "different": 1},
        {"name": "amount", **empty, "different": 1},
    ]
    assert "direction" not in ran.json
    assert ran.out.count("\n") == 1
    assert ran.err == ""


@pytest.mark.parametrize(
    ("right", "code"),
    [
        (LEFT, 0),
        ("amount,id,name\n20,2,Bob\n10,1,Ann\n30,3,Cid\n", 0),
        ("id,name,amount\n1,Ann,10\n2,Bob,20\n", 1),
        (LEFT + "4,Dan,40\n", 1),
        (LEFT.replace("30", "31"), 1),
        (LEFT.replace("30", ""), 1),
        (LEFT + ",Eve,50\n", 1),
        ("id,name,amount,note\n1,Ann,10,\n2,Bob,20,\n3,Cid,30,\n", 1),
    ],
)
def test_the_exit_code_says_whether_there_is_a_difference(duiqi, pair, right, code):
    assert duiqi(*pair(LEFT, right), "--key", "id").code == code


def test_null_keys_alone_mean_a_difference(duiqi, pair):
    ran = duiqi(*pair(LEFT + ",Eve,50\n", LEFT + ",Eve,50\n"), "--key", "id")
    assert ran.code == 1
    assert ran.json["left"]["null_keys"] == ran.json["right"]["null_keys"] == 1
    assert (ran.json["matched"], ran.json["only_left"]) == (3, 0)


def test_a_composite_key_with_one_part_null_is_null(duiqi, pair):
    text = "a,b,v\n1,,x\n,1,x\n1,1,x\n"
    ran = duiqi(*pair(text, text), "--key", "a,b")
    assert ran.json["left"] == {"rows": 3, "keys": 1, "duplicate_keys": 0, "null_keys": 2}


def test_parts_of_a_composite_key_stay_apart(duiqi, pair):
    ran = duiqi(*pair("a,b,v\n1,11,x\n", "a,b,v\n11,1,x\n"), "--key", "a,b")
    assert (ran.json["only_left"], ran.json["only_right"]) == (1, 1)


def test_codes_stay_text(duiqi, pair):
    ran = duiqi(*pair("id,v\n007,1E5\n8,1.10\n", "id,v\n7,100000\n8,1.1\n"), "--key", "id")
    assert (ran.json["only_left"], ran.json["only_right"]) == (1, 1)
    assert ran.column("v")["different"] == 1


def test_keys_with_two_names(duiqi, pair):
    files = pair(LEFT, LEFT.replace("id,", "code,", 1))
    ran = duiqi(*files, "--left-key", "id", "--right-key", "code")
    assert ran.code == 0
    assert ran.json["columns_only_right"] == []


def test_map_renames_the_right(duiqi, pair):
    files = pair(LEFT, "id,who,paid\n1,Ann,10\n2,Bob,20\n3,Cid,31\n")
    ran = duiqi(*files, "--key", "id", "--map", "name=who,amount=paid")
    assert [c["name"] for c in ran.json["columns"]] == ["name", "amount"]
    assert ran.column("amount")["different"] == 1


def test_map_can_swap_two_columns(duiqi, pair):
    files = pair("id,a,b\n1,x,y\n", "id,a,b\n1,y,x\n")
    assert duiqi(*files, "--key", "id", "--map", "a=b,b=a").code == 0


def test_columns_of_one_side_are_listed_and_mean_a_difference_unless_ignored(duiqi, pair):
    files = pair("id,a,b\n1,x,y\n", "id,a,c\n1,x,z\n")
    ran = duiqi(*files, "--key", "id")
    assert (ran.json["columns_only_left"], ran.json["columns_only_right"]) == (["b"], ["c"])
    assert ran.code == 1
    ran = duiqi(*files, "--key", "id", "--ignore", "b,c")
    assert (ran.json["columns_only_left"], ran.json["columns_only_right"]) == ([], [])
    assert ran.code == 0


def test_ignored_columns_are_not_compared(duiqi, pair):
    files = pair("id,a,b\n1,x,y\n", "id,a,b\n1,x,z\n")
    assert duiqi(*files, "--key", "id", "--ignore", "b").code == 0


def test_types_apply_to_values_and_keys(duiqi, pair):
    files = pair("id,v\n007,1.10\n", "id,v\n7,1.1\n")
    ran = duiqi(*files, "--key", "id", "--type", "id=integer", "--type", "v=decimal")
    assert ran.code == 0
    assert ran.column("v")["normalized"] == 1


def test_normalisers_apply_to_values_and_keys(duiqi, pair):
    files = pair(
        "phone,name\n+86 138-1234-5678,云帆科技有限公司\n", "phone,name\n13812345678,云帆科技\n"
    )
    normal = ("--normalize", "phone=phone", "--normalize", "name=company_name")
    ran = duiqi(*files, "--key", "phone", *normal)
    assert ran.code == 0
    assert ran.column("name")["normalized"] == 1


def test_keys_that_fall_together_become_duplicates(duiqi, pair):
    files = pair("id,v\na,1\nA,2\n", "id,v\na,1\n")
    ran = duiqi(*files, "--key", "id", "--normalize", "id=code")
    assert ran.json["left"] == {"rows": 2, "keys": 1, "duplicate_keys": 1, "null_keys": 0}
    assert (ran.json["matched"], ran.json["only_left"]) == (1, 1)


def test_equal_multisets_are_no_difference(duiqi, pair):
    files = pair("id,v\n1,a\n1,b\n1,a\n", "id,v\n1,b\n1,a\n1,a\n")
    ran = duiqi(*files, "--key", "id")
    assert ran.code == 0
    assert ran.json["matched"] == 3


def test_tolerance_does_not_pair_repeated_rows(duiqi, pair):
    files = pair("id,v\n1,1\n1,2\n", "id,v\n1,1.5\n1,2\n")
    ran = duiqi(*files, "--key", "id", "--type", "v=decimal", "--tolerance", "v=1")
    assert (ran.json["matched"], ran.json["only_left"], ran.json["only_right"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("left", "right", "tolerance", "within"),
    [
        ("100", "100.01", "0.01", True),
        ("100", "100.0100000000000000000000001", "0.01", False),
        ("99", "100", "1%", True),
        ("98.99", "100", "1%", False),
        ("-99", "-100", "1%", True),
        ("0.1", "0.3", "0.2", True),
        ("1" + "0" * 40, "1" + "0" * 39 + "1", "1", True),
        ("1" + "0" * 40, "1" + "0" * 39 + "2", "1", False),
    ],
)
def test_number_tolerance_is_exact_and_includes_the_boundary(
    duiqi, pair, left, right, tolerance, within
):
    files = pair(f"id,v\n1,{left}\n", f"id,v\n1,{right}\n")
    typed = duiqi(*files, "--key", "id", "--type", "v=decimal", "--tolerance", f"v={tolerance}")
    plain = duiqi(*files, "--key", "id", "--tolerance", f"v={tolerance}")
    for ran in (typed, plain):
        assert ran.column("v")["within_tolerance"] == within
        assert ran.code == (not within)


@pytest.mark.parametrize(
    ("tolerance", "within"), [("5min", True), ("299s", False), ("1h", True), ("1d", True)]
)
def test_time_tolerance(duiqi, pair, tolerance, within):
    files = pair("id,t\n1,2026-03-01 12:00:00\n", "id,t\n1,2026-03-01 12:05:00\n")
    ran = duiqi(*files, "--key", "id", "--type", "t=datetime", "--tolerance", f"t={tolerance}")
    assert ran.column("t")["within_tolerance"] == within


def test_day_tolerance_on_dates(duiqi, pair):
    files = pair("id,d\n1,2026-02-28\n2,2026-02-28\n", "id,d\n1,2026-03-01\n2,2026-03-02\n")
    ran = duiqi(*files, "--key", "id", "--type", "d=date", "--tolerance", "d=1d")
    assert (ran.column("d")["within_tolerance"], ran.column("d")["different"]) == (1, 1)


def test_values_that_cannot_be_read_stay_as_written_and_are_reported(duiqi, pair):
    files = pair("id,v\n1,n/a\n2,5\n", "id,v\n1,n/a\n2,5.0\n")
    ran = duiqi(*files, "--key", "id", "--type", "v=decimal")
    assert ran.code == 0
    assert ran.json["unread"] == {"left": {"v": 1}, "right": {"v": 1}}


def test_null_against_value_is_a_class_of_its_own(duiqi, pair):
    files = pair('id,v\n1,\n2,""\n3,\n', "id,v\n1,x\n2,\n3,\n")
    ran = duiqi(*files, "--key", "id")
    assert ran.column("v") == {
        "name": "v", "normalized": 0, "within_tolerance": 0, "null_vs_value": 2, "different": 0,
    }  # fmt: skip


def test_a_file_of_keys_alone_can_be_compared(duiqi, pair):
    ran = duiqi(*pair("id\n1\n2\n", "id\n2\n3\n"), "--key", "id")
    assert (ran.json["matched"], ran.json["only_left"], ran.json["only_right"]) == (1, 1, 1)
    assert ran.json["columns"] == []


BAD_WORDS = [
    (("--key", "nope"), "id, name, amount"),
    ((), "--key"),
    (("--key", "id", "--map", "name=nope"), "id, name, amount"),
    (("--key", "id", "--map", "nope=name"), "id, name, amount"),
    (("--key", "id", "--map", "name"), "--map"),
    (("--key", "id", "--ignore", "nope"), "id, name, amount"),
    (("--key", "id", "--ignore", "id"), "key"),
    (("--key", "id,id"), "twice"),
    (("--key", "id", "--type", "nope=decimal"), "id, name, amount"),
    (("--key", "id", "--type", "amount=money"), "decimal"),
    (("--key", "id", "--normalize", "name=nope"), "company_name"),
    (("--key", "id", "--normalize", "nope=phone"), "id, name, amount"),
    (("--key", "id", "--tolerance", "amount=lots"), "lots"),
    (("--key", "id", "--tolerance", "nope=1"), "id, name, amount"),
    (("--key", "id", "--tolerance", "id=1"), "key"),
    (("--key", "id", "--tolerance", "name=1", "--normalize", "name=phone"), "number"),
    (("--key", "id", "--tolerance", "name=1min", "--type", "name=decimal"), "time"),
    (("--key", "id", "--findings", "out.pdf"), ".parquet"),
    (("--left-key", "id", "--right-key", "id,name"), "id,name"),
    (("--key", "id", "--nonsense"), "--nonsense"),
]


@pytest.mark.parametrize(("words", "told"), BAD_WORDS)
def test_wrong_words_end_with_2_and_say_what_is_allowed(duiqi, pair, words, told):
    ran = duiqi(*pair(LEFT, LEFT), *words)
    assert ran.code == 2
    assert ran.out == ""
    assert told in ran.err
    assert "Traceback" not in ran.err


def test_messages_are_told_in_chinese_too(duiqi, pair, monkeypatch):
    files = pair(LEFT, LEFT)
    monkeypatch.setenv("DUIQI_LANG", "zh")
    ran = duiqi(*files, "--key", "nope")
    assert (ran.code, "没有主键列" in ran.err) == (2, True)


def test_a_wrong_time_zone_is_refused(duiqi, pair, monkeypatch):
    files = pair(LEFT, LEFT)
    monkeypatch.setenv("DUIQI_TIME_ZONE", "Mars/Olympus")
    assert duiqi(*files, "--key", "id").code == 2


def test_the_example_of_the_readme_shows_every_class(duiqi):
    from pathlib import Path

    data = Path(__file__).parents[2] / "data" / "compare"
    words = ["--key", "客户编号", "--tolerance", "年度签约额=1"]
    for column, name in (
        ("客户名称", "company_name"),
        ("联系电话", "phone"),
        ("年度签约额", "amount"),
        ("签约日期", "date"),
    ):
        words += ["--normalize", f"{column}={name}"]
    ran = duiqi(data / "crm.csv", data / "oa.csv", *words)
    assert ran.code == 1
    assert ran.json["unread"] == {"left": {}, "right": {}}
    totals = {n: ran.json[n] for n in ("matched", "aligned", "mismatched")}
    assert totals == {"matched": 9, "aligned": 5, "mismatched": 4}
    assert (ran.json["only_left"], ran.json["only_right"]) == (2, 1)
    for part in ("normalized", "within_tolerance", "null_vs_value", "different"):
        assert sum(c[part] for c in ran.json["columns"]) > 0
    assert ran.json["left"]["duplicate_keys"] == 1
    assert ran.json["right"]["null_keys"] == 1
