"""Monitoring of feeds: freshness, webhook, ping, metrics."""
