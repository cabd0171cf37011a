"""Which side moved, and when: told of every standing finding, proven or not said."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from sqlalchemy import update

from governance.ledger.rows import RunRow, SnapshotKind
from governance.ledger.tables import runs, snapshots
from tests.runs.conftest import START, Company

TOLD = (
    "SELECT direction, left_moved_at, right_moved_at, agreed_run FROM findings"
    " WHERE entity = 'customer' AND record_key = ? AND field IS NOT DISTINCT FROM ?"
    " AND state <> 'gone'"
)
MOVED = ("left_moved_at", "right_moved_at", "agreed_at", "agreed_run")
Told = tuple[str | None, int | None, int | None, int | None]


def run(company: Company) -> RunRow:
    return company.run(checks=("customer",))


def told(company: Company, run: RunRow, key: str, field: str | None = None) -> Told | None:
    """Direction, the days on which left and right moved, and the run of the agreement."""
    found = company.query(run, TOLD, key, field)
    if not found:
        return None
    ((direction, left, right, agreed),) = found
    return direction, day(left), day(right), agreed


def day(at: datetime | None) -> int | None:
    return None if at is None else (at - START.replace(tzinfo=None)) // timedelta(days=1)


def crm(company: Company, key: str, column: str, value: Any) -> None:
    company.change("crm", f"UPDATE customers SET {column} = ? WHERE code = ?", value, key)


def oa(company: Company, key: str, column: str, value: Any) -> None:
    company.change("oa", f"UPDATE base_customer SET {column} = ? WHERE khbh = ?", value, key)


def configure(company: Company, old: str, new: str) -> None:
    path = company.folder / "governance.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_what_stood_at_the_first_look_never_agreed(company: Company) -> None:
    first = run(company)
    assert told(company, first, "C005", "level") == ("never_agreed", None, None, None)
    assert told(company, first, "C007") == ("never_there", None, None, None)
    assert told(company, first, "C012") == ("never_there", None, None, None)
    assert company.query(
        first, "SELECT DISTINCT direction FROM findings WHERE kind LIKE 'duplicate%'"
    ) == [(None,)]
    crm(company, "C005", "level", "C")
    assert told(company, run(company), "C005", "level") == ("never_agreed", 1, None, None)


def test_a_cell_tells_who_moved_and_when_until_it_agrees_again(company: Company) -> None:
    first = run(company)
    crm(company, "C001", "level", "B")
    oa(company, "C002", "khjb", "A")
    crm(company, "C003", "level", "X")
    oa(company, "C003", "khjb", "Y")
    second = run(company)
    assert told(company, second, "C001", "level") == ("left_moved", 1, None, first.id)
    assert told(company, second, "C002", "level") == ("right_moved", None, 1, first.id)
    assert told(company, second, "C003", "level") == ("both_moved", 1, 1, first.id)
    crm(company, "C002", "level", "C")
    crm(company, "C003", "level", "B")  # as it was agreed on
    third = run(company)
    assert told(company, third, "C001", "level") == ("left_moved", 1, None, first.id)
    assert told(company, third, "C002", "level") == ("both_moved", 2, 1, first.id)
    assert told(company, third, "C003", "level") == ("right_moved", None, 1, first.id)
    oa(company, "C001", "khjb", "B")
    assert told(company, fourth := run(company), "C001", "level") is None
    oa(company, "C001", "khjb", "A")
    assert told(company, run(company), "C001", "level") == ("right_moved", None, 4, fourth.id)


def test_a_personal_value_is_followed_by_its_token(company: Company) -> None:
    first = run(company)
    oa(company, "C001", "lxdh", "13899990001")  # under the same mask
    assert told(company, run(company), "C001", "phone") == ("right_moved", None, 1, first.id)


def test_what_lies_within_tolerance_of_the_agreed_value_has_not_moved(company: Company) -> None:
    first = run(company)
    crm(company, "C001", "credit_limit", "1200000.01")
    oa(company, "C001", "sxed", "1300000.00")
    second = run(company)
    assert told(company, second, "C001", "credit_limit") == ("right_moved", None, 1, first.id)
    crm(company, "C001", "credit_limit", "1200000.02")
    third = run(company)
    assert told(company, third, "C001", "credit_limit") == ("both_moved", 2, 1, first.id)


def test_a_missing_record_was_deleted_or_is_not_yet_created(company: Company) -> None:
    first = run(company)
    company.change("oa", "DELETE FROM base_customer WHERE khbh = 'C001'")
    company.change("crm", "DELETE FROM customers WHERE code = 'C002'")
    company.change("crm", "INSERT INTO customers VALUES ('C900', '新', NULL, '1', 'A', '')")
    second = run(company)
    assert told(company, second, "C001") == ("deleted", None, 1, first.id)
    assert told(company, second, "C002") == ("deleted", 1, None, first.id)
    assert told(company, second, "C900") == ("not_yet_created", 1, None, None)
    company.change("oa", "INSERT INTO base_customer VALUES ('C900', '新', NULL, '1', 'B', '')")
    third = run(company)
    assert told(company, third, "C001") == ("deleted", None, 1, first.id)
    assert told(company, third, "C900") is None
    assert told(company, third, "C900", "level") == ("never_agreed", None, 2, None)


def test_a_record_that_comes_back_is_held_against_what_was_agreed_before(company: Company) -> None:
    first = run(company)
    oa(company, "C002", "khjb", "Z")
    second = run(company)
    company.change("oa", "DELETE FROM base_customer WHERE khbh IN ('C001', 'C002')")
    run(company)
    crm(company, "C001", "level", "B")
    run(company)
    insert = "INSERT INTO base_customer VALUES (?, ?, ?, ?, ?, '上海分公司')"
    company.change("oa", insert, "C001", "无锡恒泰机床有限公司", "13800000001", "1200000", "A")
    company.change("oa", insert, "C002", "苏州瑞达模具", "13800000002", "50000.00", "Y")
    back = run(company)
    assert told(company, back, "C001", "level") == ("left_moved", 3, None, second.id)
    assert told(company, back, "C002", "level") == ("right_moved", None, 4, first.id)


def test_renamed_columns_and_new_bases_keep_history(company: Company) -> None:
    """The values prove that the column is the same one."""
    first = run(company)
    oa(company, "C001", "khjb", "B")
    crm(company, "C002", "level", "A")
    oa(company, "C003", "lxdh", "13911110003")
    second = run(company)
    company.change("oa", "ALTER TABLE base_customer RENAME COLUMN khjb TO jb2")
    company.change("oa", "ALTER TABLE base_customer RENAME COLUMN lxdh TO sj2")
    configure(company, "level: khjb", "level: jb2")
    configure(company, "phone: lxdh", "phone: sj2")
    oa(company, "C004", "jb2", "B")
    # A fifth of the rows and more moved: both sides are sealed anew.
    company.change("crm", "UPDATE customers SET branch = branch || '.'")
    company.change("oa", "UPDATE base_customer SET ssfb = ssfb || '.'")
    third = run(company)
    kinds = {s.kind for s in company.ledger.snapshots.of_run(third.id) if s.entity == "customer"}
    assert kinds == {SnapshotKind.BASE}
    assert told(company, third, "C001", "level") == ("right_moved", None, 1, first.id)
    assert told(company, third, "C002", "level") == ("left_moved", 1, None, first.id)
    assert told(company, third, "C003", "phone") == ("right_moved", None, 1, first.id)
    assert told(company, third, "C004", "level") == ("right_moved", None, 2, second.id)
    assert told(company, third, "C005", "level") == ("never_agreed", None, None, None)


def test_another_column_under_an_old_name_voids_its_field_alone(company: Company) -> None:
    first = run(company)
    oa(company, "C001", "khjb", "B")
    oa(company, "C001", "khmc", "无锡另一家")
    run(company)
    company.change("oa", "ALTER TABLE base_customer ADD COLUMN hmd TEXT")
    company.change("oa", "UPDATE base_customer SET hmd = 'N'")
    configure(company, "level: khjb", "level: hmd")
    third = run(company)
    assert told(company, third, "C001", "level") == ("void", None, None, None)
    assert told(company, third, "C002", "level") == ("void", None, None, None)
    assert told(company, third, "C001", "name") == ("right_moved", None, 1, first.id)
    crm(company, "C001", "level", "Q")
    assert told(company, run(company), "C001", "level") == ("void", 3, None, None)


def test_a_filter_that_hides_records_has_deleted_none(company: Company) -> None:
    first = run(company)
    company.change("oa", "DELETE FROM base_customer WHERE khbh = 'C002'")
    run(company)
    configure(
        company, "{table: base_customer, columns:", "{table: base_customer, filter: {khbh: [C002,"
        " C003, C004, C005, C006, C012]}, columns:",
    )  # fmt: skip
    third = run(company)
    assert told(company, third, "C001") == ("void", None, None, None)
    assert told(company, third, "C002") == ("deleted", None, 1, first.id)


def test_a_changed_normaliser_reads_the_agreed_values_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the new rules they still agree, or the agreement is void; a personal value cannot be read
    again."""
    first = run(company)
    oa(company, "C001", "khmc", "无锡另一家")
    oa(company, "C002", "khmc", "苏州另一家")  # agreed only because the legal form was dropped
    oa(company, "C001", "lxdh", "13911110001")
    oa(company, "C003", "sxed", "81000")
    second = run(company)
    assert told(company, second, "C002", "name") == ("right_moved", None, 1, first.id)
    configure(company, "name: {normalize: company_name, weight: 9}", "name: {normalize: text}")
    monkeypatch.setattr("governance.runs.snapshots.edition", lambda: "another")
    oa(company, "C004", "sxed", "91000")
    crm(company, "C005", "name", "武汉盛通")
    third = run(company)
    assert told(company, third, "C001", "name") == ("right_moved", None, 1, first.id)
    assert told(company, third, "C002", "name") == ("void", None, 1, None)
    assert told(company, third, "C003", "credit_limit") == ("right_moved", None, 1, first.id)
    assert told(company, third, "C004", "credit_limit") == ("right_moved", None, 2, second.id)
    assert told(company, third, "C005", "name") == ("left_moved", 2, None, second.id)
    assert told(company, third, "C001", "phone") == ("void", None, None, None)
    # Void until it agrees again.
    later = run(company)
    assert told(company, later, "C001", "phone") == ("void", None, None, None)
    oa(company, "C001", "lxdh", "13800000001")
    healed = run(company)
    oa(company, "C001", "lxdh", "13922220001")
    assert told(company, run(company), "C001", "phone") == ("right_moved", None, 5, healed.id)


