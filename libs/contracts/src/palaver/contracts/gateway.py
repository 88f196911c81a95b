"""What the gateway says of itself; it owns nothing durable."""

from palaver.contracts.operations import dependency_changed

OWNER = "gateway"
DEPENDENCY_CHANGED = dependency_changed(OWNER)


def session_log_at(session_id: str) -> str:
    """Where every log entry of one session is heard, whatever its name."""
    return f"evt.session.*.*.v1.{_token(session_id)}"


def notified_at(user_id: str) -> str:
    """Where every service's frames for one person are heard."""
    return f"live.*.user.*.v1.{_token(user_id)}"


def _token(key: str) -> str:
    if not key or any(c in key for c in ". *>\t\r\n"):
        raise ValueError(f"{key!r} cannot be a token of a subject")
    return key
