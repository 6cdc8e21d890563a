"""How an export's tickets reach their table."""
