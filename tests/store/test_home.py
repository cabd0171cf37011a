"""The home directory and the secret that keys every token."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from governance.errors import ConfigError
from governance.store import open_home


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    home = open_home(tmp_path)
    first = home.secret()
    assert len(first) == 64
    assert stat.S_IMODE(home.secret_file.stat().st_mode) == 0o600
    assert open_home(tmp_path).secret() == first


def test_many_who_ask_at_once_get_the_same_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    for attempt in range(20):
        home = open_home(tmp_path / str(attempt))
        with ThreadPoolExecutor(8) as pool:
            found = set(pool.map(lambda _: home.secret(), range(8)))  # noqa: B023
        assert len(found) == 1


def test_the_environment_goes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUIQI_SECRET", "from the environment")
    home = open_home(tmp_path)
    assert home.secret() == "from the environment"
    assert not home.secret_file.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_secret_that_others_may_read_is_refused_and_says_how_to_mend_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    home = open_home(tmp_path)
    home.secret()
    home.secret_file.chmod(mode)
    with pytest.raises(ConfigError) as refused:
        home.secret()
    assert refused.value.code == "store.secret_open"


def test_a_damaged_secret_is_not_replaced_by_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    home = open_home(tmp_path)
    home.secret()
    home.secret_file.write_text("short")
    with pytest.raises(ConfigError) as refused:
        home.secret()
    assert refused.value.code == "store.secret_short"
    assert home.secret_file.read_text() == "short"
