"""Who should go where: which unit takes which open ticket, and why the others do not. Suggestions only."""
