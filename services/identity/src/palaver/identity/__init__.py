"""Users, credentials, tokens and the audit trail."""
