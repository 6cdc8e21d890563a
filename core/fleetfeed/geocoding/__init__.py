"""Geocoding of clusters and locations: requests, plausibility checks, cache, budgets, update of tickets."""
