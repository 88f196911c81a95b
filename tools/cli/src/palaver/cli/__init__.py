"""The palaver command: up, serve, chat, migrate, doctor."""
