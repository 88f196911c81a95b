"""Loads the real servers that tests of every member use."""

pytest_plugins = ("palaver.servicekit.testing.fixtures", "palaver.servicekit.testing.kits")
