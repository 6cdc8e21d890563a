"""Units that can be sent to tickets: their list, their positions, and what is nearest to them."""
