"""Doubles for tests of this service: a log as session would write it."""
