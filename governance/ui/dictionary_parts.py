"""Blocks of the dictionary page: tables of fields, mappings and gaps, and the terms' meanings."""

from __future__ import annotations

from typing import Any

import streamlit as st

from checks.dictionary import Condition, Field, Sensitivity, Tolerance
from governance.config import Config
from governance.i18n import formats
from governance.reading import UnreadCell
from governance.ui.components import number_column, pill_column, table, text_column
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.ui.record_parts import short
from governance.ui.states import told
from governance.ui.text import plain
from governance.views.dictionary import EntityView, FieldLine, Place, Vanished

SENSITIVITY_TONES = ("quiet", "quiet", "watch", "high")
TERMS = ("strict", "adjusted", "pending", "aligned", "severity", "absent", "unread")
MOST_ROWS = 18


def entity_names(here: Here, config: Config) -> dict[str, str]:
    """Entity code to its title, made plain, in the dictionary's order."""
    return {entity.name: plain(here.title(entity.title)) for entity in config.entities}


def summary(here: Here, view: EntityView) -> str:
    """One line: how records are told apart, whose word counts, how long a change may take."""
    entity = view.entity
    keys = [plain(here.title(entity.field_named(name).title)) for name in entity.key]
    authority = next((p.source for p in view.places if p.source.name == entity.authority), None)
    parts = [
        here.t("dictionary.summary.key", key=" + ".join(keys)),
        here.t(
            "dictionary.summary.authority",
            source=plain(here.title(authority.title) if authority else entity.authority),
        ),
        here.t("dictionary.summary.weight", weight=entity.weight),
    ]
    if entity.lag:
        parts.append(here.t("dictionary.summary.lag", span=formats.span(entity.lag, here.language)))
    return " · ".join(parts)


def source_title(here: Here, view: EntityView, name: str) -> str:
    """A source's title, as it is: for cells of tables, which show text and nothing else."""
    return next((here.title(p.source.title) for p in view.places if p.source.name == name), name)


def fields_table(here: Here, view: EntityView) -> None:
    """Every field: type, reading, sensitivity, tolerance, weight, authority."""
    rows = [
        {
            "title": here.title(line.field.title),
            "code": line.field.name,
            "type": here.t(f"dictionary.type.{line.field.type.value}"),
            "reader": reading(here, line.field),
            "sensitivity": [line.field.sensitivity.value],
            "tolerance": tolerance(here, line.field.tolerance),
            "weight": line.field.weight,
            "required": required(here, line),
            "authority": source_title(here, view, line.authority),
            "unread": line.unread or None,
        }
        for line in view.fields
    ]
    levels = {s.value: here.t(f"dictionary.sensitivity.{s.value}") for s in Sensitivity}
    head = {name: here.t(f"dictionary.column.{name}") for name in rows[0]}
    columns: dict[str, Any] = {
        "title": text_column(head["title"], width=150),
        "code": text_column(head["code"], width=120),
        "type": text_column(head["type"], width=80),
        "reader": text_column(head["reader"], width=150),
        "sensitivity": pill_column(
            head["sensitivity"],
            levels,
            [palette().pill[tone] for tone in SENSITIVITY_TONES],
            width=90,
        ),
        "tolerance": text_column(head["tolerance"], width=90),
        "weight": number_column(
            head["weight"], width=70, help=here.t("dictionary.definition.severity")
        ),
        "required": text_column(head["required"], width=70),
        "authority": text_column(head["authority"], width=110),
        "unread": number_column(
            head["unread"], width=90, help=here.t("dictionary.definition.unread")
        ),
    }
    table(rows, columns, most=MOST_ROWS, key="fields")


def unread_table(here: Here, view: EntityView, cells: tuple[UnreadCell, ...]) -> None:
    """The cells that could not be read, one a row, as they stand in their source."""
    titles = {line.field.name: here.title(line.field.title) for line in view.fields}
    rows = [
        {
            "source": source_title(here, view, cell.source),
            "fields": titles.get(cell.field, cell.field),
            "record": cell.key_shown,
            "name": cell.display,
            "value": short(cell.value),
        }
        for cell in cells
    ]
    head = {name: text_column(here.t(f"dictionary.column.{name}")) for name in rows[0]}
    table(rows, head, most=8, key="unread")


