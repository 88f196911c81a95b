"""Everything about the gateway that an operator may set. The only file of the gateway that reads the environment."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from palaver.contracts import limits
from palaver.servicekit.settings import RedisSettings, ServiceSettings, service_config

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]
Bytes = Annotated[int, Field(gt=0)]
PublicKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""32 raw bytes as unpadded base64url; `palaver secrets` makes the pairs."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PublicKeySettings(_Part):
    """To whom secrets are sealed: the public half of one service's key pair, made by `palaver secrets`."""

    key_id: str = Field(min_length=1, description="Names the key pair.")
    public_key: PublicKey = Field(description="X25519 public key.")


class RealtimeSettings(_Part):
    """Clients that stay connected, by WebSocket, event stream or long poll, and the relay."""

    authenticate_seconds: Seconds = Field(
        limits.AUTHENTICATE_SECONDS, description="Patience for the first `authenticate` frame."
    )
    heartbeat_seconds: Seconds = Field(limits.HEARTBEAT_SECONDS, description="Between pings of the server.")
    silence_seconds: Seconds = Field(limits.SILENCE_SECONDS, description="No sign of life for this long closes.")
    token_notice_seconds: Seconds = Field(60.0, description="`token.expiring` comes this long before the end.")
    close_seconds: Seconds = Field(
        limits.CLOSE_SECONDS, description="Patience for a closing handshake before the socket is cut."
    )
    stall_seconds: Seconds = Field(
        limits.STALL_SECONDS, description="A socket that takes no byte for this long is closed (4008)."
    )
    max_frame_bytes: Bytes = Field(limits.MAX_FRAME_BYTES, description="One frame of a client; larger ones close.")
    max_batch_bytes: Bytes = Field(64 * 1024, description="Queued frames are joined up to this size.")
    max_queue_bytes: Bytes = Field(512 * 1024, description="Waiting bytes of one client; beyond, deltas are dropped.")
    max_control_bytes: Bytes = Field(16 * 1024**2, description="Waiting answers and events; beyond, closed (4008).")
    max_held_bytes: Bytes = Field(256 * 1024, description="Deltas of one room that wait for their turn's announcement.")
    max_attached_sessions: Count = Field(
        limits.MAX_ATTACHED_SESSIONS, description="Sessions that one WebSocket follows."
    )
    max_connections: Count = Field(limits.MAX_CONNECTIONS, description="Clients connected to this process.")
    max_connections_per_user: Count = Field(
        limits.MAX_CONNECTIONS_PER_USER, description="Connections of one person, over all gateways."
    )
    max_connections_in_all: Count = Field(
        limits.MAX_CONNECTIONS_IN_ALL, description="Connections of everybody, over all gateways."
    )
    connection_lease_seconds: Seconds = Field(
        limits.CONNECTION_LEASE_SECONDS, description="A killed gateway's connections count for so long."
    )
    gap_wait_seconds: Seconds = Field(0.1, description="An event ahead of its predecessor waits this long.")
    comment_seconds: Seconds = Field(
        limits.COMMENT_SECONDS, description="Between comments that keep an event stream alive."
    )
    max_poll_seconds: Seconds = Field(
        limits.LONGEST_POLL_SECONDS, description="A long poll waits no longer, whatever it asks for."
    )
    gather_seconds: Seconds = Field(0.5, description="A long poll gathers text this long after its first piece.")
    busy_head_check_seconds: Seconds = Field(5.0, description="Sessions with a running turn or unconfirmed post.")
    head_check_seconds: Seconds = Field(60.0, description="All attached sessions.")

    @model_validator(mode="after")
    def _in_harmony(self) -> Self:
        """Silence is noticed by an unanswered ping."""
        if self.silence_seconds < 2 * self.heartbeat_seconds:
            raise ValueError("silence_seconds must be at least twice heartbeat_seconds.")
        return self


class RateSettings(_Part):
    """How often, per minute. `address` limits hold for people who are not signed in."""

    messages_per_minute: Count = Field(limits.MESSAGES_PER_MINUTE, description="Posts of one person.")
    requests_per_minute: Count = Field(limits.REQUESTS_PER_MINUTE, description="REST requests of one person.")
    sign_ins_per_minute: Count = Field(30, description="Log-ins and sign-in links from one address.")
    refreshes_per_minute: Count = Field(120, description="Refreshes and log-outs from one address.")
    registrations_per_minute: Count = Field(10, description="New accounts from one address.")
    proofs_per_minute: Count = Field(10, description="Passwords and codes that a signed-in person gives again.")
    mails_per_minute: Count = Field(5, description="Mails asked for from one address, and to one e-mail address.")
    shared_per_minute: Count = Field(
        limits.SHARED_READS_PER_MINUTE, description="Reads of links to rooms from one address."
    )
    connects_per_minute: Count = Field(6_000, description="WebSocket handshakes from one address.")


class Settings(ServiceSettings):
    """The gateway."""

    model_config = service_config("gateway")

    host: str = Field("127.0.0.1", description="Address of the public edge.")
    port: int = Field(8080, ge=0, le=65535, description="Port of the public edge; 0 takes a free one.")
    redis: RedisSettings
    identity_key: PublicKeySettings = Field(description="To whom sign-in secrets are sealed.")
    keyvault_key: PublicKeySettings = Field(description="To whom provider keys are sealed.")
    web_directory: Path | None = Field(None, description="The built web page.")
    allowed_origins: tuple[str, ...] = Field((), description="Web origins besides the gateway's own.")
    trusted_proxies: tuple[str, ...] = Field((), description="Addresses whose X-Forwarded-For is believed.")
    secure_cookies: bool = Field(default=False, description="Set behind TLS: cookies then travel over https only.")
    max_body_bytes: Bytes = Field(limits.MAX_FRAME_BYTES, description="One REST body.")
    max_message_characters: Count = limits.MAX_MESSAGE_CHARACTERS
    idempotency_seconds: Count = Field(24 * 3600, description="How long an `Idempotency-Key` is remembered.")
    token_issuer: str = Field("palaver", description="`iss` of access tokens, as identity sets it.")
    token_audience: str = Field("palaver", description="`aud` of access tokens, as identity sets it.")
    jwks_seconds: Seconds = Field(300.0, description="How long identity's public keys are kept.")
    realtime: RealtimeSettings = RealtimeSettings()  # pyright: ignore[reportCallIssue]  # Field defaults, unseen by pyright
    rates: RateSettings = RateSettings()  # pyright: ignore[reportCallIssue]  # as above
