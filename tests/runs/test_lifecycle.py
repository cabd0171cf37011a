"""What becomes of a finding, told by the data: fixed, reverted, bounced, reopened, withdrawn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from governance.access import Actor, Right
from governance.ledger.rows import RunRow
from tests.runs.conftest import START, Company

COLUMNS = (
    "finding_id",
    "state",
    "turn",
    "overwritten",
    "since",
    "closed_at",
    "closed_run",
    "waiver",
    "opened_at",
)
NAIVE = START.replace(tzinfo=None)
ASKS = Actor("qian", frozenset(Right))
GRANTS = Actor("sun", frozenset(Right))


def level(company: Company, source: str, value: str, key: str = "C005") -> None:
    """Customer C005 stands open from the first day: level A in the CRM, B in the OA."""
    table, field, code = {
        "crm": ("customers", "level", "code"),
        "oa": ("base_customer", "khjb", "khbh"),
    }[source]
    company.change(source, f"UPDATE {table} SET {field} = ? WHERE {code} = ?", value, key)


def case(company: Company, run: RunRow, key: str = "C005", field: str = "level") -> dict[str, Any]:
    (row,) = company.query(
        run,
        f"SELECT {', '.join(COLUMNS)} FROM findings WHERE entity = 'customer'"
        " AND record_key = ? AND coalesce(field, kind) = ?",
        key,
        field,
    )
    return dict(zip(COLUMNS, row, strict=True))


def story(company: Company, run: RunRow, finding: str) -> list[tuple[Any, ...]]:
    sql = "SELECT event, run, left_value, right_value, detail FROM events WHERE finding_id = ?"
    return company.query(run, f"{sql} ORDER BY run", finding)


def waive(company: Company, found: dict[str, Any], run: RunRow, *, days: int = 30) -> int:
    (hashes,) = company.query(
        run, "SELECT left_hash, right_hash FROM findings WHERE finding_id = ?", found["finding_id"]
    )
    now = START + timedelta(days=company.day - 1, hours=1)
    decisions = company.ledger.decisions
    payload = {
        "reason": "agreed by phone",
        "expires_at": (now + timedelta(days=days)).isoformat(),
        "left_hash": hashes[0],
        "right_hash": hashes[1],
    }
    request = decisions.add(ASKS, found["finding_id"], "waive_request", payload, now=now)
    granted = {"request": request}
    return decisions.add(GRANTS, found["finding_id"], "waive_approve", granted, now=now)


def adjusted(company: Company, run: RunRow) -> tuple[float, float]:
    sql = "SELECT strict, adjusted FROM pairs WHERE entity = 'customer'"
    return company.query(run, sql)[0]


def test_what_both_sides_agree_on_is_fixed_and_says_when(company: Company) -> None:
    first = company.run()
    assert case(company, first)["turn"] == "new"
    level(company, "oa", "A")
    second = company.run()
    found = case(company, second)
    assert (found["state"], found["turn"], found["closed_run"]) == ("gone", "fixed", second.id)
    assert found["closed_at"] == NAIVE + timedelta(days=1)
    assert story(company, second, found["finding_id"]) == [
        ("found", first.id, "A", "B", None),
        ("fixed", second.id, "A", "A", None),
    ]


def test_a_fix_that_is_overwritten_again_bounced_and_names_the_side(company: Company) -> None:
    opened = case(company, company.run())
    level(company, "oa", "A")
    company.run()
    level(company, "oa", "B")
    third = company.run()
    found = case(company, third)
    assert found["finding_id"] == opened["finding_id"]
    assert (found["turn"], found["overwritten"]) == ("bounced", "right")
    assert found["since"] == NAIVE + timedelta(days=2)
    assert story(company, third, found["finding_id"])[-1] == (
        "bounced",
        third.id,
        "A",
        "B",
        "right",
    )
    level(company, "crm", "B")
    company.run()
    level(company, "crm", "A")
    assert case(company, company.run())["overwritten"] == "left"


def test_what_differs_again_in_another_way_is_reopened(company: Company) -> None:
    company.run()
    level(company, "oa", "A")
    company.run()
    level(company, "oa", "C")
    found = case(company, company.run())
    assert (found["turn"], found["overwritten"]) == ("reopened", None)


def test_an_authority_that_moves_back_reverts_its_change(company: Company) -> None:
    company.run()
    level(company, "crm", "A", key="C002")  # agreed on B until now
    moved = company.run()
    assert case(company, moved, "C002")["turn"] == "new"
    level(company, "crm", "B", key="C002")
    assert case(company, company.run(), "C002")["turn"] == "reverted"


def test_a_side_put_back_to_what_the_authority_says_is_fixed(company: Company) -> None:
    company.run()
    level(company, "oa", "A", key="C002")
    assert case(company, company.run(), "C002")["turn"] == "new"
    level(company, "oa", "B", key="C002")
    assert case(company, company.run(), "C002")["turn"] == "fixed"


def test_a_fix_undone_on_both_sides_is_reverted_though_nothing_differs(company: Company) -> None:
    company.run()
    level(company, "oa", "A")
    company.run()
    level(company, "oa", "B")
    level(company, "crm", "B")
    third = company.run()
    found = case(company, third)
    assert (found["state"], found["turn"]) == ("gone", "reverted")
    told = [event for event, *_ in story(company, third, found["finding_id"])]
    assert told == ["found", "fixed", "reverted"]


def test_a_record_that_leaves_one_side_withdraws_what_stood_in_its_cells(company: Company) -> None:
    company.run()
    company.change("oa", "DELETE FROM base_customer WHERE khbh = 'C005'")
    second = company.run()
    assert case(company, second)["turn"] == "withdrawn"
    assert case(company, second, field="only_left")["turn"] == "new"
    company.change(
        "oa", "INSERT INTO base_customer SELECT 'C005', khmc, lxdh, sxed, 'B', ssfb"
        " FROM base_customer WHERE khbh = 'C001'",
    )  # fmt: skip
    third = company.run()
    assert case(company, third)["turn"] == "reopened"
    assert case(company, third, field="only_left")["state"] == "gone"


def test_a_record_missing_on_one_side_is_fixed_by_being_created(company: Company) -> None:
    company.run()
    company.change(
        "oa", "INSERT INTO base_customer SELECT 'C007', khmc, lxdh, sxed, khjb, ssfb"
        " FROM base_customer WHERE khbh = 'C001'",
    )  # fmt: skip
    assert case(company, company.run(), "C007", "only_left")["turn"] == "fixed"


def test_a_source_that_was_not_read_closes_nothing_and_forgets_nothing(company: Company) -> None:
    opened = case(company, company.run())
    level(company, "oa", "A")
    kept = company.folder / "kept.sqlite"
    (company.folder / "oa.sqlite").rename(kept)
    dark = company.run()
    assert case(company, dark) == opened | {"state": "unchecked"}
    kept.rename(company.folder / "oa.sqlite")
    found = case(company, company.run())
    assert (found["state"], found["turn"]) == ("gone", "fixed")


def test_a_waiver_lifts_the_adjusted_score_alone(company: Company) -> None:
    first = company.run()
    decision = waive(company, case(company, first), first)
    second = company.run()
    assert case(company, second)["waiver"] == decision
    (before, _), (strict, lifted) = adjusted(company, first), adjusted(company, second)
    assert strict == before
    assert lifted > strict


def test_a_waiver_is_void_once_either_value_moves(company: Company) -> None:
    first = company.run()
    found = case(company, first)
    waive(company, found, first)
    company.run()
    level(company, "oa", "C")
    third = company.run()
    now = case(company, third)
    assert (now["waiver"], now["turn"], now["since"]) == (
        None, "reopened", NAIVE + timedelta(days=2),
    )  # fmt: skip
    told = [event for event, *_ in story(company, third, found["finding_id"])]
    assert sorted(told) == ["changed", "found", "waiver_void"]


def test_a_waiver_runs_out(company: Company) -> None:
    first = company.run()
    found = case(company, first)
    waive(company, found, first, days=3)
    company.run()
    company.day += 5
    third = company.run()
    assert case(company, third)["turn"] == "reopened"
    assert "waiver_expired" in [e for e, *_ in story(company, third, found["finding_id"])]


def test_nobody_grants_a_waiver_to_himself(company: Company) -> None:
    first = company.run()
    found = case(company, first)
    waive(company, found, first)
    with company.ledger.database.write() as connection:
        connection.exec_driver_sql("UPDATE decisions SET actor = 'qian'")
    assert case(company, company.run())["waiver"] is None


def test_a_difference_on_its_way_opens_once_it_outlived_its_lag(company: Company) -> None:
    path = company.folder / "governance.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("    authority: crm\n", "    authority: crm\n    lag: 36h\n", 1))
    company.run()
    level(company, "crm", "A", key="C002")
    pending = case(company, company.run(), "C002")
    assert (pending["state"], pending["opened_at"]) == ("pending", None)
    company.run()
    open_now = company.run()
    found = case(company, open_now, "C002")
    assert (found["state"], found["opened_at"]) == ("open", NAIVE + timedelta(days=3))
    assert [e for e, *_ in story(company, open_now, found["finding_id"])] == ["found", "opened"]


def test_a_pair_no_longer_compared_withdraws_what_stood_in_it(company: Company) -> None:
    path = company.folder / "governance.yaml"
    company.run()
    text = path.read_text(encoding="utf-8")
    assert "level: {" in text
    lines = [line for line in text.splitlines() if not line.strip().startswith("level: {")]
    path.write_text("\n".join(lines).replace(", level: level", "").replace(", level: khjb", ""))
    assert case(company, company.run())["turn"] == "withdrawn"
