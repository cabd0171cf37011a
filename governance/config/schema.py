"""The JSON Schema that editors complete `governance.yaml` with.

Built from the same tables the loader reads by, so that the two cannot drift apart; the shipped
file is this module's output (`python -m governance.config.schema`), and a test holds them equal.
The schema helps while typing; what it cannot say (names that must exist), `duiqi validate` does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from checks.normalisers import NORMALISERS
from checks.permissions.kinds import KINDS, SEMANTICS, AccessKind
from governance.backups.readers.registry import KINDS as CATALOGUES
from governance.config import (
    loader,
    merge,
    read_backups,
    read_catalogues,
    read_checks,
    read_entities,
    read_mapping,
    read_match,
    read_ownership,
    read_permissions,
    read_reviews,
    read_sources,
)
from governance.config.values import NAME
from governance.i18n import LANGUAGES, catalogue, t

SHIPPED = merge.SHIPPED / "data" / "schema" / "governance.schema.json"
Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}
TITLE: Schema = {
    "oneOf": [
        TEXT,
        {
            "type": "object",
            "properties": {"zh": TEXT, "en": TEXT},
            "minProperties": 1,
            "additionalProperties": False,
        },
    ]
}
DURATION: Schema = {"type": "string", "pattern": r"^(\s*\d+\s*(min|s|m|h|d|w))+\s*$"}
SHARE: Schema = {"oneOf": [{"type": "number", "minimum": 0, "maximum": 1},
                           {"type": "string", "pattern": r"^\d+(\.\d+)?%?$"}]}  # fmt: skip
NUMBER_OR_TEXT: Schema = {"type": ["number", "string"]}
FLAG: Schema = {"type": "boolean"}
WEIGHT: Schema = {"type": "integer", "minimum": 1, "maximum": 10}


def closed(keys: tuple[str, ...], of: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """An object with these keys and no others, each with its description."""
    properties = {}
    for key in keys:
        properties[key] = dict(of[key])
        if f"config.key_{key}" in catalogue("en"):
            words = [t(f"config.key_{key}", language) for language in ("en", "zh")]
            properties[key]["description"] = " ".join(words)
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": list(required)} if required else {})


def named(entry: Schema) -> Schema:
    """An object whose keys are the user's own names."""
    pattern = f"^{NAME.pattern}$"
    return {"type": "object", "propertyNames": {"pattern": pattern}, "additionalProperties": entry}


