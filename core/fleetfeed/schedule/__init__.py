"""When feeds run."""
