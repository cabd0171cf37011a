"""The `sources` section."""

from __future__ import annotations

import codecs
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from checks.dictionary import Title
from governance.config.cron import schedule
from governance.config.document import Node, text_of
from governance.config.model import SourceConfig
from governance.config.problems import BadValue, Problems
from governance.config.secrets import Secrets, with_password
from governance.config.section import Section, check_name, entries, parsed
from governance.config.values import choice, positive_duration, title
from governance.sources.kinds import KINDS as FOUND_BY

# Kinds by what they need: an address, or a path. The schemes are those an address may start with.
DATABASES: dict[str, tuple[str, ...]] = {
    "postgresql": ("postgresql", "postgres"),
    "mysql": ("mysql", "mariadb"),
    "mariadb": ("mariadb", "mysql"),
    "sqlalchemy": (),
}
KINDS = tuple(FOUND_BY)
KEYS = (
    "kind", "url", "password", "path", "pattern", "encoding", "title", "schedule", "timeout",
)  # fmt: skip
ENCODED = tuple(kind for kind, keys in FOUND_BY.items() if "encoding" in keys)


def read_sources(
    node: Node | None, zone: ZoneInfo, secrets: Secrets, problems: Problems
) -> tuple[SourceConfig, ...]:
    """Every source that could be read, in the order of the file."""
    found = []
    for name, child in entries(node, problems).items():
        check_name(child, name, problems)
        source = read_source(name, Section(child, problems, KEYS), zone, secrets)
        if source is not None:
            found.append(source)
    return tuple(found)


def read_source(
    name: str, section: Section, zone: ZoneInfo, secrets: Secrets
) -> SourceConfig | None:
    if section.need("kind") is None:
        return None
    kind = section.read("kind", choice("config.unknown_kind", KINDS), "")
    if not kind:
        return None
    refuse_strangers(section, kind)
    return SourceConfig(
        name=name,
        kind=kind,
        title=section.read("title", title, Title(zh=name, en=name)),
        url=read_address(section, kind, secrets) if kind in DATABASES else None,
        path=read_path(section, secrets.base) if kind not in DATABASES else None,
        pattern=read_pattern(section) if kind == "folder" else None,
        encoding=section.read("encoding", text_encoding, None),
        schedule=section.read("schedule", lambda n: schedule(n, zone), None),
        timeout=section.read("timeout", positive_duration, timedelta(minutes=5)),
    )


def refuse_strangers(section: Section, kind: str) -> None:
    """A key that this kind does not use is a mistake, not a decoration."""
    used = {"kind", "title", "schedule", "timeout"}
    used |= {"url", "password"} if kind in DATABASES else {"path"}
    used |= {"pattern"} if kind == "folder" else set()
    used |= {"encoding"} if kind in ENCODED else set()
    for key, child in section.node.items.items():
        if key in KEYS and key not in used:
            allowed = ", ".join(name for name in KEYS if name in used)
            section.problems.add(child, "config.not_for_kind", name=key, kind=kind, allowed=allowed)


def read_address(section: Section, kind: str, secrets: Secrets) -> str | None:
    """The address with its password in it; None where it could not be had."""
    node = section.need("url")
    if node is None:
        return None
    address = parsed(node, secrets.address, None, section.problems)
    password = section.read("password", secrets.secret, None)
    if address is None:
        return None
    return parsed(node, lambda _: whole_address(address, password, kind), None, section.problems)


def whole_address(address: str, password: str | None, kind: str) -> str:
    scheme = address.partition("://")[0].partition("+")[0].lower()
    allowed = DATABASES[kind]
    if "://" not in address or (allowed and scheme not in allowed):
        example = (allowed or ("dialect+driver",))[0]
        raise BadValue("config.bad_address", kind=kind, example=f"{example}://user@host/database")
    return address if password is None else with_password(address, password)


def read_path(section: Section, base: Path) -> Path | None:
    """Absolute; a relative path starts at the configuration file's folder."""
    node = section.need("path")
    if node is None:
        return None
    return parsed(node, lambda n: absolute(text_of(n), base), None, section.problems)


def absolute(text: str, base: Path) -> Path:
    if not text.strip():
        raise BadValue("config.want_text")
    try:
        return (base / Path(text).expanduser()).absolute()
    except RuntimeError:  # `~someone` without such a someone
        raise BadValue("config.bad_path") from None


def read_pattern(section: Section) -> str | None:
    """The file name of a drop; `{date}` stands for the day it holds."""
    node = section.need("pattern")
    return None if node is None else parsed(node, drop_pattern, None, section.problems)


def drop_pattern(node: Node) -> str:
    text = text_of(node)
    if text.count("{date}") != 1 or "/" in text or "\\" in text:
        raise BadValue("config.bad_pattern")
    return text


def text_encoding(node: Node) -> str:
    """An encoding's name that Python knows and that holds text."""
    text = text_of(node)
    try:
        "对齐".encode(codecs.lookup(text).name)
    except (LookupError, UnicodeError, ValueError):
        raise BadValue("config.bad_encoding", value=text) from None
    return text.lower()
