"""Ways in which one value becomes another: what a system, a form or a spreadsheet does to data.

Each way is SQL over a pair of canonical texts, `a` as it was and `b` as it has become, and gives
the way's parameter (the length it was trimmed to, the hours it was shifted by) or NULL where `b`
did not come about like that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from checks.normalisers.base import Sql, full_match, replaced
from checks.normalisers.company import without_form
from checks.normalisers.unicode import (
    INVISIBLE,
    NFKC,
    SIMPLIFIED,
    SPACE,
    install_nfkc,
    install_simplified,
)
from checks.sql import literal, quoted

YES = "''"
LONGEST_AFFIX, LONGEST_VALUE = 24, 200
HOURS, YEARS = 14, 5
# Days between the two epochs that spreadsheets count from.
EPOCHS = 1462
TAX = (1.01, 1.03, 1.05, 1.06, 1.09, 1.13, 1.17)


@dataclass(frozen=True)
class Way:
    """One way. `sql` is the parameter or NULL. `chance` is how often two values that have nothing
    to do with each other look like this, at the least: what is counted in the data is added.

    One `both` ways looks the same from either side. `first` ones win where two explain as many.
    """

    code: str
    sql: str
    chance: float
    both: bool = False


def _when(test: str, parameter: str = YES) -> str:
    return f"CASE WHEN {test} THEN {parameter} END"


def _affix(test: str, affix: str) -> str:
    fits = f"{test} AND a <> '' AND length({affix}) <= {LONGEST_AFFIX}"
    return _when(fits, affix)


# Both are numbers: text of digits with a sign and a point, nothing else.
_RATIO = "bn / an"
_POWER = f"round(log10(abs({_RATIO})))"
_IS_POWER = (
    f"an <> 0 AND bn <> 0 AND {_RATIO} > 0 AND {_POWER} <> 0 AND abs({_POWER}) <= 6"
    f" AND abs({_RATIO} / pow(10, {_POWER}) - 1) < 1e-6"
)
_TAXES = ", ".join(f"({rate!r})" for rate in TAX)
_TAXED = (
    f"(SELECT max(rate) FROM (VALUES {_TAXES}) AS t(rate)"
    f" WHERE an > 0 AND bn > an AND abs(bn - an * rate) <= greatest(0.006, an * 1e-6))"
)
_MINUTES = "datediff('second', att, btt) / 60.0"
_DAYS = "datediff('day', att, btt)"
_CLOCKED = "length(a) > 10 AND length(b) > 10 AND att IS NOT NULL AND btt IS NOT NULL"
_IS_DAY = "length(a) = 10 AND length(b) = 10 AND att IS NOT NULL AND btt IS NOT NULL"
_SCIENTIFIC = r"^-?[0-9](\.[0-9]+)?[eE][+-]?[0-9]{1,3}$"
_MANTISSA = "length(regexp_replace(regexp_extract(b, '^[^eE]*'), '[^0-9]', '', 'g'))"
_PATTERN = (
    "replace(replace(replace(replace(replace(b, '\\', '\\\\'), '%', '\\%'), '_', '\\_'),"
    " '?', '_'), chr(65533), '_')"
)

# What is left of a long number once it was a binary one: noughts, or a multiple of its last bit.
_ROUND = (
    "(suffix(b, repeat('0', length(b) - 15)) OR length(b) > 17 AND TRY_CAST(b AS HUGEINT) % 64 = 0)"
)


def _gbk(text: str) -> str:
    """How many bytes a text takes in GBK, the pairs of which a cut never parts."""
    return f"(length({text}) + length(regexp_replace({text}, '[\\x00-\\x7F]+', '', 'g')))"


# The likelier an accident, the further down: of ways that explain as much the first is told.
WAYS = (
    Way("width", _when("a_width = b_width"), 1e-3, both=True),
    Way("case", _when("lower(a) = lower(b)"), 1e-3, both=True),
    Way("script", _when("a_script = b_script"), 1e-3, both=True),
    Way("blanks", _when("a_tight = b_tight"), 1e-3, both=True),
    Way("writing", _when("a_fold = b_fold"), 2e-3, both=True),
    Way("legal_form", _when("b_fold = a_firm AND a_fold <> a_firm"), 1e-3),
    Way(
        "legal_forms",
        _when("a_firm = b_firm AND a_firm <> a_fold AND b_firm <> b_fold"),
        2e-3,
        both=True,
    ),
    Way(
        "zeros",
        _when(
            "starts_with(a, '0') AND ltrim(a, '0') = regexp_replace(b, '\\.0+$', '') AND b <> ''"
        ),
        1e-3,
    ),
    Way(
        "scientific",
        _when(
            f"an IS NOT NULL AND regexp_matches(b, '{_SCIENTIFIC}') AND abs(TRY_CAST(b AS DOUBLE)"
            f" / nullif(an, 0) - 1) < 1.01 * pow(10, 1 - {_MANTISSA})"
        ),
        1e-4,
    ),
    Way(
        "digits",
        _when(
            "length(a) > 15 AND length(a) = length(b) AND regexp_full_match(a || b, '[0-9]+')"
            " AND left(a, 14) = left(b, 14) AND abs(bn / nullif(an, 0) - 1) < 2e-15"
            f" AND {_ROUND}"
        ),
        1e-4,
    ),
    Way("factor", _when(_IS_POWER, f"CAST(CAST({_POWER} AS INTEGER) AS VARCHAR)"), 2e-3, both=True),
    Way("taxed", f"CAST({_TAXED} AS VARCHAR)", 5e-3),
    Way("negated", _when("an <> 0 AND bn = -an"), 2e-3, both=True),
    Way(
        "rounded",
        _when("an <> trunc(an) AND bn = trunc(bn) AND abs(an - bn) < 1 AND contains(a, '.')"),
        5e-3,
    ),
    Way(
        "day_month",
        _when(
            f"{_IS_DAY} AND left(a, 4) = left(b, 4) AND substr(a, 6, 2) = substr(b, 9, 2)"
            " AND substr(a, 9, 2) = substr(b, 6, 2)"
        ),
        5e-3,
        both=True,
    ),
    Way(
        "zone",
        _when(
            f"{_CLOCKED} AND abs({_MINUTES}) BETWEEN 29 AND {HOURS * 60 + 1}"
            f" AND abs({_MINUTES} / 30 - round({_MINUTES} / 30)) * 30 < 1.01",
            f"CAST(CAST(round({_MINUTES} / 30) * 30 AS INTEGER) AS VARCHAR)",
        ),
        5e-3,
        both=True,
    ),
    Way(
        "days",
        _when(f"{_IS_DAY} AND abs({_DAYS}) IN (1, {EPOCHS})", f"CAST({_DAYS} AS VARCHAR)"),
        1e-2,
        both=True,
    ),
    Way(
        "years",
        _when(
            f"{_IS_DAY} AND right(a, 6) = right(b, 6) AND abs(year(btt) - year(att)) <= {YEARS}",
            "CAST(year(btt) - year(att) AS VARCHAR)",
        ),
        1e-2,
        both=True,
    ),
    Way(
        "lost",
        _when(f"regexp_matches(b, '[?\\x{{FFFD}}]') AND a LIKE {_PATTERN} ESCAPE '\\'"),
        1e-3,
    ),
    Way(
        "trimmed",
        _when("length(b) > 3 AND starts_with(a, b)", "CAST(length(b) AS VARCHAR)"),
        2e-3,
    ),
    Way(
        "trimmed_bytes",
        _when(
            "length(b) > 3 AND starts_with(a, b)",
            f"CAST(({_gbk('b')} + 1) // 2 * 2 AS VARCHAR)",
        ),
        4e-3,
    ),
    Way("suffix", _affix("starts_with(b, a)", "substr(b, length(a) + 1)"), 5e-3),
    Way("prefix", _affix("suffix(b, a)", "left(b, length(b) - length(a))"), 5e-3),
)
WAY = {way.code: way for way in WAYS}


_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_SPACES = f"[{SPACE}{INVISIBLE}]+"
# Each step may look at what the steps before it made of a text `x`.
_DERIVED: tuple[dict[str, Sql], ...] = (
    {
        "n": lambda x: f"CASE WHEN {full_match(x, _NUMBER)} THEN TRY_CAST({x} AS DOUBLE) END",
        "tt": lambda x: (
            f"CASE WHEN regexp_matches({x}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
            f" THEN TRY_CAST(rtrim({x}, 'Z') AS TIMESTAMP) END"
        ),
        "_width": NFKC.sql,
        "_script": SIMPLIFIED.sql,
        "_tight": lambda x: replaced(x, _SPACES),
    },
    {"_plain": lambda x: f"lower({SIMPLIFIED.sql(x + '_width')})"},
    {
        "_fold": lambda x: replaced(f"{x}_plain", _SPACES),
        "_firm": lambda x: replaced(without_form(f"{x}_plain"), _SPACES),
    },
)


def install(con: Any) -> None:
    """Prepare `con` for the SQL of the ways; may be called again."""
    install_nfkc(con)
    install_simplified(con)


def prepare(con: Any, into: str, source: str) -> None:
    """Make `into` of `source` (id, field, trial, l, r): either side as the one that has become.

    What several ways look at is computed once: numbers, instants, and texts without what differs
    in writing only.
    """
    columns = [""]
    turned = (("right", "l", "r"), ("left", "r", "l"))
    query = f"SELECT id, field, trial, l, r FROM {source}"
    for step in _DERIVED:
        parts = [f"{sql(x)} AS {x}{name}" for x in "lr" for name, sql in step.items()]
        query = f"SELECT *, {', '.join(parts)} FROM ({query})"
        columns += step
    oriented = " UNION ALL ".join(
        f"SELECT id, field, trial, '{side}' AS side, "
        + ", ".join(f"{was}{n} AS a{n}, {is_}{n} AS b{n}" for n in columns)
        + " FROM whole"
        for side, was, is_ in turned
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {quoted(into)} AS"
        f" WITH whole AS MATERIALIZED ({query}) {oriented}"
    )


def matched(relation: str, ways: Iterable[Way] = WAYS) -> str:
    """SQL: each way in which a row of a prepared `relation` may have come about.

    Columns id, field, trial, side, way, param; one `both` ways looks the same from either side, and
    is told for the right one.
    """
    return " UNION ALL ".join(
        f"SELECT * FROM (SELECT id, field, trial, side, {literal(way.code)} AS way,"
        f" {way.sql} AS param FROM {quoted(relation)}"
        f"{' WHERE side = ' + literal('right') if way.both else ''}) WHERE param IS NOT NULL"
        for way in ways
    )
