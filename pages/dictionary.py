"""Placeholder."""

from governance.ui.components import opening
from governance.ui.here import here

opening(here(), "ui.nav.dictionary", "ui.nav.dictionary")
