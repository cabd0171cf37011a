"""Words from outside, made harmless for markdown."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from governance.ui.text import bare, plain

JOINER = "\u2060"


def test_an_image_stays_the_words_it_is_written_with() -> None:
    shown = plain("![x](http://a.invalid/y)").replace(JOINER, "")
    assert shown == r"\!\[x\]\(http\:\/\/a\.invalid\/y\)"


def test_an_address_is_cut_where_a_link_would_be_found() -> None:
    for words, cut in (("http://a.b", ":"), ("WWW.a.b", "WWW"), ("m@a.b", "@"), (":smile:", ":")):
        assert f"{cut}{JOINER}" in plain(words).replace("\\", "")


def test_words_are_one_line_and_not_endless() -> None:
    assert plain("a\n\n# b\tc") == r"a \# b c"
    assert len(plain("y" * 1_000_000, longest=50)) == 50


def test_where_no_markdown_is_read_the_words_stand_as_they_are() -> None:
    assert bare("Customer sheet\n (weekly Excel)") == "Customer sheet (weekly Excel)"
    assert len(bare("y" * 1_000_000, longest=50)) == 50


@given(st.text())
def test_taking_the_backslashes_away_gives_the_words_back(words: str) -> None:
    shown = " ".join(words.split())
    escaped = plain(words, longest=10_000).replace(JOINER, "")
    assert re.sub(r"\\(.)", r"\1", escaped) == shown.replace(JOINER, "")


@given(st.text(alphabet="![]()<>*_`:$~#|\\ab"))
def test_every_mark_that_could_act_is_escaped(words: str) -> None:
    assert not re.search(r"(?<!\\)[!\[\]()<>*_`:$~#|]", plain(words).replace("\\\\", ""))
