"""Damaged backups, made with the real tools. What a real restore brings back is the judge."""
