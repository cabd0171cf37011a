"""Where records come from: one small module per kind of source."""
