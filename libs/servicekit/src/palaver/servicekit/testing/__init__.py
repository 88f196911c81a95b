"""Test support: real servers as pytest fixtures, and what builds on them."""
