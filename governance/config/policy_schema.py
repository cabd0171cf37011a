"""The JSON Schema that editors complete a policy with.

Built from the tables the reader goes by; `python -m governance.config.policy_schema` writes the
shipped file. Rules are described by their titles.
"""

from __future__ import annotations

import json
from pathlib import Path

from checks.permissions.rules.specs import SPECS, Of, Spec
from governance.config import read_policy, read_rules
from governance.config.merge import SHIPPED as ROOT
from governance.config.schema import (
    DURATION,
    NUMBER_OR_TEXT,
    SHARE,
    TEXT,
    TITLE,
    Schema,
    closed,
    named,
    one_or_more,
)
from governance.i18n import t

SHIPPED = ROOT / "data" / "schema" / "policy.schema.json"
LISTED = (Of.TEXTS, Of.FUNCTIONS, Of.FAMILIES, Of.RISKS, Of.SYSTEMS)
SEVERITY: Schema = {"enum": list(read_policy.SEVERITIES)}
NAMES: Schema = {"oneOf": [TEXT, {"type": "array", "items": TEXT}]}


def function_names(entry: Schema) -> Schema:
    pattern = f"^{read_policy.FUNCTION_NAME.pattern}$"
    return {"type": "object", "propertyNames": {"pattern": pattern}, "additionalProperties": entry}


def setting(of: Of) -> Schema:
    if of in LISTED:
        return NAMES
    plain: dict[Of, Schema] = {
        Of.SPAN: DURATION,
        Of.COUNT: {"type": "integer", "minimum": 0},
        Of.AMOUNT: NUMBER_OR_TEXT,
        Of.DAY: {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        Of.CLOCK: {"type": "string", "pattern": f"^{read_rules.CLOCK.pattern}$"},
    }
    return plain[of]


def rule(spec: Spec) -> Schema:
    of = {"on": {"type": "boolean"}, "severity": SEVERITY}
    of |= {s.name: setting(s.of) for s in spec.settings}
    words = [t(spec.title, language) for language in ("en", "zh")]
    return closed(tuple(of), of) | {"description": " ".join(words)}


def build() -> Schema:
    """The whole schema, draft 2020-12."""
    by_system: Schema = {"type": "object", "additionalProperties": one_or_more(TEXT)}
    function = {
        "title": TITLE, "strong": {"type": "boolean"}, "permissions": by_system,
        "actions": by_system,
    }  # fmt: skip
    family = {
        "title": TITLE,
        "jobs": one_or_more(TEXT),
        "functions": function_names({"enum": list(read_policy.SCOPES)}),
        "fields": named({"enum": list(read_policy.FIELDS)}),
    }
    risk = {
        "title": TITLE, "left": one_or_more(TEXT), "right": one_or_more(TEXT),
        "severity": SEVERITY,
    }  # fmt: skip
    exception = dict.fromkeys(read_policy.EXCEPTION, TEXT) | {
        "rule": {"enum": list(SPECS)},
        "subject": {"type": "string", "pattern": f"^{read_policy.SUBJECT.pattern}$"},
        "until": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    }
    excepted = closed(
        read_policy.EXCEPTION, exception, ("rule", "subject", "owner", "reason", "until")
    )
    rules = {name: rule(spec) for name, spec in SPECS.items()}
    of = {
        "version": {"enum": [int(read_policy.VERSION), read_policy.VERSION]},
        "link_threshold": SHARE,
        "window": DURATION,
        "functions": function_names(closed(read_policy.FUNCTION, function)),
        "field_classes": named(TITLE),
        "families": named(closed(read_policy.FAMILY, family, ("jobs",))),
        "risks": named(closed(read_policy.RISK, risk, ("left", "right"))),
        "rules": closed(tuple(SPECS), rules),
        "exceptions": {"type": "array", "items": excepted},
    }
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "policy.yaml",
        "description": "Who may see and do what: the policy that permissions are held against.",
    }
    return head | closed(read_policy.KEYS, of, ("functions",))


def text() -> str:
    return json.dumps(build(), ensure_ascii=False, indent=2) + "\n"


def write(path: Path = SHIPPED) -> None:
    path.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    write()
