"""YAML as a tree that knows its lines. Scalars stay the text that was written.

`0.10` must not become a float on its way to a Decimal, nor `007` a seven, so nothing is typed
here. Aliases are expanded under a limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode
from ruamel.yaml.reader import ReaderError

from governance.config.problems import BadValue, Problems

MAX_BYTES = 1_000_000
MAX_NODES = 50_000
MAX_DEPTH = 40
MAX_BRACKETS = 200

Content: TypeAlias = "str | dict[str, Node] | tuple[Node, ...] | None"


@dataclass(frozen=True)
class Node:
    """A value with its place; `line` is the line of its key where it has one."""

    file: str
    line: int
    key: str
    content: Content

    @property
    def items(self) -> dict[str, Node]:
        """The entries of a mapping, none for anything else."""
        return self.content if isinstance(self.content, dict) else {}


@dataclass(frozen=True)
class Spot:
    """A place without a value."""

    file: str
    line: int
    key: str = ""


class Unreadable(Exception):
    """Ends the reading of one file; never leaves this module."""


def parse(path: Path, shown: str, problems: Problems) -> Node | None:
    """The file's tree, or None with the reason in `problems`. `shown` names the file to people."""
    try:
        text = file_text(path, shown, problems)
        root = compose(text, shown, problems)
        if not isinstance(root, MappingNode):
            problems.add(Spot(shown, 1), "config.not_a_mapping")
            return None
        return Builder(shown, problems).node(root, "", 1, 0)
    except Unreadable:
        return None


def file_text(path: Path, shown: str, problems: Problems) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        problems.add(Spot(shown, 1), "config.no_file")
    except OSError as error:
        problems.add(Spot(shown, 1), "config.unreadable", reason=error.strerror or "I/O")
    else:
        if len(data) > MAX_BYTES:
            problems.add(Spot(shown, 1), "config.too_big", limit=MAX_BYTES)
            raise Unreadable
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            problems.add(Spot(shown, line), "config.not_utf8")
    raise Unreadable


def compose(text: str, shown: str, problems: Problems) -> YamlNode | None:
    """The YAML nodes; a mistake in the writing is told in our words."""
    if bracket_depth(text) > MAX_BRACKETS:  # the parser needs quadratic time for these
        problems.add(Spot(shown, 1), "config.too_deep", limit=MAX_DEPTH)
        raise Unreadable
    try:
        return nodes_of(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problems.add(Spot(shown, line), "config.control_character")
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        detail = error.problem or error.context or ""
        problems.add(Spot(shown, line), syntax_code(detail), detail=detail)
    except (YAMLError, ValueError, NotImplementedError) as error:
        problems.add(Spot(shown, 1), "config.syntax", detail=type(error).__name__)
    except RecursionError:
        problems.add(Spot(shown, 1), "config.too_deep", limit=MAX_DEPTH)
    raise Unreadable


@lru_cache(maxsize=8)
def nodes_of(text: str) -> YamlNode | None:
    """The nodes of a text, which nobody changes. The same text is read again and again, by the
    worker before each run; the parser takes 0.3 CPU s for the demo's two files."""
    nodes: YamlNode | None = YAML(typ="rt", pure=True).compose(text)
    return nodes


def bracket_depth(text: str) -> int:
    """How deep brackets nest, roughly: those inside quotes count too."""
    depth = deepest = 0
    for letter in text:
        if letter in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in "]}" and depth:
            depth -= 1
    return deepest


def syntax_code(detail: str) -> str:
    """Our message for what the parser found; the commonest slips have their own."""
    known = {
        "'\\t'": "config.tab",
        "undefined alias": "config.unknown_alias",
        "another document": "config.many_documents",
        "end of stream": "config.unclosed",
        "<stream end>": "config.unclosed",
        "mapping values are not allowed": "config.colon",
    }
    return next((code for part, code in known.items() if part in detail), "config.syntax")


class Builder:
    """Turns YAML nodes into ours; counts what aliases expand to."""

    def __init__(self, shown: str, problems: Problems) -> None:
        self.shown = shown
        self.problems = problems
        self.count = 0

    def node(self, source: YamlNode, key: str, line: int, depth: int) -> Node:
        self.count += 1
        if self.count > MAX_NODES:
            self.problems.add(Spot(self.shown, line, key), "config.too_many", limit=MAX_NODES)
            raise Unreadable
        if depth > MAX_DEPTH:
            self.problems.add(Spot(self.shown, line, key), "config.too_deep", limit=MAX_DEPTH)
            raise Unreadable
        return Node(self.shown, line, key, self.content(source, key, line, depth))

    def content(self, source: YamlNode, key: str, line: int, depth: int) -> Content:
        if isinstance(source, MappingNode):
            return self.mapping(source, key, depth)
        if isinstance(source, SequenceNode):
            return tuple(
                self.node(item, f"{key}[{index}]", line_of(item), depth + 1)
                for index, item in enumerate(source.value)
            )
        return self.scalar(source, Spot(self.shown, line, key))

    def scalar(self, source: YamlNode, spot: Spot) -> str | None:
        if isinstance(source, ScalarNode) and str(source.tag) != "tag:yaml.org,2002:null":
            text = str(source.value)
            if source.style == ">":  # the parser marks where a folded text was folded
                text = text.replace("\a", "")
            clean = "".join(c for c in text if ord(c) >= 32 or c in "\t\n\r")
            if clean != text:
                self.problems.add(spot, "config.control_character")
            return clean
        return None

    def mapping(self, source: MappingNode, key: str, depth: int) -> dict[str, Node]:
        """Entries in order. A key stated twice is a problem; `<<` entries go under the others."""
        found: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key_node, value in source.value:
            line = line_of(key_node)
            if not isinstance(key_node, ScalarNode):
                self.problems.add(Spot(self.shown, line, key), "config.key_not_text")
                continue
            name = str(key_node.value)
            path = f"{key}.{name}" if key else name
            child = self.node(value, key if name == "<<" else path, line, depth + 1)
            if name == "<<":
                parts = child.content if isinstance(child.content, tuple) else (child,)
                for part in parts:
                    merged = {**part.items, **merged}
            elif name in found:
                first = found[name].line
                self.problems.add(Spot(self.shown, line, path), "config.stated_twice", first=first)
            else:
                found[name] = child
        return {**merged, **found} if merged else found


def line_of(source: YamlNode) -> int:
    return int(source.start_mark.line) + 1


def text_of(node: Node) -> str:
    """The written text. Raises BadValue for nothing, a list or a mapping."""
    if not isinstance(node.content, str):
        raise BadValue("config.want_text")
    return node.content