def test_another_secret_voids_personal_values_alone(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUIQI_SECRET", "one secret, long enough for anybody")
    first = run(company)
    oa(company, "C001", "lxdh", "13911110001")
    oa(company, "C001", "khjb", "B")
    run(company)
    monkeypatch.setenv("DUIQI_SECRET", "another secret, as long as the other")
    crm(company, "C002", "phone", "13911110002")
    company.change("oa", "DELETE FROM base_customer WHERE khbh = 'C003'")
    third = run(company)
    assert told(company, third, "C001", "phone") == ("void", None, None, None)
    assert told(company, third, "C002", "phone") == ("void", None, None, None)
    assert told(company, third, "C001", "level") == ("right_moved", None, 1, first.id)
    assert told(company, third, "C003") == ("deleted", None, 2, first.id + 1)


def test_a_narrower_tolerance_voids_what_it_would_not_have_let_pass(company: Company) -> None:
    first = run(company)
    crm(company, "C004", "credit_limit", "1")  # agreed at one hundredth apart
    crm(company, "C001", "credit_limit", "1")
    run(company)
    configure(company, 'tolerance: "0.01"', 'tolerance: "0.001"')
    third = run(company)
    assert told(company, third, "C001", "credit_limit") == ("left_moved", 1, None, first.id)
    assert told(company, third, "C004", "credit_limit") == ("void", 1, None, None)


def test_a_field_that_is_new_to_the_comparison_never_agreed(company: Company) -> None:
    configure(company, ", level: khjb", "")
    run(company)
    configure(company, "sxed, branch", "sxed, level: khjb, branch")
    assert told(company, run(company), "C005", "level") == ("never_agreed", None, None, None)


def test_a_move_is_dated_to_the_snapshot_that_first_showed_it(company: Company) -> None:
    """The other source was away meanwhile, so nobody compared."""
    first = run(company)
    crm(company, "C002", "level", "X")
    run(company)
    away = (company.folder / "oa.sqlite").rename(company.folder / "away")
    crm(company, "C001", "level", "X")
    company.change("crm", "DELETE FROM customers WHERE code = 'C003'")
    run(company)  # day 2
    crm(company, "C001", "level", "Y")
    crm(company, "C002", "level", "Y")
    dark = run(company)
    run(company)
    assert told(company, dark, "C002", "level") == ("left_moved", 1, None, first.id)
    away.rename(company.folder / "oa.sqlite")
    oa(company, "C004", "khjb", "Z")
    light = run(company)  # day 5
    assert told(company, light, "C001", "level") == ("left_moved", 3, None, first.id + 1)
    assert told(company, light, "C002", "level") == ("left_moved", 3, None, first.id)
    assert told(company, light, "C003") == ("deleted", 2, None, first.id + 1)
    assert told(company, light, "C004", "level") == ("right_moved", None, 5, first.id + 1)


def test_nothing_is_claimed_where_the_last_snapshots_are_gone(company: Company) -> None:
    first = run(company)
    oa(company, "C001", "khjb", "B")
    run(company)
    with company.ledger.database.engine.begin() as connection:
        connection.execute(update(snapshots).values(pruned_at=START))
    oa(company, "C002", "khjb", "A")
    crm(company, "C001", "level", "C")
    third = run(company)
    assert told(company, third, "C001", "level") == ("both_moved", 2, 1, first.id)
    assert told(company, third, "C002", "level") == ("void", None, None, None)


def make_older(company: Company, run: RunRow) -> None:
    """The files of a run as an older version would have left them."""
    used = [(s.file, snapshots) for s in company.ledger.snapshots.of_run(run.id)]
    assert run.file is not None
    for file, table in [*used, (run.file, runs)]:
        path = company.home.file(file)
        path.chmod(0o600)
        with duckdb.connect(str(path)) as con:
            if table is snapshots:
                con.execute("ALTER TABLE meta DROP COLUMN read_from")
            else:
                con.execute("DROP TABLE looks")
                for column in ("direction", "left_hash", "right_hash", *MOVED):
                    con.execute(f"ALTER TABLE findings DROP COLUMN {column}")
                for column in ("left_source", "right_source", "record_key", "field"):
                    con.execute(f"ALTER TABLE agreed DROP COLUMN {column}")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with company.ledger.database.engine.begin() as connection:
            connection.execute(update(table).where(table.c.file == file).values(sha256=digest))


def test_a_file_of_before_tells_what_it_can(company: Company) -> None:
    """It knew what was agreed on, and neither hashes nor directions nor looks."""
    first = run(company)
    oa(company, "C001", "khjb", "B")
    second = run(company)
    make_older(company, second)
    oa(company, "C002", "khjb", "A")
    third = run(company)
    assert told(company, third, "C001", "level") == ("right_moved", None, 1, first.id)
    assert told(company, third, "C002", "level") == ("right_moved", None, 2, second.id)
    assert told(company, third, "C005", "level") == ("void", None, None, None)
    assert told(company, third, "C007") == ("void", None, None, None)
