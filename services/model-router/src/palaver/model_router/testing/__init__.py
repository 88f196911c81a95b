"""For tests of this service: its neighbours, played on a real broker."""
