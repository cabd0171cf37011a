"""One source's part of an entity: table or query, columns, filter."""

from __future__ import annotations

from collections.abc import Collection

from checks.dictionary import Condition, Mapping
from governance.config.document import Node, text_of
from governance.config.problems import BadValue, Problems
from governance.config.read_sources import DATABASES
from governance.config.section import Section, entries, items, parsed

KEYS = ("table", "query", "columns", "filter", "import_template")


def read_mapping(
    source: str,
    kind: str,
    node: Node,
    fields: Collection[str],
    problems: Problems,
    keys: tuple[str, ...] = KEYS,
) -> Mapping | None:
    """The mapping, or None where it has no columns at all. `keys` are all that it may hold."""
    section = Section(node, problems, keys)
    columns = read_columns(section, fields)
    table = section.read("table", name, None)
    query = section.read("query", select, None)
    read_from(section, kind)
    conditions = []
    for column, child in entries(section.get("filter"), problems).items():
        condition = parsed(child, lambda n, c=column: read_condition(c, n), None, problems)  # type: ignore[misc]
        if condition is not None:
            conditions.append(condition)
    template = read_template(section, columns)
    if not columns:
        return None
    return Mapping(source, columns, table, query, tuple(conditions), template)


def read_template(section: Section, columns: Collection[str]) -> dict[str, str]:
    """Field to column of the source's own import, for fields that it maps."""
    template: dict[str, str] = {}
    for field, child in entries(section.get("import_template"), section.problems).items():
        if field not in columns:
            section.problems.unknown(child, "config.unknown_field", field, columns)
            continue
        column = parsed(child, name, "", section.problems)
        if column in template.values():
            section.problems.add(child, "config.repeated", name=column)
        elif column:
            template[field] = column
    return template


def read_columns(section: Section, fields: Collection[str]) -> dict[str, str]:
    """Canonical field to source column."""
    problems = section.problems
    node = section.need("columns")
    columns = {}
    for field, child in entries(node, problems).items():
        if field not in fields:
            problems.unknown(child, "config.unknown_field", field, fields)
            continue
        column = parsed(child, name, "", problems)
        if column:
            columns[field] = column
    if node is not None and not node.items:
        problems.add(node, "config.no_columns")
    return columns


def read_from(section: Section, kind: str) -> None:
    """A database needs a table or a query; a file is its own table, though it may have sheets."""
    table, query = section.get("table"), section.get("query")
    if table and query:
        section.problems.add(query, "config.table_and_query")
    if not kind:  # the source itself could not be read, and that is said already
        return
    if kind in DATABASES or kind == "sqlite":
        if not table and not query:
            section.problems.add(section.node, "config.table_or_query")
    elif query:
        section.problems.add(query, "config.query_on_file", kind=kind)
    elif table and kind not in ("xlsx", "folder"):
        section.problems.add(table, "config.table_on_file", kind=kind)


def name(node: Node) -> str:
    """A table's or column's name, as the source spells it."""
    text = text_of(node)
    if not text.strip():
        raise BadValue("config.want_text")
    return text


def select(node: Node) -> str:
    """One reading statement. The account's rights are the wall; this only catches slips."""
    text = text_of(node).strip().rstrip(";").rstrip()
    word = text.split(None, 1)[0].lower() if text else ""
    if word not in ("select", "with"):
        raise BadValue("config.query_not_select")
    return text


def read_condition(column: str, node: Node) -> Condition:
    """`value`, `null`, `[a, b]` or any of them under `not`."""
    negated = isinstance(node.content, dict)
    if negated:
        if set(node.items) != {"not"}:
            raise BadValue("config.bad_filter")
        node = node.items["not"]
    values = tuple(cell(item) for item in items(node))
    if not values:
        raise BadValue("config.empty_list")
    return Condition(column, values, negated)


def cell(node: Node) -> str | None:
    if node.content is not None and not isinstance(node.content, str):
        raise BadValue("config.bad_filter")
    return node.content
