"""A folder of mariabackup or xtrabackup: full, incremental or prepared.

What the tool writes last are `xtrabackup_checkpoints` and `xtrabackup_info`. An incremental holds
changes since `from_lsn` and is nothing without the backup that ends there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from checks.backups.model import Basis, Mark, Problem
from governance.backups.inspect.clock import in_zone, told_time
from governance.backups.inspect.detect import MARIABACKUP
from governance.backups.inspect.model import Asked, Seen, breaking, doubtful, no, told, unknown, yes

CHECKPOINTS = ("xtrabackup_checkpoints", "mariadb_backup_checkpoints")
INFO = ("xtrabackup_info", "mariadb_backup_info")
LOGS = ("ib_logfile0", "xtrabackup_logfile")
FULL, INCREMENTAL = "full-backuped", "incremental"
APPLIED, PREPARED = "log-applied", "full-prepared"
LINE = re.compile(r"^\s*(\w+(?: lsn)?)\s*=\s*(.*?)\s*$", re.MULTILINE)
BASE_NAMED = re.compile(r"--incremental-basedir=(\S+)")
# What the tool puts beside every table of InnoDB in an incremental, and what it makes of it.
DELTA = (".ibd.delta", ".ibd.meta")
LONGEST_CHAIN = 1000


@dataclass(frozen=True)
class Facts:
    """What the tool wrote down. None: it did not."""

    path: Path
    kind: str | None
    start: int | None
    end: int | None
    last: int | None
    info: Mapping[str, str]

    @property
    def is_incremental(self) -> bool:
        return self.kind == INCREMENTAL or self.info.get("incremental") == "Y"


def facts_of(path: Path) -> Facts:
    points = _lines(path, CHECKPOINTS)
    return Facts(
        path,
        points.get("backup_type"),
        _number(points.get("from_lsn")),
        _number(points.get("to_lsn")),
        _number(points.get("last_lsn")),
        _lines(path, INFO),
    )


def _lines(path: Path, names: tuple[str, ...]) -> dict[str, str]:
    found = next((path / name for name in names if (path / name).is_file()), None)
    if found is None:
        return {}
    text = found.read_text("utf-8", "replace")
    return {key.replace(" ", "_"): value for key, value in LINE.findall(text)}


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def mariabackup(asked: Asked) -> Seen:
    facts = facts_of(asked.path)
    problems = [*_finished(facts), *_files(facts), *_chain(facts, asked)]
    if facts.info.get("partial") == "Y":
        problems.append(doubtful(Mark.COMPLETE, "backups.inspect.partial"))
    if facts.kind in (FULL, INCREMENTAL):
        problems.append(told("backups.inspect.not_prepared"))
    fresh, assumed = _moment(facts, asked)
    problems += told_time(asked, fresh, assumed)
    broken = next((p for p in problems if p.breaks and p.mark is Mark.COMPLETE), None)
    tables = _tables(asked.path)
    return Seen(
        kind=MARIABACKUP,
        ended=yes("backups.inspect.why.tool_ended"),
        intact=unknown("backups.inspect.why.pages_unchecked"),
        fresh_at=fresh,
        basis=Basis.STOP if fresh else None,
        lost=no(broken.code, **broken.params) if broken else None,
        tables=tables,
        databases=tuple(dict.fromkeys(table.split(".")[0] for table in tables)),
        problems=tuple(problems),
    )


def _moment(facts: Facts, asked: Asked) -> tuple[datetime | None, bool]:
    """The end: a physical backup holds all that was committed until its log was closed."""
    return in_zone(facts.info.get("end_time", ""), None, asked.zone)


def _finished(facts: Facts) -> Iterator[Problem]:
    known = (FULL, INCREMENTAL, APPLIED, PREPARED)
    if facts.kind is None or facts.end is None or facts.start is None:
        yield breaking(Mark.COMPLETE, "backups.inspect.not_finished", file=CHECKPOINTS[0])
    elif facts.kind not in known:
        yield doubtful(Mark.COMPLETE, "backups.inspect.type_odd", type=facts.kind)
    if not facts.info.get("end_time"):
        yield doubtful(Mark.COMPLETE, "backups.inspect.no_info", file=INFO[0])


def _files(facts: Facts) -> Iterator[Problem]:
    """Files that every such backup has."""
    names = {entry.name for entry in facts.path.iterdir()}
    system = {"ibdata1", "ibdata1.delta", "ibdata1.qp", "ibdata1.zst", "ibdata1.lz4"}
    if not names & system and "ibdata1" in _data_files(facts.path):
        yield breaking(Mark.COMPLETE, "backups.inspect.part_missing", file="ibdata1")
    if facts.kind in (FULL, INCREMENTAL) and not names & set(LOGS):
        yield breaking(Mark.COMPLETE, "backups.inspect.part_missing", file=LOGS[0])
    for meta in facts.path.rglob("*.meta"):
        if not meta.with_suffix(".delta").is_file():
            yield breaking(Mark.COMPLETE, "backups.inspect.part_missing", file=meta.stem + ".delta")
    for form in facts.path.glob("*/*.frm"):
        yield from _data_of(form)


def _data_files(path: Path) -> str:
    """What the server called its system space; the default where it does not say."""
    found = path / "backup-my.cnf"
    text = found.read_text("utf-8", "replace") if found.is_file() else ""
    told = re.search(r"^innodb_data_file_path=(.*)$", text, re.MULTILINE)
    return told.group(1) if told else "ibdata1"


def _data_of(form: Path) -> Iterator[Problem]:
    """A table that is defined and has no data. Views and some engines have no file of their own."""
    head = form.read_bytes()[:4]
    engine = head[3] if head[:2] == b"\xfe\x01" else None
    beside = {entry.name.removeprefix(form.stem) for entry in form.parent.glob(f"{form.stem}.*")}
    # Bytes of `enum legacy_db_type`: 9 MyISAM, 12 InnoDB, 42 Aria.
    needs = {12: ".ibd", 9: ".MYD", 42: ".MAD"}.get(engine or 0)
    if needs and not any(name.startswith(needs) for name in beside):
        # A table made during the backup may have its data in the log alone.
        file = f"{form.parent.name}/{form.stem}{needs}"
        yield doubtful(Mark.COMPLETE, "backups.inspect.table_file_missing", file=file)


def _tables(path: Path) -> tuple[str, ...]:
    found = {
        f"{entry.parent.name}.{entry.name.split('.')[0]}"
        for pattern in ("*/*.ibd*", "*/*.frm")
        for entry in path.glob(pattern)
    }
    return tuple(sorted(found))


def _chain(facts: Facts, asked: Asked) -> Iterator[Problem]:
    """From an incremental back to its full. Beginnings and ends must meet, and the base must be the
    one that was named: two young servers may well stand at the same position."""
    here, steps = facts, 0
    while here.is_incremental and here.start is not None:
        base = _base_of(here, asked)
        if base is None:
            yield breaking(Mark.COMPLETE, "backups.inspect.base_missing", lsn=here.start)
            return
        if base.kind == PREPARED:
            yield breaking(Mark.RESTORABLE, "backups.inspect.base_prepared", base=base.path.name)
        if not _is_named(here, base, asked):
            yield doubtful(Mark.COMPLETE, "backups.inspect.base_guessed", base=base.path.name)
        yield from _finished(base)
        yield from _files(base)
        here, steps = base, steps + 1
        if steps > LONGEST_CHAIN:
            yield doubtful(Mark.COMPLETE, "backups.inspect.base_guessed", base=base.path.name)
            return
    if not here.is_incremental and here.start not in (0, None) and here.kind == FULL:
        yield doubtful(Mark.COMPLETE, "backups.inspect.type_odd", type=here.kind)


def _base_of(facts: Facts, asked: Asked) -> Facts | None:
    """What the incremental begins with: the folder that was told, or a sibling that fits."""
    beside = [p for p in facts.path.absolute().parent.iterdir() if p.is_dir()]
    candidates = [*([asked.base] if asked.base else []), *beside]
    if asked.base and asked.base.is_dir():
        candidates += [p for p in asked.base.absolute().parent.iterdir() if p.is_dir()]
    fits = [
        found
        for path in candidates
        if path.absolute() != facts.path.absolute()
        and (found := facts_of(path)).end == facts.start
        and found.kind is not None
        and _is_earlier(found, facts)
    ]
    named = _named(facts)
    fits.sort(key=lambda f: (f.path.name != named, f.path != asked.base, -(f.last or 0)))
    return fits[0] if fits else None


def _is_earlier(base: Facts, facts: Facts) -> bool:
    """By the tool's own clock, where it wrote it down."""
    ended, began = base.info.get("end_time"), facts.info.get("start_time")
    return not ended or not began or ended <= began


def _named(facts: Facts) -> str | None:
    named = BASE_NAMED.search(facts.info.get("tool_command", ""))
    return Path(named.group(1)).name if named else None


def _is_named(facts: Facts, base: Facts, asked: Asked) -> bool:
    told = asked.base is not None and base.path.absolute() == asked.base.absolute()
    return told or base.path.name == _named(facts)
