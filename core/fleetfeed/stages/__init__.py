"""The six stages, the core's own answers to the hooks: source, filter, normalise, upsert, archive, history.

A feed's plugin is asked before them.
"""
