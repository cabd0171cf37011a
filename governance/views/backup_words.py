"""What backups, verdicts and their reasons are called. Texts are as they are, not yet plain: for
cells and files, and for `plain` where markdown is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.backups.model import Mark, Verdict
from governance.config.model import Config
from governance.i18n import catalogue, explain_code, formats, t
from governance.views.titles import Titles

MARKS = tuple(mark.value for mark in Mark)
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


def answer(value: bool | None) -> str:
    """The code of a verdict's value."""
    return "unknown" if value is None else "yes" if value else "no"


@dataclass(frozen=True)
class BackupWords:
    """Words for one reader in one language, times in the business zone."""

    config: Config
    language: str

    def page(self, name: str, **params: object) -> str:
        """A word of our pages and files, by its id below `backups.page`."""
        return t(f"backups.page.{name}", self.language, **params)

    def system(self, name: str) -> str:
        for system in self.config.backups.systems if self.config.backups else ():
            if system.name == name:
                return system.title.in_language(self.language)
        return Titles(self.config, self.language).source(name)

    def systems(self, names: Iterable[str]) -> str:
        return t("ui.list", self.language).join(self.system(name) for name in names)

    def entity(self, name: str) -> str:
        return Titles(self.config, self.language).entity(name)

    def mark(self, mark: str) -> str:
        return self.page(f"mark.{mark}")

    def answer(self, mark: str, value: bool | None) -> str:
        """A question with its answer: `fresh`, `not fresh`, `fresh? not known`."""
        return self.page(f"answer.{answer(value)}", mark=self.mark(mark))

    def reason(self, verdict: Verdict) -> str:
        return self.say(verdict.code, verdict.params) if verdict.code else ""

    def say(self, code: str, params: Mapping[str, str]) -> str:
        """A reason in words; one that no catalogue knows is shown as it is rather than hidden."""
        meant = {name: self._param(name, value) for name, value in params.items()}
        try:
            return explain_code(code, meant, self.language)
        except (KeyError, IndexError, ValueError):
            return f"{code} {dict(params) or ''}".strip()

    def _param(self, name: str, value: str) -> str:
        """A parameter as people write it; by its name it is a moment, a length or a size."""
        try:
            if name.endswith("_at"):
                return self.moment(datetime.fromisoformat(value)) if value else "–"
            if name.endswith("_span"):
                return self.span(float(value)) if value else "–"
            if name.endswith(("_bytes", "_size")) or name in ("size", "bytes"):
                return self.size(int(value)) if value else "–"
        except ValueError:
            return value
        if name == "mark":
            return self.known("mark", value)
        if name == "systems":
            return self.systems(value.split("+" if "+" in value else ", "))
        if name == "system" or name.endswith("_system"):
            return self.system(value)
        return value or "–"

    def known(self, area: str, code: str | None) -> str:
        """The word of a code of ours; one from a newer version is shown as it is."""
        name = f"backups.page.{area}.{code}"
        return catalogue(self.language).get(name, code or "–")

    def due(self, state: str, at: datetime | None) -> str:
        name = f"backups.page.due.{state}"
        known = name in catalogue(self.language)
        return t(name, self.language, when=self.moment(at)) if known else state

    def moment(self, when: datetime | None) -> str:
        return formats.moment(when, self.config.time_zone)

    def span(self, seconds: float | None) -> str:
        if seconds is None:
            return "–"
        return formats.span(timedelta(seconds=seconds), self.language)

    def size(self, count: int | float | None) -> str:
        """Bytes in the largest fitting unit of a thousand: 480 MB."""
        if count is None:
            return "–"
        value, unit = float(count), 0
        while value >= 999.5 and unit < len(_UNITS) - 1:
            value, unit = value / 1000, unit + 1
        shown = round(value, 1) if unit and value < 9.95 else round(value)
        return f"{formats.number(shown, self.language)} {_UNITS[unit]}"

    def number(self, value: float | None) -> str:
        return "–" if value is None else formats.number(value, self.language)

    def yes(self, value: bool | None) -> str:
        return self.page(answer(value))
