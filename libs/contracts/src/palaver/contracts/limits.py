"""Limits that more than one process must agree on. Each is a default that a setting may lower."""

MAX_MESSAGE_CHARACTERS = 10_000
"""Code points in one user message."""
MAX_FRAME_BYTES = 1024**2
"""One WebSocket frame or REST body from a client."""
MAX_PARTICIPANTS = 10
"""Models in one room."""
MAX_NAME_CHARACTERS = 80
MAX_TITLE_CHARACTERS = 200
MAX_SYSTEM_PROMPT_CHARACTERS = 20_000
MAX_METADATA_ENTRIES = 16
MAX_METADATA_CHARACTERS = 512
MAX_PAGE = 200
DEFAULT_PAGE = 50
MAX_HEADS_PER_REQUEST = 1_000
MAX_LOG_PAGE = 500
"""Log entries in one answer; who needs more asks again."""
POST_PARTITIONS = 16
"""Posts of one session always share a partition; a partition handles one post at a time."""
TURN_LEASE_SECONDS = 6.0
TURN_RENEW_SECONDS = 2.0
TURN_DEADLINE_SECONDS = 1_800.0
"""A whole turn, retries included."""
HEARTBEAT_SECONDS = 30.0
SILENCE_SECONDS = 300.0
