"""`duiqi run` and `duiqi status`: exit codes, the contract's JSON, running behind a worker."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from governance.access import local_operator
from governance.cli import call
from governance.errors import ConfigError
from governance.i18n import t
from governance.ledger.rows import RunRow, RunStatus, Trigger
from governance.worker.holder import holding, utc_now
from governance.worker.run_now import Watch, report_of, run_now
from governance.worker.workbench import Bench
from tests.worker.child import duiqi, start_worker, until
from tests.worker.test_worker import locked_crm, reading, row
from tests.worker.world import company, say

ME = local_operator()


def quiet() -> Watch:
    return Watch(lambda _run: None, threading.Event())


def command(folder: Path, *words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any, str]:
    """A command in this process: its exit code, what it put on stdout, what on stderr."""
    code = call(words[0], [*words[1:], "--config", str(folder / "governance.yaml")])
    out, err = capsys.readouterr()
    return code, json.loads(out) if "json" in words else out, err


def test_all_aligned_is_0_and_the_json_says_so(
    home: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company(tmp_path)
    code, said, err = command(tmp_path, "run", "--format", "json", capsys=capsys)
    assert (code, err) == (0, "")
    assert set(said) == {"run", "status", "as_of", "error", "checks", "sources", "drift"}
    assert said["drift"] == {"open": 0}
    assert (said["run"], said["status"], said["error"]) == (1, "succeeded", None)
    assert said["as_of"].endswith("Z")
    assert said["checks"] == [
        {"name": name, "outcome": "passed", "reason": None, "strict": 1.0, "adjusted": 1.0,
         "open_findings": 0}
        for name in ("customers", "staff")
    ]  # fmt: skip
    assert said["sources"] == [
        {"name": name, "status": "read", "rows": 5, "error": None} for name in ("crm", "oa")
    ]


def test_a_difference_is_1(
    home: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company(tmp_path)
    say(tmp_path / "oa.sqlite", "UPDATE kh SET khmc = '云帆科贸' WHERE khbh = 'C1'")
    code, said, _ = command(tmp_path, "run", "--format", "json", capsys=capsys)
    customers = said["checks"][0]
    assert (code, customers["outcome"], customers["open_findings"]) == (1, "failed", 1)
    assert customers["strict"] == pytest.approx(2 / 3)


def test_what_could_not_be_seen_is_2_before_a_difference_is_1(
    home: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company(tmp_path)
    say(tmp_path / "oa.sqlite", "UPDATE kh SET khmc = '云帆科贸' WHERE khbh = 'C1'")
    say(tmp_path / "oa.sqlite", "DROP TABLE yg")
    code, said, _ = command(tmp_path, "run", "--format", "json", capsys=capsys)
    outcomes = {check["name"]: check["outcome"] for check in said["checks"]}
    assert (code, said["status"]) == (2, "partial")
    assert outcomes == {"customers": "failed", "staff": "not_evaluable"}
    oa = said["sources"][1]
    assert (oa["status"], oa["rows"]) == ("failed", 3)
    assert set(oa["error"]) == {"code", "text"}
    assert oa["error"]["text"] != oa["error"]["code"]


def test_only_the_named_check_runs_and_only_its_sources_are_read(
    home: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company(tmp_path)
    words = ("run", "--check", "staff", "--format", "json")
    code, said, _ = command(tmp_path, *words, capsys=capsys)
    assert (code, [check["name"] for check in said["checks"]]) == (0, ["staff"])


def test_a_check_that_is_not_there_is_named_with_those_that_are(
    bench: Bench, tmp_path: Path
) -> None:
    config = company(tmp_path)
    with pytest.raises(ConfigError) as refused:
        run_now(bench, config, ("stuff",), ME, quiet())
    assert refused.value.params == {"name": "stuff", "allowed": "customers, staff"}
    assert bench.ledger.runs.recent() == ()


def test_bad_input_is_2_with_one_plain_message(home: object, tmp_path: Path) -> None:
    missing = duiqi("run", "--config", str(tmp_path / "nowhere.yaml"))
    out, err = missing.communicate(timeout=60)
    assert (missing.returncode, out) == (2, b"")
    assert b"nowhere.yaml" in err
    assert b"Traceback" not in err


def test_nothing_but_the_object_is_on_stdout_and_nothing_on_a_piped_stderr(
    home: object, tmp_path: Path
) -> None:
    config = company(tmp_path)
    process = duiqi("run", "--format", "json", "--config", str(config.path))
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, b"")
    assert json.loads(out)["status"] == "succeeded"


def test_while_a_worker_is_at_work_the_run_is_done_there(bench: Bench, tmp_path: Path) -> None:
    config = company(tmp_path)
    worker = start_worker(config.path, seconds=30)
    until(lambda: bench.ledger.leases.alive(now=utc_now()), "the worker")
    lease = bench.ledger.leases.alive(now=utc_now())
    assert lease is not None
    seen: list[RunStatus] = []
    watch = Watch(lambda run: seen.append(run.status), threading.Event())
    ended = run_now(bench, config, ("staff",), ME, watch)
    worker.terminate()
    assert worker.wait(60) == 0
    assert (ended.status, ended.fence) == (RunStatus.SUCCEEDED, lease.fence)
    assert seen[0] is RunStatus.QUEUED
    assert report_of(bench.ledger, ended).exit_code == 0


def test_when_the_worker_dies_before_its_turn_the_run_is_done_here(
    bench: Bench, tmp_path: Path, postgres_url: str
) -> None:
    config = company(tmp_path, crm_url=postgres_url)
    with locked_crm(postgres_url) as unlock:
        worker = start_worker(config.path)
        stuck = bench.ledger.runs.enqueue(ME, trigger=Trigger.DEMO, now=utc_now())
        until(lambda: reading(bench.ledger, stuck, "crm"), "the worker to be busy")
        ended: list[RunRow] = []
        asking = threading.Thread(
            target=lambda: ended.append(run_now(bench, config, ("staff",), ME, quiet()))
        )
        asking.start()
        until(lambda: bench.ledger.runs.next_queued(), "our run to wait")
        worker.kill()
        worker.wait()
        unlock()
        asking.join()
    assert ended[0].status is RunStatus.SUCCEEDED
    assert row(bench.ledger, stuck).error_code == "ledger.run_abandoned"
    assert bench.ledger.leases.alive(now=utc_now()) is None


def test_asked_to_stop_a_run_of_our_own_is_stopped(
    bench: Bench, tmp_path: Path, postgres_url: str
) -> None:
    config = company(tmp_path, crm_url=postgres_url)
    with locked_crm(postgres_url):
        process = duiqi("run", "--format", "json", "--config", str(config.path))
        until(lambda: reading(bench.ledger, 1, "crm"), "the read of the CRM to begin")
        process.terminate()
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert json.loads(out)["status"] == "stopped"


def test_asked_to_stop_while_it_waits_the_run_stays_with_the_worker(
    bench: Bench, tmp_path: Path
) -> None:
    config = company(tmp_path)
    with holding(bench.ledger, "worker", clock=utc_now):
        process = duiqi("run", "--config", str(config.path))
        until(lambda: bench.ledger.runs.next_queued(), "our run to wait")
        process.terminate()
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert b"stays with the worker" in err
        assert bench.ledger.runs.next_queued() is not None


def test_status_before_the_first_run_is_2_and_after_a_good_one_0(
    home: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company(tmp_path, schedule="schedule: 0 2 * * *")
    code, said, _ = command(tmp_path, "status", "--format", "json", capsys=capsys)
    assert (code, said["last_run"], said["checks"]) == (2, None, [])
    assert [source["status"] for source in said["sources"]] == ["never_read", "never_read"]
    command(tmp_path, "run", capsys=capsys)
    code, said, _ = command(tmp_path, "status", "--format", "json", capsys=capsys)
    assert (code, said["last_run"]["run"], said["last_run"]["status"]) == (0, 1, "succeeded")
    assert said["worker"] == {"alive": False, "holder": None}
    (upcoming,) = said["next_runs"]
    assert upcoming["at"].endswith("T18:00:00Z"), "02:00 in Shanghai"
    assert (upcoming["sources"], upcoming["checks"]) == (["crm", "oa"], ["customers", "staff"])
    assert {source["name"]: source["rows"] for source in said["sources"]} == {"crm": 5, "oa": 5}
    assert {metric["check"] for metric in said["metrics"]} == {"customers", "staff"}
    assert said["alerts"] == []


def test_status_says_that_the_last_run_had_another_configuration(
    home: object,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DUIQI_LANG", "zh")
    company(tmp_path, schedule="schedule: 0 2 * * *")
    command(tmp_path, "run", capsys=capsys)
    _, said, _ = command(tmp_path, "status", "--format", "json", capsys=capsys)
    assert said["same_config"] is True
    other = t("cli.last_run_other", "zh")
    assert other not in command(tmp_path, "status", capsys=capsys)[1]
    file = tmp_path / "governance.yaml"
    file.write_text(file.read_text("utf-8").replace("schedule: 0 2", "schedule: 0 3"), "utf-8")
    _, said, _ = command(tmp_path, "status", "--format", "json", capsys=capsys)
    assert said["same_config"] is False
    text = command(tmp_path, "status", capsys=capsys)[1]
    assert other in text
    assert t("cli.job_schedule", "zh", name="") in text
    assert "schedule" not in text


def test_status_speaks_of_the_newest_result_of_each_check(
    home: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company(tmp_path)
    say(tmp_path / "oa.sqlite", "UPDATE yg SET xm = '李磊' WHERE gh = 'S1'")
    command(tmp_path, "run", capsys=capsys)
    command(tmp_path, "run", "--check", "customers", capsys=capsys)
    code, said, _ = command(tmp_path, "status", "--format", "json", capsys=capsys)
    assert code == 1
    assert [(c["name"], c["run"], c["outcome"]) for c in said["checks"]] == [
        ("customers", 2, "passed"),
        ("staff", 1, "failed"),
    ]


def test_status_tells_a_failed_source_its_last_good_read_and_the_alert(
    home: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company(tmp_path)
    command(tmp_path, "run", capsys=capsys)
    say(tmp_path / "oa.sqlite", "DROP TABLE yg")
    command(tmp_path, "run", capsys=capsys)
    code, said, _ = command(tmp_path, "status", "--format", "json", capsys=capsys)
    oa = said["sources"][1]
    assert (code, oa["status"], oa["rows"]) == (2, "failed", 5)
    assert oa["last_read"] is not None
    assert [alert["subject"] for alert in said["alerts"]] == ["source:oa"]
    code, text, _ = command(tmp_path, "status", capsys=capsys)
    assert code == 2
    assert oa["error"]["text"] in text


def test_after_a_run_that_broke_status_is_2_though_older_results_were_good(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = company(tmp_path)
    assert run_now(bench, config, (), ME, quiet()).status is RunStatus.SUCCEEDED
    with holding(bench.ledger, "run", clock=utc_now) as held:
        assert held is not None
        run = bench.ledger.runs.enqueue(ME, trigger=Trigger.MANUAL, now=utc_now())
        bench.ledger.runs.start(run, fence=held.fence, now=utc_now(), config_digest="d")
    with holding(bench.ledger, "run", clock=utc_now) as held:
        assert held is not None
        bench.recover(held.fence)
    code, said, _ = command(tmp_path, "status", "--format", "json", capsys=capsys)
    assert (code, said["last_run"]["error"]["code"]) == (2, "ledger.run_abandoned")


def test_status_sees_the_worker(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company(tmp_path)
    for role, alive in (("worker", True), ("run", False)):
        with holding(bench.ledger, role, clock=utc_now):
            _, said, _ = command(tmp_path, "status", "--format", "json", capsys=capsys)
            assert said["worker"]["alive"] is alive
            assert said["worker"]["holder"].startswith(f"{role}@")


def test_the_commands_explain_themselves(home: object) -> None:
    for name in ("run", "worker", "serve", "status"):
        process: subprocess.Popen[bytes] = duiqi(name, "--help")
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert b"--config" in out
