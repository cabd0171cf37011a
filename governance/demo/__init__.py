"""The demo company: a manufacturer whose CRM and OA have drifted apart, and the truth about it.

Everything is made up and follows from a seed, a size and the day it ends on; no clock is read.
"""
