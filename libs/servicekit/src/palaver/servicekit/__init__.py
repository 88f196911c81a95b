"""How any Palaver service runs: broker, delivery, outbox, database, telemetry, health."""
