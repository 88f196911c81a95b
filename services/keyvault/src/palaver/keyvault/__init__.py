"""Encrypted provider keys, leased sealed to the worker that needs them."""
