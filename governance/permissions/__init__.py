"""Permissions within a run and for readers: facts out of snapshots, verdicts into sealed files."""
