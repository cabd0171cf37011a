"""Restore drills: a backup is really brought back, timed, and held against our snapshots."""
