"""`$DUIQI_HOME`: the one directory that holds Duiqi's state."""

from __future__ import annotations

import os
import secrets
import stat
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from governance.errors import ConfigError, StoreError

FOLDERS = ("snapshots", "runs", "tmp", "quarantine")


@dataclass(frozen=True)
class Home:
    """Paths inside the home. Sealed files are named relative to it, so that it can be moved."""

    path: Path

    @property
    def tmp(self) -> Path:
        return self.path / "tmp"

    @property
    def spill(self) -> Path:
        """Where queries and reads lay down what does not fit into memory."""
        return self.tmp / "spill"

    @property
    def secret_file(self) -> Path:
        return self.path / "secret"

    def file(self, relative: str) -> Path:
        """The absolute path of a sealed file. Raises StoreError for a name that leads outside."""
        path = (self.path / relative).resolve()
        if not path.is_relative_to(self.path.resolve()):
            raise StoreError("store.outside", file=relative)
        return path

    def secret(self) -> str:
        """The key of all tokens and row hashes: `DUIQI_SECRET`, else the 0600 file, made at need.

        Raises ConfigError where the file can be read by anyone but its owner, StoreError where it
        can be neither read nor made.
        """
        named = os.environ.get("DUIQI_SECRET")
        if named:
            return named
        try:
            if not self.secret_file.exists():
                self._make_secret()
            return self._secret_on_file()
        except OSError as error:
            raise StoreError("store.home", path=self.path, reason=error.strerror) from error

    def _make_secret(self) -> None:
        """Written aside and linked into place: the first to come wins, nobody reads half."""
        aside = self.tmp / f"secret-{uuid.uuid4().hex}"
        handle = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(secrets.token_hex(32))
                stream.flush()
                os.fsync(stream.fileno())
            with suppress(FileExistsError, FileNotFoundError):  # another's is there, ours tidied
                self.secret_file.hardlink_to(aside)
        finally:
            aside.unlink(missing_ok=True)

    def _secret_on_file(self) -> str:
        mode = stat.S_IMODE(self.secret_file.stat().st_mode)
        if mode & 0o077:
            raise ConfigError("store.secret_open", file=self.secret_file, mode=f"{mode:04o}")
        secret = self.secret_file.read_text("ascii").strip()
        if len(secret) < 32:
            raise ConfigError("store.secret_short", file=self.secret_file)
        return secret


def home_path(path: Path | str | None = None) -> Path:
    """Where the home is or would be: `path`, `$DUIQI_HOME` or `./var`. Makes nothing."""
    return Path(path or os.environ.get("DUIQI_HOME") or "var").expanduser().absolute()


def open_home(path: Path | str | None = None) -> Home:
    """The home at `home_path(path)`, with its folders made (owner only)."""
    home = Home(home_path(path))
    try:
        home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in FOLDERS:
            (home.path / folder).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError("store.home", path=home.path, reason=error.strerror) from error
    return home
