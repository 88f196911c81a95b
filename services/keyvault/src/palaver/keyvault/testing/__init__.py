"""What tests of this service share: the keyvault as gateway and workers meet it, and a clock that a test moves."""
