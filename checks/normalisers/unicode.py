"""Characters: compatibility forms, white space, letter case, traditional to simplified.

NFKC and the traditional table come from pyarrow and opencc, as functions over Arrow batches. Both
are imported only when a connection is prepared for a normaliser that needs them, and called only
for values that hold a character they could change.
"""

from __future__ import annotations

import functools
from array import array
from collections.abc import Callable
from typing import Any

from checks.normalisers.base import Step, guarded, matches, replaced, swap
from checks.sql import literal

# Character classes as RE2 writes them, without the surrounding brackets.
SPACE = r"\s\x0B\x1C-\x1F\x{85}\p{Z}"
INVISIBLE = (
    r"\x{AD}\x{180E}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{2066}-\x{206F}\x{FEFF}"
)
_BLANK = SPACE + INVISIBLE
HAN = r"\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}"
# Any of SPACE but U+0020 itself.
_SPACE_BUT_BLANK = (
    r"[\t-\r\x1C-\x1F\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]"
)
CJK = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\x{3001}-\x{303F}"
# Characters that NFKC leaves alone, whatever stands beside them.
STABLE_MARKS = (
    r"\x{B7}\x{2013}\x{2014}\x{2018}\x{2019}\x{201C}\x{201D}\x{3001}\x{3002}\x{300A}-\x{3011}"
)
STABLE = rf"!-~\x{{C0}}-\x{{FF}}{STABLE_MARKS}{HAN}"

_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000\uffe5\u2212\u2013\u2014"
_NARROW = "".join(chr(code) for code in range(0x21, 0x7F)) + " ¥---"


def words_of(characters: str) -> str:
    """Pattern: runs of these characters with single blanks between."""
    return f"[{characters}]+(?: [{characters}]+)*"


def _is_not_ascii(text: str) -> str:
    return f"strlen({text}) <> length({text})"


NFKC = Step("nfkc", guarded(_is_not_ascii, lambda text: f"duiqi_nfkc({text})"))
VISIBLE = swap("invisible", f"[{INVISIBLE}]+")
TRIMMED = Step(
    "white_space",
    guarded(
        lambda text: matches(text, f"^[{_BLANK}]|[{_BLANK}]$"),
        lambda text: replaced(text, f"^[{_BLANK}]+|[{_BLANK}]+$"),
    ),
)
FOLDED = Step(
    "white_space",
    guarded(
        lambda text: matches(text, rf"^[{SPACE}]|[{SPACE}]$|[{SPACE}]{{2}}|{_SPACE_BUT_BLANK}"),
        lambda text: f"trim({replaced(text, f'[{SPACE}]+', ' ')})",
    ),
)
NO_SPACE = swap("white_space", f"[{SPACE}{INVISIBLE}]+")
LOWER = Step("case", lambda text: f"lower({text})")
UPPER = Step("case", lambda text: f"upper({text})")
SIMPLIFIED = Step(
    "simplified",
    guarded(_is_not_ascii, lambda text: f"duiqi_simplified({text})"),
)
# Numbers, dates and ids know every character they accept, so they need no NFKC: it would read a
# footnote as a digit (5² as 52).
HALF_WIDTH = Step(
    "full_width",
    guarded(
        lambda text: matches(text, f"[{_WIDE}]"),
        lambda text: f"translate({text}, {literal(_WIDE)}, {literal(_NARROW)})",
    ),
)


@functools.cache
def simplified_table() -> dict[int, str]:
    """Every traditional character with its simplified one, each by itself.

    Rules for whole words are left out on purpose: they read the person 沈默 as 沉默, and what a
    value becomes would depend on its neighbours. One pass reaches the end (薴 is 苎 at once).
    """
    import opencc

    codes = [*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0x20000, 0x323B0)]
    before = [chr(code) for code in codes]
    converter = opencc.OpenCC("t2s")
    after = converter.convert("\n".join(before)).split("\n")
    table = {old: new for old, new in zip(before, after, strict=True) if old != new}

    def end_of(character: str) -> str:
        while character in table:
            character = table[character]
        return character

    return {ord(old): end_of(new) for old, new in table.items()}


def install_nfkc(con: Any) -> None:
    import pyarrow.compute as pc

    _register(con, "duiqi_nfkc", lambda values: pc.utf8_normalize(values, "NFKC"))


def install_simplified(con: Any) -> None:
    _register(con, "duiqi_simplified", _simplifier())
    pattern = "[" + "".join(map(chr, simplified_table())) + "]"
    con.execute(f"CREATE OR REPLACE TEMP MACRO duiqi_traditional() AS {literal(pattern)}")


@functools.cache
def _simplifier() -> Callable[[Any], Any]:
    """A function over Arrow batches that maps all characters of a batch in one go.

    Nearly every simplified character takes as many bytes as the traditional one, so the batch
    keeps its offsets and only its bytes are replaced: 8 times quicker than text by text.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    table = simplified_table()
    codes = array("I", range(0x110000))
    resized = {old for old, new in table.items() if len(chr(old).encode()) != len(new.encode())}
    for old, new in table.items():
        # A code beyond Unicode marks the batch that must go text by text.
        codes[old] = 0x110000 if old in resized else ord(new)
    lookup = pa.Array.from_buffers(pa.uint32(), len(codes), [None, pa.py_buffer(codes)])

    def one_by_one(values: Any) -> Any:
        return pa.array([text.translate(table) for text in values.to_pylist()], pa.string())

    def simplified(values: Any) -> Any:
        values = pa.concat_arrays(values.cast(pa.string()).chunks)
        _, offsets, data = values.buffers()
        if values.offset or values.null_count or data is None:
            return one_by_one(values)
        ends = pa.Array.from_buffers(pa.int32(), len(values) + 1, [None, offsets])
        wide = data.to_pybytes()[: ends[-1].as_py()].decode().encode("utf-32-le")
        before = pa.Array.from_buffers(pa.uint32(), len(wide) // 4, [None, pa.py_buffer(wide)])
        after = lookup.take(before)
        if (pc.max(after).as_py() or 0) > 0x10FFFF:
            return one_by_one(values)
        narrow = after.buffers()[1].to_pybytes()[: len(wide)].decode("utf-32-le").encode()
        return pa.Array.from_buffers(
            pa.string(), len(values), [None, offsets, pa.py_buffer(narrow)]
        )

    return simplified


def _register(con: Any, name: str, function: Any) -> None:
    import duckdb

    # Asking the catalogue first costs 20 ms, as much as preparing a small table.
    try:
        con.create_function(name, function, ["VARCHAR"], "VARCHAR", type="arrow")
    except duckdb.Error as error:
        if "already" not in str(error):
            raise
