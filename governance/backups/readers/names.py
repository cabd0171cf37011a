"""Names of files that say what is saved and when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from governance.errors import ConfigError

DAY = r"\d{4}[-_.]?\d{2}[-_.]?\d{2}"
TIME = r"\d{2}(?:[-_.:h]?\d{2}(?:[-_.:m]?\d{2})?)?"
# Words of a pattern, each as the group that it makes. `{any}` is what says nothing.
WORDS = {
    "{date}": ("date", DAY),
    "{time}": ("time", TIME),
    "{zone}": ("zone", r"Z|UTC|[+-]\d{2}:?\d{2}"),
    "{database}": ("database", r"[^/]+?"),
    "{series}": ("series", r"[^/]+?"),
    "{any}": ("any", r"[^/]*"),
    "%Y": ("Y", r"\d{4}"),
    "%y": ("y", r"\d{2}"),
    "%m": ("m", r"\d{2}"),
    "%d": ("d", r"\d{2}"),
    "%H": ("H", r"\d{2}"),
    "%M": ("M", r"\d{2}"),
    "%S": ("S", r"\d{2}"),
    "%s": ("s", r"\d{9,11}"),
    "**/": (None, r"(?:[^/]+/)*"),
    "*": (None, r"[^/]*"),
    "?": (None, r"[^/]"),
}
TOKEN = re.compile("|".join(map(re.escape, WORDS)) + r"|\{[^}]*\}|.", re.DOTALL)
TIMES = ("date", "time", "zone", "Y", "y", "m", "d", "H", "M", "S", "s")
GROUPS = {*TIMES, "ts", "database", "series", "any"}
PACKED = re.compile(r"(\.(gz|zst|xz|bz2|lz4|zip))+$", re.IGNORECASE)
STEPS = {4: timedelta(hours=1), 5: timedelta(minutes=1), 6: timedelta(seconds=1)}
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Named:
    """What a name says. The time in it lies from `begins` up to `ends` (aware UTC): a day long
    where the name has only a date, None where it has no time at all."""

    series: str
    begins: datetime | None = None
    ends: datetime | None = None
    database: str | None = None

    @property
    def is_day(self) -> bool:
        """Only the day is known."""
        return bool(self.begins and self.ends and self.ends - self.begins > timedelta(hours=2))


class Pattern:
    """Reads names by a pattern with words such as `{date}`, or by a regular expression with named
    groups. Times without a zone of their own are of `zone`.

    The series is the name with its time taken out and without the ending of its compression: what
    a `*` stands for is part of it, what `{any}` stands for is not. Raises ConfigError for a pattern
    that is none.
    """

    def __init__(self, text: str, zone: ZoneInfo, *, regex: bool = False, form: str = "") -> None:
        self.text, self.zone, self.form = text, zone, form
        try:
            self.shape = re.compile(text if regex else "".join(_pieces(text)))
        except re.error as error:
            raise ConfigError("backups.store.bad_pattern", value=text, reason=error) from None
        strange = [name for name in self.shape.groupindex if _bare(name) not in GROUPS]
        if strange:
            raise ConfigError("backups.store.bad_word", value=text, word=strange[0])

    @property
    def depth(self) -> int | None:
        """How many folders deep the names lie; None where it is not fixed."""
        return None if "**" in self.text or "(" in self.text else self.text.count("/")

    def read(self, path: str) -> Named | None:
        """What the name says; None for one that does not fit, or whose date no calendar has."""
        match = self.shape.fullmatch(path)
        if match is None:
            return None
        found = {_bare(name): text for name, text in match.groupdict().items() if text}
        series = found.get("series") or found.get("database") or _without_times(match)
        try:
            begins, ends = self._moment(found)
        except (ValueError, OverflowError):
            return None
        return Named(series, begins, ends, found.get("database"))

    def _moment(self, found: dict[str, str]) -> tuple[datetime | None, datetime | None]:
        if "s" in found:
            at = datetime.fromtimestamp(int(found["s"]), UTC)
            return at, at + timedelta(seconds=1)
        if "ts" in found and self.form:
            at = datetime.strptime(found["ts"], self.form)  # noqa: DTZ007 - its zone is set below
            parts = tuple(at.timetuple()[:6])
        else:
            parts = _parts(found)
        if len(parts) < 3:
            return None, None
        zone = _zone(found.get("zone")) or self.zone
        begins = datetime(*parts, tzinfo=zone)  # type: ignore[arg-type,misc]
        # By the calendar for a day: one with a change of clocks has 23 or 25 hours.
        ends = begins + STEPS.get(len(parts), A_DAY)
        return begins.astimezone(UTC), ends.astimezone(UTC)


def _pieces(text: str) -> Iterator[str]:
    """The regular expression of a pattern, word by word."""
    seen: dict[str, int] = {}
    for token in TOKEN.findall(text):
        name, shape = WORDS.get(token, (None, re.escape(token)))
        if token not in WORDS and len(token) > 1:
            allowed = " ".join(word for word in WORDS if word[0] == "{")
            raise ConfigError("backups.store.bad_word", value=text, word=f"{token} ({allowed})")
        if name is None:
            yield shape
            continue
        seen[name] = seen.get(name, 0) + 1
        # The same word may stand in the folder and in the file: the last one counts.
        group = name if seen[name] == 1 else f"{name}__{seen[name]}"
        guard = r"(?<!\d)" if name == "date" else ""
        yield f"{guard}(?P<{group}>{shape})"


def _bare(group: str) -> str:
    return group.partition("__")[0]


def _without_times(match: re.Match[str]) -> str:
    spans = sorted(
        match.span(name)
        for name in match.re.groupindex
        if _bare(name) in (*TIMES, "ts", "any") and match.span(name) != (-1, -1)
    )
    text, place = "", 0
    for start, end in spans:
        if start >= place:
            between = match.string[place:start]
            text += between if text.endswith("…") and not between else f"{between}…"
            place = end
    return PACKED.sub("", text + match.string[place:])


def _parts(found: dict[str, str]) -> tuple[int, ...]:
    """Year, month, day and as much of the time as there is."""
    if "ts" in found:
        digits = re.sub(r"\D", "", found["ts"])
    elif "date" in found:
        digits = re.sub(r"\D", "", found["date"] + found.get("time", ""))
    else:
        year = found.get("Y") or (f"20{found['y']}" if "y" in found else "")
        digits = ""
        for piece in (year, *(found.get(name, "") for name in "mdHMS")):
            if not piece:
                break
            digits += piece
    if len(digits) not in (0, 4, 6, 8, 10, 12, 14):
        raise ValueError(digits)
    return tuple(
        int(digits[start:end])
        for start, end in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))
        if digits[start:end]
    )


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in ("Z", "UTC"):
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
