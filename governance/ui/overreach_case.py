"""A finding of permissions as a case: whom it is about, why, and the proof."""

from __future__ import annotations

import streamlit as st

from checks import permissions
from checks.permissions.verdict import Event, Witness
from governance.config import Config
from governance.permissions.seen import VerdictRow
from governance.reading import Desk, Finding
from governance.reading.model import CLOSED
from governance.ui.components import heading, page_link, table, text_column
from governance.ui.here import Here
from governance.ui.path_picture import picture
from governance.ui.text import plain
from governance.ui.verdict_words import Words, words_of
from governance.views.person import Proof, proof_of

EVENT_ROWS = 8


def is_overreach(finding: Finding) -> bool:
    return finding.kind == permissions.OVERREACH


def proof(here: Here, config: Config, desk: Desk, finding: Finding) -> tuple[Words, Proof] | None:
    """What the newest run says of the finding; None where permissions are no longer watched."""
    if config.permissions is None:
        return None
    told = proof_of(here.actor, desk, finding.finding_id)
    return words_of(here, config, told.departments).knowing(told.names), told


def reason(here: Here, finding: Finding, told: tuple[Words, Proof] | None) -> None:
    """Why it fails, in a sentence; or that nobody can tell by the newest run."""
    verdict = told[1].verdict if told else None
    if told is None or verdict is None:
        if finding.status not in CLOSED:
            st.markdown(f":orange[:material/visibility_off: {here.t('overreach.case.unseen')}]")
        return
    st.markdown(f"**{plain(told[0].reason(verdict), 600)}**")
    if verdict.department:
        name = plain(told[0].department(verdict.department), 80)
        st.caption(here.t("record.department", department=name))


def evidence(here: Here, told: tuple[Words, Proof] | None) -> None:
    """The paths as a picture, and the documents with their times."""
    if told is None or told[1].verdict is None:
        return
    words, verdict = told[0], told[1].verdict
    witness = verdict.witness
    if witness.paths:
        heading(here.t("overreach.case.paths"), help=here.t("overreach.case.paths.help"))
        named = words.person(verdict.human, verdict.who) if verdict.human else None
        grave = {path.function for path in witness.paths}
        picture(words, named, witness.paths, grave=grave)
    if witness.events:
        heading(here.t("overreach.case.events"), help=here.t("overreach.case.events.help"))
        events(here, words, witness, f"case.events.{verdict.finding_id}")
    if not witness.paths and not witness.events:
        st.caption(here.t("overreach.case.no_proof"))


def events(here: Here, words: Words, witness: Witness, key: str) -> None:
    """What happened, in the order of time."""
    found = sorted(witness.events, key=lambda e: (e.at is None, e.at or here.now, e.id))
    names = ("at", "what", "id", "system", "account", "detail")
    table(
        [_event(here, words, event) for event in found],
        {n: text_column(here.t(f"overreach.column.{n}"), width=_WIDTHS.get(n)) for n in names},
        most=EVENT_ROWS,
        key=key,
    )


_WIDTHS = {"at": 126, "what": 84, "id": 140, "system": 100, "account": 110}


def _event(here: Here, words: Words, event: Event) -> dict[str, str | None]:
    return {
        "at": here.moment(event.at) if event.at else None,
        "what": words.happened(event.what),
        "id": event.id,
        "system": words.system(event.system),
        "account": event.account,
        "detail": event.detail,
    }


def links(here: Here, finding: Finding, verdict: VerdictRow | None) -> None:
    """To the rule, and to the person or the account."""
    if finding.field:
        page_link(here, "rule", here.t("overreach.to_rule"), icon=":material/gavel:",
                  rule=finding.field)  # fmt: skip
    human = verdict.human if verdict else None
    kind, _, rest = (finding.key or "").partition(":")
    if human is None and kind == "human":
        human = rest
    if human is not None:
        page_link(here, "person", here.t("overreach.to_person"), icon=":material/person_search:",
                  person=human)  # fmt: skip
    elif kind == "account":
        page_link(here, "person", here.t("overreach.to_account"), icon=":material/person_search:",
                  account=rest.replace("/", "~", 1))  # fmt: skip


def todo(here: Here, finding: Finding) -> None:
    """What mends it, and why no batch holds it."""
    if finding.status in CLOSED:
        return
    words = here.t(f"overreach.todo.{finding.cls}")
    st.markdown(f":material/key_off: {words}")
    st.caption(here.t("overreach.no_batch"))
