"""The header of pg_dump's archives, which tells their origin without any tool."""

from __future__ import annotations

from dataclasses import dataclass

MAGIC = b"PGDMP"
FORMATS = {1: "custom", 3: "tar", 5: "directory"}
# From this archive version on the header names the way of compression in one byte.
NAMED_COMPRESSION = (1, 15)
LONGEST = 1 << 12


@dataclass(frozen=True)
class Header:
    """`version` is the archive's. `started` is local time of the machine that wrote it."""

    version: tuple[int, int, int]
    form: str
    started: str | None = None
    database: str | None = None
    server: str | None = None
    tool: str | None = None


class Fields:
    """Numbers and texts as pg_dump packs them: a sign, then bytes from the lowest."""

    def __init__(self, data: bytes, at: int, width: int) -> None:
        self.data, self.at, self.width = data, at, width

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        sign = self.byte()
        value = int.from_bytes(self.data[self.at : self.at + self.width], "little")
        self.at += self.width
        return -value if sign else value

    def text(self) -> str | None:
        size = self.number()
        if size < 0:
            return None
        if size > LONGEST or self.at + size > len(self.data):
            raise IndexError
        self.at += size
        return self.data[self.at - size : self.at].decode("utf-8", "replace")


def header(data: bytes) -> Header | None:
    """The header at the start of an archive; None where there is none or it is cut."""
    try:
        if not data.startswith(MAGIC):
            return None
        version = (data[5], data[6], data[7])
        fields = Fields(data, 11, data[8])
        form = FORMATS.get(data[10], "custom")
        if version[:2] >= NAMED_COMPRESSION:
            fields.byte()
        else:
            fields.number()
        second, minute, hour, day, month, year = (fields.number() for _ in range(6))
        fields.number()  # whether it was summer time
        started = f"{year + 1900:04}-{month + 1:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
        return Header(version, form, started, fields.text(), fields.text(), fields.text())
    except IndexError:
        return None
