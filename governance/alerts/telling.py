"""One message when something breaks, one when it is over.

What counts as broken: a source that refused or changed its tables at once; a source that was merely
unreachable only when two runs in a row could not read it (a restart at night wakes nobody); a check
below its threshold; critical overreach; a backup that would not bring the data back; a check that
cannot be evaluated though its sources could be read; a run that broke as a whole; a configuration
edit that is not used; a review campaign whose day draws near. Which channel was told what lies in
the ledger, so a restart repeats nothing and an unreachable channel is tried again after the next
run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from checks.backups import CODE as BACKUPS
from checks.outcome import Outcome
from checks.permissions import CODE as OVERREACH
from governance.alerts.reviews import REVIEW, pressing
from governance.alerts.subjects import CONFIG, CRITICAL, EVALUABLE, RUN, THRESHOLD, is_known
from governance.config import Config
from governance.config.model import CheckConfig
from governance.errors import ConfigError
from governance.ledger import Ledger
from governance.ledger.rows import CheckResultRow, RunStatus, StepKind, StepRow, StepStatus

FAILURES_IN_A_ROW = 2
# Checks whose findings are told: what is said, and from which severity on. A backup that did not
# come is high, and nobody would hear of it otherwise.
TOLD = {
    OVERREACH: ("alert.critical_overreach", ("open_critical",)),
    BACKUPS: ("alert.critical_backups", ("open_critical", "open_high")),
}


@dataclass(frozen=True)
class Verdict:
    """What one run says: subjects that are broken (code and parameters) and subjects that hold."""

    broken: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    sound: set[str] = field(default_factory=set)


def after_run(ledger: Ledger, config: Config, run_id: int, *, fence: int, now: datetime) -> None:
    """Open and close what the run changed, then tell every channel what it does not know yet.

    A run that was stopped says nothing. An unreachable channel raises nothing.
    """
    run = ledger.runs.get(run_id)
    if run is None or not run.status.is_over or run.status is RunStatus.STOPPED:
        return
    verdict = Verdict()
    if run.error_code is not None:  # it failed, or a file that it needed was damaged
        verdict.broken[RUN] = (run.error_code, run.error_params)
    else:
        verdict.sound.add(RUN)
    if run.status is not RunStatus.FAILED:
        failed = judge_sources(ledger, run_id, verdict)
        judge_checks(ledger, config, run_id, failed, verdict)
    judge_reviews(ledger, config, verdict, now)
    apply(ledger, verdict, fence=fence, now=now)
    close_orphans(ledger, config, fence=fence, now=now)
    send(ledger, config, fence=fence, now=now)


def after_reload(
    ledger: Ledger, config: Config, problem: ConfigError | None, *, fence: int, now: datetime
) -> None:
    """Tell that an edit of the configuration is not used, and when one is again."""
    is_open = any(alert.subject == CONFIG for alert in ledger.alerts.opened())
    if is_open == (problem is not None):
        return
    if problem is not None:
        ledger.alerts.open(CONFIG, problem.code, problem.params, fence=fence, now=now)
    else:
        ledger.alerts.close(CONFIG, fence=fence, now=now)
    send(ledger, config, fence=fence, now=now)


def judge_sources(ledger: Ledger, run_id: int, verdict: Verdict) -> set[str]:
    """Judge every source the run read; returns those it could not read whole."""
    reads: dict[str, list[StepRow]] = {}
    for step in ledger.steps.of_run(run_id):
        if step.kind is StepKind.READ and step.source is not None:
            reads.setdefault(step.source, []).append(step)
    failed = set()
    for source, steps in reads.items():
        broken = [step for step in steps if step.status is not StepStatus.DONE]
        if not broken:
            verdict.sound.add(f"source:{source}")
            continue
        failed.add(source)
        # What a person must mend is told before what may pass by itself.
        worst = min(broken, key=lambda step: step.retryable is True)
        if not worst.retryable or failures_in_a_row(ledger, source) >= FAILURES_IN_A_ROW:
            verdict.broken[f"source:{source}"] = (
                worst.code or "ledger.step_cut_short",
                worst.params,
            )
    return failed


def failures_in_a_row(ledger: Ledger, source: str) -> int:
    """How many of the newest runs that tried, up to the number that counts, could not read it."""
    count = 0
    for steps in ledger.steps.last_reads(source, FAILURES_IN_A_ROW):
        if all(step.status is StepStatus.DONE for step in steps):
            break
        count += 1
    return count


def judge_checks(
    ledger: Ledger, config: Config, run_id: int, failed: set[str], verdict: Verdict
) -> None:
    """Judge every check of the run. A check that only lacks a broken source is not told twice."""
    down = failed | {
        alert.subject.removeprefix("source:")
        for alert in ledger.alerts.opened()
        if alert.subject.startswith("source:") and alert.subject not in verdict.sound
    }
    known = {check.name: check for check in config.every_check}
    for result in ledger.results.of_run(run_id):
        check = known.get(result.check_name)
        if check is None:
            continue
        threshold, evaluable = (f"check:{check.name}:{part}" for part in (THRESHOLD, EVALUABLE))
        if result.outcome in (Outcome.PASSED, Outcome.FAILED):
            verdict.sound.add(evaluable)
            judged = check.thresholds.strict is not None or check.thresholds.adjusted is not None
            if result.outcome is Outcome.FAILED and judged:
                verdict.broken[threshold] = ("alert.below_threshold", scores(result))
            else:
                verdict.sound.add(threshold)
            if check.kind in TOLD:
                judge_critical(ledger, check, run_id, verdict)
        elif result.outcome is Outcome.ERROR or not down.intersection(check.sources):
            code = result.reason_code or "alert.no_reason"
            verdict.broken[evaluable] = (code, result.reason_params)


def judge_critical(ledger: Ledger, check: CheckConfig, run_id: int, verdict: Verdict) -> None:
    """Grave findings that nobody has waived are told until there are none."""
    subject, (code, levels) = f"check:{check.name}:{CRITICAL}", TOLD[check.kind]
    metrics = ledger.results.metrics_of_run(run_id)
    named = [m for m in metrics if m.check_name == check.name and m.name in levels]
    standing = int(sum(metric.value or 0 for metric in named))
    if standing:
        verdict.broken[subject] = (code, {"count": str(standing)})
    else:
        verdict.sound.add(subject)


def judge_reviews(ledger: Ledger, config: Config, verdict: Verdict, now: datetime) -> None:
    """Judge every campaign; one that is over or decided is told no more."""
    verdict.broken.update(pressing(ledger, config, now))
    verdict.sound.update(
        alert.subject
        for alert in ledger.alerts.opened()
        if alert.subject.startswith(REVIEW) and alert.subject not in verdict.broken
    )


def scores(result: CheckResultRow) -> dict[str, str]:
    """Both scores as percentages; cut, not rounded, so that 99.96 % never reads as 100 %."""

    def shown(score: float | None) -> str:
        return "-" if score is None else f"{int(score * 1000 + 1e-9) / 10:.1f}%"

    return {"strict": shown(result.strict), "adjusted": shown(result.adjusted)}


def apply(ledger: Ledger, verdict: Verdict, *, fence: int, now: datetime) -> None:
    for subject, (code, params) in verdict.broken.items():
        ledger.alerts.open(subject, code, params, fence=fence, now=now)
    is_open = {alert.subject for alert in ledger.alerts.opened()}
    for subject in sorted(verdict.sound & is_open):
        ledger.alerts.close(subject, fence=fence, now=now)


def close_orphans(ledger: Ledger, config: Config, *, fence: int, now: datetime) -> None:
    """Close, without a word, alerts about sources and checks that are configured no more."""
    for alert in ledger.alerts.opened():
        if not is_known(config, alert.subject):
            ledger.alerts.close(alert.subject, fence=fence, now=now)


def send(ledger: Ledger, config: Config, *, fence: int, now: datetime) -> None:
    """Bring every channel up to date; one message a channel, however much there is to tell."""
    if config.alert_urls:
        from governance.alerts.channels import deliver

        deliver(ledger, config, fence=fence, now=now)
