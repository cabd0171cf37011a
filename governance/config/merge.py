"""`use`: presets and dictionaries laid under the user's own file, each keeping its own lines."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from governance.config.document import Node, parse, text_of
from governance.config.problems import BadValue, Problems
from governance.config.section import Section, items, parsed

SHIPPED = Path(__file__).resolve().parents[2]
USED_KEYS = ("version", "entities", "checks", "permissions")


def with_used(root: Node, path: Path, problems: Problems) -> tuple[Node, tuple[Path, ...]]:
    """The user's tree with every used file under it, and those files.

    A later file lies over an earlier one.
    """
    files: list[Path] = []
    under: Node | None = None
    use = root.items.get("use")
    for item in items(use) if use is not None and use.content is not None else ():
        used = read_used(item, path, problems, files)
        if used is not None:
            under = used if under is None else laid(used, under)
    return root if under is None else laid(root, under), tuple(files)


def read_used(item: Node, path: Path, problems: Problems, files: list[Path]) -> Node | None:
    """One used file, noted in `files`; its single source renamed where the item says `as`."""
    file, new = item, None
    if isinstance(item.content, dict):
        section = Section(item, problems, ("file", "as"))
        needed = section.need("file")
        if needed is None:
            return None
        file, new = needed, section.read("as", text_of, None)
    try:
        place = found(text_of(file), path)
    except BadValue as bad:
        problems.add(file, bad.code, **bad.params)
        return None
    files.append(place.absolute())
    tree = parse(place, shown(place, path), problems)
    if tree is None:
        return None
    Section(tree, problems, USED_KEYS)
    tree = replace(tree, content={k: v for k, v in tree.items.items() if k in USED_KEYS[1:]})
    return tree if new is None else parsed(item, lambda _: renamed(tree, new), None, problems)


def found(name: str, path: Path) -> Path:
    """Beside the configuration file, or among what Duiqi ships. Raises BadValue."""
    for base in (path.parent, SHIPPED):
        candidate = base / name
        if candidate.is_file():
            return candidate
    raise BadValue("config.no_used_file", name=name)


def shown(place: Path, path: Path) -> str:
    """The used file as a person at the same desk would write it."""
    return os.path.relpath(place) if not path.is_absolute() else str(place)


def laid(over: Node, under: Node) -> Node:
    """`over` with what only `under` has; mappings are merged, anything else is replaced."""
    if not isinstance(over.content, dict) or not isinstance(under.content, dict):
        return over
    merged = dict(under.content)
    for name, child in over.content.items():
        merged[name] = laid(child, under.content[name]) if name in under.content else child
    return replace(over, content=merged)


def renamed(tree: Node, new: str) -> Node:
    """`tree` with its one source called `new`. Raises BadValue where it has several or none."""
    entities = tree.items.get("entities")
    names = {
        source
        for entity in (entities.items.values() if entities else ())
        for source in (entity.items["sources"].items if "sources" in entity.items else ())
    }
    access = tree.items.get("permissions")
    if access is not None and "systems" in access.items:
        names |= set(access.items["systems"].items)
    if len(names) != 1:
        raise BadValue("config.as_needs_one", sources=", ".join(sorted(names)) or "-")
    return replaced(tree, names.pop(), new)


def replaced(node: Node, old: str, new: str) -> Node:
    """Renames `old` in every `sources` and `systems` mapping and every `authority`."""
    if not isinstance(node.content, dict):
        return node
    content = {name: replaced(child, old, new) for name, child in node.content.items()}
    authority = content.get("authority")
    if authority is not None and authority.content == old:
        content["authority"] = replace(authority, content=new)
    for key in ("sources", "systems"):
        if key in content and isinstance(content[key].content, dict):
            mapped = {
                new if name == old else name: child for name, child in content[key].items.items()
            }
            content[key] = replace(content[key], content=mapped)
    return replace(node, content=content)
