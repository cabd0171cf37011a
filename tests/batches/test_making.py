"""A batch holds what both systems hold at that moment, or it is not made."""

from __future__ import annotations

import csv
import io
import json
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from checks.crosswalk import joint
from checks.dictionary import Matching
from governance.access import Actor, Right
from governance.batches.lines import keys_of
from governance.cases.said import Word
from governance.errors import ConfigError, PermissionRefused, SourceUnavailable
from governance.exports.remediation import Action
from governance.ledger.rows import BatchStatus
from governance.reading import Desk, Filters
from tests.batches.conftest import Office
from tests.cast import APPROVER, LEADER, STEWARD
from tests.reading.build import CUSTOMER
from tests.worlds import CUSTOMERS

PHONE = "13800000006"


def told(path: Path) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["lines"]
    return lines


def line(path: Path, key: str, field: str) -> dict[str, Any]:
    return next(one for one in told(path) if (one["key"], one["field"]) == (key, field))


def test_a_checklist_has_a_line_for_every_finding(office: Office) -> None:
    office.company.run()
    made, path = office.make()
    assert made.lines == len(told(path)) == sum(f.copies for f in CUSTOMERS.expected.findings)
    assert (made.left_out, made.missed) == ({}, ())
    level = line(path, "C005", "level")
    assert (level["system"], level["current"], level["proposed"]) == ("oa", "B", "A")


def test_what_moved_since_the_run_is_left_out_and_said_so(office: Office) -> None:
    office.company.run()
    office.company.change("oa", "UPDATE base_customer SET khjb = 'C' WHERE khbh = 'C005'")
    office.company.change("crm", "UPDATE customers SET name = '别的' WHERE code = 'C011'")
    office.company.change("oa", "INSERT INTO base_customer (khbh) VALUES ('C007')")
    office.company.change("crm", "DELETE FROM customers WHERE code = 'C009' AND level = 'A'")
    made, path = office.make()
    assert made.left_out == {"moved": 4}
    assert set(made.missed) == {
        "customer · C005 · level",
        "customer · C011 · name",
        "customer · C007",
        "customer · C009",
    }
    assert {one["key"] for one in told(path)}.isdisjoint({"C005", "C007", "C009"})
    event = office.company.ledger.audit.recent(action="export.remediation")[0]
    assert event.detail["left_out"] == {"moved": 4}
    assert set(event.detail["missed"]) == set(made.missed)


def test_another_spelling_of_the_same_value_is_still_the_same(office: Office) -> None:
    office.company.run()
    office.company.change("crm", "UPDATE customers SET level = ' a ' WHERE code = 'C005'")
    made, path = office.make()
    assert made.left_out == {}
    assert line(path, "C005", "level")["proposed"] == " a ", "as it is written now"


def test_a_system_that_is_away_refuses_the_export(office: Office) -> None:
    office.company.run()
    (office.company.folder / "oa.sqlite").rename(office.company.folder / "away")
    with pytest.raises(SourceUnavailable):
        office.make()
    assert list(office.out.iterdir()) == []
    (batch,) = office.company.ledger.batches.recent()
    assert batch.status is BatchStatus.REFUSED
    assert batch.error_code is not None
    with pytest.raises(ConfigError, match=r"batch\.needs_reread"):
        office.make("sql", "sql", system="crm", reread=False)
    made, path = office.make(reread=False)
    assert made.lines == 11
    assert all("Not read again" in one["why"] for one in told(path))
    assert json.loads(path.read_text("utf-8"))["reread"] is False


def test_personal_values_come_only_for_who_asks_and_may(office: Office) -> None:
    office.company.run()
    masked, path = office.make()
    assert line(path, "C006", "phone")["proposed"] is None
    assert PHONE not in path.read_text("utf-8")
    blind = replace(STEWARD, rights=STEWARD.rights - {Right.REVEAL})
    with pytest.raises(PermissionRefused):
        office.make(actor=blind, reveal=True)
    made, path = office.make(reveal=True)
    assert line(path, "C006", "phone")["proposed"] == PHONE
    event = office.company.ledger.audit.recent(action="export.remediation")[0]
    assert event.detail["revealed"] == 1
    for number in (masked.number, made.number):
        shown = office.lines(number)["C006", "phone"]
        assert PHONE not in repr(shown), "the ledger keeps masks"
        assert shown.new_hash is not None


@pytest.mark.parametrize("actor", [LEADER, APPROVER])
def test_without_the_right_to_export_there_is_no_batch(office: Office, actor: Any) -> None:
    office.company.run()
    with pytest.raises(PermissionRefused):
        office.make(actor=actor)
    assert office.company.ledger.batches.recent() == ()
    assert list(office.out.iterdir()) == []


def test_each_line_is_an_export_decision_on_its_finding(office: Office) -> None:
    office.company.run()
    made, path = office.make()
    said = office.company.ledger.decisions.after()
    assert {row.kind for row in said} == {"export"}
    assert {row.finding_id for row in said} == {one["finding"] for one in told(path)}
    assert {row.payload["batch"] for row in said} == {made.number}
    second, _ = office.make()
    assert second.number > made.number


