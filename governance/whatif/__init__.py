"""What a rule would have meant over the last runs, told before it is saved.

Works on sealed snapshots and sealed results, read-only; nothing is ever written.
"""

from governance.whatif.change import PARTS, Change, changed
from governance.whatif.lines import Lines, lines_of
from governance.whatif.model import Example, Left, Outcome, Point, Real, Side
from governance.whatif.replay import RUNS, what_if

__all__ = [
    "PARTS",
    "RUNS",
    "Change",
    "Example",
    "Left",
    "Lines",
    "Outcome",
    "Point",
    "Real",
    "Side",
    "changed",
    "lines_of",
    "what_if",
]
