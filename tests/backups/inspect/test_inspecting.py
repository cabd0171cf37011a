"""What is told of a path: its kind, its verdicts, the exit code."""

from __future__ import annotations

import json
import os
import random
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.backups.inspect import detect
from governance.backups.inspect.digests import crc32c, digest
from governance.backups.inspect.packing import Damaged, Unpacked
from governance.cli import main
from governance.i18n import LANGUAGES, t
from tests.damage.judging import said

WHOLE = """-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Host: localhost    Database: oa
-- ------------------------------------------------------
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
CREATE TABLE `approvals` (`id` int);
INSERT INTO `approvals` VALUES (1),(2);
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

-- Dump completed on 2026-03-03 10:00:00
"""


def inspected(
    capsys: pytest.CaptureFixture[str], path: Path, *words: str
) -> tuple[int, dict[str, object]]:
    with pytest.raises(SystemExit) as left:
        main(["backup", "inspect", str(path), "--format", "json", *words])
    printed = capsys.readouterr().out
    return int(left.value.code or 0), json.loads(printed) if printed else {}


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "anything"
    path.write_text(WHOLE)
    return path


def test_json_has_the_verdicts_and_their_reasons(
    dump: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUIQI_TIME_ZONE", "Asia/Shanghai")
    code, found = inspected(capsys, dump)
    assert code == 0
    problems = found.pop("problems")
    assert found == {
        "kind": "mysqldump",
        "fresh_at": "2026-03-03T02:00:00Z",
        "complete": True,
        "intact": None,
        "restorable": None,
    }
    assert isinstance(problems, list)
    assert {problem["code"] for problem in problems} == {
        "backups.inspect.zone",
        "backups.inspect.end_time",
        "backups.inspect.why.no_checksum",
        "backups.inspect.why.not_restored",
    }
    assert all(problem["text"] for problem in problems)


def test_the_exit_code_tells_false_before_unknown(
    dump: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inspected(capsys, dump, "--expect-table", "payments")[0] == 1
    assert inspected(capsys, dump, "--expect-table", "approvals", "--no-content")[0] == 2
    dump.write_text(WHOLE[:200])
    assert inspected(capsys, dump)[0] == 1
    dump.write_bytes(random.Random(3).randbytes(2000))
    code, found = inspected(capsys, dump)
    assert (code, found["kind"], found["complete"], found["intact"]) == (2, "unknown", None, None)


def test_a_zone_may_be_named(dump: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspected(capsys, dump, "--zone", "UTC")[1]["fresh_at"] == "2026-03-03T10:00:00Z"


@pytest.mark.parametrize("words", [["--kind", "zip"], ["--kind", "sqlite"], ["--zone", "Nowhere"]])
def test_bad_input_is_one_message_and_exit_code_two(
    dump: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["backup", "inspect", str(dump), *words])
    said = capsys.readouterr()
    assert left.value.code == 2
    assert said.out == ""
    assert len(said.err.strip().splitlines()) == 1


def test_a_path_where_nothing_is_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["backup", "inspect", str(tmp_path / "none")])
    assert left.value.code == 2
    assert "none" in capsys.readouterr().err


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_in_the_language_that_was_asked_for(
    dump: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["backup", "inspect", str(dump), "--lang", language])
    printed = capsys.readouterr().out
    assert t("backups.inspect.mark.restorable", language) in printed
    assert t("backups.inspect.why.footer", language) in printed


def test_a_hostile_name_steers_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a\x1b[31mb"
    path.write_text(WHOLE)
    with pytest.raises(SystemExit):
        main(["backup", "inspect", str(path)])
    assert "\x1b" not in capsys.readouterr().out


def test_a_folder_is_as_good_as_the_worst_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for day in (1, 2, 3):
        (tmp_path / f"{day}.sql").write_text(WHOLE.replace("2026-03-03", f"2026-03-0{day}"))
    (tmp_path / "3.sql.sha256").write_text("x")
    code, found = inspected(capsys, tmp_path, "--zone", "UTC", "--expect-table", "approvals")
    assert (code, found["kind"], found["complete"]) == (0, "folder", True)
    assert found["fresh_at"] == "2026-03-03T10:00:00Z"
    (tmp_path / "1.sql").write_text(WHOLE[:200])
    os.utime(tmp_path / "1.sql", (0, 0))
    code, found = inspected(capsys, tmp_path, "--zone", "UTC")
    assert (code, found["complete"]) == (1, False)
    assert found["fresh_at"] == "2026-03-03T10:00:00Z"
    assert "1.sql" in str(found["problems"])


def test_a_saved_catalogue_is_believed_only_where_it_says_no(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {
        "tree": "b6b1", "paths": ["/crm"], "hostname": "db", "username": "root",
        "time": "2026-03-03T02:00:00.123456789Z", "id": "71" * 32, "short_id": "71717171",
    }  # fmt: skip
    path = tmp_path / "snapshots"
    path.write_text(json.dumps([told]))
    code, found = inspected(capsys, path)
    assert (code, found["kind"], found["complete"], found["intact"]) == (2, "catalogue", None, None)
    assert found["fresh_at"] == "2026-03-03T02:00:00Z"
    path.write_text('[{"name": "crm", "backup": [], "status": {"code": 2}, "db": []}]')
    assert inspected(capsys, path)[1]["complete"] is False
    path.write_text('{"not": "a catalogue"')
    assert inspected(capsys, path)[0] == 2


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\n", detect.MYSQLDUMP),
        (b"/*!999999\\- enable the sandbox mode */\nCREATE TABLE `a` (x int);", detect.MYSQLDUMP),
        (b"\xef\xbb\xbf-- MySQL dump 10.13\n", detect.MYSQLDUMP),
        (b"--\n-- PostgreSQL database dump\n--\n\n\\restrict x\n", detect.PG_DUMP),
        (b"--\n-- PostgreSQL database cluster dump\n--\n", detect.PG_DUMP),
        (b"SET statement_timeout = 0;\n", detect.PG_DUMP),
        (b"PGDMP\x01\x0e", detect.PG_CUSTOM),
        (b"SQLite format 3\0", detect.SQLITE),
        (b"XBSTCK01", detect.XBSTREAM),
        (b"id,name\n1,x\n", "unknown"),
        (b"", "unknown"),
    ],
)
def test_a_file_is_told_by_its_first_bytes(tmp_path: Path, head: bytes, kind: str) -> None:
    path = tmp_path / "file.dump"
    path.write_bytes(head)
    assert detect.detect(path) == kind


@given(st.binary(max_size=5000), st.integers(0, 5000))
def test_the_checksum_of_pieces_is_that_of_the_whole(data: bytes, at: int) -> None:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    assert crc32c(data) == crc ^ 0xFFFFFFFF
    assert digest("CRC32C", [data[:at], data[at:]]) == digest("crc32c", [data])


def test_the_checksum_is_the_one_that_the_standard_gives() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA


def test_a_file_that_unpacks_a_thousandfold_is_read_in_pieces(tmp_path: Path) -> None:
    path, size = tmp_path / "zeros.gz", 200 << 20
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = bytes(1 << 20)
    path.write_bytes(b"".join(packer.compress(piece) for _ in range(200)) + packer.flush())
    with Unpacked(path) as file:
        longest = 0
        while data := file.read(1 << 20):
            longest = max(longest, len(data), len(file.rest))
        assert file.given == size
        assert file.checked
    assert longest <= 8 << 20


@given(st.binary(min_size=1, max_size=300), st.data())
def test_no_packed_file_that_was_cut_reads_to_its_end(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, draw: st.DataObject
) -> None:
    import bz2
    import gzip
    import lzma

    import zstandard

    packers = (gzip.compress, bz2.compress, lzma.compress, zstandard.compress)
    packed = draw.draw(st.sampled_from(packers))(data)
    path = tmp_path_factory.mktemp("cut") / "file"
    path.write_bytes(packed[: draw.draw(st.integers(8, len(packed) - 1))])
    with Unpacked(path) as file, pytest.raises(Damaged):
        file.read(1000)


def test_what_is_neither_file_nor_folder_is_not_read() -> None:
    with pytest.raises(SystemExit) as left:
        main(["backup", "inspect", "/dev/zero"])
    assert left.value.code == 2


@given(st.binary(max_size=400), st.sampled_from([b"PGDMP\x01\x0e\x00\x04\x08\x01", b"XBSTCK01\0P"]))
def test_hostile_bytes_behind_a_known_head_are_told_not_raised(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, head: bytes
) -> None:
    path = tmp_path_factory.mktemp("hostile") / "file"
    path.write_bytes(head + data)
    found = said(path)
    assert found.complete.value is not True


@pytest.mark.parametrize(
    "name", ["backup_manifest", "xtrabackup_checkpoints", "toc.dat", "ibdata1"]
)
@given(data=st.binary(max_size=200))
def test_folders_of_hostile_files_are_told_not_raised(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / name).write_bytes(data)
    assert said(folder).complete.value is not True
