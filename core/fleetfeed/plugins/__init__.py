"""Finds, imports, validates and calls plugins; start at `registry`."""
