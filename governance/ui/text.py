"""Making words harmless where Streamlit would read markdown.

Every label of Streamlit is markdown: a customer called `![x](http://…)` would make the reader's
browser fetch that address. Words that come out of a source, a configuration or a person pass
through `plain` first; cells of tables go to `st.dataframe` with a text column, which shows them
as they are.
"""

from __future__ import annotations

import re

_ACTIVE = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:^=&/@])")


def plain(words: object, longest: int = 300) -> str:
    """`words` as markdown that shows exactly these words on one line, cut to `longest` characters.

    A dot or a slash is escaped too, so that an address is not turned into a link.
    """
    text = " ".join(str(words).split())
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return _ACTIVE.sub(r"\\\1", text)
