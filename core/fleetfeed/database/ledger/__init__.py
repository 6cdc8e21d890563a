"""What is remembered of runs, and of the records they rejected."""
