"""Backups on the overview: the oldest data, what would not come back, what is unknown."""

from __future__ import annotations

import streamlit as st

from governance.config import Config
from governance.ui.components import page_link
from governance.ui.here import Here
from governance.ui.text import plain
from governance.views.backup_words import BackupWords
from governance.views.backups import Glance


def tile(here: Here, config: Config, saved: Glance, height: int) -> None:
    """Never good where something is not known."""
    words = BackupWords(config, here.language)
    with st.container(border=True, height=height, gap="xxsmall"):
        st.markdown(f":small[{here.t('overview.tile.backups')}]")
        if saved.run is None:
            st.markdown(f":orange[:material/visibility_off: {words.page('tile.none')}]")
        elif saved.bad:
            names = plain(words.systems(saved.bad), 80)
            st.markdown(f":red[:material/cancel: **{words.page('tile.bad', systems=names)}**]")
        elif saved.unclear or saved.late or saved.is_blind:
            st.markdown(f":orange[:material/help: **{words.page('tile.unclear')}**]")
        else:
            said = here.plural("backups.page.tile.good", saved.systems)
            st.markdown(f":green[:material/check_circle: **{said}**]")
        st.caption(" · ".join(_rest(here, words, saved)) or words.page("tile.nothing"))
        page_link(here, "backups", f":blue[{words.page('tile.link')}]")


def _rest(here: Here, words: BackupWords, saved: Glance) -> list[str]:
    said = []
    if saved.oldest is not None:
        system, seconds = saved.oldest
        name = plain(words.system(system), 40)
        said.append(words.page("tile.oldest", system=name, age=words.span(seconds)))
    if saved.late:
        said.append(f":orange[{here.plural('backups.page.tile.late', len(saved.late))}]")
    if saved.is_blind:
        said.append(f":orange[:material/visibility_off: {words.page('tile.blind')}]")
    return said
