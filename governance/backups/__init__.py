"""Backups within a run and for readers: catalogues, contents and drills, and what they come to."""
