"""The tests of a feed."""
