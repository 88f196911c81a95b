"""What a WebSocket handshake says, read from its ASGI scope."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from palaver.gateway.language import Language, language_of

BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Handshake:
    """Credentials are in `token` or `ticket`, at most one of them."""

    origin: str | None
    host: str | None
    language: Language
    address: str | None
    subprotocols: tuple[str, ...]
    token: str | None = field(default=None, repr=False)
    ticket: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> "Handshake":
        """Never raises: what cannot be read is not there."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        authorization = headers.get("authorization", "")
        query = parse_qs(scope["query_string"].decode("latin-1"))
        token = authorization[len(BEARER) :].strip() if authorization.lower().startswith(BEARER) else None
        ticket = query["ticket"][0] if "ticket" in query else None
        client = scope.get("client")
        return cls(
            origin=headers.get("origin"),
            host=headers.get("host"),
            language=language_of(headers.get("accept-language")),
            address=client[0] if client else None,
            subprotocols=tuple(scope.get("subprotocols", ())),
            token=token,
            ticket=None if token else ticket,
        )
