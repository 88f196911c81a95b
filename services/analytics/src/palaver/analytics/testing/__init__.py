"""Doubles for tests of this service: what workers and session would say about usage."""
