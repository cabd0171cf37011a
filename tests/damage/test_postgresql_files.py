"""Physical backups of PostgreSQL: base backups, a pgBackRest repository, archived log.

A cluster of our own is made once, saved by the real tools, and stopped; every copy is damaged, then
inspected and restored by the server itself.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import missing
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

USER = "postgres"
PORT = "59431"
SEGMENT = 24
# Small segments, so that a few rows fill several.
MEGABYTES = "1"
TABLES = ("customers",)


def programs() -> Path:
    """Where the server's own programs are; Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    beside = shutil.which("initdb")
    if not found and beside is None:
        missing("PostgreSQL's initdb is not installed")
    return found[-1].parent if found else Path(beside or "").parent


@dataclass(frozen=True)
class Made:
    """Backups by name, and the rows that the cluster held at the end."""

    folder: Path
    rows: Rows
    at_base: Rows

    def at(self, name: str) -> Path:
        return self.folder / name


class Cluster:
    """A cluster in a folder; it listens on a socket there and nowhere else."""

    def __init__(self, data: Path, place: Path) -> None:
        self.data, self.place, self.bin = data, place, programs()

    def run(self, *words: str | Path) -> str:
        return must(run(words, user=USER, environment={"HOME": str(self.place)}, cwd=self.place))

    def start(self, wait: int = 30) -> bool:
        words = [self.bin / "pg_ctl", "-D", self.data, "-l", self.place / "log", "-t", str(wait)]
        options = f"-k {self.place} -p {PORT} -c listen_addresses='' -c fsync=off"
        words += ["-o", options, "-w", "start"]
        if run(words, user=USER, cwd=self.place).returncode != 0:
            return False
        # It answers while it still follows the log; what it holds is known at the end of that.
        end = time.monotonic() + 60
        while (said := self.ask("SELECT pg_is_in_recovery()").strip()) == "t":
            assert time.monotonic() < end
            time.sleep(0.1)
        return said == "f"

    def stop(self) -> None:
        words = [self.bin / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop"]
        run(words, user=USER, cwd=self.place)

    def ask(self, sql: str) -> str:
        # Debian's psql in the path is a wrapper that looks for clusters of its own.
        words = [self.bin / "psql", "-X", "-q", "-A", "-t", "-h", self.place, "-p", PORT]
        done = run([*words, "-d", "postgres", "-c", sql], user=USER, cwd=self.place)
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""

    def rows(self) -> Rows:
        said = self.ask("SELECT id, name FROM customers ORDER BY id")
        return {"customers": said.splitlines() if said else None}


def owned(path: Path) -> None:
    """Give a tree to the user that servers run as."""
    if ROOT:
        must(run(["chown", "-R", f"{USER}:{USER}", path]))


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    for name in ("pgbackrest", "setpriv"):
        tool(name)
    # Outside pytest's own folder, into which another user may not look.
    folder = Path(tempfile.mkdtemp(prefix="duiqi-damage-"))
    folder.chmod(0o755)
    owned(folder)
    try:
        yield save(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def settings(folder: Path, data: Path) -> Path:
    path = folder / "pgbackrest.conf"
    path.write_text(
        f"[global]\nrepo1-path={folder / 'repo'}\nlock-path={folder / 'lock'}\n"
        f"log-level-file=off\nlog-level-console=warn\nstart-fast=y\n"
        f"repo1-retention-full=9\ncompress-level=1\n"
        f"[crm]\npg1-path={data}\npg1-socket-path={folder}\npg1-port={PORT}\n"
    )
    return path


def save(folder: Path) -> Made:
    cluster = Cluster(folder / "data", folder)
    words = ["-A", "trust", "-N", "--no-locale", "-E", "UTF8", f"--wal-segsize={MEGABYTES}"]
    cluster.run(cluster.bin / "initdb", "-D", cluster.data, *words)
    told = f"pgbackrest --config={settings(folder, cluster.data)} --stanza=crm"
    with (cluster.data / "postgresql.conf").open("a") as file:
        file.write(f"archive_mode=on\narchive_command='{told} archive-push %p'\n")
        file.write("wal_level=replica\nmax_wal_senders=4\n")
    for part in ("repo", "lock"):
        (folder / part).mkdir()
    owned(folder)
    assert cluster.start(), (folder / "log").read_text()
    try:
        return fill(cluster, told.split(), folder)
    finally:
        cluster.stop()


def fill(cluster: Cluster, pgbackrest: list[str], folder: Path) -> Made:
    base = [cluster.bin / "pg_basebackup", "-h", folder, "-p", PORT, "-c", "fast"]
    insert = (
        "INSERT INTO customers SELECT g, 'name ' || g FROM generate_series({}, {}) g;"
        "SELECT pg_switch_wal()"
    )
    cluster.run(*pgbackrest, "stanza-create")
    cluster.ask("CREATE TABLE customers (id int PRIMARY KEY, name text)")
    cluster.ask(insert.format(1, 900))
    cluster.run(*pgbackrest, "--type=full", "backup")
    cluster.ask(insert.format(901, 1200))
    cluster.run(*pgbackrest, "--type=diff", "backup")
    cluster.run(*base, "-D", folder / "base")
    cluster.run(*base, "-D", folder / "tars", "-Ft", "-z")
    cluster.run(*base, "-D", folder / "bare", "-X", "none")
    at_base = cluster.rows()
    for start in (1201, 1301, 1401, 1501):
        cluster.ask(insert.format(start, start + 99))
    cluster.run(*pgbackrest, "check")
    return Made(folder, cluster.rows(), at_base)


def copied(made: Made, name: str, to: Path) -> Path:
    """A copy beside the others, where the server's user may look."""
    must(run(["cp", "-a", made.at(name), to]))
    return to


@pytest.fixture
def place(made: Made) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="case-", dir=made.folder))
    folder.chmod(0o755)
    owned(folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def started(data: Path, place: Path) -> Truth:
    """What the server finds in a folder that it is started on. The copy is used up."""
    data.chmod(0o700)
    cluster = Cluster(data, place)
    if not cluster.start(wait=20):
        cluster.stop()
        return Truth(False, {"customers": None})
    try:
        rows = cluster.rows()
        return Truth(rows["customers"] is not None, rows)
    finally:
        cluster.stop()


def from_folder(path: Path, place: Path) -> Truth:
    data = place / "restored"
    must(run(["cp", "-a", path, data]))
    return started(data, place)


def heap_of(made: Made) -> str:
    """The file that holds the rows of `customers` in the base backup."""
    found = [p for p in made.at("base").rglob("*") if p.is_file() and b"name 777" in p.read_bytes()]
    (path,) = (p for p in found if "pg_wal" not in p.parts)
    return path.relative_to(made.at("base")).as_posix()


@pytest.mark.parametrize("name", ["base", "tars"])
def test_a_base_backup_is_complete_with_its_manifest_and_its_log(made: Made, name: str) -> None:
    found = said(made.at(name))
    assert marks(found) == (True, None, None)
    assert found.fresh_at is not None


def test_a_healthy_base_backup_starts(made: Made, place: Path) -> None:
    hold(said(made.at("base")), from_folder(made.at("base"), place), made.at_base)


def test_a_base_backup_without_its_log_is_unproven(made: Made) -> None:
    found = said(made.at("bare"))
    assert marks(found) == (None, True, None)
    assert "log_elsewhere" in codes(found)


def test_a_changed_file_is_found_that_the_server_reads_without_a_word(
    made: Made, place: Path
) -> None:
    copy = copied(made, "base", place / "copy")
    victim = copy / heap_of(made)
    flipped(victim, victim, victim.read_bytes().index(b"name 777") + 5)
    found, truth = said(copy), from_folder(copy, place)
    assert truth.ran
    assert truth.rows != made.at_base
    assert found.intact.value is False
    assert found.complete.value is not True
    hold(found, truth, made.at_base)


@pytest.mark.parametrize("name", ["heap", "global/pg_control", "backup_label"])
def test_a_lost_file_makes_a_base_backup_incomplete(made: Made, place: Path, name: str) -> None:
    copy = copied(made, "base", place / "copy")
    (copy / (heap_of(made) if name == "heap" else name)).unlink()
    found = said(copy)
    assert marks(found)[0] is False
    assert marks(found)[2] is False


def test_a_lost_segment_makes_a_base_backup_incomplete(made: Made, place: Path) -> None:
    copy = copied(made, "base", place / "copy")
    segments = sorted(p for p in (copy / "pg_wal").iterdir() if len(p.name) == SEGMENT)
    # Another segment lies there still, so the log was meant to be part of the backup.
    shutil.copy(segments[0], copy / "pg_wal" / f"{int(segments[0].name, 16) + 64:024X}")
    segments[0].unlink()
    found = said(copy)
    assert marks(found)[0] is False
    hold(found, from_folder(copy, place), made.at_base)


def test_a_changed_manifest_is_no_proof(made: Made, place: Path) -> None:
    copy = copied(made, "base", place / "copy")
    path = copy / "backup_manifest"
    path.write_bytes(path.read_bytes().replace(b'"Size": 8192', b'"Size": 8193', 1))
    found = said(copy)
    assert found.intact.value is False
    assert found.complete.value is not True


@pytest.mark.parametrize("share", [30, 99])
def test_a_tar_that_was_cut_is_not_complete(made: Made, place: Path, share: int) -> None:
    copy = copied(made, "tars", place / "copy")
    victim = copy / "base.tar.gz"
    cut(victim, victim, victim.stat().st_size * share // 100)
    assert said(copy).complete.value is False


def test_a_repository_is_complete_and_every_stored_file_was_checked(made: Made) -> None:
    found = said(made.at("repo"))
    assert marks(found) == (True, True, None)
    assert found.fresh_at is not None


def from_repository(repo: Path, place: Path) -> Truth:
    """What pgBackRest brings back, as far as the log reaches."""
    data = place / "restored"
    data.mkdir()
    owned(data)
    config = place / "restore.conf"
    config.write_text(
        f"[global]\nrepo1-path={repo}\nlock-path={place / 'lock'}\nlog-level-file=off\n"
        f"[crm]\npg1-path={data}\n"
    )
    done = run(
        ["pgbackrest", f"--config={config}", "--stanza=crm", "restore"],
        user=USER,
        environment={"HOME": str(place)},
        cwd=place,
    )
    if done.returncode != 0:
        return Truth(False, {"customers": None})
    with (data / "postgresql.conf").open("a") as file:
        file.write("archive_mode=off\n")
    return started(data, place)


def without_a_segment(which: int) -> Callable[[Path], None]:
    """Delete one segment, counted from the newest."""

    def damage(repo: Path) -> None:
        found = (p for p in (repo / "archive").rglob("*.gz") if len(p.name) > SEGMENT + 16)
        sorted(found)[which].unlink()

    return damage


def without_the_full(repo: Path) -> None:
    (full,) = (
        p for p in (repo / "backup" / "crm").iterdir() if p.name.endswith("F") and p.is_dir()
    )
    shutil.rmtree(full)


def with_a_changed_file(repo: Path) -> None:
    """The largest file of the full backup."""
    victim = max((repo / "backup").rglob("*.gz"), key=lambda p: p.stat().st_size)
    flipped(victim, victim, victim.stat().st_size // 2)


def with_a_lost_file(repo: Path) -> None:
    victim = max((repo / "backup").rglob("*.gz"), key=lambda p: p.stat().st_size)
    victim.unlink()


REPOSITORIES: dict[str, tuple[Callable[[Path], None], tuple[int, bool | None]]] = {
    "lost_segment": (without_a_segment(-3), (0, False)),
    "lost_reference": (without_the_full, (0, False)),
    "changed_file": (with_a_changed_file, (1, False)),
    "lost_file": (with_a_lost_file, (0, False)),
}


@pytest.mark.parametrize("name", ["healthy", *REPOSITORIES])
def test_a_damaged_repository_is_found_and_a_restore_agrees(
    made: Made, place: Path, name: str
) -> None:
    copy = copied(made, "repo", place / "repo")
    if name != "healthy":
        damage, (mark, value) = REPOSITORIES[name]
        damage(copy)
        assert marks(said(copy))[mark] is value
    found, truth = said(copy), from_repository(copy, place)
    assert (truth.rows == made.rows) is (name == "healthy")
    hold(found, truth, made.rows)


def test_a_book_that_was_changed_is_no_proof(made: Made, place: Path) -> None:
    copy = copied(made, "repo", place / "repo")
    for name in ("backup.info", "backup.info.copy"):
        path = copy / "backup" / "crm" / name
        path.write_text(path.read_text().replace('"backup-error":false', '"backup-error":true', 1))
    found = said(copy)
    assert found.intact.value is False
    assert found.complete.value is not True


def test_an_archive_of_log_without_a_hole_is_complete(made: Made) -> None:
    (archive,) = made.at("repo").glob("archive/crm/*-1")
    assert marks(said(archive)) == (True, True, None)


def test_a_lost_segment_is_a_hole_in_the_archive(made: Made, place: Path) -> None:
    copy = copied(made, "repo", place / "repo")
    without_a_segment(-3)(copy)
    (archive,) = copy.glob("archive/crm/*-1")
    found = said(archive)
    assert found.complete.value is False
    assert "hole" in codes(found)


def test_a_segment_under_a_wrong_name_is_found(made: Made, place: Path) -> None:
    plain = place / "log"
    plain.mkdir()
    first = next(p for p in (made.at("base") / "pg_wal").iterdir() if len(p.name) == SEGMENT)
    shutil.copy(first, plain / first.name)
    shutil.copy(first, plain / f"{int(first.name, 16) + 1:024X}")
    found = said(plain)
    assert found.kind == "wal"
    assert found.intact.value is False
