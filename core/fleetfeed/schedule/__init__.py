"""Schedules of feeds, and the scheduler."""
