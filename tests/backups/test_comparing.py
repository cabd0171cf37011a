"""What a backup lacks, has too many and has otherwise, and of when its rows are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.backups.model import Compared
from governance.backups.comparing import Unread, plan
from governance.config import load
from governance.ledger import open_ledger
from governance.ledger.rows import SnapshotKind
from tests.backups.nights import COLUMNS, CONFIG, DAY, Nights, Rows, lived, row, settled
from tests.thorough import some

NIGHTS, UPHEAVAL = 9, 5


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DUIQI_SECRET", raising=False)
        made = lived(tmp_path_factory.mktemp("nights"), NIGHTS, 400, upheaval=UPHEAVAL)
        made.ledger = open_ledger(made.home.path)
        yield made
        made.ledger.close()


def told(found: Compared | Unread) -> Compared:
    assert isinstance(found, Compared), found
    return found


def counts(found: Compared | Unread) -> tuple[int, int, int | None]:
    return told(found).missing, told(found).extra, told(found).different


def test_the_chain_holds_bases_and_deltas(crm: Nights) -> None:
    kinds = [s.kind for s in crm.ledger.snapshots.history("crm", "client")]
    again = [at for at, kind in enumerate(kinds) if kind is SnapshotKind.BASE]
    assert again == [0, UPHEAVAL]
    assert kinds.count(SnapshotKind.DELTA) == NIGHTS - 2


def test_a_backup_of_the_snapshots_moment_is_the_snapshot(crm: Nights) -> None:
    found = told(crm.compare(crm.nights[3].values(), crm.at(3)))
    assert counts(found) == (0, 0, 0)
    assert found.examples == ()
    assert (found.snapshot_at, found.next_at) == (crm.at(3), crm.at(3))
    assert found.rows == len(crm.nights[3])


@pytest.mark.parametrize("night", range(NIGHTS - 1))
def test_what_changed_between_two_snapshots_is_no_difference(crm: Nights, night: int) -> None:
    found = told(crm.compare(crm.noons[night].values(), crm.noon(night)))
    assert (found.missing, found.extra) == (0, 0)
    assert (found.snapshot_at, found.next_at) == (crm.at(night), crm.at(night + 1))
    bounds = found.not_before or crm.at(0), found.before or crm.at(NIGHTS)
    assert bounds[0] <= crm.noon(night) <= bounds[1]


def test_planted_differences_are_counted_exactly(crm: Nights) -> None:
    rows = dict(crm.noons[3])
    steady = sorted(k for k in rows if k in crm.nights[3] and rows[k] == crm.nights[4].get(k)
                    and rows[k] == crm.nights[3][k])  # fmt: skip
    for code in steady[:3]:
        del rows[code]
    for code in steady[3:5]:
        rows[code] = (*rows[code][:3], "77777.00", rows[code][4])
    rows["X0001"] = ("X0001", *row(1, "谁", crm.at(0))[1:])
    found = told(crm.compare(rows.values(), crm.noon(3)))
    assert counts(found) == (3, 1, 2)
    assert found.examples == (*steady[:3], *steady[3:5], "X0001")


def test_a_value_printed_in_another_way_is_the_same_value(crm: Nights) -> None:
    def other(line: tuple[str | None, ...]) -> tuple[str | None, ...]:
        at = datetime.fromisoformat(str(line[4])) + timedelta(hours=8)
        return (*line[:3], f"{line[3]}00", f"{at:%Y-%m-%d %H:%M:%S}+08")

    rows = [other(line) for line in crm.noons[7].values()]
    found = told(crm.compare(rows, crm.noon(7)))
    plain = told(crm.compare(crm.noons[7].values(), crm.noon(7)))
    assert counts(found) == (0, 0, 0)
    assert (found.not_before, found.before) == (plain.not_before, plain.before)
    assert plain.not_before is not None


def test_without_a_later_snapshot_what_is_new_is_told_as_extra(crm: Nights) -> None:
    last = NIGHTS - 1
    found = told(crm.compare(crm.noons[last].values(), crm.noon(last)))
    assert found.next_at is None
    assert found.extra == len(crm.noons[last].keys() - crm.nights[last].keys()) > 0


def test_a_backup_that_took_long_may_be_of_any_moment_meanwhile(crm: Nights) -> None:
    found = told(crm.compare(crm.noons[2].values(), crm.noon(1), crm.noon(3)))
    assert (found.snapshot_at, found.next_at) == (crm.at(1), crm.at(4))
    assert (found.missing, found.extra) == (0, 0)


@pytest.mark.parametrize(("stuck", "claimed"), [(1, 4), (6, 8), (1, 8), (3, 8)])
def test_a_replica_that_stood_still_is_dated_by_our_snapshots(
    crm: Nights, stuck: int, claimed: int
) -> None:
    found = told(crm.compare(crm.noons[stuck].values(), crm.noon(claimed)))
    assert found.missing > 0
    assert found.not_before == crm.at(stuck)
    assert found.before == crm.at(stuck + 1)


def test_an_empty_table_lacks_everything_and_has_no_date(crm: Nights) -> None:
    found = told(crm.compare([], crm.noon(3)))
    assert found.missing == len(crm.nights[3].keys() & crm.nights[4].keys())
    assert (found.not_before, found.before) == (None, None)


def test_another_company_lacks_everything_and_has_no_date(crm: Nights) -> None:
    rows = [row(n, "别家", crm.at(0)) for n in range(20000, 20100)]
    found = told(crm.compare(rows, crm.noon(3)))
    assert (found.extra, found.different) == (100, 0)
    assert found.missing == len(crm.nights[3].keys() & crm.nights[4].keys())
    assert (found.not_before, found.before) == (None, None)


def test_a_row_that_stands_there_twice_differs(crm: Nights) -> None:
    rows = [*crm.nights[3].values(), next(iter(crm.nights[3].values()))]
    assert counts(crm.compare(rows, crm.at(3))) == (0, 0, 1)


def test_rows_without_a_key_are_counted_by_what_they_hold(crm: Nights) -> None:
    alone = (None, *row(1, "无编号", crm.at(0))[1:])
    assert counts(crm.compare([*crm.nights[3].values(), alone, alone], crm.at(3))) == (0, 2, 0)


def test_examples_of_personal_keys_are_tokens(crm: Nights) -> None:
    phones = {str(line[2]) for line in crm.nights[3].values()}
    lines = list(crm.nights[3].values())
    found = told(crm.compare(lines[5:], crm.at(3), entity="contact"))
    assert found.missing == len(found.examples) == 5
    assert not any(phone in example for phone in phones for example in found.examples)


def test_what_is_older_than_our_first_snapshot_is_not_compared(crm: Nights) -> None:
    assert crm.compare(crm.nights[0].values(), crm.at(0) - DAY) is Unread.OLDER


def test_a_table_that_was_never_read_is_not_compared(tmp_path: Path) -> None:
    crm = settled(tmp_path)
    assert crm.compare([], crm.at(0)) is Unread.NONE
    crm.ledger.close()


def test_other_rules_and_damage_are_told_apart(tmp_path: Path) -> None:
    crm = settled(tmp_path)
    rows = [row(n, "公司", crm.at(0)) for n in range(5)]
    crm.live(rows)
    (snapshot,) = crm.ledger.snapshots.history("crm", "client")
    text = CONFIG.replace("name: {normalize: company_name}", "name: {}")
    (tmp_path / "governance.yaml").write_text(text, encoding="utf-8")
    crm.config = load(tmp_path / "governance.yaml", environ={})
    assert crm.compare(rows, crm.noon(0)) is Unread.RULES
    file = crm.home.file(snapshot.file)
    file.chmod(0o600)
    file.write_bytes(b"no DuckDB file")
    assert crm.compare(rows, crm.noon(0)) is Unread.DAMAGED
    crm.ledger.close()


def test_a_plan_names_what_no_dump_can_be_compared_by(tmp_path: Path) -> None:
    table = "{table: clients, columns: {phone: phone, name: name}}"
    text = CONFIG.replace(
        f"      crm: {table}",
        "      crm: {query: 'SELECT phone, name FROM clients',"
        " columns: {phone: phone, name: name}}",
    )
    (tmp_path / "governance.yaml").write_text(text, encoding="utf-8")
    made = plan(load(tmp_path / "governance.yaml", environ={}), "crm", {"clients": "changed_at"})
    (wanted,) = made.wanted
    assert (wanted.table, wanted.newest) == ("clients", "changed_at")
    assert wanted.columns == {name: name for name in COLUMNS}
    assert made.entities[wanted.into].name == "client"
    assert made.unread == {"contact": Unread.QUERY}


@dataclass(frozen=True)
class Reckoned:
    """The same in plain Python, by looking every key up in every snapshot."""

    counts: tuple[int, int, int]
    not_before: datetime | None
    before: datetime | None


def reckon(crm: Nights, rows: Rows, night: int) -> Reckoned:
    then, after = crm.nights[night], crm.nights[night + 1]
    different = {
        k for k in rows
        if (k in then or k in after) and rows[k] not in (then.get(k), after.get(k))
    }  # fmt: skip
    missing = (then.keys() & after.keys()) - rows.keys()
    extra = rows.keys() - then.keys() - after.keys()
    found = len(missing), len(extra), len(different)
    starts = [UPHEAVAL, 0] if night + 1 >= UPHEAVAL else [0]
    bounds: tuple[datetime | None, datetime | None] = None, None
    for start in starts:
        bounds = _bounds(crm, rows, start, night + 1)
        if bounds[0] is not None:
            break
    return Reckoned(found, *bounds)


def _bounds(
    crm: Nights, rows: Rows, start: int, end: int
) -> tuple[datetime | None, datetime | None]:
    taken = crm.nights[start : end + 1]
    firsts = {
        (k, v): min(at for at, s in enumerate(taken) if s.get(k) == v)
        for s in taken for k, v in s.items()
    }  # fmt: skip
    held = [(k, v) for k, v in rows.items() if (k, v) in firsts]
    newest = max((firsts[one] for one in held), default=0)
    last = {k: max(at for at, s in enumerate(taken) if s.get(k) == v) for k, v in held}
    gone = [at + 1 for at in last.values() if at + 1 < len(taken)]
    lacked = [at for at in firsts.values() if at > newest]
    upper = min([*gone, *lacked], default=None)
    return (
        crm.at(start + newest - 1) if newest else None,
        None if upper is None else crm.at(start + upper),
    )


@settings(
    max_examples=some(200, 8), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(data=st.data())
def test_any_backup_is_counted_and_dated_as_by_hand(crm: Nights, data: Any) -> None:
    night = data.draw(st.integers(0, NIGHTS - 2), "claimed")
    rows = dict(crm.noons[data.draw(st.integers(0, night), "lived until")])
    codes = st.sampled_from(sorted(rows))
    for code in data.draw(st.sets(codes, max_size=8), "lost"):
        del rows[code]
    for code in data.draw(st.sets(st.sampled_from(sorted(rows)), max_size=6), "altered"):
        rows[code] = (*rows[code][:3], "88888.00", rows[code][4])
    for number in data.draw(st.sets(st.integers(30000, 30010), max_size=4), "strange"):
        rows[f"C{number}"] = row(number, "多出", crm.at(0))
    found = told(crm.compare(rows.values(), crm.noon(night)))
    assert Reckoned(counts(found), found.not_before, found.before) == reckon(crm, rows, night)  # type: ignore[arg-type]
