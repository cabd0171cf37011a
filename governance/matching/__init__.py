"""Matching without a shared key: which records of two systems are one, and how surely."""
