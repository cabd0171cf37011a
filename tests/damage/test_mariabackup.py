"""Folders of mariabackup: full, incremental, prepared; damaged, inspected and started again."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.damage.judging import (
    ROOT,
    Rows,
    Truth,
    codes,
    cut,
    flipped,
    hold,
    marks,
    must,
    run,
    said,
    tool,
)

USER = "mysql"


@dataclass(frozen=True)
class Made:
    """Backups by name, and the rows at the time of the full and of the incremental."""

    folder: Path
    full: Rows
    incremental: Rows

    def at(self, name: str) -> Path:
        return self.folder / name


class Server:
    """A server of our own in a folder; it listens on a socket there and nowhere else."""

    def __init__(self, data: Path, place: Path) -> None:
        self.data, self.socket, self.place = data, place / "s", place
        self.words = [
            "--no-defaults", f"--datadir={data}", f"--socket={self.socket}", "--skip-networking",
            f"--pid-file={place / 'pid'}", "--innodb-log-file-size=8M", "--skip-log-bin",
            f"--log-error={place / 'log'}", "--innodb-flush-log-at-trx-commit=0",
        ]  # fmt: skip

    def start(self) -> bool:
        user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"] if ROOT else []
        words = [*user, tool("mariadbd", "/usr/sbin"), *self.words]
        self.process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < end:
            if self.ask("SELECT 1") is not None:
                return True
            time.sleep(0.1)
        return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def ask(self, sql: str) -> str | None:
        words = [tool("mariadb"), "--no-defaults", f"--socket={self.socket}", "-u", "root"]
        done = run([*words, "-N", "-B", "-e", sql])
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None

    def rows(self) -> Rows:
        found = self.ask("SELECT id, name FROM crm.customers ORDER BY id")
        return {"customers": None if found is None else found.splitlines()}


def owned(path: Path) -> None:
    if ROOT:
        must(run(["chown", "-R", f"{USER}:{USER}", path]))


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    # A socket's path must be short, and the server's user must be able to look.
    folder = Path(tempfile.mkdtemp(prefix="duiqi-mb-"))
    folder.chmod(0o755)
    try:
        yield save(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def save(folder: Path) -> Made:
    data = folder / "data"
    data.mkdir()
    server = Server(data, folder)
    owned(folder)
    login = [f"--user={USER}"] if ROOT else []
    install = [tool("mariadb-install-db"), "--no-defaults", f"--datadir={data}", *login]
    must(run([*install, "--skip-test-db", "--auth-root-authentication-method=normal"]))
    assert server.start(), (folder / "log").read_text()
    try:
        server.ask(
            "CREATE DATABASE crm; CREATE TABLE crm.customers (id int PRIMARY KEY, name text)"
        )
        server.ask("INSERT INTO crm.customers SELECT seq, md5(seq) FROM crm.seq_1_to_3000")
        server.ask("FLUSH TABLES crm.customers FOR EXPORT; UNLOCK TABLES")
        assert len(server.rows()["customers"] or ()) == 3000
        full, program = server.rows(), tool("mariadb-backup")
        words = [program, "--no-defaults", "--backup", f"--socket={server.socket}", "--user=root"]
        words += [f"--datadir={data}"]
        must(run([*words, f"--target-dir={folder / 'full'}"]))
        stream = run([*words, "--stream=xbstream", f"--target-dir={folder}"])
        assert stream.returncode == 0
        (folder / "stream.gz").write_bytes(gzip.compress(stream.stdout, 1))
        (folder / "stream").write_bytes(stream.stdout)
        server.ask("INSERT INTO crm.customers SELECT seq, md5(seq) FROM crm.seq_3001_to_4000")
        basis = f"--incremental-basedir={folder / 'full'}"
        must(run([*words, f"--target-dir={folder / 'inc'}", basis]))
        return Made(folder, full, server.rows())
    finally:
        server.stop()


@pytest.fixture
def place(made: Made) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="c", dir=made.folder))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def restored(place: Path, full: Path | None, incremental: Path | None = None) -> Truth:
    """Prepared and started by the server, as its manual says."""
    target, program = place / "restored", tool("mariadb-backup")
    shutil.copytree(full or incremental or place, target)
    prepare = [program, "--no-defaults", "--prepare", f"--target-dir={target}"]
    done = run(prepare)
    if done.returncode == 0 and full and incremental:
        applied = place / "applied"  # it is used up
        shutil.copytree(incremental, applied)
        done = run([*prepare, f"--incremental-dir={applied}"])
    if done.returncode != 0:
        return Truth(False, {"customers": None})
    run_at = place / "r"
    run_at.mkdir()
    server = Server(target, run_at)
    owned(place)
    place.chmod(0o755)
    if not server.start():
        server.process.kill()
        server.process.wait()
        return Truth(False, {"customers": None})
    try:
        rows = server.rows()
        return Truth(rows["customers"] is not None, rows)
    finally:
        server.stop()


def test_a_healthy_full_backup_is_complete_and_comes_back(made: Made, place: Path) -> None:
    found = said(made.at("full"), tables=("crm.customers",), database="crm")
    assert marks(found) == (True, None, None)
    assert "not_prepared" in codes(found)
    assert found.fresh_at is not None
    hold(found, restored(place, made.at("full")), made.full)


def test_an_incremental_is_complete_with_the_full_that_it_names(made: Made, place: Path) -> None:
    found = said(made.at("inc"))
    assert marks(found) == (True, None, None)
    hold(found, restored(place, made.at("full"), made.at("inc")), made.incremental)


def test_an_incremental_without_its_full_cannot_be_restored(made: Made, place: Path) -> None:
    alone = place / "alone" / "inc"
    shutil.copytree(made.at("inc"), alone)
    found = said(alone)
    assert marks(found) == (False, None, False)
    assert "base_missing" in codes(found)
    hold(found, restored(place, None, alone), made.incremental)
    assert said(alone, base=made.at("full")).complete.value is True


def test_a_full_of_another_name_is_only_guessed(made: Made, place: Path) -> None:
    for name in ("full", "inc"):
        other = "tuesday" if name == "full" else name
        shutil.copytree(made.at(name), place / other)
    found = said(place / "inc")
    assert marks(found) == (None, None, None)
    assert "base_guessed" in codes(found)


def test_a_backup_that_was_not_finished_is_not_complete(made: Made, place: Path) -> None:
    copy = place / "copy"
    shutil.copytree(made.at("full"), copy)
    (copy / "xtrabackup_checkpoints").unlink()
    found = said(copy)
    assert marks(found) == (False, None, False)
    hold(found, restored(place, copy), made.full)


def test_a_backup_without_a_tables_data_is_not_called_complete(made: Made, place: Path) -> None:
    copy = place / "copy"
    shutil.copytree(made.at("full"), copy)
    (copy / "crm" / "customers.ibd").unlink()
    found = said(copy)
    assert found.complete.value is None
    hold(found, restored(place, copy), made.full)


@pytest.mark.parametrize("name", ["stream", "stream.gz"])
def test_a_stream_is_complete_and_intact_until_it_is_cut_or_changed(
    made: Made, place: Path, name: str
) -> None:
    whole = made.at(name)
    size = whole.stat().st_size
    assert marks(said(whole)) == (True, True, None)
    assert said(cut(whole, place / "cut", size * 7 // 10)).complete.value is False
    changed = said(flipped(whole, place / "changed", size // 2))
    assert changed.intact.value is False
    assert changed.complete.value is not True
    assert changed.restorable.value is False
