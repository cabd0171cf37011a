"""Making words harmless where Streamlit would read markdown.

Every label of Streamlit is markdown: a customer called `![x](http://…)` would make the reader's
browser fetch that address. Words that come out of a source, a configuration or a person pass
through `plain` first; cells of tables go to `st.dataframe` with a text column, which shows them
as they are.
"""

from __future__ import annotations

import re

# Addresses, mail and emoji are sought in the finished text, where no escape is left to stop it.
_LINKED = re.compile(r"(?<=:)(?=//|[A-Za-z+_\-])|(?<=www)(?=\.)|(?<=@)", re.IGNORECASE)
_JOINER = "\u2060"
_ACTIVE = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:^=&/@])")


def bare(words: object, longest: int = 300) -> str:
    """`words` on one line, cut to `longest` characters, for a place that reads no markdown: the
    head of a table's column, an option of a list. There an escape would show as a backslash."""
    text = " ".join(str(words).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def plain(words: object, longest: int = 300) -> str:
    """`words` as markdown that shows exactly these words on one line, cut to `longest` characters.

    An invisible word joiner goes into what would become a link or an emoji.
    """
    return _ACTIVE.sub(r"\\\1", _LINKED.sub(_JOINER, bare(words, longest)))
