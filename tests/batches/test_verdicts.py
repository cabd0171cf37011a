"""Later runs say of each line what became of it, from the data alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.batches.verdict import Sight, judged
from governance.ledger.rows import BatchLine, Verdict
from governance.reading import Filters
from tests.batches.conftest import Office

LEVEL = ("C005", "level")


def apply(office: Office, system: str) -> int:
    """Hand out a patch for a system and put it in, as its people would."""
    made, path = office.make("sql", "sql", system=system)
    text = path.read_text("utf-8")
    office.run_script(system, text.replace("ROLLBACK;", "COMMIT;"))
    return made.number


def test_a_fix_is_proven_bounced_and_overtaken(office: Office) -> None:
    company = office.company
    company.run()
    number = apply(office, "oa")
    assert set(office.verdicts(number)) == {LEVEL, ("C011", "name"), ("C011", "level")}
    fixed = company.run()
    assert set(office.verdicts(number).values()) == {Verdict.FIXED}
    company.change("oa", "UPDATE base_customer SET khjb = 'B' WHERE khbh = 'C005'")
    bounced = company.run()
    assert office.verdicts(number)[LEVEL] is Verdict.BOUNCED
    company.change("oa", "UPDATE base_customer SET khjb = 'Z' WHERE khbh = 'C005'")
    company.run()
    assert office.verdicts(number)[LEVEL] is Verdict.OVERTAKEN
    seq = office.lines(number)[LEVEL].seq
    history = company.ledger.batches.judged(number)[seq]
    assert history[:2] == ((fixed.id, Verdict.FIXED), (bounced.id, Verdict.BOUNCED))
    assert office.verdicts(number)["C011", "name"] is Verdict.FIXED


def test_nothing_done_is_still_open_and_the_other_side_going_back_is_reverted(
    office: Office,
) -> None:
    company = office.company
    company.run()
    made, _ = office.make()
    company.run()
    assert set(office.verdicts(made.number).values()) == {Verdict.OPEN}
    company.change("crm", "UPDATE customers SET level = 'B' WHERE code = 'C005'")
    company.change("crm", "UPDATE customers SET name = '第三个名字' WHERE code = 'C011'")
    company.run()
    verdicts = office.verdicts(made.number)
    assert verdicts[LEVEL] is Verdict.REVERTED
    assert verdicts["C011", "name"] is Verdict.OVERTAKEN


def test_a_source_that_was_not_read_gives_no_verdict(office: Office) -> None:
    company = office.company
    company.run()
    number = apply(office, "oa")
    away = company.folder / "oa.sqlite"
    away.rename(company.folder / "away")
    company.run()
    assert set(office.verdicts(number).values()) == {None}
    (company.folder / "away").rename(away)
    company.run()
    assert set(office.verdicts(number).values()) == {Verdict.FIXED}


def test_the_proposed_value_that_the_other_side_left_is_partly(office: Office) -> None:
    company = office.company
    company.run()
    number = apply(office, "oa")
    company.change("crm", "UPDATE customers SET level = 'D' WHERE code = 'C005'")
    company.run()
    assert office.verdicts(number)[LEVEL] is Verdict.PARTLY


def test_a_record_that_was_created_with_other_values_is_partly_done(office: Office) -> None:
    company = office.company
    company.run()
    made, _ = office.make()
    row = "C007", "西安天诚轨道装备有限公司", "13800000007", "30000.00", "X", "上海分公司"
    company.change("oa", "INSERT INTO base_customer VALUES (?, ?, ?, ?, ?, ?)", *row)
    company.run()
    assert office.verdicts(made.number)["C007", None] is Verdict.PARTLY
    company.change("oa", "UPDATE base_customer SET khjb = 'B' WHERE khbh = 'C007'")
    company.run()
    assert office.verdicts(made.number)["C007", None] is Verdict.FIXED


def test_other_rules_say_nothing_of_old_hashes(office: Office) -> None:
    company = office.company
    company.run()
    made, _ = office.make()
    path = company.folder / "governance.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("level: {type: code,", "level: {normalize: text,"), "utf-8")
    company.run()
    customers = [v for (key, _), v in office.verdicts(made.number).items() if key]
    assert set(customers) == {None}


def test_payments_with_a_composite_key_are_read_again_and_judged(office_of_both: Office) -> None:
    company = office_of_both.company
    company.run()
    only = Filters(entity=("payment",), field=("serial",), state=())
    made, path = office_of_both.make("sql", "sql", system="crm", filters=only)
    assert made.lines == 1
    office_of_both.run_script("crm", path.read_text("utf-8").replace("ROLLBACK;", "COMMIT;"))
    company.run()
    assert office_of_both.verdicts(made.number) == {("HT3 · 1", "serial"): Verdict.FIXED}


def cell(**changed: object) -> BatchLine:
    facts = dict.fromkeys(BatchLine.__dataclass_fields__, "x")
    return BatchLine(**{**facts, "kind": "mismatch", "action": "change", **changed})  # type: ignore[arg-type]


HASHES = st.sampled_from(["old", "new", "third", None])


@given(HASHES, HASHES, st.booleans())
def test_of_two_that_agree_none_is_open_partly_or_bounced(
    own: str | None, other: str | None, was_fixed: bool
) -> None:
    line = cell(old_hash="old", new_hash="new", other_hash="new")
    verdict = judged(line, Sight(False, "row", "row", own, other), was_fixed=was_fixed)
    assert verdict in (Verdict.FIXED, Verdict.REVERTED, Verdict.OVERTAKEN)


@given(HASHES, HASHES, st.booleans())
def test_of_two_that_differ_none_is_reverted_and_bounced_only_after_a_fix(
    own: str | None, other: str | None, was_fixed: bool
) -> None:
    line = cell(old_hash="old", new_hash="new", other_hash="new")
    verdict = judged(line, Sight(True, "row", "row", own, other), was_fixed=was_fixed)
    assert verdict is not Verdict.REVERTED
    if verdict is Verdict.BOUNCED:
        assert was_fixed
        assert own == "old"
    if not was_fixed:
        assert verdict is not Verdict.FIXED


@pytest.mark.parametrize(
    ("kind", "action", "sight", "verdict"),
    [
        ("only_left", "create", Sight(False, "row", "row"), Verdict.FIXED),
        ("only_left", "create", Sight(False, "row", "row", related=True), Verdict.PARTLY),
        ("only_left", "create", Sight(False, "odd", "row"), Verdict.PARTLY),
        ("only_left", "create", Sight(False), Verdict.OVERTAKEN),
        ("only_left", "remove", Sight(False), Verdict.FIXED),
        ("only_left", "create", Sight(True, "none", "row"), Verdict.OPEN),
        ("duplicate_left", "merge", Sight(False, "odd", "row"), Verdict.PARTLY),
        ("duplicate_left", "merge", Sight(False, "row", "row"), Verdict.FIXED),
        ("null_key_left", "fill_key", Sight(False), Verdict.FIXED),
        ("mismatch", "change", Sight(False, "none", "row"), Verdict.OVERTAKEN),
        ("mismatch", "decide", Sight(False, "row", "row", "a", "a"), Verdict.FIXED),
        ("mismatch", "decide", Sight(True, "row", "row", "a", "b"), Verdict.OPEN),
    ],
)
def test_whole_records_and_decisions(
    kind: str, action: str, sight: Sight, verdict: Verdict
) -> None:
    line = cell(kind=kind, action=action, old_hash="old", new_hash=None, other_hash="other")
    assert judged(line, sight, was_fixed=False) is verdict
