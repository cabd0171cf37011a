"""What sources, entities and fields are called in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from checks import backups, permissions
from checks.backups.faults import Fault
from checks.permissions.rules import SPECS
from governance.config.model import Config
from governance.i18n import t
from governance.reviews.outcome import REVOKED


@dataclass(frozen=True)
class Titles:
    """Names from the configuration; a code that it does not hold (any more) is shown as it is."""

    config: Config
    language: str

    def source(self, name: str) -> str:
        known = {source.name: source.title for source in self.config.sources}
        return known[name].in_language(self.language) if name in known else name

    def pair(self, left: str, right: str) -> str:
        """Two systems; one of a finding that speaks of one system alone."""
        both = (left, right) if left != right else (left,)
        return " – ".join(self.source(name) for name in both if name)

    def entity(self, name: str) -> str:
        known = {entity.name: entity.title for entity in self.config.tables}
        for section in (self.config.permissions, self.config.backups):
            if section is not None:
                known[section.check.name] = section.check.title
        return known[name].in_language(self.language) if name in known else name

    def field(self, entity: str, name: str) -> str:
        """A field's title; of permissions, whose fields are rules, the rule's with its number; of
        backups the fault's."""
        if entity == permissions.CODE and name == REVOKED:
            return t("rules.revoked.title", self.language)
        if entity == backups.CODE and name in set(Fault):
            return t(f"backups.page.fault.{name}", self.language)
        if entity == permissions.CODE and name in SPECS:
            return f"{name} {t(SPECS[name].title, self.language)}"
        for known in self.config.tables:
            if known.name == entity:
                for field in known.fields:
                    if field.name == name:
                        return field.title.in_language(self.language)
        return name

    def key(self, entity: str) -> str:
        """The key fields of an entity, as one word."""
        for known in self.config.tables:
            if known.name == entity:
                return " + ".join(self.field(entity, name) for name in known.key)
        return ""
