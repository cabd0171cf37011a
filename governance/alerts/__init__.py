"""Telling people, once, that something needs them, and once that it is over."""
