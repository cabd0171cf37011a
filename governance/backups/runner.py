"""How a run looks at backups: catalogues, the inside of dumps, verdicts, and all of it sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checks.backups.faults import Fault, Sureness
from checks.outcome import Outcome
from governance.backups.cases import settled, standing_of
from governance.backups.comparing import Comparing
from governance.backups.contents import Contents
from governance.backups.expecting import expected
from governance.backups.found import Found, found_of
from governance.backups.judging import Told, judge
from governance.backups.looking import Looking
from governance.backups.past import Past, past_of
from governance.backups.standing import Standing
from governance.backups.tables import ALL, TABLES
from governance.backups.writing import Writer, metrics
from governance.config.backups import BackupsConfig
from governance.config.model import CheckConfig
from governance.ledger.rows import CheckResult
from governance.runs.earlier import Earlier
from governance.runs.faults import Faults, waivers
from governance.runs.filling import fill
from governance.runs.findings import FINDINGS
from governance.runs.work import Evaluation, Seen, Work

# Findings that tell of something wrong, not of something that could not be seen.
_BROKEN = f"""
SELECT count(*) FROM findings WHERE check_name = $1 AND state <> 'gone'
AND class = '{Sureness.BROKEN}' AND field <> '{Fault.UNREAD}'
"""


class Backups:
    """Carries out the check of backups. What could not be seen leaves verdicts unknown."""

    TABLES: Mapping[str, str] = TABLES

    def __init__(self, work: Work) -> None:
        self.work = work
        self.earlier = Earlier(work)

    def evaluate(
        self,
        check: CheckConfig,
        seen: Mapping[tuple[str, str], Seen],  # noqa: ARG002 - not sources are looked at
    ) -> Evaluation:
        """Every system by what its catalogues, dumps and restores say now."""
        config = self.work.config.backups
        assert config is not None
        newest, _ = self.earlier.runs(check.name)
        past = past_of(self.work.con, check.name, self.earlier.file(newest))
        told = self._told(config, past)
        found = found_of(self.work, config, told, past)
        every = list(standing_of(found))
        self._write(check.name, found, every, past)
        return Evaluation(
            result=self._result(check.name, told),
            metrics=(
                *metrics(check.name, found, self.work),
                *self.work.open_by_severity(check.name),
            ),
            # A run names one snapshot of a table; those held against dumps stand in its file.
            snapshots=(),
            findings=self.work.standing(check.name),
            error=self.earlier.damaged,
        )

    def _told(self, config: BackupsConfig, past: Past) -> list[Told]:
        work = self.work
        comparing = Comparing(work.con, work.ledger, work.config, work.sides, work.stop)
        contents = Contents(work.con, work.config, comparing, work.as_of, work.stop)
        looking = Looking(work, past, contents)
        return [
            judge(
                looking.look(system),
                expected(work.config, system, work.as_of),
                past,
                work.as_of,
            )
            for system in config.systems
        ]

    def _result(self, check: str, told: Sequence[Told]) -> CheckResult:
        """Failed where any verdict is false or a fault stands; passed where every system answers
        yes four times. What nobody could look at is no failure, and nothing that was evaluated."""
        values = [v.value for t in told for v in t.standing.verdicts.values()]
        standing = self.work.standing(check)
        ((broken,),) = self.work.con.execute(_BROKEN, [check]).fetchall()
        if any(value is False for value in values) or broken:
            outcome, code = Outcome.FAILED, None
        elif values and all(values) and not standing:
            outcome, code = Outcome.PASSED, None
        else:
            outcome, code = Outcome.NOT_EVALUABLE, "backups.not_known"
        return CheckResult(
            check_name=check,
            outcome=outcome,
            reason_code=code,
            open_findings=standing,
            as_of={},
        )

    def _write(self, check: str, found: Found, every: Sequence[Standing], past: Past) -> None:
        work = self.work
        faults = Faults(work.config, check, work.run_id, work.as_of, waivers(work.con))
        cases = settled(faults, every, found.told, past)
        fill(work.con, "findings", FINDINGS, [list(row.values()) for row in cases])
        writer = Writer(work, check, found, every, past)
        for name, rows in writer.rows().items():
            fill(work.con, name, ALL[name], [[r.get(c) for c in ALL[name]] for r in rows])
