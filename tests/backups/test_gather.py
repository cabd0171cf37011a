"""Commands and saved files on their way to a reader: whatever goes wrong has words, and no trace
of a process or a secret is left."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from checks.backups.model import Backup, Catalogue, Mark, Method, Problem, State
from governance.backups import commands
from governance.backups.gather import Gathered, filled, gather
from governance.backups.readers import registry
from governance.backups.readers.model import Asked, Part
from governance.backups.storable import storable
from governance.config.backups import CatalogueConfig, Place
from governance.errors import ConfigError
from governance.i18n import explain

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
CONFIG = CatalogueConfig("nightly", "told", Place("here"), ZoneInfo("Asia/Shanghai"))
Script = Callable[[str], Path]


@dataclass
class Told:
    """A reader that keeps what it was given."""

    KIND: str = "told"
    PARTS: tuple[Part, ...] = (Part("list", ("no-such-tool-of-backups", "{stanza}")),)
    OPTIONS: Mapping[str, bool] = field(default_factory=lambda: {"stanza": False})
    asked: list[Asked] = field(default_factory=list)
    breaks: Exception | None = None

    def read(self, asked: Asked) -> Catalogue:
        self.asked.append(asked)
        if self.breaks:
            raise self.breaks
        return Catalogue(self.KIND, asked.now)

    @property
    def reader(self) -> Told:
        return self


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    reader = Told()
    monkeypatch.setitem(registry.KINDS, "told", reader)  # type: ignore[arg-type]
    return reader


@pytest.fixture
def script(tmp_path: Path) -> Script:
    def write(text: str) -> Path:
        path = tmp_path / "tool"
        path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
        path.chmod(0o755)
        return path

    return write


def ran(
    path: Path,
    *words: str,
    seconds: float = 20,
    stop: Callable[[], bool] = lambda: False,
    environment: Mapping[str, str] | None = None,
) -> Gathered:
    config = replace(
        CONFIG,
        commands={"list": (str(path), *words)},
        timeout=timedelta(seconds=seconds),
        environment=environment or {},
    )
    return gather(config, NOW, stop)


def refused(gathered: Gathered, code: str) -> str:
    """The words of the error, which must be this one, in both languages."""
    assert gathered.catalogue is None
    assert gathered.error is not None
    assert gathered.error.code == f"backups.store.{code}"
    assert explain(gathered.error, "zh")
    return explain(gathered.error, "en")


def saved(path: Path, **more: object) -> Gathered:
    return gather(replace(CONFIG, files={"list": path}, **more), NOW, lambda: False)


def test_a_reader_gets_what_the_command_printed_and_its_code(told: Told, script: Script) -> None:
    gathered = ran(script('echo "{}"; echo careful >&2; exit 3'))
    assert gathered.error is None
    reply = told.asked[0].replies["list"]
    assert (reply.text, reply.errors, reply.code, reply.at) == ("{}\n", "careful\n", 3, NOW)


def test_words_reach_the_tool_as_they_stand_and_no_shell_reads_them(
    told: Told, script: Script, tmp_path: Path
) -> None:
    ran(script('printf "%s|" "$@"'), "a b", f"$(touch {tmp_path}/gone)", "; exit 9", "*")
    reply = told.asked[0].replies["list"]
    assert reply.text == f"a b|$(touch {tmp_path}/gone)|; exit 9|*|"
    assert not (tmp_path / "gone").exists()


def test_a_tool_sees_what_it_is_given_and_none_of_our_secrets(
    told: Told, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_PASSWORD", "ours")
    monkeypatch.setenv("TZ", "UTC")
    ran(script("env; cat"), environment={"RESTIC_PASSWORD": "theirs", "LC_ALL": "de_DE"})
    lines = told.asked[0].replies["list"].text.splitlines()
    assert {"RESTIC_PASSWORD=theirs", "LC_ALL=C.UTF-8", "TZ=UTC"} <= set(lines)
    assert not [line for line in lines if "ours" in line]


def test_what_takes_too_long_is_ended_with_all_its_children(
    told: Told, script: Script, tmp_path: Path
) -> None:
    began = time.monotonic()
    gathered = ran(script(f"sleep 60 & echo $! > {tmp_path}/child; wait"), seconds=0.3)
    assert "longer than 0.3 s" in refused(gathered, "timeout")
    assert time.monotonic() - began < 20
    assert is_gone(int((tmp_path / "child").read_text()))


def test_a_tool_that_does_not_listen_is_ended_all_the_same(
    told: Told, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "MERCY", 0.2)
    refused(ran(script("trap '' TERM; while :; do sleep 1; done"), seconds=0.3), "timeout")


def test_a_tool_is_asked_to_end_before_it_is_made_to(
    told: Told, script: Script, tmp_path: Path
) -> None:
    tool = script(f"trap 'echo freed > {tmp_path}/lock; exit 1' TERM; while :; do sleep 0.05; done")
    refused(ran(tool, seconds=0.5), "timeout")
    assert (tmp_path / "lock").read_text() == "freed\n"


def test_a_stop_ends_a_running_tool(told: Told, script: Script) -> None:
    asked = iter([False, False])
    refused(ran(script("sleep 60"), stop=lambda: next(asked, True)), "stopped")


def test_a_child_that_outlives_its_parent_is_not_waited_for(
    told: Told, script: Script, tmp_path: Path
) -> None:
    began = time.monotonic()
    gathered = ran(script(f"sleep 60 & echo $! > {tmp_path}/child; echo done"))
    assert gathered.error is None
    assert told.asked[0].replies["list"].text == "done\n"
    assert time.monotonic() - began < 20
    assert is_gone(int((tmp_path / "child").read_text()))


def test_what_is_printed_without_end_is_given_up(
    told: Told, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "LARGEST", 2**20)
    assert "larger than 1 MB" in refused(ran(script("yes")), "large")


def test_much_on_both_outputs_is_read_without_blocking(told: Told, script: Script) -> None:
    ran(script("head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero; echo end"))
    reply = told.asked[0].replies["list"]
    assert (len(reply.text), len(reply.errors)) == (300_004, 300_000)


def test_a_tool_that_is_not_there_is_named(told: Told) -> None:
    assert "no-such-tool" in refused(ran(Path("no-such-tool-of-backups")), "no_command")


def test_a_file_that_is_no_program_is_named(told: Told, script: Script) -> None:
    tool = script("echo")
    tool.chmod(0o644)
    refused(ran(tool), "not_executable")
    tool.write_bytes(b"\x00\x01 neither a script nor a program")
    tool.chmod(0o755)
    refused(ran(tool), "not_run")


def test_a_command_is_told_without_its_secrets(told: Told, script: Script) -> None:
    gathered = ran(
        script("sleep 60"),
        "--password=hunter2",
        "s3:https://bob:pass@host/x",
        "-p",
        "from-the-environment",
        seconds=0.1,
        environment={"PW": "from-the-environment"},
    )
    words = refused(gathered, "timeout")
    assert "tool" in words
    assert not [s for s in ("hunter2", ":pass@", "from-the-env") if s in words]


def test_secrets_in_what_a_tool_complains_of_are_struck_out(told: Told, script: Script) -> None:
    ran(script('echo "cannot log in with $PW" >&2'), environment={"PW": "s3cr3t"})
    assert told.asked[0].replies["list"].errors == "cannot log in with ***\n"


def test_an_option_fills_a_word_of_the_command() -> None:
    words = ("tool", "--x={stanza}", "{stanza}/{place}")
    assert filled(words, {"stanza": "{place}", "place": "b"}) == (
        "tool",
        "--x={place}",
        "{place}/b",
    )
    with pytest.raises(ConfigError):
        filled(words, {"stanza": "a"})


def test_a_word_is_left_out_where_an_optional_option_is_not_given() -> None:
    words = ("tool", "--repo={repo}", "info")
    assert filled(words, {}, frozenset({"repo"})) == ("tool", "info")
    assert filled(words, {"repo": "2"}, frozenset({"repo"})) == ("tool", "--repo=2", "info")


def test_saved_output_is_of_the_time_of_its_file(told: Told, tmp_path: Path) -> None:
    path = written(tmp_path, "[]", NOW - timedelta(hours=3))
    gathered = saved(path)
    assert gathered.catalogue is not None
    assert gathered.catalogue.problems == ()
    reply = told.asked[0].replies["list"]
    assert (reply.text, reply.code, reply.at) == ("[]", None, NOW - timedelta(hours=3))


@pytest.mark.parametrize(
    ("age", "code"), [(timedelta(hours=27), "saved_old"), (-timedelta(hours=1), "saved_ahead")]
)
def test_saved_output_of_another_time_proves_no_freshness(
    told: Told, tmp_path: Path, age: timedelta, code: str
) -> None:
    found = saved(written(tmp_path, "[]", NOW - age)).catalogue
    assert found is not None
    assert [(p.code, p.mark) for p in found.problems] == [(f"backups.store.{code}", Mark.FRESH)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_saved_output_is_read_in_the_encoding_it_was_saved_in(
    told: Told, tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "list.json"
    path.write_bytes('{"name": "客户"}'.encode(encoding))
    saved(path)
    assert told.asked[0].replies["list"].text == '{"name": "客户"}'


def test_a_saved_file_that_is_none_is_refused(told: Told, tmp_path: Path) -> None:
    refused(saved(tmp_path / "missing.json"), "no_file")
    refused(saved(tmp_path), "no_file")
    os.mkfifo(tmp_path / "pipe")
    refused(saved(tmp_path / "pipe"), "no_file")


def test_where_files_are_named_no_other_command_is_run(told: Told, tmp_path: Path) -> None:
    told.PARTS = (Part("list", ("false",)), Part("more", ("false",), needed=False))
    gathered = saved(written(tmp_path, "[]", NOW))
    assert gathered.error is None
    assert set(told.asked[0].replies) == {"list"}
    told.PARTS = (Part("list", ("false",)), Part("more", ("false",)))
    assert "`more`" in refused(saved(tmp_path / "list.json"), "no_part")


def test_a_part_that_may_be_missing_is_told_and_the_rest_is_read(
    told: Told, script: Script
) -> None:
    told.PARTS = (
        *told.PARTS,
        Part("check", ("no-such-tool-of-backups",), needed=False),
        Part("log", (), needed=False),
    )
    found = ran(script("echo")).catalogue
    assert found is not None
    assert [p.code for p in found.problems] == ["backups.store.no_command"]


def test_a_reader_that_breaks_is_an_error_with_words(told: Told, script: Script) -> None:
    told.breaks = RecursionError("cells of a customer")
    words = refused(ran(script("echo")), "broken")
    assert "RecursionError" in words
    assert "customer" not in words


def test_a_kind_without_a_reader_is_an_error() -> None:
    refused(gather(replace(CONFIG, kind="veeam"), NOW, lambda: False), "kind")


def written(folder: Path, text: str, at: datetime) -> Path:
    path = folder / "list.json"
    path.write_text(text, "utf-8")
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that is killed may take a moment until it is reaped."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def test_what_no_table_can_hold_is_told_and_written_out(tmp_path: Path) -> None:
    """Half of a surrogate pair, which JSON may hold, and a size of eighty bits."""
    entry = '{"id": "a\\ud800客", "method": "full", "state": "done", "started_at": 1795284000'
    path = written(tmp_path, f'[{entry}, "size": {2**80}}}]', NOW)
    found = gather(replace(CONFIG, kind="feed", files={"feed": path}), NOW, lambda: False).catalogue
    assert found is not None
    (backup,) = found.backups
    assert (backup.id, backup.size) == ("a\\ud800客", None)
    (told,) = found.problems
    assert (told.code, told.params) == ("backups.store.not_kept", {"values": "id, size"})


def test_a_plain_catalogue_is_left_as_it_is() -> None:
    backup = Backup("客户", "crm", Method.DUMP, State.DONE, size=2**63 - 1, needs=("a", "b"))
    catalogue = Catalogue("feed", NOW, (backup,), problems=(Problem("backups.read.nothing"),))
    assert storable(catalogue) is catalogue