def test_files_are_for_their_owner_alone(office: Office) -> None:
    office.company.run()
    _, path = office.make()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_import_sheet_has_the_key_and_what_changes(office: Office) -> None:
    office.company.run()
    made, path = office.make("import", "csv", system="oa")
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert rows == [
        ["khbh", "khmc", "khjb"],
        ["C005", "武汉盛通汽车部件有限公司", "A"],
        ["C011", "云帆科技有限公司", "07"],
    ]
    assert made.left_out == {"for_person": 4, "personal": 1}
    office.make("import", "xlsx", system="oa", reveal=True)
    (sheet,) = openpyxl.load_workbook(office.out / "batch.xlsx")
    cells = list(sheet.iter_rows(values_only=True))
    assert cells[0] == ("khbh", "khmc", "lxdh", "khjb")
    assert cells[2] == ("C006", "天津金隆特种钢材有限公司", PHONE, "C")
    assert {c.data_type for row in sheet.iter_rows() for c in row if c.value} == {"s"}


def test_an_import_sheet_follows_the_template_of_its_system(office: Office) -> None:
    path = office.company.folder / "governance.yaml"
    text = path.read_text("utf-8")
    oa = "oa: {table: base_customer, "
    template = "import_template: {level: 客户等级, code: 客户编号}, "
    path.write_text(text.replace(oa, oa + template), "utf-8")
    office.company.run()
    made, path = office.make("import", "json", system="oa")
    assert json.loads(path.read_text("utf-8")) == {
        "Customer": [
            {"客户等级": "A", "客户编号": "C005"},
            {"客户等级": "07", "客户编号": "C011"},
        ]
    }
    assert made.left_out["not_in_template"] == 1


def test_hostile_values_reach_an_import_verbatim(office: Office) -> None:
    hostile = '=cmd|"x"\n,;\'\\ 👾'
    office.company.change("crm", "UPDATE customers SET name = ? WHERE code = 'C011'", hostile)
    office.company.run()
    _, path = office.make("import", "csv", system="oa")
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert {row["khbh"]: row["khmc"] for row in rows}["C011"] == hostile


def test_waived_findings_are_left_out_as_long_as_the_waiver_holds(office: Office) -> None:
    company = office.company
    company.run()
    _, path = office.make()
    name = line(path, "C005", "level")["finding"]
    lines = office.lines(1)["C005", "level"]
    decisions, boss = company.ledger.decisions, Actor("boss", frozenset(Right))
    payload = {
        "reason": "agreed",
        "expires_at": (office.now + timedelta(days=2)).isoformat(),
        "left_hash": lines.other_hash,
        "right_hash": lines.old_hash,
    }
    asked = decisions.add(STEWARD, name, Word.WAIVE_REQUEST, payload, now=office.now)
    assert office.make()[0].left_out == {}, "asked for is not granted"
    decisions.add(boss, name, Word.WAIVE_APPROVE, {"request": asked}, now=office.now)
    assert office.make()[0].left_out == {"waived": 1}
    company.day += 3
    assert office.make()[0].left_out == {}


def test_a_lone_row_is_not_told_to_be_merged_in_the_wrong_system(office_of_both: Office) -> None:
    office_of_both.company.run()
    _, path = office_of_both.make(filters=Filters(entity=("payment",), state=()))
    lone = [one for one in told(path) if one["key"] == "HT7 · 1"]
    by_system = {one["system"]: one["action_code"] for one in lone}
    assert by_system == {"crm": Action.CONFIRM.value, "oa": Action.MERGE.value}


def test_a_moment_is_proposed_as_the_target_writes_it(office_of_both: Office) -> None:
    office_of_both.company.run()
    _, path = office_of_both.make(filters=Filters(entity=("payment",), state=()))
    moved = line(path, "HT2 · 2", "booked_at")
    assert moved["current"] == "2026-03-04T04:00:00Z"
    assert moved["proposed"] == "2026-03-03T20:00:00Z", "04:00 in Shanghai"


@pytest.mark.parametrize(
    ("kind", "form", "more", "code"),
    [
        ("sql", "csv", {"system": "oa"}, "batch.form"),
        ("import", "csv", {}, "batch.needs_system"),
        ("checklist", "pdf", {}, "batch.form"),
        ("checklist", "csv", {"system": "erp"}, "batch.system"),
    ],
)
def test_what_cannot_be_made_is_said_before_anything_is_read(
    office: Office, kind: str, form: str, more: dict[str, Any], code: str
) -> None:
    office.company.run()
    with pytest.raises(ConfigError) as refused:
        office.make(kind, form, **more)
    assert refused.value.code == code
    assert office.company.ledger.batches.recent() == ()


def test_records_matched_without_a_shared_key_are_read_under_their_own_keys(
    office: Office,
) -> None:
    company = office.company
    company.run()
    desk = Desk(company.home, company.ledger.database)
    try:
        view = desk.view(STEWARD)
        found = next(f for f in view.every(Filters(entity=("customer",))) if f.field == "level")
    finally:
        desk.close()
    matched = replace(CUSTOMER, match=Matching())
    assert keys_of(found, CUSTOMER) == {"crm": found.key, "oa": found.key}
    both = replace(found, key=joint("C:1", "开 2"))
    assert keys_of(both, matched) == {"crm": "C:1", "oa": "开 2"}
    assert keys_of(replace(found, key=joint("C1", None)), matched) == {"crm": "C1", "oa": None}


def test_a_batch_that_breaks_is_not_being_made_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.company.run()

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("governance.batches.making.Maker._choose", broken)
    with pytest.raises(RuntimeError):
        office.make()
    (batch,) = office.company.ledger.batches.recent()
    assert (batch.status, batch.error_code) == (BatchStatus.REFUSED, "worker.unexpected")
