"""How much is tried of what could be tried without end.

`DUIQI_TEST_THOROUGH=1` tries all of it, which takes as long as everything else together.
"""

from __future__ import annotations

import os

THOROUGH = os.environ.get("DUIQI_TEST_THOROUGH") == "1"


def some(most: int, few: int) -> int:
    """`most` of it where everything is to be tried, else `few`."""
    return most if THOROUGH else few
