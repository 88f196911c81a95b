"""The first frame of an authenticated connection."""

from datetime import UTC, datetime

from palaver.contracts.client_protocol import ConnectedUser, ConnectionLimits, Welcome
from palaver.gateway.realtime.connection import Connection
from palaver.gateway.realtime.frames import encode


class Welcomes:
    """Says who the client is taken for and what this server accepts from it."""

    def __init__(self, limits: ConnectionLimits, *, heartbeat_seconds: float) -> None:
        self._limits = limits
        self._heartbeat_seconds = heartbeat_seconds

    @property
    def max_attached_sessions(self) -> int:
        """Sessions that one connection follows."""
        return self._limits.max_attached_sessions

    def welcome(self, connection: Connection, request_id: str | None = None) -> bytes:
        """Encoded."""
        person = connection.person
        return encode(
            Welcome(
                id=request_id,
                connection_id=connection.id,
                user=ConnectedUser(id=person.user_id, nickname=person.nickname, role=person.role),
                heartbeat_seconds=self._heartbeat_seconds,
                limits=self._limits,
                server_time=datetime.now(UTC),
            )
        )
