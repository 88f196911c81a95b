"""The palaver command: up, serve, secrets, migrate, chat, doctor, bench."""
