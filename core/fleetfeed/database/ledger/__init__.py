"""The record of runs, exports and rejects."""
