"""3-2-1-1-0: what is proved, what is only claimed, and what is not so."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.backups.model import Claim, Mark
from checks.backups.score import Copy, Digit, Score, lock_of, score
from checks.backups.verdicts import judge_backup
from tests.backups.small import DAY, NOW, dump, proved, restored

READ = "backups.why.score.read"
YES, NO = Claim(True, READ, NOW), Claim(False)
SAID = Claim(True)
GOOD = judge_backup(proved())

NAS = Copy("nas", "disk", True, READ, off_site=NO, immutable=NO)
OSS = Copy("oss", "object", True, READ, off_site=YES, immutable=YES)


def values(found: Score) -> list[bool | None]:
    return [d.verdict.value for d in found.digits]


def test_a_system_with_all_of_it_proved_scores_five() -> None:
    found = score([NAS, OSS], GOOD)
    assert values(found) == [True] * 5
    assert (found.proved, found.claimed) == (5, 0)
    assert [d.places for d in found.digits] == [
        ("nas", "oss"),
        ("nas", "oss"),
        ("oss",),
        ("oss",),
        (),
    ]
    assert [d.proofs for d in found.digits] == [(READ,)] * 4 + [("backups.why.restore.proved",)]


def test_the_data_itself_is_one_copy_and_a_place_counts_once() -> None:
    assert values(score([NAS, replace(NAS)], GOOD))[:2] == [False, False]
    assert score([NAS], GOOD).digits[0].verdict.params["count"] == "2"
    assert values(score([], GOOD)) == [False, False, False, False, True]


@pytest.mark.parametrize("digit", [Digit.OFF_SITE, Digit.IMMUTABLE])
@pytest.mark.parametrize(
    ("claim", "value", "is_claimed"),
    [(YES, True, False), (SAID, None, True), (Claim(), None, False), (NO, False, False)],
)
def test_a_claim_is_not_a_proof(
    digit: Digit, claim: Claim, value: bool | None, is_claimed: bool
) -> None:
    place = replace(OSS, **{digit.value: claim})
    found = next(d for d in score([NAS, place], GOOD).digits if d.digit is digit)
    assert (found.verdict.value, found.is_claimed) == (value, is_claimed)


def test_a_place_that_was_not_read_is_a_claim_whatever_it_says_of_itself() -> None:
    found = score([NAS, replace(OSS, holds=None)], GOOD)
    assert values(found) == [None, None, None, None, True]
    assert (found.proved, found.claimed) == (1, 4)


def test_a_place_that_holds_nothing_counts_for_nothing() -> None:
    assert values(score([NAS, replace(OSS, holds=False)], GOOD)) == [False] * 4 + [True]


def test_a_medium_that_nobody_saw_is_claimed() -> None:
    found = score([NAS, replace(OSS, medium_proof=None)], GOOD).digits[1]
    assert (found.verdict.value, found.is_claimed) == (None, True)


def test_no_errors_are_known_only_after_a_restore() -> None:
    undrilled = judge_backup(proved(restores=()))
    assert score([NAS, OSS], undrilled).digits[-1].verdict.value is None
    differs = judge_backup(proved(restores=(restored(differs=3),)))
    assert score([NAS, OSS], differs).digits[-1].verdict.value is False
    torn = {**GOOD, Mark.COMPLETE: replace(GOOD[Mark.COMPLETE], value=False)}
    assert score([NAS, OSS], torn).digits[-1].verdict.value is False


def test_a_lock_is_proved_by_the_store_and_only_while_it_holds() -> None:
    locked = dump(locked_until=NOW + DAY)
    assert lock_of([dump(), locked], NOW) == Claim(True, "backups.why.score.locked", NOW + DAY)
    assert lock_of([dump(locked_until=NOW)], NOW) is None


def test_the_order_of_places_does_not_matter() -> None:
    third = Copy("tape", "tape", None, off_site=SAID)
    assert (
        len({values_of(p) for p in permutations([NAS, OSS, third, replace(OSS, holds=None)])}) == 1
    )


def values_of(copies: tuple[Copy, ...]) -> str:
    return repr(score(copies, GOOD))


claims = st.sampled_from([YES, SAID, Claim(), NO])
copies_ = st.lists(
    st.builds(
        Copy, st.sampled_from("abc"), st.sampled_from(["disk", "object", "tape"]),
        st.sampled_from([True, None, False]), st.sampled_from([None, READ]), claims, claims,
    ),
    max_size=4, unique_by=lambda c: c.place,
)  # fmt: skip


@given(copies_, st.data())
@settings(max_examples=80, deadline=None)
def test_losing_a_proof_never_adds_a_digit(copies: list[Copy], data: st.DataObject) -> None:
    if not copies:
        return
    at = data.draw(st.integers(0, len(copies) - 1))
    blur = data.draw(st.sampled_from(["holds", "medium_proof", "off_site", "immutable"]))
    unknown: object = Claim() if blur in ("off_site", "immutable") else None
    if blur == "holds" and copies[at].holds is False:
        return
    less = [replace(c, **{blur: unknown}) if n == at else c for n, c in enumerate(copies)]
    for before, after in zip(score(copies, GOOD).digits, score(less, GOOD).digits, strict=True):
        assert before.verdict.value is True or after.verdict.value is not True
