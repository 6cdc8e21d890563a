"""The six stages: the core's own answer to each hook. A feed's plugin is asked before them."""
