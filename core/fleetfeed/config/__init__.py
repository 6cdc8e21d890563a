"""The settings: what fleetfeed.toml may say, how it is read, and whom to trust with it."""
