"""Sessions, participants, rounds, turns and their claims, messages and the session log."""
