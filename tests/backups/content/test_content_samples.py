"""What the real tools wrote is read as what it is."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable

import pytest
import zstandard

from governance.backups.content import open_reader
from governance.backups.content.model import Wanted
from tests.backups.content.conftest import SAMPLES, Hand

FULL = SAMPLES / "mysqldump-full.sql"
PLAIN = SAMPLES / "pgdump-plain-full.sql"
APPROVAL = Wanted(
    "approval", {"key": "id", "title": "doc_no", "money": "amount"}, "taken", "created_at"
)


def test_a_dump_of_mariadb_is_counted_and_landed(hand: Hand) -> None:
    dump = hand.read(FULL, APPROVAL)
    assert (dump.kind, dump.ended, dump.finished) == ("mysqldump", True, "2026-11-21 19:27:54")
    assert (dump.databases, dump.bytes_read) == (("oa",), FULL.stat().st_size)
    (found,) = dump.tables
    assert (found.table, found.rows, found.newest) == ("approval", 3000, "2026-11-01 00:00:00")
    assert found.landed
    rows = hand.rows("taken")
    assert rows[0] == ("1", "HT2026000001", "3.00")
    assert rows[-1] == ("3000", "HT2026003000", "9000.00")
    assert dump.problems == ()


def test_a_plain_dump_of_postgresql_is_counted_and_landed(hand: Hand) -> None:
    dump = hand.read(PLAIN, Wanted("customer", {"key": "id", "name": "name"}, "taken"))
    assert (dump.kind, dump.ended, dump.server) == ("pg_dump", True, "15.18")
    assert {found.table: found.rows for found in dump.tables} == {
        "public.customer": 2000, "public.contract": 480,
    }  # fmt: skip
    assert len(hand.rows("taken")) == 2000


@pytest.mark.parametrize(
    ("name", "ended"),
    [
        ("mysqldump-headtail.sql", True),
        ("pgdump-plain-headtail.sql", True),
        ("mysqldump-compact-tail.sql", None),
        ("mysqldump-truncated-tail.sql", None),
    ],
)
def test_the_ends_of_dumps_say_what_they_prove(hand: Hand, name: str, ended: bool | None) -> None:
    """The tails begin inside a statement: what is no dump by its first bytes has no reader."""
    path = SAMPLES / name
    if ended is None:
        assert open_reader(path) is None
    else:
        assert hand.read(path.read_bytes().replace(b"\n...\n", b"\n")).ended is ended


PACKERS = [gzip.compress, bz2.compress, lzma.compress, zstandard.compress]


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("path", [FULL, PLAIN])
def test_a_compressed_dump_is_the_same_dump(
    hand: Hand, path: object, pack: Callable[[bytes], bytes]
) -> None:
    plain = (FULL if path == FULL else PLAIN).read_bytes()
    whole = hand.read(plain)
    for packed in (pack(plain), pack(plain[:70_000]) + pack(plain[70_000:])):
        dump = hand.read(packed)
        assert (dump.tables, dump.ended, dump.problems) == (whole.tables, True, ())


@pytest.mark.parametrize("pack", PACKERS)
def test_a_cut_compressed_dump_is_told_and_counted_so_far(
    hand: Hand, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(FULL.read_bytes())
    for size in (len(packed) - 1, len(packed) * 3 // 4):
        dump = hand.read(packed[:size])
        assert dump.ended is False
        assert "backups.inside.truncated" in [problem.code for problem in dump.problems]
        assert sum(found.rows for found in dump.tables) <= 3000


def test_a_flipped_byte_in_a_gzip_is_told(hand: Hand) -> None:
    packed = bytearray(gzip.compress(FULL.read_bytes()))
    packed[len(packed) // 2] ^= 4
    dump = hand.read(bytes(packed))
    assert dump.ended is False
    assert dump.problems[0].code == "backups.inside.corrupt"
    assert dump.problems[0].breaks
