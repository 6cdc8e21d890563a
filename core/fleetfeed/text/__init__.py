"""Functions on text: parse, escape, redact, compare, suggest."""
