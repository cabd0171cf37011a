"""The filters of the overreach page: codes in the URL under `o.`, words on the screen."""

from __future__ import annotations

import streamlit as st

from checks.outcome import Severity
from checks.permissions.verdict import RuleKind
from governance.permissions.seen import Narrow
from governance.ui import urls
from governance.ui.components import severity_words
from governance.ui.here import Here
from governance.ui.text import bare
from governance.ui.verdict_words import RULINGS, Words
from governance.views.overreach import Overreach

NOWHERE = "-"
KEYS = ("o.system", "o.dept", "o.sev", "o.rule", "o.kind", "o.ruling")


def chosen(seen: Overreach) -> Narrow:
    """What the URL asks for. Codes that nothing bears are dropped."""

    def named(key: str, attribute: str) -> tuple[str, ...]:
        codes = [value or NOWHERE for value in seen.values(attribute)]
        return tuple("" if c == NOWHERE else c for c in urls.codes(key, codes))

    return Narrow(
        rule=tuple(urls.codes("o.rule", [line.id for line in seen.rules])),
        kind=tuple(urls.codes("o.kind", [kind.value for kind in RuleKind])),
        ruling=tuple(urls.codes("o.ruling", [ruling.value for ruling in RULINGS])),
        severity=tuple(urls.codes("o.sev", [severity.value for severity in Severity])),
        system=named("o.system", "system"),
        department=named("o.dept", "department"),
    )


def bar(here: Here, words: Words, seen: Overreach) -> None:
    """All of them: what is long as lists, what is short as pills."""
    columns = st.columns([1.2, 1.2, 1.6], gap="small")
    nowhere = here.t("overreach.nowhere")
    systems = {v or NOWHERE: words.system(v) if v else nowhere for v in seen.values("system")}
    departments = {v or NOWHERE: words.department(v) for v in seen.values("department")}
    rules = {line.id: f"{line.id} {words.rule(line.id)}" for line in seen.rules}
    for column, key, names in zip(
        columns, ("o.system", "o.dept", "o.rule"), (systems, departments, rules), strict=True
    ):
        with column:
            _many(here, key, names)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        _pills(here, "o.sev", severity_words(here))
        _pills(here, "o.kind", {kind.value: words.kind(kind.value) for kind in RuleKind})
        _pills(here, "o.ruling", {r.value: words.ruling(r.value) for r in RULINGS})
        if any(st.query_params.get_all(key) for key in KEYS):
            st.button(
                here.t("consistency.clear"),
                key="o.clear",
                icon=":material/filter_alt_off:",
                type="tertiary",
                on_click=urls.drop,
                args=(*KEYS, "o.page"),
            )


def _many(here: Here, key: str, names: dict[str, str]) -> None:
    urls.restore(key, names)
    st.multiselect(
        here.t(f"overreach.filter.{key[2:]}"),
        list(names),
        key=key,
        format_func=lambda code: bare(names[code], 60),
        placeholder=here.t("consistency.all"),
        on_change=urls.keep,
        args=(key, "o.page"),
    )


def _pills(here: Here, key: str, names: dict[str, str]) -> None:
    urls.restore(key, names)
    st.pills(
        here.t(f"overreach.filter.{key[2:]}"),
        list(names),
        key=key,
        selection_mode="multi",
        format_func=names.__getitem__,
        on_change=urls.keep,
        args=(key, "o.page"),
        width="content",
    )
