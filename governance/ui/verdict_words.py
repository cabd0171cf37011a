"""What verdicts, subjects, paths and reasons of permissions are called. Texts are as they are, not
yet plain: for cells, and for `plain` where markdown is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from checks.outcome import Severity
from checks.permissions.kinds import KINDS
from checks.permissions.verdict import Hop, Ruling
from governance.config import Config
from governance.config.permissions import PermissionsConfig
from governance.permissions.matrix import LEFT, UNKNOWN
from governance.permissions.seen import VerdictRow
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.ui.states import told

RULINGS = (Ruling.FAILED, Ruling.NOT_EVALUABLE, Ruling.EXCEPTED)
RULING_TONES = {"failed": "bad", "not_evaluable": "watch", "excepted": "quiet", "passed": "good"}
RULING_BADGES = {"failed": "red", "not_evaluable": "orange", "excepted": "gray", "passed": "green"}
ARROW = " → "


@dataclass(frozen=True)
class Words:
    """Words for one reader. `names` are people by number, `departments` names by id."""

    here: Here
    access: PermissionsConfig
    departments: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def knowing(self, names: Mapping[str, str]) -> Words:
        """The same, with these people by name too."""
        return replace(self, names={**self.names, **names})

    def system(self, name: str | None) -> str:
        for system in self.access.systems:
            if system.name == name:
                return self.here.title(system.title)
        return name or "–"

    def function(self, name: str) -> str:
        known = self.access.policy.functions.get(name)
        return self.here.title(known.title) if known else name

    def family(self, name: str | None) -> str:
        if name is None or name == UNKNOWN:
            return self.here.t("overreach.family.unknown")
        if name == LEFT:
            return self.here.t("overreach.family.left")
        known = self.access.policy.families.get(name)
        return self.here.title(known.title) if known else name

    def department(self, code: str | None) -> str:
        if not code:
            return self.here.t("overreach.nowhere")
        return self.departments.get(code, code)

    def person(self, human: str | None, name: str | None = None) -> str:
        """A name with the number that tells namesakes apart."""
        if human is None:
            return "–"
        known = name or self.names.get(human)
        number = self.here.t("overreach.unlisted") if human.startswith("~") else human
        return f"{known} {number}" if known else human.removeprefix("~")

    def kind_of_table(self, name: str) -> str:
        return self.here.title(KINDS[name].title) if name in KINDS else name

    def rule(self, name: str) -> str:
        return told(self.here, f"rules.{name.lower()}.title", {}, cell=True).strip()

    def subject(self, subject: str, name: str | None = None) -> str:
        """Whom a verdict is about."""
        kind, _, rest = subject.partition(":")
        if kind == "human":
            return self.person(rest, name)
        if kind == "rule":
            return self.here.t("overreach.subject.rule")
        if kind == "system":
            return self.system(rest)
        place, _, code = rest.partition("/")
        if kind == "function":
            return self.function(rest)
        if kind in ("account", "document", "role", "delegation", "flow"):
            words = self.here.t(f"overreach.subject.{kind}", id=code, system=self.system(place))
            return f"{words} · {name}" if name else words
        return self.system(rest) if kind == "roles" else rest or subject

    def reason(self, verdict: VerdictRow) -> str:
        """Why, in one line."""
        return self.say(verdict.reason, verdict.params)

    def say(self, code: str, params: Mapping[str, str]) -> str:
        meant = {name: self._param(name, value) for name, value in params.items()}
        return told(self.here, code, meant, cell=True)

    def _param(self, name: str, value: str) -> str:
        """A parameter of a reason as people call it, where it is a code of ours."""
        if name in ("system", "left_system", "right_system"):
            return self.system(value)
        if name == "kind":
            return self.kind_of_table(value)
        if name == "family":
            return self.family(value)
        if name in ("department", "departments"):
            codes = (code.strip() for code in value.split(","))
            return self.here.t("ui.list").join(self.department(code) for code in codes)
        if name in ("person", "actor", "owner", "delegate", "member"):
            return self.person(value) if value in self.names else value
        if name in ("before", "after"):
            return self.departments.get(value, value)
        if name in ("scope", "allowed") and value in self._scopes():
            return self.scope(value)
        if name in ("function", "functions", "left", "right", "view", "delete", "restore"):
            return self.here.t("ui.list").join(self.function(v.strip()) for v in value.split(","))
        return value

    def scope(self, word: str | None) -> str:
        known = word in self._scopes()
        return self.here.t(f"overreach.scope.{word}") if known else (word or "–")

    def scopes(self, words: Iterable[str], *, is_all: bool = False) -> str:
        if is_all:
            return self.scope("all")
        return self.here.t("ui.list").join(self.scope(word) for word in words) or "–"

    @staticmethod
    def _scopes() -> tuple[str, ...]:
        return ("none", "own", "custom", "department", "subtree", "all")

    def hop(self, hop: Hop) -> str:
        """One step of a path, with the word of what it is."""
        if hop.what == "scope":
            return self.scope(hop.id)
        if hop.what == "fields":
            return self.here.t("overreach.hop.fields", id=hop.id)
        return self.step(hop.what, hop.id, hop.name)

    def step(self, what: str, code: str, name: str | None) -> str:
        """A node of a path: an account, a role, a permission."""
        if what == "administrator":
            return self.here.t("overreach.hop.administrator")
        return self.here.t(f"overreach.hop.{what}", called=name or code)

    def path(self, hops: Iterable[Hop]) -> str:
        return ARROW.join(self.hop(hop) for hop in hops)

    def happened(self, what: str) -> str:
        """What an event of a witness is."""
        return told(self.here, f"overreach.happened.{what}", {}, cell=True).strip()

    def ruling(self, ruling: str) -> str:
        return self.here.t(f"overreach.ruling.{ruling}")

    def kind(self, kind: str) -> str:
        return self.here.t(f"overreach.kind.{kind}")


def words_of(here: Here, config: Config, departments: Mapping[str, str]) -> Words:
    """Words for a configuration that watches permissions."""
    assert config.permissions is not None
    return Words(here, config.permissions, departments)


def ruling_badge(words: Words, ruling: str) -> str:
    return f":{RULING_BADGES[ruling]}-badge[{words.ruling(ruling)}]"


def ruling_pills() -> list[str]:
    tones = palette().pill
    return [tones[RULING_TONES[ruling.value]] for ruling in Ruling]


SEVERITY_BADGES = {
    Severity.CRITICAL: "red",
    Severity.HIGH: "orange",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "gray",
}
