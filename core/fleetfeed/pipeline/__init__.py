"""One run of a feed: the six stages in order, in one transaction."""
