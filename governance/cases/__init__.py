"""A finding as a case: what people said of it, laid over what the data says.

What the data says is sealed with each run; what people say is in the ledger and only ever added
to. `folding` makes of the latter what holds now, `actions` takes new words in.
"""
