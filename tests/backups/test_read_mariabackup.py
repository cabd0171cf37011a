"""mariabackup: folders as the real tool leaves them, chains by LSN, and what breaks them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.backups.model import Basis, Catalogue, Mark, Method, State
from governance.backups.readers.mariabackup import READER
from governance.errors import ConfigError, SourceUnavailable
from tests.backups.asking import ask, clean, codes, marked, sample

KEPT = "mariabackup-{}-xtrabackup_{}.txt"
OK = sample("mariabackup-log-tail-ok.txt")


def put(root: Path, name: str, of: str = "full", *, log: str | None = OK, **changes: str) -> Path:
    """A folder as the tool left it; `changes` replace values by their names."""
    folder = root / name
    folder.mkdir(parents=True)
    for file in ("checkpoints", "info"):
        lines = sample(KEPT.format(of, file)).splitlines()
        if file == "checkpoints" and "prepared" in changes:
            lines = sample("mariabackup-full-prepared-checkpoints.txt").splitlines()
        said = [changes.get(line.partition(" =")[0], line.partition(" = ")[2]) for line in lines]
        names = [line.partition(" =")[0] for line in lines]
        text = "".join(f"{n} = {v}\n" for n, v in zip(names, said, strict=True) if v != "GONE")
        (folder / f"xtrabackup_{file}").write_text(text)
    (folder / "ibdata1").write_bytes(b"x" * 1000)
    if log is not None:
        (root / f"{name}.log").write_text(log)
    return folder


def read(root: Path, zone: str = "UTC", **options: str) -> Catalogue:
    return ask(READER, path=root, zone=zone, options=options)


def test_a_full_and_an_incremental_backup_are_a_chain(tmp_path: Path) -> None:
    put(tmp_path, "full")
    put(tmp_path, "inc1", "inc1")
    found = read(tmp_path, zone="Asia/Shanghai")
    full, inc = found.backups
    assert (full.id, full.method, full.state, full.needs) == ("full", Method.FULL, State.DONE, ())
    assert (inc.id, inc.method, inc.needs) == ("inc1", Method.INCREMENTAL, ("full",))
    # Both end at the same LSN though data changed between them: that is no fault.
    assert len(clean(found)) == 2
    assert full.data_at == datetime(2026, 11, 21, 11, 27, 56, tzinfo=UTC)
    assert full.basis is Basis.STOP
    assert found.zone == "Asia/Shanghai"
    assert found.tool == "mariabackup 10.11.19-MariaDB"
    assert full.size is not None
    assert full.size > 1000
    assert full.series == inc.series == tmp_path.name
    assert full.path == str(tmp_path / "full")


def test_the_command_is_not_kept_for_it_may_hold_a_password(tmp_path: Path) -> None:
    command = "--backup --password=hunter2 --incremental-basedir=/srv/backup/my/full"
    put(tmp_path, "full", tool_command="--backup --password=hunter2")
    put(tmp_path, "inc1", "inc1", tool_command=command)
    found = read(tmp_path)
    assert "hunter2" not in repr(found)
    assert found.backups[1].needs == ("full",)


def test_a_base_that_is_gone_is_needed_by_its_name(tmp_path: Path) -> None:
    put(tmp_path, "inc1", "inc1")
    assert read(tmp_path).backups[0].needs == ("full",)


def test_another_backup_in_the_folder_of_the_base_breaks_the_chain(tmp_path: Path) -> None:
    put(tmp_path, "full", to_lsn="50000", innodb_to_lsn="50000")
    put(tmp_path, "inc1", "inc1")
    assert marked(read(tmp_path), "base_other") == {(Mark.COMPLETE, True, "inc1")}


def test_a_base_that_was_prepared_meanwhile_may_not_fit(tmp_path: Path) -> None:
    put(tmp_path, "full", prepared="yes")
    put(tmp_path, "inc1", "inc1")
    found = read(tmp_path)
    assert found.backups[0].said == "log-applied"
    assert found.backups[0].method is Method.FULL
    assert marked(found, "base_prepared") == {(Mark.COMPLETE, False, "inc1")}
    assert "full" in {b.id for b in clean(found)}


def test_a_base_that_no_command_names_is_found_by_its_lsn(tmp_path: Path) -> None:
    put(tmp_path, "full")
    put(tmp_path, "inc1", "inc1", tool_command="--incremental-lsn=44894")
    assert read(tmp_path).backups[1].needs == ("full",)
    put(tmp_path, "second")
    found = read(tmp_path)
    assert (Mark.COMPLETE, False, "inc1") in marked(found, "base_unclear")
    put(tmp_path / "lone", "inc1", "inc1", tool_command="-")
    assert read(tmp_path / "lone").backups[0].needs == ("LSN 44894",)


@pytest.mark.parametrize(
    ("log", "state", "told"),
    [
        (None, State.DONE, "no_end"),
        ("[00] FATAL ERROR: no space left", State.FAILED, "broke_off"),
        ("completed OK!\nmariabackup: killed", State.FAILED, "broke_off"),
        ("", State.FAILED, "broke_off"),
    ],
)
def test_a_log_must_say_that_it_ended(
    tmp_path: Path, log: str | None, state: State, told: str
) -> None:
    put(tmp_path, "full", log=log)
    found = read(tmp_path)
    assert found.backups[0].state is state
    assert marked(found, told) == {(Mark.COMPLETE, state is State.FAILED, "full")}


def test_a_log_inside_the_folder_is_found_by_its_usual_or_its_stated_name(tmp_path: Path) -> None:
    folder = put(tmp_path, "full", log=None)
    (folder / "mariabackup.log").write_text(OK)
    assert len(clean(read(tmp_path))) == 1
    (folder / "mariabackup.log").rename(folder / "nightly.txt")
    assert len(clean(read(tmp_path))) == 0
    assert len(clean(read(tmp_path, log="nightly.txt"))) == 1


def test_a_backup_of_some_tables_is_not_whole(tmp_path: Path) -> None:
    put(tmp_path, "full", partial="Y")
    found = read(tmp_path)
    assert found.backups[0].state is State.PARTIAL
    assert marked(found, "partial") == {(Mark.COMPLETE, True, "full")}


def test_names_are_taken_as_percona_prints_them(tmp_path: Path) -> None:
    folder = put(tmp_path, "full")
    text = (folder / "xtrabackup_checkpoints").read_text()
    (folder / "xtrabackup_checkpoints").unlink()
    percona = text.replace("from_lsn = 0", "from lsn= 0").replace("full-backuped", "full-prepared")
    (folder / "mariadb_backup_checkpoints").write_text(percona)
    found = read(tmp_path)
    assert len(clean(found)) == 1
    assert found.backups[0].said == "full-prepared"


def test_a_folder_without_checkpoints_is_not_done(tmp_path: Path) -> None:
    folder = put(tmp_path, "full")
    (folder / "xtrabackup_checkpoints").unlink()
    found = read(tmp_path)
    assert found.backups[0].state is State.UNKNOWN
    assert marked(found, "state") == {(Mark.COMPLETE, False, "full")}


def test_a_backup_may_be_the_folder_itself(tmp_path: Path) -> None:
    put(tmp_path, "full")
    (backup,) = read(tmp_path / "full").backups
    assert (backup.id, backup.series) == (".", "full")
    # Its log lies beside it.
    assert backup.state is State.DONE


def test_links_and_pipes_are_left_alone(tmp_path: Path) -> None:
    put(tmp_path, "full")
    (tmp_path / "linked").symlink_to(tmp_path / "full")
    folder = put(tmp_path, "odd", log=None)
    (folder / "xtrabackup_info").unlink()
    os.mkfifo(folder / "xtrabackup_info")
    found = read(tmp_path)
    assert [b.id for b in found.backups] == ["full", "odd"]
    assert "odd" not in {b.id for b in clean(found)}


@pytest.mark.parametrize(
    "name",
    ["backup_type", "from_lsn", "to_lsn", "last_lsn", "end_time", "partial", "innodb_to_lsn"],
)
@pytest.mark.parametrize("value", ["GONE", "", "nonsense", "-1", "1.5"])
def test_whatever_is_wrong_with_what_is_needed_is_told(
    tmp_path: Path, name: str, value: str
) -> None:
    put(tmp_path, "full", **{name: value})
    assert clean(read(tmp_path)) == []


def test_a_folder_without_backups_has_nothing(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert marked(found, "nothing") == {(Mark.COMPLETE, True, None)}


def test_a_folder_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable):
        read(tmp_path / "nowhere")
    with pytest.raises(ConfigError):
        ask(READER)


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=60))
def test_nothing_that_a_file_may_hold_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, checkpoints: bytes, info: bytes, log: bytes
) -> None:
    root = tmp_path_factory.mktemp("odd")
    (root / "full").mkdir()
    (root / "full" / "xtrabackup_checkpoints").write_bytes(checkpoints)
    (root / "full" / "xtrabackup_info").write_bytes(info)
    (root / "full.log").write_bytes(log)
    found = read(root)
    assert clean(found) == []
    assert codes(found, "full")
