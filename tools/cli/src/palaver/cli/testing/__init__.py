"""For tests that need more than one service: the whole of Palaver, inside the test's own process."""
