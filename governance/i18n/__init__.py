"""All words people read, in Chinese and English, from the catalogues in `locales/`.

A catalogue is a gettext file per language and area; a message's id is `<area>.<name>`. A large area
has several files (`backup_*.po` hold `backups.*`). Codes live in data and URLs, words only at the
edge.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from checks.errors import CodedError

LANGUAGES = ("zh", "en")
LOCALES = Path(__file__).parent / "locales"
# How the names of files begin that share an area.
SHARED = {"backup_": "backups"}


def area_of(file: Path) -> str:
    """The area whose messages a catalogue file holds."""
    parted = (area for start, area in SHARED.items() if file.stem.startswith(start))
    return next(parted, file.stem)


@cache
def catalogue(language: str) -> dict[str, str]:
    """Every message of one language by id. Raises ValueError for a message stated twice."""
    words: dict[str, str] = {}
    for file in sorted((LOCALES / language).glob("*.po")):
        with file.open("rb") as stream:
            for message in read_po(stream, locale=language):
                if not message.id:
                    continue
                name = str(message.id)
                if name in words or not name.startswith(f"{area_of(file)}."):
                    raise ValueError(f"{file.name}: {name} is stated twice or in the wrong file")
                words[name] = str(message.string)
    return words


def t(name: str, language: str, /, **params: object) -> str:
    """The words for `name`. Raises KeyError for a name that no catalogue holds."""
    return catalogue(language)[name].format(**params)


def explain(error: CodedError, language: str) -> str:
    """What went wrong and what to do next, in the reader's language.

    An error that collects several problems (`ConfigProblems`) tells each on a line of its own.
    """
    first = explain_code(error.code, error.params, language)
    several = [problem.rendered(language) for problem in getattr(error, "problems", ())]
    return "\n".join([first, *several])


def explain_code(code: str, params: dict[str, str], language: str) -> str:
    """As `explain`, for a code and parameters that come out of the ledger.

    What an older version did not note down is a dash.
    """
    return catalogue(language)[code].format_map(_Noted(params))


class _Noted(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "–"
