"""A MySQL result on the line: every cell comes out whole, however the bytes arrive."""

from __future__ import annotations

import io
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pymysql
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.sources.mysql_wire import Line
from governance.sources.watch import Watch
from tests.sources.conftest import never
from tests.thorough import some

Row = Sequence[bytes | None]
END = b"\xfe\x00\x00\x02\x00"
FULL = 0xFFFFFF
SIZES = [0, 1, 250, 251, 252, 253, 254, 255, 256, 65535, 65536]


def cell(value: bytes | None) -> bytes:
    """A cell as the protocol has it."""
    if value is None:
        return b"\xfb"
    size = len(value)
    if size < 251:
        return bytes([size]) + value
    code, width = next((c, w) for c, w in ((252, 2), (253, 3), (254, 8)) if size < 256**w)
    return bytes([code]) + size.to_bytes(width, "little") + value


def packets(payloads: Sequence[bytes], first: int = 0) -> bytes:
    """Payloads as packets; what is too long for one goes on in the next."""
    out, number = b"", first
    for payload in payloads:
        rest = payload
        while True:
            part, rest = rest[:FULL], rest[FULL:]
            out += len(part).to_bytes(3, "little") + bytes([number % 256]) + part
            number += 1
            if len(part) < FULL:
                break
    return out


class Pieces(io.RawIOBase):
    """A line that hands over so many bytes at a time, in turn, and then ends."""

    def __init__(self, data: bytes, sizes: Sequence[int]) -> None:
        self.data, self.sizes, self.turn = memoryview(data), sizes, 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        size = min(self.sizes[self.turn % len(self.sizes)], len(into), len(self.data))
        into[:size], self.data = self.data[:size], self.data[size:]
        self.turn += 1
        return size


def read(data: bytes, width: int, sizes: Sequence[int] = (10_000,), **named: int) -> list[Row]:
    """The rows that come out. `ahead` bytes are already in the driver's buffer."""
    file = io.BufferedReader(Pieces(data, sizes), named.pop("ahead", 8192))
    file.peek()
    conn = SimpleNamespace(_rfile=file, _next_seq_id=named.pop("first", 0))
    line = Line(conn, width, Watch("oa", never, lambda: None), **named)
    blocks = [zip(*(column.to_pylist() for column in b), strict=True) for b in line.blocks()]
    return [row for block in blocks for row in block]


values = st.none() | st.binary(max_size=300) | st.sampled_from(SIZES).map(lambda n: b"\xfe" * n)


@settings(max_examples=some(60, 20), deadline=None)
@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[values] * width), max_size=30)),
    st.lists(st.integers(1, 5000), min_size=1, max_size=5),
    st.integers(1, 2000),
    st.integers(0, 255),
)
def test_rows_come_out_as_they_went_in(
    rows: list[Row], sizes: list[int], block: int, first: int
) -> None:
    data = packets([*(b"".join(map(cell, row)) for row in rows), END], first)
    width = len(rows[0]) if rows else 2
    assert read(data, width, sizes, block=block, first=first, ahead=7) == rows


@pytest.mark.parametrize("size", [FULL - 4, FULL - 3, FULL - 2, FULL + 9, 2 * FULL - 9, 2 * FULL])
def test_a_row_longer_than_a_packet_comes_out_whole(size: int) -> None:
    rows = [(b"a", b"b"), (b"x" * size, None), (b"c", b"d")]
    data = packets([*(b"".join(map(cell, row)) for row in rows), END])
    assert read(data, 2, [1 << 20], block=100) == rows


def test_the_end_is_seen_in_a_block_that_is_full() -> None:
    rows = [(b"x" * 50,)] * 10
    data = packets([*(cell(row[0]) for row in rows), END])
    for block in range(1, len(data) + 1):
        assert read(data, 1, [len(data)], block=block) == rows


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[:-1], id="cut in the last packet"),
        pytest.param(lambda data: data[:30], id="cut between two rows"),
        pytest.param(lambda data: data[:10] + data[20:], id="a row missing"),
        pytest.param(lambda data: data.replace(b"\x04abcd", b"\x05abcd"), id="a cell too long"),
        pytest.param(lambda data: data.replace(b"\x04abcd", b"\x02abcd"), id="a cell too short"),
        pytest.param(lambda data: data.replace(b"\x04abcd", b"\xfeabcd"), id="an endless cell"),
        pytest.param(lambda data: data.replace(b"\x04abcd", b"\xfdabcd"), id="a huge cell"),
    ],
)
def test_a_damaged_result_is_never_taken_for_a_whole_one(damage: Any) -> None:
    data = packets([*[cell(b"abcd") + cell(None)] * 4, END])
    assert len(data) == 4 * 10 + 9
    with pytest.raises(pymysql.err.OperationalError) as caught:
        read(damage(data), 2)
    assert caught.value.args[0] == 2013


def test_an_error_of_the_server_in_the_middle_is_raised() -> None:
    killed = b"\xff" + (1317).to_bytes(2, "little") + b"#70100Query execution was interrupted"
    data = packets([cell(b"1"), cell(b"2"), killed])
    with pytest.raises(pymysql.err.OperationalError) as caught:
        read(data, 1)
    assert caught.value.args[0] == 1317
