"""How far two values may lie apart: exact, in decimal arithmetic, the boundary included.

Works on canonical texts, so it knows numbers without exponents and days and instants in one form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Context, Decimal, localcontext
from typing import TYPE_CHECKING, Any

from checks.dictionary import Tolerance
from checks.errors import CodedError
from checks.normalisers import reader

if TYPE_CHECKING:
    from checks.prepare import Column

# Below these widths neither a difference nor a product with a share can leave DECIMAL(38).
WHOLE, FRACTION = 18, 6
SHARE = 10
FITS = rf"-?[0-9]{{1,{WHOLE}}}(\.[0-9]{{1,{FRACTION}}})?"
NUMBER = r"-?[0-9]+(\.[0-9]+)?"
TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z)?"
FUNCTION = "duiqi_within"
_MICROSECONDS = {"s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 86_400 * 10**6}
_WORDING = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*(?P<unit>%|s|min|h|d)?")


def parse(text: str) -> Tolerance:
    """`0.01`, `1%`, `30s`, `5min`, `2h` or `1d`. Raises CodedError `consistency.tolerance_text`."""
    found = _WORDING.fullmatch(text.strip())
    if found is None:
        raise CodedError("consistency.tolerance_text", text=text)
    number, unit = Decimal(found["number"]), found["unit"]
    if unit is None:
        return Tolerance(absolute=number)
    if unit == "%":
        return Tolerance(relative=number / 100)
    try:
        return Tolerance(time=timedelta(microseconds=int(number * _MICROSECONDS[unit])))
    except OverflowError as error:
        raise CodedError("consistency.tolerance_text", text=text) from error


def check(name: str, reading: str | None, tolerance: Tolerance) -> None:
    """Raises CodedError unless values read by `reading` can lie that far apart."""
    kind = reader(reading).kind if reading else "text"
    wanted = ("date", "instant") if tolerance.time is not None else ("number",)
    if kind not in wanted:
        code = "consistency.tolerance_time" if tolerance.time else "consistency.tolerance_number"
        raise CodedError(code, column=name)


def install(con: Any, columns: Iterable[Column]) -> None:
    """Give `con` the exact road for numbers too wide for the engine; free where none is judged."""
    if any(c.tolerance is not None and c.tolerance.time is None for c in columns):
        import duckdb

        try:
            con.execute(f"SELECT {FUNCTION}('0', '0', '0', 'distance')")
        except duckdb.CatalogException:
            con.create_function(FUNCTION, _within, ["VARCHAR"] * 4, "BOOLEAN")


def condition(column: Column, left: str, right: str) -> str | None:
    """SQL: whether two canonical texts are within the column's tolerance; None without one.

    Never NULL: what is not a number or a time is not within.
    """
    tolerance = column.tolerance
    if tolerance is None:
        return None
    if tolerance.time is not None:
        limit = tolerance.time // timedelta(microseconds=1)
        times = [f"epoch_us(TRY_CAST(rtrim({side}, 'Z') AS TIMESTAMP))" for side in (left, right)]
        within = f"coalesce(abs({times[0]} - {times[1]}) <= {limit}, false)"
        return f"CASE WHEN {_both(left, right, TIME)} THEN {within} ELSE false END"
    return _number_condition(tolerance, left, right)


def _number_condition(tolerance: Tolerance, left: str, right: str) -> str:
    share = tolerance.relative is not None
    limit = tolerance.relative if share else tolerance.absolute
    assert limit is not None
    words = f"'{limit:f}', '{'share' if share else 'distance'}'"
    exact = f"{FUNCTION}({left}, {right}, {words})"
    exponent = limit.as_tuple().exponent
    largest = 100 if share else 10**WHOLE
    if not isinstance(exponent, int) or -exponent > SHARE or limit >= largest:
        return f"coalesce({exact}, false)"
    kind = f"DECIMAL({WHOLE + FRACTION},{FRACTION})"
    numbers = [f"TRY_CAST({side} AS {kind})" for side in (left, right)]
    bound = f"CAST('{limit:f}' AS DECIMAL({WHOLE + SHARE},{SHARE}))"
    if share:
        bound = f"CAST('{limit:f}' AS DECIMAL(12,{SHARE}))"
        bound = f"{bound} * greatest(abs({numbers[0]}), abs({numbers[1]}))"
    fast = f"abs({numbers[0]} - {numbers[1]}) <= {bound}"
    return f"coalesce(CASE WHEN {_both(left, right, FITS)} THEN {fast} ELSE {exact} END, false)"


def _both(left: str, right: str, pattern: str) -> str:
    return " AND ".join(f"regexp_full_match({side}, '{pattern}')" for side in (left, right))


def _within(left: str, right: str, limit: str, how: str) -> bool:
    """The same in Python's decimals, with as many digits as the values have."""
    if not all(re.fullmatch(NUMBER, text) for text in (left, right)):
        return False
    with localcontext(Context(prec=len(left) + len(right) + len(limit) + 4)):
        one, other, bound = Decimal(left), Decimal(right), Decimal(limit)
        if how == "share":
            bound *= max(abs(one), abs(other))
        return abs(one - other) <= bound
