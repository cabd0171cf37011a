"""Which encoding a file has is told, never guessed through damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.errors import SourceRefused
from governance.sources.encoding import as_utf8, detect, transcode

TEXT = "编号,名称\n007,云帆科技有限公司\n"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
    ],
)
def test_every_usual_encoding_is_told_and_read_as_the_same_text(
    tmp_path: Path, written: str, told: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(TEXT.encode(written))
    assert detect(file) == told
    with as_utf8(file, folder=tmp_path) as plain:
        assert plain.read_bytes().decode("utf-8-sig") == TEXT
    assert list(tmp_path.iterdir()) == [file]


def test_ascii_and_an_empty_file_are_utf8(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    for content in (b"", b"a,b\n1,2\n"):
        file.write_bytes(content)
        assert detect(file) == "utf-8"


@pytest.mark.parametrize("broken", [b"\xff", "云".encode()[:2]])
def test_damaged_utf8_is_named_by_its_byte_and_not_read_as_something_else(
    tmp_path: Path, broken: bytes
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(TEXT.encode() + broken)
    with pytest.raises(SourceRefused) as caught:
        detect(file)
    assert caught.value.code == "source.encoding_damaged"
    assert caught.value.params["offset"] == str(len(TEXT.encode()))


def test_a_character_cut_by_the_limit_or_a_chunk_is_no_damage(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(("云" * 400_000).encode())
    assert detect(file) == "utf-8"
    assert detect(file, limit=100) == "utf-8"


def test_gb18030_longer_than_a_chunk_keeps_every_character(tmp_path: Path) -> None:
    text = "对齐𠮷€" * 300_000
    file = tmp_path / "a.csv"
    file.write_bytes(text.encode("gb18030"))
    with as_utf8(file, folder=tmp_path) as plain:
        assert plain.read_text("utf-8") == text


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"\xff\x80\x81\xfe" * 10)
    with pytest.raises(SourceRefused, match="encoding_unknown"):
        detect(file)


def test_a_declared_encoding_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"\xff\xff\xff")
    with (tmp_path / "out").open("wb") as out, pytest.raises(SourceRefused, match="damaged"):
        transcode(file, out, "gb18030")
    with pytest.raises(SourceRefused, match="encoding_name"), as_utf8(file, "klingon"):
        pass
