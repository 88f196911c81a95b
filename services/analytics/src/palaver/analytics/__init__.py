"""Usage facts, budgets, reservations and statistics."""
