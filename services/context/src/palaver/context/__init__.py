"""Fits one conversation to one model's window."""