def one_or_more(item: Schema) -> Schema:
    return {"oneOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def schedule() -> Schema:
    every = {
        "type": "object",
        "properties": {"every": DURATION},
        "required": ["every"],
        "additionalProperties": False,
    }
    return {"oneOf": [{"type": "string", "pattern": r"^\s*(\S+\s+){4}\S+\s*$"}, every]}


def by_reference(pattern: str) -> Schema:
    file = {
        "type": "object",
        "properties": {"file": TEXT},
        "required": ["file"],
        "additionalProperties": False,
    }
    return {"oneOf": [{"type": "string", "pattern": pattern}, file]}


SECRET = by_reference(r"^\s*\$\{[A-Za-z_][A-Za-z0-9_]*\}\s*$")


def source() -> Schema:
    of = {
        "kind": {"enum": list(read_sources.KINDS)},
        "url": by_reference(r"\S"),
        "password": SECRET,
        "path": TEXT,
        "pattern": {"type": "string", "pattern": r"^[^/\\]*\{date\}[^/\\]*$"},
        "encoding": TEXT,
        "title": TITLE,
        "schedule": schedule(),
        "timeout": DURATION,
    }
    return closed(read_sources.KEYS, of, ("kind",))


def condition() -> Schema:
    """A mapping's filter."""
    negated = {
        "type": "object",
        "properties": {"not": one_or_more(SCALAR)},
        "required": ["not"],
        "additionalProperties": False,
    }
    line = {"oneOf": [one_or_more(SCALAR), negated]}
    return {"type": "object", "additionalProperties": line}


def entity() -> Schema:
    mapping = {
        "table": TEXT,
        "query": TEXT,
        "columns": named(TEXT),
        "filter": condition(),
        "import_template": named(TEXT),
    }
    parts = {"entity": TEXT, "field": TEXT, "by": one_or_more(TEXT)}
    hanging = closed(read_ownership.MONEY, parts, read_ownership.MONEY)
    matching = {"fields": one_or_more(TEXT), "accept": SHARE, "review": SHARE}
    of = {
        "title": TITLE,
        "key": one_or_more(TEXT),
        "authority": TEXT,
        "display": TEXT,
        "department": TEXT,
        "lag": DURATION,
        "weight": WEIGHT,
        "fields": named(field()),
        "sources": named(closed(read_mapping.KEYS, mapping)),
        "money": one_or_more({"oneOf": [TEXT, hanging]}),
        "match": closed(read_match.MATCH_KEYS, matching),
    }
    return closed(read_entities.ENTITY_KEYS, of)


def field() -> Schema:
    of = {
        "title": TITLE,
        "type": {"enum": list(read_entities.TYPES)},
        "normalize": {"enum": list(NORMALISERS)},
        "required": {"type": "boolean"},
        "sensitivity": {"enum": list(read_entities.SENSITIVITIES)},
        "tolerance": NUMBER_OR_TEXT,
        "weight": WEIGHT,
        "authority": TEXT,
    }
    return closed(read_entities.FIELD_KEYS, of)


def check() -> Schema:
    of = {
        "kind": {"enum": list(read_checks.KINDS)},
        "entity": TEXT,
        "sources": {"type": "array", "items": TEXT, "minItems": 2, "uniqueItems": True},
        "thresholds": closed(read_checks.THRESHOLDS, dict.fromkeys(read_checks.THRESHOLDS, SHARE)),
        "title": TITLE,
        "schedule": schedule(),
    }
    return closed(read_checks.KEYS, of)


def owner() -> Schema:
    names = dict.fromkeys(read_ownership.RULE, one_or_more(TEXT))
    return closed(read_ownership.RULE, names | {"owner": TEXT}, ("owner",))


def access_table(kind: AccessKind) -> Schema:
    """One table of permissions, or several."""

    def keyed(names: list[str], each: Schema) -> Schema:
        return {
            "type": "object",
            "propertyNames": {"enum": names},
            "additionalProperties": each,
        }

    fields = [f.name for f in kind.fields]
    coded = [f.name for f in kind.fields if f.words]
    naming = [f.name for f in kind.fields if f.refers]
    of = {
        **dict.fromkeys(("source", "table", "query"), TEXT),
        "columns": keyed(fields, TEXT),
        "filter": condition(),
        "values": keyed(coded, {"type": "object"}),
        "constants": keyed(fields, TEXT),
        "refers": keyed(naming, {"enum": list(read_permissions.REFERS)}),
    }
    return closed(tuple(of), of)


def several(definition: str) -> Schema:
    return one_or_more({"$ref": f"#/$defs/{definition}"})


def permissions() -> Schema:
    """The section `permissions`; a preset has only systems."""
    of = {name: several(f"access_{name}") for name in KINDS} | {
        "source": TEXT,
        "semantics": {"enum": list(SEMANTICS)},
        "title": TITLE,
        "functions": {"type": "object", "additionalProperties": one_or_more(TEXT)},
        "actions": {"type": "object", "additionalProperties": one_or_more(TEXT)},
    }
    system = closed((*read_permissions.OF_SYSTEM, *KINDS), of)
    owned = closed(read_reviews.OWNER, dict.fromkeys(read_reviews.OWNER, TEXT), ("system", "owner"))
    reviews = closed(
        read_reviews.KEYS,
        {
            "reviewers": one_or_more(TEXT),
            "owners": one_or_more(owned),
            "fallback": TEXT,
            "fresh": DURATION,
        },
    )
    whole = {
        "policy": TEXT,
        "schedule": schedule(),
        "systems": named(system),
        "reviews": reviews,
    }
    return closed(read_permissions.KEYS, whole)


def backup_catalogue() -> Schema:
    """Where the backups of a system are listed. What a kind's options are, the loader says."""
    of = {
        "kind": {"enum": list(CATALOGUES)},
        "place": closed(
            read_catalogues.PLACE,
            dict.fromkeys(read_catalogues.PLACE, TEXT)
            | dict.fromkeys(("off_site", "immutable", "encrypted"), FLAG),
        ),
        "zone": TEXT,
        "commands": named({"type": "array", "items": TEXT, "minItems": 1}),
        "files": named(TEXT),
        "path": TEXT,
        "url": by_reference(r"\S"),
        "password": SECRET,
        "options": {"type": "object", "additionalProperties": SCALAR},
        "environment": {"type": "object", "additionalProperties": by_reference(r"\S")},
        "timeout": DURATION,
        "content": {"type": "boolean"},
        "max_age": DURATION,
    }
    return closed(read_catalogues.KEYS, of, ("kind",))


def backups() -> Schema:
    """The section `backups`."""
    whole_number: Schema = {"type": "integer", "minimum": 0, "maximum": read_backups.MOST_KEPT}
    drill = {
        "target": by_reference(r"\S"),
        "password": SECRET,
        "catalogue": TEXT,
        "schedule": schedule(),
        "max_age": DURATION,
        "timeout": DURATION,
    }
    of = {
        **dict.fromkeys(("source", "drills"), TEXT),
        **dict.fromkeys(("rpo", "rto", "grace"), DURATION),
        **dict.fromkeys(("databases", "tables", "delete", "restore", "erase"), one_or_more(TEXT)),
        "title": TITLE,
        "due": schedule(),
        "keep": closed(read_backups.KEEP, dict.fromkeys(read_backups.KEEP, whole_number)),
        "timestamps": {"type": "object", "additionalProperties": TEXT},
        "catalogues": named(backup_catalogue()),
        "drill": closed(read_backups.DRILL, drill, ("target",)),
    }
    group = {"type": "array", "items": one_or_more(TEXT), "minItems": 1}
    systems = named(closed(read_backups.OF_SYSTEM, of, ("catalogues",)))
    parts = {"schedule": schedule(), "together": group, "systems": systems}
    return closed(read_backups.KEYS, parts, ("systems",))


def build() -> Schema:
    """The whole schema, draft 2020-12."""
    used = {
        "oneOf": [
            TEXT,
            {
                "type": "object",
                "properties": {"file": TEXT, "as": TEXT},
                "required": ["file"],
                "additionalProperties": False,
            },
        ]
    }
    of = {
        "version": {"enum": [int(loader.VERSION), loader.VERSION]},
        "company": TITLE,
        "locale": {"enum": list(LANGUAGES)},
        "time_zone": TEXT,
        "schedule": schedule(),
        "retention": closed(loader.RETENTION, dict.fromkeys(loader.RETENTION, DURATION)),
        "sources": named(source()),
        "entities": named(entity()),
        "checks": named(check()),
        "alerts": closed(("channels",), {"channels": one_or_more(SECRET)}),
        "use": one_or_more(used),
        "demo": {"type": "boolean"},
        "owners": {"type": "array", "items": owner()},
        "due": closed(read_ownership.DUE, dict.fromkeys(read_ownership.DUE, DURATION)),
        "money_at_risk": closed(
            read_ownership.LEVELS, dict.fromkeys(read_ownership.LEVELS, NUMBER_OR_TEXT)
        ),
        "permissions": permissions(),
        "backups": backups(),
    }
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "governance.yaml",
        "description": "Configuration of Duiqi; presets and dictionaries share its form.",
    }
    # A preset has neither sources nor a company; a configuration has both.
    tail = {"dependentRequired": {"sources": ["company"], "company": ["sources"]}}
    tables = {f"access_{name}": access_table(kind) for name, kind in KINDS.items()}
    return head | closed(loader.KEYS, of, ("version",)) | tail | {"$defs": tables}


def text() -> str:
    return json.dumps(build(), ensure_ascii=False, indent=2) + "\n"


def write(path: Path = SHIPPED) -> None:
    path.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    write()
