"""What a change of rules would have meant, as the dictionary page asks for it; remembered."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from checks.dictionary import Entity, Field
from checks.normalisers import NORMALISERS
from governance.access import Actor, Right
from governance.config import Config
from governance.config.document import Node
from governance.config.problems import BadValue
from governance.config.values import tolerance
from governance.errors import ConfigError
from governance.ledger import Ledger
from governance.store import Home
from governance.whatif import PARTS, Change, Outcome, what_if
from governance.whatif.lines import written

# What stands in the URL for "no rule": no normaliser, source or number is called so.
NOTHING = "-"
KEPT = 32

_known: OrderedDict[tuple[object, ...], tuple[Outcome, ...]] = OrderedDict()
_lock = threading.Lock()


def fields_of(entity: Entity) -> tuple[Field, ...]:
    """The fields whose rules can be tried: all but the key's."""
    return tuple(f for f in entity.fields if f.name not in entity.key)


def parts_of(field: Field) -> tuple[str, ...]:
    """What of a field can be tried; of a personal one no values are kept to read anew."""
    return ("authority",) if field.sensitivity.is_masked else PARTS


def values_of(entity: Entity, field: Field, part: str) -> tuple[str, ...]:
    """The values to choose from; none where one is typed."""
    if part == "normalize":
        return (NOTHING, *NORMALISERS)
    if part == "authority":
        return tuple(m.source for m in entity.mappings if field.name in m.columns)
    return ()


def today(entity: Entity, field: Field, part: str) -> str:
    """The rule that holds now, as it is typed or chosen."""
    if part == "tolerance":
        return written(field.tolerance) or ""
    if part == "normalize":
        return field.normalizer or NOTHING
    return entity.authority_of(field.name)


def change_of(entity: Entity, field: str, part: str, value: str) -> Change:
    """The change that was typed or chosen. Raises ConfigError for what is no tolerance."""
    if part == "normalize":
        return Change(entity.name, field, part, normalizer=None if value == NOTHING else value)
    if part == "authority":
        return Change(entity.name, field, part, authority=value)
    if value in ("", NOTHING):
        return Change(entity.name, field, part)
    try:
        allowed = tolerance(Node("", 1, part, value))
    except BadValue as bad:
        raise ConfigError(bad.code, **bad.params) from None
    return Change(entity.name, field, part, tolerance=allowed)


def looked_at(
    actor: Actor,
    config: Config,
    ledger: Ledger,
    home: Home,
    change: Change,
    tell: Callable[[int, int], None],
) -> tuple[Outcome, ...]:
    """As `what_if`; answered from memory until there is a new run, rule or decision."""
    actor.require(Right.VIEW)
    run = ledger.runs.last_sealed()
    state = (run.id if run else 0, ledger.decisions.counter(), config.digest, str(home.path))
    asked = (*state, change, actor.name, actor.departments)
    with _lock:
        if asked in _known:
            _known.move_to_end(asked)
            return _known[asked]
    found = what_if(actor, config, ledger, home, change, tell=tell)
    with _lock:
        _known[asked] = found
        while len(_known) > KEPT:
            _known.popitem(last=False)
    return found
