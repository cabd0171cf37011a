"""Placeholder."""

from governance.ui.components import opening
from governance.ui.here import here

opening(here(), "ui.nav.runs", "ui.nav.dictionary")
