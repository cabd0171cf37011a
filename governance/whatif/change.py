"""One change of one field's rules, and whether it can be looked at without reading a source."""

from __future__ import annotations

from dataclasses import dataclass, replace

from checks.dictionary import Entity, Field, FieldType, Tolerance
from checks.normalisers import NORMALISERS
from governance.config import Config
from governance.errors import ConfigError

PARTS = ("tolerance", "normalize", "authority")
_KINDS = {
    FieldType.INTEGER: "number",
    FieldType.DECIMAL: "number",
    FieldType.DATE: "date",
    FieldType.DATETIME: "instant",
}


@dataclass(frozen=True)
class Change:
    """Another tolerance, normaliser or authority of one field. `part` is one of `PARTS`.

    Only the value that `part` names counts; None takes the rule away (for an authority: the
    entity's own).
    """

    entity: str
    field: str
    part: str
    tolerance: Tolerance | None = None
    normalizer: str | None = None
    authority: str | None = None

    @property
    def is_rule(self) -> bool:
        """Whether it decides which values are aligned."""
        return self.part != "authority"


def changed(config: Config, change: Change) -> Entity:
    """The entity with the change made.

    Raises ConfigError where the change is none, contradicts the field, or cannot be looked at: of a
    personal field only tokens are kept, and a key decides which records meet.
    """
    entity = config.entity(change.entity)
    field = entity.field_named(change.field)
    if change.is_rule and field.sensitivity.is_masked:
        raise ConfigError("whatif.masked", level=field.sensitivity.value)
    if change.field in entity.key:
        raise ConfigError("whatif.key")
    new = _field(entity, field, change)
    if new == field:
        raise ConfigError("whatif.no_change")
    _check(new)
    return replace(entity, fields=tuple(new if f.name == field.name else f for f in entity.fields))


def _field(entity: Entity, field: Field, change: Change) -> Field:
    if change.part == "tolerance":
        return replace(field, tolerance=change.tolerance)
    if change.part == "normalize":
        return replace(field, normalizer=change.normalizer)
    named = change.authority
    mapped = [m.source for m in entity.mappings if field.name in m.columns]
    if named is not None and named not in mapped:
        raise ConfigError("config.unknown_authority", name=named, allowed=", ".join(mapped))
    word = named or entity.authority
    return field if word == entity.authority_of(field.name) else replace(field, authority=named)


def _check(field: Field) -> None:
    """As the configuration checks it: type, normaliser and tolerance must go together."""
    by_type = _KINDS.get(field.type)
    kind = NORMALISERS[field.normalizer].kind if field.normalizer else by_type
    if field.normalizer and by_type and by_type != kind:
        raise ConfigError("config.type_conflict", type=field.type.value, name=field.normalizer)
    if field.tolerance is None:
        return
    if kind not in ("number", "date", "instant"):
        raise ConfigError("config.tolerance_on_text")
    if (field.tolerance.time is not None) != (kind != "number"):
        raise ConfigError(
            "config.tolerance_number" if kind == "number" else "config.tolerance_time"
        )
