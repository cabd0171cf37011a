"""`duiqi permissions` over a tiny company's nights."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from governance.cli import call
from tests.permissions.home import company
from tests.runs.conftest import Company

Told = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Two nights from 3 March (02:05 in Shanghai): Zhao loses the intern's role, and the OA keeps
    its grants to itself."""
    made = company(tmp_path_factory.mktemp("command"))
    made.run()
    made.change("crm", "DELETE FROM user_roles WHERE role_id = 'intern'")
    made.change("oa", "ALTER TABLE role_rights RENAME TO hidden")
    made.run()
    return made


@pytest.fixture
def told(
    lived: Company, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Told:
    monkeypatch.setenv("DUIQI_HOME", str(lived.home.path))
    monkeypatch.setenv("DUIQI_CONFIG", str(lived.folder / "governance.yaml"))
    monkeypatch.setenv("DUIQI_LANG", "en")

    def ask(*words: str) -> tuple[int, str, str]:
        code = call("permissions", list(words))
        said = capsysbinary.readouterr()
        return code, said.out.decode(), said.err.decode()

    return ask


def grants(said: str) -> list[dict[str, Any]]:
    return json.loads(said)["grants"]  # type: ignore[no-any-return]


def test_it_lists_every_right_with_its_path_as_one_object(told: Told) -> None:
    code, said, _ = told("--format", "json", "--as-of", "2026-03-03")
    assert code == 0
    found = json.loads(said)
    assert list(found) == ["as_of", "run", "systems", "grants", "not_evaluable"]
    assert (found["as_of"], found["run"]) == ("2026-03-03T15:59:59Z", 1)
    assert [(s["system"], s["accounts"], s["not_read"]) for s in found["systems"]] == [
        ("crm", 5, []),
        ("oa", 3, []),
    ]
    assert found["not_evaluable"] == []
    (lead,) = [g for g in found["grants"] if g["permission"] == "crm:customer:export"]
    assert lead == {
        "system": "crm",
        "account": "u1",
        "login": "lin",
        "person": "1001",
        "enabled": True,
        "permission": "crm:customer:export",
        "functions": ["CUST_EXPORT"],
        "scope": {
            "words": ["subtree"],
            "all": False,
            "own": False,
            "departments": ["d2"],
            "unknown": False,
        },
        "role": "leader",
        "path": [
            {"what": "account", "id": "u1", "name": "lin"},
            {"what": "role", "id": "leader", "name": "销售主管"},
            {"what": "permission", "id": "crm:customer:export", "name": "crm:customer:export"},
            {"what": "scope", "id": "subtree"},
        ],
    }


def test_a_day_in_the_past_is_told_as_it_was(told: Told) -> None:
    asked = ("--format", "json", "--account", "zhao", "--function", "CUST_VIEW")
    _, before, _ = told(*asked, "--as-of", "2026-03-03")
    _, since, _ = told(*asked, "--as-of", "2026-03-04T12:00")
    assert [g["scope"]["all"] for g in grants(before)] == [True, False]
    assert [g["scope"]["all"] for g in grants(since)] == [False]
    code, said, why = told(*asked, "--as-of", "2026-03-02")
    assert (code, said) == (2, "")
    assert "2026-03-02T15:59:59Z" in why


def test_what_was_not_read_is_named_and_ends_with_two(told: Told) -> None:
    code, said, _ = told("--format", "json")
    assert code == 2
    found = json.loads(said)
    assert [one.get("source") for one in found["not_evaluable"]] == ["oa"]
    assert found["not_evaluable"][0]["text"]
    assert "wf:contract:approve" in {g["permission"] for g in found["grants"]}  # as last seen


def test_a_person_is_shown_with_all_accounts(told: Told) -> None:
    _, said, missing = told("--person", "1004")
    assert "crm chen (u4) 陈晨 = 1004" in said
    assert "oa chen2 (5) = 1004" in said
    assert "CONTRACT_APPROVE wf:contract:approve" in said
    assert "lin" not in said
    assert missing.startswith("Not seen: oa")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--system", "crn"), "crm, oa"),
        (("--function", "CUST_VEIW"), "CUST_VIEW"),
        (("--person", "9999"), "9999"),
        (("--account", "nobody"), "nobody"),
        (("--as-of", "soon"), "2026-03-03T18:00"),
        (("--as-of", "2999-01-01"), "2999-01-01"),
    ],
)
def test_a_wrong_name_or_time_is_told_plainly(
    told: Told, words: tuple[str, ...], named: str
) -> None:
    code, said, why = told(*words)
    assert (code, said) == (2, "")
    assert named in why
