"""The tables, views and functions of a feed, and how they change."""
