"""Palaver as real processes that are broken on purpose, and a checker that judges what was shown and kept."""
