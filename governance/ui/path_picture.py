"""How somebody comes to a function, as a picture: from the person over accounts, roles and
permissions to what it reaches."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import streamlit as st

from checks.permissions.verdict import GrantPath, Hop
from governance.ui.plots import Palette, palette
from governance.ui.text import bare
from governance.ui.verdict_words import Words

MOST_PATHS = 24
LONGEST = 40
_UNSAFE = re.compile(r'[\\"<>&\x00-\x1f]')
FONT = "Source Sans 3, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"


@dataclass
class _Graph:
    """Nodes by what they are, each once; edges between them, each once."""

    nodes: dict[tuple[str, ...], str] = field(default_factory=dict)
    edges: dict[tuple[str, str], None] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def node(self, key: tuple[str, ...], label: str, look: str) -> str:
        if key not in self.nodes:
            name = f"n{len(self.nodes)}"
            self.nodes[key] = name
            self.lines.append(f'{name} [label="{label}" {look}]')
        return self.nodes[key]

    def edge(self, one: str, other: str) -> None:
        self.edges[one, other] = None


def picture(
    words: Words, person: str | None, paths: Iterable[GrantPath], *, grave: Iterable[str] = ()
) -> None:
    """Draw some paths; functions in `grave` are marked. Draws nothing where there is none."""
    shown = list(dict.fromkeys(paths))[:MOST_PATHS]
    if shown:
        st.graphviz_chart(dot(words, person, shown, frozenset(grave), palette()), width="content")


def dot(
    words: Words,
    person: str | None,
    paths: Iterable[GrantPath],
    grave: frozenset[str],
    colors: Palette,
) -> str:
    """The picture in DOT. Labels are quoted, and what could end a quote is taken out."""
    graph = _Graph()
    quiet, busy, bad = colors.pill["quiet"], colors.pill["busy"], colors.pill["bad"]
    begin = None
    if person is not None:
        begin = graph.node(("person",), _label(person), f'fillcolor="{busy}"')
    for path in paths:
        last: str | None = begin
        before: tuple[str, ...] = ()
        for hop in path.hops:
            key = _key(path, hop, before)
            look = f'fillcolor="{quiet}"' if hop.what == "account" else ""
            here = graph.node(key, _hop(words, path, hop), look)
            if last is not None:
                graph.edge(last, here)
            last, before = here, key
        look = f'fillcolor="{bad}"' if path.function in grave else f'fillcolor="{busy}"'
        end = graph.node(("function", path.function), _label(words.function(path.function)), look)
        if last is not None:
            graph.edge(last, end)
    edges = "; ".join(f"{one} -> {other}" for one, other in graph.edges)
    return (
        'digraph { rankdir=LR; bgcolor="transparent"; nodesep=0.12; ranksep=0.3; pad=0.05; '
        f'node [shape=box style="rounded,filled" fillcolor="transparent" color="{colors.grid}" '
        f'fontcolor="{colors.strong}" fontname="{FONT}" fontsize=11 height=0.3 margin="0.1,0.04"]; '
        f'edge [color="{colors.text}" arrowsize=0.5 penwidth=0.8]; '
        f"{'; '.join(graph.lines)}; {edges} }}"
    )


def _key(path: GrantPath, hop: Hop, before: tuple[str, ...]) -> tuple[str, ...]:
    """A role is one node however many accounts are in it; a permission and its scope belong to what
    stands before, or a narrow one and a wide one could not be told apart."""
    if hop.what in ("permission", "scope", "fields"):
        return (hop.what, hop.id, *before)
    return (path.system, hop.what, hop.id)


def _hop(words: Words, path: GrantPath, hop: Hop) -> str:
    label = _label(words.hop(hop))
    return f"{label}\\n{_label(words.system(path.system))}" if hop.what == "account" else label


def _label(text: str) -> str:
    return _UNSAFE.sub("", bare(text, LONGEST))
