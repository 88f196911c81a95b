"""What tests of this service share: it asked as the gateway asks it, and a clock that a test moves."""
