"""Model providers played over their real HTTP wire formats."""
