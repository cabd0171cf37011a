"""Reads the model language of the OpenFGA cases: what `type` and `define` lines say."""

from __future__ import annotations

import re

from checks.permissions.relation_model import (
    AllOf,
    AnyOf,
    ButNot,
    Computed,
    Direct,
    From,
    Model,
    Rewrite,
)

TOKEN = re.compile(r"\[[^\]]*\]|[()]|[^\s()\[\]]+")


def read_model(text: str) -> Model:
    model: dict[str, dict[str, Rewrite]] = {}
    relations: dict[str, Rewrite] = {}
    for line in text.splitlines():
        words = re.sub(r"\s#.*|^#.*", "", line).strip()
        if words.startswith("type "):
            relations = model.setdefault(words.removeprefix("type ").strip(), {})
        elif words.startswith("define "):
            name, _, made = words.removeprefix("define ").partition(":")
            relations[name.strip()] = _Reader(TOKEN.findall(made)).whole()
    return model


class _Reader:
    """One definition, token by token. `or`, `and` and `but not` are never mixed on one level."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def whole(self) -> Rewrite:
        first = self.part()
        if not self.tokens or self.tokens[0] == ")":
            return first
        if self.tokens[0] == "but":
            del self.tokens[:2]
            return ButNot(first, self.part())
        word, parts = self.tokens[0], [first]
        while self.tokens and self.tokens[0] == word:
            self.tokens.pop(0)
            parts.append(self.part())
        return (AnyOf if word == "or" else AllOf)(tuple(parts))

    def part(self) -> Rewrite:
        token = self.tokens.pop(0)
        if token == "(":
            inside = self.whole()
            assert self.tokens.pop(0) == ")"
            return inside
        if token.startswith("["):
            return Direct(frozenset(form.strip() for form in token[1:-1].split(",")))
        if self.tokens[:1] == ["from"]:
            self.tokens.pop(0)
            return From(token, self.tokens.pop(0))
        return Computed(token)
