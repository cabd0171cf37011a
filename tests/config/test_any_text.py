"""Whatever a person types, the loader answers with a configuration or with problems."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.config import ConfigProblems, load
from governance.i18n import explain
from tests.config.test_load import FULL
from tests.config.worlds import ENVIRON
from tests.thorough import some

PIECES = ["{", "}", "[", "]", ":", "- ", "&a ", "*a", "<<: ", "!!int ", "!x ", "|", ">", '"', "'",
          "#", "\t", "\n", "  ", "${", "}", "%", "@", "`", "?", "null", "~", "\x00", "\u2028",
          "\ufeff", "---\n", "...\n", "0x1F", "1e400", "9" * 40, "客"]  # fmt: skip


@st.composite
def edited(draw: st.DrawFn) -> str:
    """The full example with a few pieces put in or spans cut out."""
    text = FULL
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        if draw(st.booleans()):
            text = text[:at] + draw(st.sampled_from(PIECES)) + text[at:]
        else:
            text = text[:at] + text[at + draw(st.integers(1, 40)) :]
    return text


@settings(
    max_examples=some(60, 20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=edited())
def test_an_edited_file_is_read_or_explained(text: str, tmp_path: Path) -> None:
    path = tmp_path / "governance.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load(path, environ=ENVIRON)
    except ConfigProblems as error:
        for language in ("zh", "en"):
            told = explain(error, language)
            for secret in ENVIRON.values():
                assert secret not in told


@settings(
    max_examples=some(60, 20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    data=st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))
)
def test_any_bytes_are_read_or_explained(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "governance.yaml"
    path.write_bytes(data)
    told = ["read"]
    try:
        load(path, environ=ENVIRON)
    except ConfigProblems as error:
        told = [explain(error, language) for language in ("zh", "en")]
    assert all(words.strip() for words in told)
