"""The page for people: calm, in both languages, and safe on a terminal."""

from __future__ import annotations

import pytest

from governance.compare.report import value
from governance.compare.terminal import shown


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["not aligned", "Only on the left", "amount"]),
        ("zh", ["不一致", "只在左边", "amount"]),
    ],
)
def test_the_report_speaks_both_languages(duiqi, pair, monkeypatch, language, words):
    files = pair("id,amount\n1,10\n2,20\n,5\n3,1\n3,1\n", "id,amount\n1,11\n3,1\n")
    monkeypatch.setenv("DUIQI_LANG", language)
    ran = duiqi(*files, "--key", "id", form="text")
    assert ran.code == 1
    assert all(word in ran.out for word in words)
    assert ran.err == ""


def test_an_aligned_pair_is_told_so(duiqi, pair):
    ran = duiqi(*pair("id,v\n1,a\n", "id,v\n1,a\n"), "--key", "id", form="text")
    assert ran.code == 0
    assert ran.out.startswith("The two sides are aligned.")


def test_everything_worth_knowing_is_in_the_report(duiqi, pair, tmp_path):
    base = tmp_path / "base.csv"
    base.write_text("id,v\n1,1\n")
    files = pair("id,v,x\n1,1,\n2,n/a,\n", "id,v,y\n1,2,\n2,5,\n")
    words = ("--key", "id", "--type", "v=decimal", "--base", base)
    ran = duiqi(*files, *words, form="text")
    for told in ("Columns only on the left: x", "Columns only on the right: y", "Right moved"):
        assert told in ran.out
    assert "1 values could not be read" in ran.out


def test_values_cannot_steer_the_terminal(duiqi, pair):
    hostile = "\x1b]0;owned\x07\x1b[31m\u202eabc"
    files = pair(f'id,"v\x1b[2J"\n"k\x1b[1m","{hostile}"\n', 'id,"v\x1b[2J"\n"k\x1b[1m",b\n')
    ran = duiqi(*files, "--key", "id", form="text")
    assert ran.code == 1
    assert not set("\x1b\x07\u202e") & set(ran.out)
    refused = duiqi(*files, "--key", "nope\x1b", form="text")
    assert (refused.code, "\x1b" in refused.err) == (2, False)


def test_long_values_are_cut_and_null_is_not_empty():
    assert len(value("x" * 1_000_000)) < 40
    assert (value(None), value("")) == ("∅", "“”")
    assert shown("a\nb\tc\u2028d") == "a�b�c�d"
