"""Files held against the checksums beside them, and against what they were the last time."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from checks.backups.model import Backup, Depth, Mark, Problem, State, Verification
from governance.backups.readers.memory import Memory, Seen
from governance.backups.readers.model import Asked
from governance.backups.readers.sidecars import Expected, expected, hashed

SHA256 = "sha256"


@dataclass
class Checksums:
    """Looks at the bytes of files once, newest first, as long as the catalogue's `timeout` allows;
    what was not come to is looked at in a later run, and until then nothing is said of it.

    A file is read anew once its size or time has changed, or `again` after the last reading: then
    bits that changed under the same time are noticed.
    """

    asked: Asked
    again: timedelta
    verifications: list[Verification] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    # Backups that changed while we looked: they are still being written.
    moving: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.memory = Memory(self.asked.memory, self.asked.catalogue.name)
        self.deadline = time.monotonic() + self.asked.catalogue.timeout.total_seconds()

    def look(self, backups: Iterable[Backup], dated: frozenset[str]) -> None:
        """Look at those that are done and can be read. `dated` are ids whose name holds a time:
        such a file is written once."""
        done = [b for b in backups if b.path and b.state is State.DONE and b.size]
        twins = _same_size(done)
        folders: dict[Path, dict[str, Path]] = {}
        for backup in reversed(done):
            file = Path(backup.path or "")
            if file.parent not in folders:
                folders[file.parent] = _listing(file.parent)
            try:
                wanted = expected(file, folders[file.parent])
            except ValueError:
                params = {"file": file.name}
                self._problem("backups.store.bad_sidecar", backup, params)
                wanted = None
            self._one(backup, file, wanted, backup.id in twins, backup.id in dated)
        self.memory.save()

    def _one(
        self, backup: Backup, file: Path, wanted: Expected | None, twin: bool, dated: bool
    ) -> None:
        try:
            found = file.stat()
        except OSError:
            return
        if found.st_size != backup.size:
            self.moving.add(backup.id)
            return
        before = self.memory.before.get(backup.id)
        now = self.asked.now.isoformat()
        seen = Seen(found.st_size, found.st_mtime_ns, now, {})
        same = before is not None and (before.size, before.mtime_ns) == (seen.size, seen.mtime_ns)
        if before is not None:
            # A new file under a name that says when it was written is odd, and stays so.
            rewritten = before.rewritten if same or not dated else now
            seen = replace(seen, rewritten=rewritten)
        known = before.digests if before is not None and same else {}
        algorithms = {wanted.algorithm} if wanted else set()
        algorithms |= {SHA256} if twin else set()
        due = before is None or self.asked.now - before.hashed_at >= self.again
        if before is not None and algorithms <= known.keys() and not (due and known):
            seen = replace(seen, at=before.at, digests=known)
        elif algorithms | known.keys():
            seen = self._read(backup, file, seen, known, algorithms | known.keys())
        self.memory.now[backup.id] = seen
        self._judge(backup, seen, wanted)

    def _read(
        self, backup: Backup, file: Path, seen: Seen, known: dict[str, str], algorithms: set[str]
    ) -> Seen:
        """The file as it is now; what is known of it where it could not be read to the end."""
        before = self.memory.before.get(backup.id)
        kept = replace(seen, at=before.at if before else seen.at, digests=known)
        try:
            digests = hashed(file, algorithms, self._give_up)
            after = file.stat()
        except OSError:
            self._problem("backups.store.unreadable", backup, {"file": file.name})
            return kept
        if digests is None:
            return kept
        if (after.st_size, after.st_mtime_ns) != (seen.size, seen.mtime_ns):
            self.moving.add(backup.id)
            return kept
        if any(digests[name] != digest for name, digest in known.items()):
            params = {"at": kept.at}
            self._problem("backups.store.bits_changed", backup, params, breaks=True)
            # The hash that we know stays: what it was then is what it should be.
            self.verifications.append(
                Verification(Depth.FULL, False, self.asked.now, backup.id, said="sha256")
            )
            return kept
        return replace(seen, digests=digests)

    def _judge(self, backup: Backup, seen: Seen, wanted: Expected | None) -> None:
        if backup.id in self.moving:
            return
        if seen.rewritten:
            self._problem("backups.store.rewritten", backup, {"at": seen.rewritten})
        if SHA256 in seen.digests:
            self.digests[backup.id] = f"{SHA256}:{seen.digests[SHA256]}"
        if wanted is None or wanted.algorithm not in seen.digests:
            return
        is_right = seen.digests[wanted.algorithm] == wanted.digest
        self.verifications.append(
            Verification(Depth.FULL, is_right, seen.hashed_at, backup.id, said=wanted.algorithm)
        )
        if not is_right:
            params = {"algorithm": wanted.algorithm}
            self._problem("backups.store.sidecar_differs", backup, params, breaks=True)

    def _give_up(self) -> bool:
        return self.asked.stop() or time.monotonic() > self.deadline

    def _problem(
        self, code: str, backup: Backup, params: dict[str, str], breaks: bool = False
    ) -> None:
        self.problems.append(Problem(code, params, Mark.INTACT, breaks, backup.id))


def _same_size(backups: list[Backup]) -> frozenset[str]:
    """Those that are as large as the one before or after in their series: only they can be the
    same, so only they are worth a hash without a checksum beside them."""
    last: dict[str, Backup] = {}
    found: set[str] = set()
    for backup in backups:
        before = last.get(backup.series)
        if before is not None and before.size == backup.size:
            found |= {before.id, backup.id}
        last[backup.series] = backup
    return frozenset(found)


def _listing(folder: Path) -> dict[str, Path]:
    try:
        return {path.name: path for path in sorted(folder.iterdir())}
    except OSError:
        return {}
