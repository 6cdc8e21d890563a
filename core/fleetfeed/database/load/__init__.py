"""Loads an export's tickets into the feed's table."""
