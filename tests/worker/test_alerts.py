"""One message when something breaks, one when it is over; nothing twice, and nothing secret."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from governance.access import local_operator
from governance.config import Config, load
from governance.ledger.rows import RunStatus
from governance.worker.run_now import Watch, run_now
from governance.worker.workbench import Bench
from tests.permissions.home import settled
from tests.worker.inbox import Inbox
from tests.worker.world import company, say

BACKUPS = """
backups:
  systems:
    crm:
      catalogues:
        nightly:
          kind: directory
          path: copies
          options: {pattern: "crm_{date}_{time}.sqlite"}
"""
CHANNEL = 'alerts: {channels: ["${ALERT_URL}"]}'


@pytest.fixture
def config(tmp_path: Path, inbox: Inbox) -> Config:
    return company(tmp_path, alerts=CHANNEL, environ={"ALERT_URL": inbox.url})


def run(bench: Bench, config: Config) -> RunStatus:
    watch = Watch(lambda _run: None, threading.Event())
    return run_now(bench, config, (), local_operator(), watch).status


def titles(inbox: Inbox) -> list[str]:
    return [title for title, _ in inbox.messages]


def test_all_well_says_nothing(bench: Bench, config: Config, inbox: Inbox) -> None:
    assert run(bench, config) is RunStatus.SUCCEEDED
    assert inbox.tries == 0
    assert bench.ledger.alerts.recent() == ()


def test_a_check_below_its_threshold_is_told_once_and_once_when_it_is_over(
    bench: Bench, config: Config, inbox: Inbox, tmp_path: Path
) -> None:
    say(tmp_path / "oa.sqlite", "UPDATE kh SET khmc = '云帆科贸' WHERE khbh = 'C1'")
    for _ in range(3):
        run(bench, config)
    assert titles(inbox) == ["对齐 · 云帆装备：新增 1 项异常，0 项已恢复"]
    assert "检查「客户一致」低于阈值" in inbox.messages[0][1]
    assert "66.6%" in inbox.messages[0][1]
    say(tmp_path / "oa.sqlite", "UPDATE kh SET khmc = '云帆科技' WHERE khbh = 'C1'")
    for _ in range(2):
        run(bench, config)
    assert titles(inbox)[1:] == ["对齐 · 云帆装备：1 项已恢复"]
    assert "已恢复：检查「客户一致」低于阈值" in inbox.messages[1][1]
    assert bench.ledger.alerts.opened() == ()


def test_a_check_without_a_threshold_that_fails_is_no_alert(
    bench: Bench, config: Config, inbox: Inbox, tmp_path: Path
) -> None:
    say(tmp_path / "oa.sqlite", "UPDATE yg SET xm = '李磊' WHERE gh = 'S1'")
    run(bench, config)
    assert inbox.tries == 0


def test_critical_overreach_is_told_once_and_once_when_it_is_over(
    bench: Bench, inbox: Inbox, tmp_path: Path
) -> None:
    path = settled(tmp_path)
    path.write_text(f"{path.read_text('utf-8')}{CHANNEL}\n", encoding="utf-8")
    config = load(path, environ={"ALERT_URL": inbox.url})
    run(bench, config)
    run(bench, config)
    assert len(inbox.messages) == 1
    assert "「权限越权」有严重问题" in inbox.messages[0][1]
    say(tmp_path / "crm.sqlite", "UPDATE users SET state = 'off' WHERE id = 'u2'")
    say(tmp_path / "oa.sqlite", "UPDATE steps SET who = '1' WHERE doc = 'H2'")
    run(bench, config)
    assert len(inbox.messages) == 2


def test_a_source_that_needs_a_person_is_told_at_once_and_its_checks_not_besides(
    bench: Bench, config: Config, inbox: Inbox, tmp_path: Path
) -> None:
    say(tmp_path / "crm.sqlite", "ALTER TABLE customers RENAME TO customers_old")
    say(tmp_path / "crm.sqlite", "ALTER TABLE staff RENAME TO staff_old")
    assert run(bench, config) is RunStatus.PARTIAL
    ((title, text),) = inbox.messages
    assert "新增 1 项异常" in title
    assert "数据源「客户系统」读取失败" in text
    assert "检查" not in text
    say(tmp_path / "crm.sqlite", "ALTER TABLE customers_old RENAME TO customers")
    say(tmp_path / "crm.sqlite", "ALTER TABLE staff_old RENAME TO staff")
    run(bench, config)
    assert titles(inbox)[1:] == ["对齐 · 云帆装备：1 项已恢复"]


def test_a_source_that_is_merely_down_is_told_when_it_fails_twice_in_a_row(
    bench: Bench, inbox: Inbox, tmp_path: Path
) -> None:
    up = company(tmp_path, alerts=CHANNEL, environ={"ALERT_URL": inbox.url})
    down = company(
        tmp_path,
        alerts=CHANNEL,
        environ={"ALERT_URL": inbox.url},
        crm_url="postgresql://reader@127.0.0.1:1/crm",
    )
    for config in (down, up, down):
        run(bench, config)
    assert inbox.tries == 0, "once, and recovered, and once again"
    run(bench, down)
    assert len(inbox.messages) == 1
    assert "数据源「客户系统」读取失败" in inbox.messages[0][1]
    run(bench, down)
    run(bench, up)
    assert len(inbox.messages) == 2


def test_a_channel_that_is_down_breaks_no_run_and_gets_it_after_the_next(
    bench: Bench, config: Config, inbox: Inbox, tmp_path: Path
) -> None:
    inbox.down = True
    say(tmp_path / "oa.sqlite", "UPDATE kh SET khmc = '别家' WHERE khbh = 'C1'")
    assert run(bench, config) is RunStatus.SUCCEEDED
    (event,) = bench.ledger.audit.recent(action="alert.undelivered")
    assert (event.object, event.detail) == ("json-1", {"alerts": [1]})
    inbox.down = False
    run(bench, config)
    run(bench, config)
    assert len(inbox.messages) == 1


def test_each_channel_is_told_once_whatever_the_other_does(
    bench: Bench, config: Config, inbox: Inbox, tmp_path: Path
) -> None:
    nobody = "json://127.0.0.1:1/hook/hunter2"
    both = replace(config, alert_urls=(nobody, *config.alert_urls))
    say(tmp_path / "oa.sqlite", "UPDATE kh SET khmc = '别家' WHERE khbh = 'C1'")
    run(bench, both)
    run(bench, both)
    assert len(inbox.messages) == 1
    assert bench.ledger.alerts.opened()[0].notified == {"json-2": "opened"}


def test_what_came_and_went_while_a_channel_was_down_is_not_told_later(
    bench: Bench, config: Config, inbox: Inbox, tmp_path: Path
) -> None:
    inbox.down = True
    say(tmp_path / "oa.sqlite", "UPDATE kh SET khmc = '别家' WHERE khbh = 'C1'")
    run(bench, config)
    say(tmp_path / "oa.sqlite", "UPDATE kh SET khmc = '云帆科技' WHERE khbh = 'C1'")
    inbox.down = False
    run(bench, config)
    assert inbox.messages == []


def test_a_check_that_is_configured_no_more_is_forgotten_without_a_word(
    bench: Bench, config: Config, inbox: Inbox, tmp_path: Path
) -> None:
    say(tmp_path / "oa.sqlite", "UPDATE kh SET khmc = '别家' WHERE khbh = 'C1'")
    run(bench, config)
    fewer = replace(config, checks=tuple(c for c in config.checks if c.name != "customers"))
    run(bench, fewer)
    assert bench.ledger.alerts.opened() == ()
    assert len(inbox.messages) == 1


def test_an_empty_pair_of_tables_is_told_as_not_evaluable(
    bench: Bench, config: Config, inbox: Inbox, tmp_path: Path
) -> None:
    say(tmp_path / "oa.sqlite", "DELETE FROM kh")
    say(tmp_path / "crm.sqlite", "DELETE FROM customers")
    run(bench, config)
    assert "检查「客户一致」无法评估" in inbox.messages[0][1]
    say(tmp_path / "oa.sqlite", "INSERT INTO kh VALUES ('C1', '甲')")
    say(tmp_path / "crm.sqlite", "INSERT INTO customers VALUES ('C1', '乙')")
    run(bench, config)
    title, text = inbox.messages[1]
    assert "新增 1 项异常，1 项已恢复" in title
    assert "低于阈值" in text


def test_no_token_of_a_channel_is_logged_or_kept(
    bench: Bench, config: Config, inbox: Inbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    inbox.down = True
    say(tmp_path / "oa.sqlite", "UPDATE kh SET khmc = '别家' WHERE khbh = 'C1'")
    run(bench, config)
    inbox.down = False
    run(bench, config)
    assert len(inbox.messages) == 1
    assert "hunter2" not in caplog.text
    kept = b"".join(path.read_bytes() for path in bench.home.path.glob("ledger.sqlite*"))
    assert b"hunter2" not in kept


def test_backups_that_would_not_bring_the_data_back_are_told_once_and_once_when_it_is_over(
    bench: Bench, inbox: Inbox, tmp_path: Path
) -> None:
    path = company(tmp_path, alerts=CHANNEL, environ={"ALERT_URL": inbox.url}).path
    path.write_text(f"{path.read_text('utf-8')}{BACKUPS}", encoding="utf-8")
    config = load(path, environ={"ALERT_URL": inbox.url})
    for _ in range(2):
        run(bench, config)  # the folder of its copies is not there
    assert len(inbox.messages) == 1
    assert "「备份可恢复性」有严重问题" in inbox.messages[0][1]
    (tmp_path / "copies").mkdir()
    made = bench.clock().astimezone(ZoneInfo("Asia/Shanghai")) - timedelta(minutes=10)
    saved = tmp_path / "copies" / made.strftime("crm_%Y%m%d_%H%M%S.sqlite")
    saved.write_bytes((tmp_path / "crm.sqlite").read_bytes())
    os.utime(saved, (made.timestamp(), made.timestamp()))
    run(bench, config)
    assert len(inbox.messages) == 2
