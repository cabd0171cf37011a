"""What a column holds, from its values alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

LOOKED_AT = 400
SURE = 0.8

_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_ID_NUMBER = re.compile(r"[1-9]\d{5}(19|20)\d{2}[01]\d[0-3]\d{4}[\dX]")
_MOBILE = re.compile(r"(\+?86)?1[3-9]\d{9}|0\d{2,3}\d{7,8}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DATE = re.compile(r"(19|20)\d{2}([-/.年]?)\d{1,2}([-/.月]?)\d{1,2}日?")
_DATETIME = re.compile(r"(19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[ T]\d{1,2}:\d{2}.*")
_PERCENT = re.compile(r"-?\d+(\.\d+)?%")
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,9})")
# A longer run of digits without a separator is a number of something, not a sum.
_AMOUNT = re.compile(
    r"[¥￥$]?-?(\d{1,10}|\d{1,3}(,\d{3})+|\d{1,15}(?=\.))(\.\d+)?(万|亿|元|万元|亿元)?"
)
_LEGAL_FORM = re.compile(r"(股份|集团|有限|责任|公司)+$")
_CODE = re.compile(r"(?=.*\d)[A-Za-z0-9_./-]{2,40}")


def _compact(text: str) -> str:
    return re.sub(r"[\s()（）-]", "", text)


# In this order: what is narrower is asked first.
_SHAPES: tuple[tuple[str, re.Pattern[str], Callable[[str], str]], ...] = (
    ("email", _EMAIL, str.strip),
    ("id_number", _ID_NUMBER, lambda text: _compact(text).upper()),
    ("credit_code", _CREDIT_CODE, lambda text: _compact(text).upper()),
    ("phone", _MOBILE, _compact),
    ("datetime", _DATETIME, str.strip),
    ("date", _DATE, str.strip),
    ("percent", _PERCENT, str.strip),
    ("integer", _INTEGER, str.strip),
    ("amount", _AMOUNT, str.strip),
    ("code", _CODE, _compact),
)


def shape(values: Iterable[str | None]) -> str | None:
    """The shape that nearly all values have: a normaliser's name, `integer` or `code`."""
    seen: dict[str, None] = {}
    for value in values:
        if value and value.strip():
            seen.setdefault(unicodedata.normalize("NFKC", value))
        if len(seen) >= LOOKED_AT:
            break
    if len(seen) < 2:
        return None
    for name, pattern, clean in _SHAPES:
        fit = sum(pattern.fullmatch(clean(value)) is not None for value in seen)
        if fit >= SURE * len(seen) and not (name == "amount" and any_leading_zero(seen)):
            return name
    return None


def any_leading_zero(values: Iterable[str]) -> bool:
    """`007` is a code, not an amount."""
    return any(re.fullmatch(r"0\d+", value.strip()) for value in values)


def plain(value: str | None, form: str | None) -> str:
    """A value for comparing samples; rough, for a proposal only.

    Width, case and white space do not count, nor how a date, a number or a phone is written, nor
    a company's legal form.
    """
    if not value:
        return ""
    text = "".join(unicodedata.normalize("NFKC", value).casefold().split())
    if form in ("date", "datetime"):
        return "-".join(part.zfill(2) for part in re.findall(r"\d+", text)[:3])
    if form == "phone":
        return re.sub(r"\D", "", text)[-11:]
    if form in ("amount", "integer") and (digits := re.sub(r"[^\d.-]", "", text)):
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    return _LEGAL_FORM.sub("", text) or text
