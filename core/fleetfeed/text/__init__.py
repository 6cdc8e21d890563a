"""Text: parsed, escaped, redacted, compared."""
