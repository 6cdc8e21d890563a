"""Tools for feed authors: draft a declaration from an export, check it, compare two exports."""
