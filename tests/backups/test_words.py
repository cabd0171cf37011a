"""Every reason has words in both languages, and they say it as a boss would want to hear it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from checks.backups.model import Depth, Mark, State
from governance.backups.why import reason
from governance.i18n import LANGUAGES, catalogue
from tests.backups.small import (
    DAY,
    HOUR,
    NIGHT,
    compared,
    content,
    proved,
    rolling,
    told,
    verdict,
)
from tests.backups.test_verdicts import customers

CHECKS = Path(__file__).parents[2] / "checks" / "backups"
SHANGHAI = ZoneInfo("Asia/Shanghai")
WHY = "backups.why."


def stated() -> set[str]:
    """Reasons as the modules state them, whole or after `backups.why.`."""
    names = {id_.removeprefix(WHY) for id_ in catalogue("en") if id_.startswith(WHY)}
    groups = "|".join(sorted({name.split(".")[0] for name in names}))
    shape = re.compile(rf"({re.escape(WHY)})?(?:{groups})(?:\.[a-z0-9_]+)+")
    found = set()
    for path in CHECKS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            word = node.value if isinstance(node, ast.Constant) else None
            if isinstance(word, str) and shape.fullmatch(word):
                found.add(word.removeprefix(WHY))
    return found


def test_every_reason_that_is_stated_has_words() -> None:
    names = {id_.removeprefix(WHY) for id_ in catalogue("en")}
    assert sorted(stated() - names) == []
    shallow = [d for d in Depth if d not in (Depth.FULL, Depth.RESTORE)]
    made = {f"state.{s}" for s in State} | {f"intact.only_{d}" for d in shallow}
    assert sorted(made - names) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_reason_fills_in_is_all_that_its_words_want(language: str) -> None:
    stuck = NIGHT - 9 * DAY
    bounds = compared(missing=1312, not_before=stuck, before=stuck + HOUR)
    cases = [proved(), rolling(), proved(inside=None), rolling(logs=()),
             proved(inside=content(customer=customers(compared=bounds)))]  # fmt: skip
    for case in cases:
        for mark in Mark:
            found = verdict(case, mark)
            words = catalogue(language)[found.code]
            wanted = {name for _, name, _, _ in Formatter().parse(words) if name}
            assert wanted <= set(found.params), found.code


def test_the_boss_reads_when_it_finished_how_old_it_is_and_what_is_missing() -> None:
    stuck = NIGHT - 9 * DAY
    bounds = compared(missing=1312, not_before=stuck, before=stuck + HOUR)
    case = proved(inside=content(customer=customers(compared=bounds)))
    assert told(case, Mark.FRESH) == (False, "fresh.stale")
    found = verdict(case, Mark.FRESH)
    assert reason(found.code, found.params, "en", SHANGHAI) == (
        "Finished 2026-11-22 10:15, but the data of customer ends 2026-11-13 10:00, 9 days ago; "
        "1,312 records missing."
    )
    assert reason(found.code, found.params, "zh", SHANGHAI) == (
        "备份完成于 2026-11-22 10:15，但 customer 的数据只到 2026-11-13 10:00，已过去 9 天；"
        "缺少 1,312 条记录。"
    )


def test_what_is_not_known_is_a_dash() -> None:
    empty = {"backup": "", "verified_at": "", "said": ""}
    assert reason("backups.why.intact.failed", empty, "en", SHANGHAI) == (
        "The verification of – failed for –: –"
    )
