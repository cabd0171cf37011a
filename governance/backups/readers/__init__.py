"""Readers of backup catalogues, one file for each tool."""
