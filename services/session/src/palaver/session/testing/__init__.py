"""Support for tests of rooms: neighbours of the session service, played on a real broker."""
