"""What attacks have in common: the API as its document says it is, forged credentials, and people to be robbed."""
