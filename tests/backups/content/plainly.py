"""The obvious way to read a MySQL dump: byte by byte, with nothing clever about it."""

from __future__ import annotations

from dataclasses import dataclass, field

LETTERS = {"0": 0, "b": 8, "n": 10, "r": 13, "t": 9, "Z": 26}
ESCAPES = {letter: bytes([byte]) for letter, byte in LETTERS.items()}


@dataclass
class Plainly:
    """The rows of every INSERT of `data`. `whole`: no statement is left open at the end."""

    data: bytes
    escapes: bool = True
    rows: list[list[bytes | None]] = field(default_factory=list)
    whole: bool = True

    def read(self) -> Plainly:
        at = 0
        while at < len(self.data):
            start = at
            inside = False
            while at < len(self.data):
                byte = self.data[at : at + 1]
                if inside and self.escapes and byte == b"\\":
                    at += 1
                elif byte == b"'":
                    inside = not inside
                elif byte == b";" and not inside:
                    break
                at += 1
            statement = self.data[start : at + 1]
            at += 1
            self.whole = not statement.strip() or (statement.endswith(b";") and not inside)
            if statement.strip().startswith(b"INSERT"):
                self._rows(statement.partition(b"VALUES")[2])
        return self

    def _rows(self, text: bytes) -> None:
        row: list[bytes | None] | None = None
        cell, string, quoted = b"", False, False
        at = 0
        while at < len(text):
            byte = text[at : at + 1]
            at += 1
            if string:
                if self.escapes and byte == b"\\":
                    letter = text[at : at + 1].decode("latin-1")
                    at += 1
                    kept = b"\\" if letter in "%_" else b""
                    cell += kept + ESCAPES.get(letter, letter.encode("latin-1"))
                elif byte == b"'" and text[at : at + 1] == b"'":
                    cell += b"'"
                    at += 1
                elif byte == b"'":
                    string = False
                else:
                    cell += byte
            elif row is None:
                row = [] if byte == b"(" else None
            elif byte == b"'":
                string = quoted = True
            elif byte in (b",", b")"):
                row.append(None if cell == b"NULL" and not quoted else cell)
                cell, quoted = b"", False
                if byte == b")":
                    self.rows.append(row)
                    row = None
            else:
                cell += byte
