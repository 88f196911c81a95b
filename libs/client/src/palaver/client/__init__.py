"""The Python SDK: rooms, typed events, assembled replies, automatic reconnect."""
