"""What helps the author of a feed: a first declaration guessed from an export, its mistakes, two exports compared."""
