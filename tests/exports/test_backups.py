"""`duiqi export backups`: evidence by clause, what could not be seen, and no cell that can act."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from checks.outcome import Outcome
from governance.access import Actor, Right
from governance.backups.evidence import CONTROLS
from governance.cli import call
from governance.config import load
from governance.errors import PermissionRefused
from governance.exports.backup_rows import PARTS
from governance.exports.backups import BackupsFile, sealed
from governance.i18n import t
from governance.ledger import open_ledger
from governance.reading import Desk
from governance.store import open_home
from tests.backups.sealed import YAML, Rows, watched
from tests.ui.world import LAST, Built, build

BAIT = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return watched(tmp_path_factory.mktemp("evidence"), bait=BAIT)


@pytest.fixture
def here(saved: Built, monkeypatch: pytest.MonkeyPatch) -> Built:
    monkeypatch.setenv("DUIQI_LANG", "en")
    monkeypatch.setenv("DUIQI_HOME", str(saved.home))
    monkeypatch.setenv("DUIQI_CONFIG", str(saved.config))
    return saved


def document(tmp_path: Path) -> dict[str, Any]:
    out = tmp_path / "evidence.json"
    assert call("export", ["backups", "--out", str(out)]) == 0
    told: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return told


def test_every_control_has_lines_for_every_system_and_none_says_more_than_was_seen(
    here: Built, tmp_path: Path
) -> None:
    told = document(tmp_path)
    outcomes = {(row["control"], row["system"]): row["outcome"] for row in told["evidence"]}
    assert {control for control, _ in outcomes} == set(CONTROLS)
    assert set(outcomes.values()) <= {o.value for o in Outcome}
    expected = {
        "B01": ("failed", "not_evaluable"),  # incomplete; the last drill is too old
        "B02": ("not_evaluable", "not_evaluable"),  # only claimed
        "B03": ("not_evaluable", "not_evaluable"),
        "B05": ("failed", "failed"),  # a hole; late
        "B06": ("not_evaluable", "not_evaluable"),
        "B07": ("failed", "not_evaluable"),
        "B08": ("not_evaluable", "passed"),
        "B09": ("failed", "passed"),
        "B10": ("failed", "passed"),  # one hand deletes both; locked by the store
        "B11": ("passed", "failed"),
    }
    for control, (crm, oa) in expected.items():
        assert (outcomes[control, "crm"], outcomes[control, "oa"]) == (crm, oa), control
    assert outcomes["B04", None] == "passed"


def test_no_file_speaks_of_compliance(here: Built, tmp_path: Path) -> None:
    document(tmp_path)
    for language in ("en", "zh"):
        for form in ("json", "csv"):
            out = tmp_path / f"evidence-{language}.{form}"
            assert call("export", ["backups", "--out", str(out), "--lang", language]) == 0
            text = out.read_text("utf-8-sig")
            about = t("backups.page.about.meaning.says", language)
            text = text.replace(about, "")
            assert "complian" not in text.lower()
            assert "合规" not in text.replace(t("overreach.clauses", "zh"), "").replace(
                "合规审计管理办法", ""
            )
            clause = t(
                "backups.page.evidence.says",
                language,
                clause="8.1.4.9 a",
                outcome=t("ui.outcome.failed", language),
            )
            assert clause in text


def test_the_document_proves_itself_and_names_the_run_it_rests_on(
    here: Built, tmp_path: Path
) -> None:
    told = document(tmp_path)
    assert told["sha256"] == sealed(told)
    file = here.home / told["run"]["file"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == told["run"]["sha256"]
    assert told["files"][0]["sha256"] == told["run"]["sha256"]
    told["verdicts"][0]["answer"] = True
    assert told["sha256"] != sealed(told)


def test_what_could_not_be_seen_is_a_part_of_its_own(here: Built, tmp_path: Path) -> None:
    told = document(tmp_path)
    unseen = Counter(row["what"] for row in told["not_seen"])
    assert unseen == {"unseen.catalogue": 1, "unseen.mark": 2}
    holes = [(row["system"], row["what"]) for row in told["holes"]]
    assert holes == [("crm", "hole.day")]
    verdicts = {(row["system"], row["mark"]): row["answer"] for row in told["verdicts"]}
    assert verdicts["crm", "intact"] is None
    assert verdicts["oa", "intact"] is True


def test_a_spreadsheet_has_a_sheet_a_part_and_no_cell_is_a_formula(
    here: Built, tmp_path: Path
) -> None:
    out = tmp_path / "evidence.xlsx"
    assert call("export", ["backups", "--out", str(out)]) == 0
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == [t(f"backups.page.part.{part}", "en") for part in PARTS]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type in ("s", "n") for cell in cells)
    assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)  # shown, never acting
    verdicts = book[t("backups.page.part.verdicts", "en")]
    answers = {row[2].value for row in verdicts.iter_rows(min_row=2)}
    assert answers == {"Yes", "No", "Not known"}


def test_a_csv_cell_that_could_act_is_neutralised(here: Built, tmp_path: Path) -> None:
    out = tmp_path / "evidence.csv"
    assert call("export", ["backups", "--out", str(out)]) == 0
    with out.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.reader(stream))
    assert any(cell.startswith("'=HYPERLINK") for line in lines for cell in line)
    assert not any(cell.startswith("=") for line in lines for cell in line)
    assert len({len(line) for line in lines}) == 1


def test_the_file_is_an_audit_event(here: Built, tmp_path: Path) -> None:
    document(tmp_path)
    ledger = open_ledger(here.home)
    (event, *_) = ledger.audit.recent(action="export.backups")
    ledger.close()
    assert event.detail["run"] == 30


@pytest.mark.parametrize(
    "actor",
    [
        Actor("viewer", frozenset({Right.VIEW})),
        Actor("chen", frozenset({Right.VIEW, Right.EXPORT}), departments=frozenset({"d3"})),
    ],
)
def test_whoever_may_not_export_or_sees_a_part_gets_no_file(
    actor: Actor, saved: Built, tmp_path: Path
) -> None:
    ledger = open_ledger(saved.home)
    home = open_home(saved.home)
    desk = Desk(home, ledger.database)
    config = load(saved.config, environ={}, secrets=False)
    file = BackupsFile(desk, ledger, config, actor, "en", LAST)
    with pytest.raises(PermissionRefused):
        file.write(tmp_path / "evidence.json")
    desk.close()
    ledger.close()
    assert list(tmp_path.iterdir()) == []


def test_before_the_first_look_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built = build(tmp_path, runs=False)
    monkeypatch.setenv("DUIQI_LANG", "en")
    monkeypatch.setenv("DUIQI_HOME", str(built.home))
    monkeypatch.setenv("DUIQI_CONFIG", str(built.config))
    out = tmp_path / "evidence.json"
    assert call("export", ["backups", "--out", str(out)]) == 2
    assert capsys.readouterr().err == t("backups.page.export.not_watched", "en") + "\n"
    built.config.write_text(built.config.read_text("utf-8") + YAML, encoding="utf-8")
    assert call("export", ["backups", "--out", str(out)]) == 2
    assert capsys.readouterr().err == t("backups.page.export.never_run", "en") + "\n"
    assert not out.exists()


def test_a_lock_that_has_run_out_protects_nothing(tmp_path: Path) -> None:
    from governance.backups.evidence import Facts, evidence
    from governance.backups.reading import Reader

    built = watched(tmp_path)
    ledger = open_ledger(built.home)
    desk = Desk(open_home(built.home), ledger.database)
    reader = Reader(desk, Actor("auditor", frozenset({Right.VIEW})))
    (oa,) = [row for row in reader.systems() if row.system == "oa"]
    newest = next(b for b in reader.backups("oa") if b.backup == Rows(LAST).physical(1))
    facts = Facts(LAST, oa, newest, (), ())
    late = replace(facts, at=LAST + timedelta(days=90))
    told = [
        {e.control: e.outcome for e in evidence([fact], (), ())}["B10"] for fact in (facts, late)
    ]
    desk.close()
    ledger.close()
    assert told == [Outcome.PASSED, Outcome.NOT_EVALUABLE]
