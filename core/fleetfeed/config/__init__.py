"""Settings: the keys of fleetfeed.toml, how they are read, and which files are trusted."""
