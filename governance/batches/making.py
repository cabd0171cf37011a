"""Make one batch: choose the lines, read both systems again, write the file, note what it holds."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from checks.errors import CodedError
from checks.prepare import spec_of
from governance.access import Right
from governance.batches.lines import Line, keys_of, lined, noted, stands
from governance.batches.machine import MachineFile
from governance.batches.reread import Now, Rereader, Wanted
from governance.cases.said import WAIVING, Said, folded
from governance.config.model import Config
from governance.errors import ConfigError
from governance.exports import checklist, importing
from governance.exports.exporter import replaced
from governance.exports.remediation import TO_DO, Fix, fixes
from governance.ledger import Ledger
from governance.ledger.batches import NewBatch
from governance.ledger.rows import BatchKind, BatchRow, SnapshotRow
from governance.reading.findings import Findings
from governance.reading.model import Filters, Finding
from governance.runs.sides import Sides
from governance.runs.snapshots import fingerprint
from governance.store import Home, Proofs, engine

# Nobody works off more in one go, and all of it is held in memory while it is made.
MOST = 100_000
MEMORY = "400MB"
FORMS = {
    BatchKind.CHECKLIST: checklist.FORMS,
    BatchKind.IMPORT: importing.FORMS,
    BatchKind.SQL: ("sql",),
}


@dataclass(frozen=True)
class Made:
    """What came of a batch. `left_out` counts by reason, `missed` names what moved since the run
    (entity, key, field); `unchecked` are lines that the newest run could not check."""

    number: int
    lines: int
    left_out: dict[str, int]
    missed: tuple[str, ...]
    unchecked: int
    reread: bool


@dataclass
class Chosen:
    """Lines on their way into a file, and what fell by the wayside."""

    lines: list[Line] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    now: dict[tuple[str, str], Now] = field(default_factory=dict)


@dataclass(frozen=True)
class Maker:
    """Makes batches for the actor of `view`. `config` holds the secrets of its sources."""

    view: Findings
    config: Config
    ledger: Ledger
    home: Home

    def make(self, new: NewBatch, out: Path, *, now: datetime) -> Made:
        """Write a batch to `out`, at once.

        Raises ConfigError for what cannot be asked for, PermissionRefused without the rights,
        SourceUnavailable, SourceRefused or SchemaDrift where a system cannot be read again, and
        StoreError where the file cannot be written. Then there is no file.
        """
        check(new, self.config)
        number = self.ledger.batches.request(self.view.actor, new, now=now, waiting=False)
        return self._make(number, new, out, None, now)

    def fulfil(self, batch: BatchRow, *, now: datetime) -> Made:
        """Make what the page asked for, into the home. Raises as `make`."""
        assert batch.file is not None
        new = NewBatch(
            batch.kind, batch.form, batch.language, batch.filters, batch.system,
            batch.reveal, batch.reread,
        )  # fmt: skip
        self.view.actor.require(Right.EXPORT)
        out = self.home.file(batch.file)
        try:
            check(new, self.config)
            out.parent.mkdir(mode=0o700, exist_ok=True)
        except CodedError as error:
            self.ledger.batches.refused(batch.id, error.code, error.params, now=now)
            raise
        return self._make(batch.id, new, out, batch.file, now)

    def _make(self, number: int, new: NewBatch, out: Path, kept: str | None, now: datetime) -> Made:
        try:
            return self._write(number, new, out, kept, now)
        except CodedError as error:
            self.ledger.batches.refused(number, error.code, error.params, now=now)
            raise
        except BaseException as error:  # also a Ctrl-C: nobody is at it any more
            kind = {"kind": type(error).__name__}
            self.ledger.batches.refused(number, "worker.unexpected", kind, now=now)
            raise

    def _write(
        self, number: int, new: NewBatch, out: Path, kept: str | None, now: datetime
    ) -> Made:
        if new.reveal:
            self.view.actor.require(Right.REVEAL)
        chosen = self._choose(new, now)
        machine = None
        if new.kind is not BatchKind.CHECKLIST:
            assert new.system is not None
            machine = MachineFile(self.config, new.kind, new.form, new.system, new.language, number)
            machine.keep(chosen.lines, chosen.left_out, reveal=new.reveal)
        with replaced(out) as aside:
            if machine is None:
                writer = checklist.Checklist(self.config, new.language, reread=new.reread)
                writer.write(aside, new.form, (line.fix for line in chosen.lines))
            else:
                machine.write(aside, chosen.lines, now)
            # Before the move: a file nobody knows of must not be handed out.
            self._note(number, new, chosen, kept, now)
        unchecked = sum(line.fix.finding.state == "unchecked" for line in chosen.lines)
        left_out, missed = dict(chosen.left_out), tuple(chosen.missed)
        return Made(number, len(chosen.lines), left_out, missed, unchecked, new.reread)

    def _note(
        self, number: int, new: NewBatch, chosen: Chosen, kept: str | None, now: datetime
    ) -> None:
        newest = self.view.reading.newest
        bases: dict[tuple[str, str], str] = {}
        for fix in (line.fix for line in chosen.lines):
            at = (fix.finding.entity, fix.finding.pair)
            if at not in bases:
                bases[at] = basis_of(self.config, self.home, *at)
        revealed = [line for line in chosen.lines if new.reveal and line.fix.finding.personal]
        self.ledger.batches.made(
            self.view.actor,
            number,
            [
                noted(line, bases[line.fix.finding.entity, line.fix.finding.pair])
                for line in chosen.lines
            ],
            now=now,
            run_id=newest.run if newest else None,
            file=kept,
            left_out=chosen.left_out,
            missed=chosen.missed,
            detail={
                "kind": new.kind.value,
                "form": new.form,
                "system": new.system,
                "rows": len(chosen.lines),
                "filters": dict(new.filters),
                "language": new.language,
                "reread": new.reread,
                "revealed": len(revealed),
                "left_out": dict(chosen.left_out),
                "missed": chosen.missed[:20],
            },
        )

    def _choose(self, new: NewBatch, now: datetime) -> Chosen:
        chosen, wanted = Chosen(), []
        said = folded(self.ledger.decisions.of_kinds([word.value for word in WAIVING]))
        for fix in fixes(self.view, asked(new.filters)):
            if new.system is not None and fix.system != new.system:
                continue
            if waived(said.get(fix.finding.finding_id), fix.finding, now):
                chosen.left_out["waived"] += 1
                continue
            wanted.append(fix)
            if len(wanted) > MOST:
                raise ConfigError("batch.too_many", most=f"{MOST:,}")
        if not new.reread:
            chosen.lines = [Line(fix) for fix in wanted]
            return chosen
        chosen.now = self._read(wanted)
        for fix in wanted:
            finding = fix.finding
            entity = self.config.entity(finding.entity)
            if not stands(fix, chosen.now, entity):
                chosen.left_out["moved"] += 1
                parts = (finding.entity, finding.key_shown, finding.field)
                chosen.missed.append(" · ".join(part for part in parts if part))
                continue
            chosen.lines.append(
                lined(fix, chosen.now, entity, self.config.time_zone, reveal=new.reveal)
                if finding.key is not None
                else Line(fix)
            )
        return chosen

    def _read(self, wanted: Sequence[Fix]) -> dict[tuple[str, str], Now]:
        con = engine(self.home, memory=MEMORY)
        try:
            sides = Sides(con, self.ledger, self.home, self.config, Proofs())
            secret = self.home.secret().encode()
            return Rereader(con, sides, self.config, secret).read(self._wanted(wanted))
        finally:
            con.close()

    def _wanted(self, fixes: Iterable[Fix]) -> list[Wanted]:
        """Which keys to look for where: those of every pair that a system is part of."""
        keys: dict[tuple[str, str], set[str]] = {}
        seen: dict[tuple[str, str], dict[int, SnapshotRow]] = {}
        pairs: dict[tuple[str, str], dict[str, SnapshotRow]] = {}
        for fix in fixes:
            finding = fix.finding
            if finding.key is None:
                continue
            at = (finding.entity, finding.pair)
            if at not in pairs:
                pairs[at] = self.view.snapshots_of(finding.entity, finding.pair)
            own = keys_of(finding, self.config.entity(finding.entity))
            for source, key in own.items():
                one = (source, finding.entity)
                keys.setdefault(one, set()).update([key] if key is not None else ())
                others = seen.setdefault(one, {})
                others |= {snapshot.id: snapshot for snapshot in pairs[at].values()}
        return [
            Wanted(
                source,
                self.config.entity(name),
                frozenset(asked_for),
                tuple(sorted(seen[source, name].values(), key=lambda s: s.source != source)),
            )
            for (source, name), asked_for in keys.items()
        ]


def basis_of(config: Config, home: Home, entity: str, pair: str) -> str:
    """One text for the mapping and normalisers of both sides, under which hashes mean the same."""
    found = config.entity(entity)
    made = []
    for source in pair.split("~"):
        mapping = found.mapping_of(source)
        assert mapping is not None
        spec = spec_of(found, mapping, secret=home.secret().encode(), zone=config.time_zone.key)
        made.append(fingerprint(spec))
    return hashlib.sha256("|".join(made).encode()).hexdigest()[:16]


def waived(said: Said | None, finding: Finding, now: datetime) -> bool:
    """Whether exactly this difference may stand, by what holds at this moment."""
    waiver = None if said is None else said.waiver
    return (
        waiver is not None
        and waiver.decision is not None
        and waiver.expires_at > now
        and (waiver.left_hash, waiver.right_hash) == (finding.left_hash, finding.right_hash)
    )


def asked(told: object) -> Filters:
    """The filters as the ledger keeps them, with the states that call for work where none is."""
    parts = told if isinstance(told, dict) else {}
    known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in parts.items()}
    states = tuple(s for s in known.get("state", TO_DO) if s in TO_DO)
    return Filters(**{**known, "state": states or TO_DO})


def check(new: NewBatch, config: Config) -> None:
    """Raises ConfigError for what cannot be made."""
    if new.form not in FORMS[new.kind]:
        allowed = ", ".join(FORMS[new.kind])
        raise ConfigError("batch.form", kind=new.kind.value, form=new.form, allowed=allowed)
    names = [source.name for source in config.sources]
    if new.system is not None and new.system not in names:
        raise ConfigError("batch.system", system=new.system, allowed=", ".join(names))
    if new.kind is not BatchKind.CHECKLIST:
        if new.system is None:
            raise ConfigError("batch.needs_system", kind=new.kind.value, allowed=", ".join(names))
        if not new.reread:
            raise ConfigError("batch.needs_reread", kind=new.kind.value)
