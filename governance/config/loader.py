"""From `governance.yaml` to a checked Config: read all, note every problem, then judge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from checks.dictionary import Title
from governance.config.cron import schedule
from governance.config.document import Node, parse
from governance.config.merge import with_used
from governance.config.model import Config, Retention
from governance.config.problems import BadValue, ConfigProblems, Problems
from governance.config.read_backups import read_backups
from governance.config.read_checks import read_checks
from governance.config.read_entities import read_entities
from governance.config.read_ownership import read_due, read_levels, read_money, read_owners
from governance.config.read_permissions import read_permissions
from governance.config.read_sources import read_sources
from governance.config.secrets import Secrets
from governance.config.section import Section, items, parsed
from governance.config.values import choice, flag, positive_duration, time_zone, title
from governance.i18n import LANGUAGES

VERSION = "1"
KEYS = (
    "version", "company", "locale", "time_zone", "schedule", "retention", "sources", "entities",
    "checks", "alerts", "use", "demo", "owners", "due", "money_at_risk", "permissions", "backups",
)  # fmt: skip
RETENTION = ("snapshots", "runs")
ZONE = ZoneInfo("Asia/Shanghai")


def load_config(path: Path, *, environ: Mapping[str, str], secrets: bool = True) -> Config:
    """As `governance.config.load`."""
    problems = Problems()
    root = parse(path, str(path), problems)
    if root is not None:
        root, used = with_used(root, path, problems)
        lookup = Secrets(environ, path.absolute().parent, secrets)
        config = read(root, path, lookup, problems)
        if not len(problems):
            beside = (config.permissions.policy_path,) if config.permissions else ()
            return replace(config, files=(config.path, *used, *beside))
    raise ConfigProblems(str(path), problems)


def read(root: Node, path: Path, secrets: Secrets, problems: Problems) -> Config:
    section = Section(root, problems, KEYS)
    section.need("version")
    section.read("version", choice("config.bad_version", (VERSION,)), "")
    section.need("company")
    zone = section.read("time_zone", time_zone, ZONE)
    source_node = section.need("sources")
    # Whoever watches permissions or backups alone has no entities to name.
    others = section.get("permissions") or section.get("backups")
    wanted = section.get if others else section.need
    entity_node = wanted("entities")
    sources = read_sources(source_node, zone, secrets, problems)
    # A source that could not be read is still a known name: one mistake, one message.
    kinds = dict.fromkeys(source_node.items if source_node else (), "")
    kinds |= {source.name: source.kind for source in sources}
    entities = read_entities(entity_node, kinds, root.file, problems)
    by_name = {entity.name: entity for entity in entities}
    entities = tuple(read_money(e, by_name, entity_node, root.file, problems) for e in entities)
    by_name = {entity.name: entity for entity in entities}
    stated = tuple(entity_node.items) if entity_node else ()
    access = read_permissions(
        section.get("permissions"), {s.name: s for s in sources}, kinds, path, zone, problems
    )
    backups = read_backups(
        section.get("backups"),
        {s.name: s for s in sources},
        tuple(kinds),
        tuple(access.policy.functions) if access else None,
        zone,
        secrets,
        problems,
    )
    return Config(
        path=path.absolute(),
        company=section.read("company", title, Title(zh="", en="")),
        locale=section.read("locale", choice("config.unknown_locale", LANGUAGES), "zh"),
        time_zone=zone,
        schedule=section.read("schedule", lambda n: schedule(n, zone), None),
        retention=read_retention(section),
        sources=sources,
        entities=entities,
        checks=read_checks(section.get("checks"), by_name, stated, zone, problems),
        alert_urls=read_alerts(section, secrets),
        digest=digest(root, access.policy_path if access else None),
        demo=section.read("demo", flag, False),
        owners=read_owners(section.get("owners"), entity_node, kinds, problems),
        due=read_due(section),
        money_at_risk=read_levels(section),
        permissions=access,
        backups=backups,
    )


def read_retention(section: Section) -> Retention:
    node = section.get("retention")
    if node is None:
        return Retention()
    spans = Section(node, section.problems, RETENTION)
    return Retention(
        snapshots=spans.read("snapshots", positive_duration, Retention.snapshots),
        runs=spans.read("runs", positive_duration, Retention.runs),
    )


def read_alerts(section: Section, secrets: Secrets) -> tuple[str, ...]:
    """Addresses of alert channels. They carry tokens, so each must be a reference."""
    node = section.get("alerts")
    channels = Section(node, section.problems, ("channels",)).get("channels") if node else None
    if channels is None:
        return ()
    read = (
        parsed(item, lambda n: channel(n, secrets), None, section.problems)
        for item in items(channels)
    )
    return tuple(address for address in read if address)


def channel(node: Node, secrets: Secrets) -> str | None:
    address = secrets.secret(node)
    if address is not None and "://" not in address:
        raise BadValue("config.bad_channel")
    return address


def digest(root: Node, policy: Path | None = None) -> str:
    """SHA-256 of the content: the same for other comments and key order, secrets unresolved. A
    policy counts byte by byte.

    The order of the sources counts, for it says which side is left.
    """
    order = list(root.items["sources"].items) if "sources" in root.items else []
    text = json.dumps([plain(root), order], sort_keys=True, ensure_ascii=False)
    beside = policy.read_bytes() if policy is not None and policy.is_file() else b""
    return hashlib.sha256(text.encode() + beside).hexdigest()


def plain(node: Node) -> object:
    if isinstance(node.content, dict):
        return {name: plain(child) for name, child in node.content.items()}
    if isinstance(node.content, tuple):
        return [plain(child) for child in node.content]
    return node.content
