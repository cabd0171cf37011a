"""Secrets by reference: `${NAME}` from the environment, or a file only its owner can read.

No value ever gets into a problem's text: messages name the reference, never what it stands for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from governance.config.document import Node, text_of
from governance.config.problems import BadValue, unknown

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
LOGIN = re.compile(r"[^:/?#@]*:([^@]*)@")
SECRET_PART = re.compile(r"[?&](?:password|passwd|pwd|token|secret|key)=([^&#]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Secrets:
    """Where references are looked up. With `resolve` false only their form is checked."""

    environ: Mapping[str, str]
    base: Path
    resolve: bool = True

    def secret(self, node: Node) -> str | None:
        """A value that must be one whole reference; None when references are not resolved."""
        if isinstance(node.content, dict):
            return self.from_file(node)
        text = text_of(node).strip()
        if not REFERENCE.fullmatch(text):
            raise BadValue("config.literal_secret")
        return self.filled(text)

    def address(self, node: Node) -> str | None:
        """A database address. A password inside it must be a reference."""
        if isinstance(node.content, dict):
            return self.from_file(node)
        text = text_of(node).strip()
        if holds_literal_password(text):
            raise BadValue("config.literal_password")
        if REFERENCE.fullmatch(text):
            return self.filled(text)
        return self.filled(text, escape=True)

    def filled(self, text: str, escape: bool = False) -> str | None:
        """`text` with its references replaced, percent-encoded inside an address."""
        if not self.resolve:
            return None
        for name in REFERENCE.findall(text):
            if not self.environ.get(name):
                raise BadValue("config.env_unset", name=name)

        def value(match: re.Match[str]) -> str:
            found = self.environ[match.group(1)]
            return quote(found, safe="") if escape else found

        return REFERENCE.sub(value, text)

    def from_file(self, node: Node) -> str | None:
        """The content of `{file: ..}` without its last newline. The file must be 0600."""
        for name in node.items:
            if name != "file":
                raise unknown("config.unknown_key", name, ("file",))
        if "file" not in node.items:
            raise BadValue("config.missing", name="file")
        shown = text_of(node.items["file"])
        if not self.resolve:
            return None
        try:
            path = self.base / Path(shown).expanduser()
            if path.stat().st_mode & 0o077:
                raise BadValue("config.secret_file_open", file=shown)
            text = path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError, RuntimeError):
            raise BadValue("config.secret_file", file=shown) from None
        if not text.strip():
            raise BadValue("config.secret_file", file=shown)
        return text


def holds_literal_password(address: str) -> bool:
    """True where the address carries a password that is not a reference."""
    _, _, rest = address.partition("://")
    login = LOGIN.match(rest)
    parts = [login.group(1)] if login else []
    parts += SECRET_PART.findall(address)
    return any(part and not REFERENCE.fullmatch(part) for part in parts)


def with_password(address: str, password: str) -> str:
    """`address` with the password put beside its user. Raises BadValue where one is there."""
    scheme, _, rest = address.partition("://")
    place, slash, tail = rest.partition("/")
    user, at, host = place.rpartition("@")
    if ":" in user or not at:
        raise BadValue("config.password_twice" if ":" in user else "config.password_without_user")
    return f"{scheme}://{user}:{quote(password, safe='')}@{host}{slash}{tail}"
