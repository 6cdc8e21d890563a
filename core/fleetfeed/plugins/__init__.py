"""Plugins: found, imported, looked over, and called so that each answers for itself; `registry` hands them out."""
