"""Schedules, the worker, runs asked for by hand, alerts, and what supervises them."""
