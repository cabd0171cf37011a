"""One line of a batch: a fix beside what both systems hold at this moment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from checks.crosswalk import own_keys
from checks.dictionary import Entity, FieldType
from checks.normalisers import reader
from checks.outcome import Kind
from governance.batches.reread import Cell, Now
from governance.exports.remediation import Action, Fix, Why
from governance.ledger.rows import BatchLine
from governance.reading.model import Finding

Nows = Mapping[tuple[str, str], Now]

_OFFSET = re.compile(r"(?:Z|[+-]\d{2}(?::?\d{2})?)$")
_CLOCK = re.compile(r"\d:\d{2}")
# How systems write a boolean, yes before no.
YES_OR_NO = (("1", "0"), ("true", "false"), ("t", "f"), ("yes", "no"), ("y", "n"), ("是", "否"))


@dataclass(frozen=True)
class Line:
    """A fix, and the target's record as it is now (None where both systems were not read again).

    `word` is what a change puts in: the other system's value, spelled so that the target reads it
    as the same. It is personal where the finding is.
    """

    fix: Fix
    record: Mapping[str, Cell] | None = None
    types: Mapping[str, str] | None = None
    word: str | None = None

    @property
    def field(self) -> str:
        return self.fix.finding.field or ""


def keys_of(finding: Finding, entity: Entity) -> dict[str, str | None]:
    """By source the key under which it has the record: where records are matched without a shared
    key each has its own, and one that has none has no such record."""
    sources = finding.left_source, finding.right_source
    if entity.match is None or finding.key is None:
        return dict.fromkeys(sources, finding.key)
    return dict(zip(sources, own_keys(finding.key), strict=True))


def stands(fix: Fix, now: Nows, entity: Entity) -> bool:
    """Whether both systems still hold what the finding says. A record without a key cannot be
    looked up, and is left as it is."""
    finding, kind = fix.finding, Kind(fix.finding.kind)
    if finding.key is None:
        return True
    keys = keys_of(finding, entity)
    left_key, right_key = keys[finding.left_source], keys[finding.right_source]
    left = now[finding.left_source, finding.entity]
    right = now[finding.right_source, finding.entity]
    if kind is Kind.MISMATCH:
        name = finding.field or ""
        cells = left.cell(left_key, name), right.cell(right_key, name)
        found = tuple(None if cell is None else cell.hash for cell in cells)
        known = (finding.left_hash, finding.right_hash)
        # One of two that differ holds something: without hashes nothing can be told.
        return None not in cells and found == known and known != (None, None)
    here, there = left.count.get(left_key or "", 0), right.count.get(right_key or "", 0)
    if kind is Kind.ONLY_LEFT:
        return here > 0 and there == 0
    if kind is Kind.ONLY_RIGHT:
        return there > 0 and here == 0
    own = here if kind is Kind.DUPLICATE_LEFT else there
    return own > 0 and max(here, there) > 1


def lined(fix: Fix, now: Nows, entity: Entity, zone: ZoneInfo, *, reveal: bool) -> Line:
    """The line with values as they are now; personal ones stay masked unless `reveal`."""
    finding = fix.finding
    keys, target = keys_of(finding, entity), now[fix.system, finding.entity]
    if fix.action is Action.MERGE:
        return Line(counted(fix, target.count.get(keys[fix.system] or "", 0)))
    record = target.rows.get(keys[fix.system] or "")
    if finding.field is None or record is None:
        return Line(fix, record, target.types)
    own = record[finding.field]
    other = now[fix.other, finding.entity].cell(keys[fix.other], finding.field)
    word = None
    if fix.action is Action.CHANGE and other is not None:
        word = spelled(other, own, target.types.get(finding.field, ""), entity, finding.field, zone)
    if not finding.personal or reveal:
        proposed = word if fix.action is Action.CHANGE else None
        fix = replace(fix, current=own.raw, proposed=proposed)
    return Line(fix, record, target.types, word)


def counted(fix: Fix, copies: int) -> Fix:
    """A copy that is the only one in its system has nothing there to be merged with."""
    if copies > 1:
        return replace(fix, why=Why.DUPLICATE)
    return replace(fix, action=Action.CONFIRM, why=Why.DUPLICATE_THERE)


def spelled(
    word: Cell, own: Cell, kind: str, entity: Entity, field: str, zone: ZoneInfo
) -> str | None:
    """`word` as the target writes such values; as it stands wherever that says the same.

    A moment with an offset means another one in a column without, and the other way round. A
    number or a day in words cannot lie in a column that is typed.
    """
    name = entity.field_named(field).reader
    shape = reader(name).kind if name else "text"
    if word.raw is None or word.canonical is None:
        return word.raw
    if name == FieldType.BOOLEAN:
        return _yes_or_no(word.raw, own.raw)
    if shape == "instant":
        return _moment(word, own, kind.lower(), zone)
    if shape == "number" and _typed(kind) and not _is_number(word.raw):
        return word.canonical
    if shape == "date" and _typed(kind):
        return word.canonical
    return word.raw


def _yes_or_no(word: str, own: str | None) -> str:
    """`word` in the pair of words that the target uses: 1 and 0, yes and no."""
    said, used = word.strip().lower(), (own or "").strip().lower()
    meant = next((pair.index(said) for pair in YES_OR_NO if said in pair), None)
    pair = next((pair for pair in YES_OR_NO if used in pair), None)
    if meant is None or pair is None or said in pair:
        return word
    return pair[meant].upper() if own is not None and own.strip().isupper() else pair[meant]


def _typed(kind: str) -> bool:
    names = ("int", "numeric", "decimal", "double", "real", "float", "money", "number", "date")
    return any(name in kind.lower() for name in names)


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _moment(word: Cell, own: Cell, kind: str, zone: ZoneInfo) -> str | None:
    assert word.raw is not None
    if own.raw is not None and _CLOCK.search(own.raw):
        offset = _OFFSET.search(own.raw.strip()) is not None
    elif "timestamp" in kind or "datetime" in kind:
        offset = "timestamp" in kind and "without" not in kind
    else:
        return word.raw
    if offset == (_OFFSET.search(word.raw.strip()) is not None):
        return word.raw
    try:
        moment = datetime.fromisoformat(word.canonical or "")
    except ValueError:
        return word.raw
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo("UTC"))
    between = "T" if own.raw is not None and "T" in own.raw else " "
    if not offset:
        return moment.astimezone(zone).replace(tzinfo=None).isoformat(sep=between)
    text = moment.astimezone(ZoneInfo("UTC")).isoformat(sep=between)
    return text.replace("+00:00", "Z") if (own.raw or "").strip().endswith("Z") else text


def noted(line: Line, basis: str) -> BatchLine:
    """The line as the ledger keeps it: hashes, and values as findings show them."""
    fix, finding = line.fix, line.fix.finding
    on_left = fix.system == finding.left_source
    values = (finding.left_value, finding.right_value)
    own, other = values if on_left else values[::-1]
    is_cell = finding.field is not None
    proposes = fix.action is Action.CHANGE
    return BatchLine(
        finding_id=finding.finding_id,
        check_name=finding.check,
        entity=finding.entity,
        left_source=finding.left_source,
        right_source=finding.right_source,
        system=fix.system,
        record_key=finding.key,
        key_shown=finding.key_shown,
        field=finding.field,
        kind=finding.kind,
        action=fix.action.value,
        old_hash=fix.current_hash if is_cell else None,
        new_hash=fix.wanted_hash if is_cell and proposes else None,
        other_hash=fix.wanted_hash if is_cell else None,
        old_shown=_short(own),
        new_shown=_short(other) if proposes else None,
        basis=basis,
    )


def _short(text: str | None, longest: int = 200) -> str | None:
    return text if text is None or len(text) <= longest else text[: longest - 1] + "…"
