"""What sources, entities and fields are called in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from governance.config.model import Config


@dataclass(frozen=True)
class Titles:
    """Names from the configuration; a code that it does not hold (any more) is shown as it is."""

    config: Config
    language: str

    def source(self, name: str) -> str:
        known = {source.name: source.title for source in self.config.sources}
        return known[name].in_language(self.language) if name in known else name

    def pair(self, left: str, right: str) -> str:
        return f"{self.source(left)} – {self.source(right)}"

    def entity(self, name: str) -> str:
        known = {entity.name: entity.title for entity in self.config.entities}
        return known[name].in_language(self.language) if name in known else name

    def field(self, entity: str, name: str) -> str:
        for known in self.config.entities:
            if known.name == entity:
                for field in known.fields:
                    if field.name == name:
                        return field.title.in_language(self.language)
        return name

    def key(self, entity: str) -> str:
        """The key fields of an entity, as one word."""
        for known in self.config.entities:
            if known.name == entity:
                return " + ".join(self.field(entity, name) for name in known.key)
        return ""
