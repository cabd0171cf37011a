"""Root causes in words: the rule, and where its findings lie."""

from __future__ import annotations

from collections.abc import Callable

from governance.i18n import t
from governance.reading import CausePlace, RootCause
from governance.ui.here import Here
from governance.views.titles import Titles

CLUSTER = "cluster"
WINDOW, VALUE = "window", "value"
# Ways whose parameter has a sign: who is ahead of whom depends on it.
SIGNED = {"factor": 1, "zone": -1, "days": -1, "years": -1}
LONGEST = 60

Clean = Callable[[object], str]


def rule(here: Here, titles: Titles, cause: RootCause, clean: Clean = str) -> str:
    """The rule as one phrase; `clean` makes what comes from outside harmless where that matters."""
    if cause.way == CLUSTER:
        what = _group(here, titles, cause, clean)
        where = [place(here, titles, cause.entity, one, clean) for one in cause.places]
        return here.t("causes.cluster", what=what, where=_joined(here, where))
    sides = {"left": cause.left_source, "right": cause.right_source}
    spoilt = cause.side or "right"
    sound = "left" if spoilt == "right" else "right"
    if cause.way in SIGNED and float(cause.param) * SIGNED[cause.way] < 0:
        spoilt, sound = sound, spoilt
    value, _, other = cause.param.partition("\x1f")
    return here.t(
        f"causes.way.{cause.way}",
        field=_field(here, titles, cause, clean),
        spoilt=clean(titles.source(sides[spoilt])),
        sound=clean(titles.source(sides[sound])),
        left=clean(titles.source(cause.left_source)),
        right=clean(titles.source(cause.right_source)),
        n=_number(here, cause),
        value=clean(_short(value)),
        other=clean(_short(other)),
    )


def place(here: Here, titles: Titles, entity: str, one: CausePlace, clean: Clean = str) -> str:
    """Where findings lie: a moment, a span, a value of a column, a range of keys."""
    if one.kind == WINDOW:
        first, last = one.span
        if first == last:
            return here.t("causes.place.moment", at=here.moment(first))
        return here.t("causes.place.span", first=here.moment(first), last=here.moment(last))
    if one.kind == VALUE:
        column = clean(titles.field(entity, one.column))
        return here.t("causes.place.value", column=column, value=clean(_short(one.value)))
    return here.t("causes.place.keys", first=clean(_short(one.first)), last=clean(_short(one.last)))


def subject(here: Here, titles: Titles, cause: RootCause) -> str:
    """What the rule is about in a word or two: a field, a kind, a side."""
    if cause.way == CLUSTER and cause.group != "field":
        return _group(here, titles, cause, str)
    return _field(here, titles, cause, str)


def lies(here: Here, titles: Titles, cause: RootCause, clean: Clean = str) -> str | None:
    """Where most of a rule's findings lie, where that says more than the rule does."""
    if cause.way == CLUSTER or not cause.places:
        return None
    one = cause.places[0]
    name = "causes.mostly" if one.kind == WINDOW else "causes.mostly.records"
    where = place(here, titles, cause.entity, one, clean)
    return here.t(name, n=here.number(one.count), whole=here.number(one.whole), where=where)


def _joined(here: Here, parts: list[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return here.t("causes.and", one=parts[0], other=parts[1])


def _group(here: Here, titles: Titles, cause: RootCause, clean: Clean) -> str:
    if cause.group == "kind" and cause.which:
        kind, _, side = cause.which.rpartition("_")
        source = cause.left_source if side == "left" else cause.right_source
        name = f"remediation.problem.{kind}"
        return t(name, here.language, source=clean(titles.source(source)))
    side = cause.left_source if cause.which == "left" else cause.right_source
    return here.t(
        f"causes.group.{cause.group}",
        field=_field(here, titles, cause, clean),
        side=clean(titles.source(side)),
    )


def _field(here: Here, titles: Titles, cause: RootCause, clean: Clean) -> str:
    if cause.field is None:
        return here.t("causes.key")
    return clean(titles.field(cause.entity, cause.field))


def _number(here: Here, cause: RootCause) -> str:
    """The parameter as people say it: times, hours, days, characters."""
    if cause.way == "factor":
        return here.number(10 ** abs(int(cause.param)))
    if cause.way == "zone":
        return f"{abs(int(cause.param)) / 60:g}"
    if cause.way in SIGNED:
        return here.number(abs(int(cause.param)))
    return cause.param


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