def mapping_table(here: Here, view: EntityView) -> None:
    """One row a field, one column a source: which column of the source holds it."""
    for place in view.places:
        st.caption(place_line(here, place))
    lost = {(v.source.name, v.column) for v in view.vanished}
    rows = []
    for line in view.fields:
        row = {"title": here.title(line.field.title), "code": line.field.name}
        for source, column in line.columns.items():
            gone = (source, column) in lost
            row[f"in {source}"] = (
                here.t("dictionary.mapping.gone", column=column) if gone else column or "–"
            )
        rows.append(row)
    columns = {
        "title": text_column(here.t("dictionary.column.title"), width=170),
        "code": text_column(here.t("dictionary.column.code"), width=130),
    }
    for place in view.places:
        label = plain(here.title(place.source.title))
        columns[f"in {place.source.name}"] = text_column(label)
    table(rows, columns, most=MOST_ROWS, key="mapping")


def place_line(here: Here, place: Place) -> str:
    """Where the source keeps it, which rows count, how many there were when."""
    mapping = place.mapping
    where = (
        here.t("dictionary.place.query")
        if mapping.query
        else here.t("dictionary.place.table", table=plain(mapping.table or "–"))
    )
    parts = [f"**{plain(here.title(place.source.title))}** {where}"]
    parts += [here.t("dictionary.place.filter", condition=condition(c)) for c in mapping.filter]
    if place.read_at is None or place.rows is None:
        parts.append(here.t("dictionary.place.never"))
    else:
        parts.append(
            here.t(
                "dictionary.place.rows",
                rows=here.number(place.rows),
                when=here.moment(place.read_at),
            )
        )
    return " · ".join(parts)


def condition(filter_: Condition) -> str:
    values = ", ".join("NULL" if value is None else str(value) for value in filter_.values)
    sign = "≠" if filter_.negated else "="
    return plain(f"{filter_.column} {sign} {values}")


def vanished_table(here: Here, view: EntityView) -> None:
    """Mapped columns that are gone: which, since when, what to do."""
    rows = [
        {
            "source": here.title(lost.source.title),
            "column": lost.column or "–",
            "fields": ", ".join(here.title(field.title) for field in lost.fields) or "–",
            "since": here.moment(lost.since),
        }
        for lost in view.vanished
    ]
    table(
        rows,
        {name: text_column(here.t(f"dictionary.column.{name}")) for name in rows[0]},
        key="vanished",
    )
    for words in dict.fromkeys(filter(None, (next_step(here, lost) for lost in view.vanished))):
        st.caption(f":orange[:material/arrow_forward: {words}]")


def next_step(here: Here, lost: Vanished) -> str:
    return told(here, lost.code, lost.params or {}) if lost.code else ""


def unmapped_table(here: Here, view: EntityView) -> None:
    """Columns of the sources that nobody compares."""
    rows = [
        {"source": here.title(u.source.title), "column": u.column, "type": u.type}
        for u in view.unmapped
    ]
    head = {name: text_column(here.t(f"dictionary.column.{name}")) for name in rows[0]}
    table(rows, head, most=8, key="unmapped")


def definitions(here: Here, view: EntityView) -> None:
    """What the scores and marks mean, and what each reading of this entity ignores."""
    left, right = st.columns(2, gap="medium")
    with left:
        for term in TERMS:
            meaning = here.t(f"dictionary.definition.{term}")
            st.markdown(f"**{here.t(f'dictionary.term.{term}')}** — {meaning}")
    with right:
        used = dict.fromkeys(line.field.reader for line in view.fields)
        for name in used:
            words = "text_as_is" if name is None else name
            st.markdown(
                f"**{here.t(f'dictionary.reader.{words}')}** — "
                f"{here.t(f'dictionary.reads.{words}')}"
            )


def required(here: Here, line: FieldLine) -> str:
    """Whether the field is part of the key, required, or neither."""
    if line.is_key:
        return here.t("dictionary.required.key")
    return here.t("dictionary.required.yes") if line.field.required else ""


def reading(here: Here, field: Field) -> str:
    """How a field's values are made comparable, in words."""
    return here.t(f"dictionary.reader.{field.reader or 'text_as_is'}")


def tolerance(here: Here, allowed: Tolerance | None) -> str:
    """How far two values may lie apart: ±0.01, ±1 %, ±5 min."""
    if allowed is None:
        return ""
    if allowed.absolute is not None:
        return f"±{allowed.absolute.normalize():f}"
    if allowed.relative is not None:
        return f"±{(allowed.relative * 100).normalize():f}%"
    return f"±{formats.span(allowed.time, here.language)}" if allowed.time else ""
