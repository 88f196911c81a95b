"""Which web pages may use the gateway from a browser. Programs send no `Origin` and are not concerned."""

from collections.abc import Iterable
from urllib.parse import urlsplit


class Origins:
    """The gateway's own origin, whatever its host is called, and those that an operator allows."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = frozenset(origin.rstrip("/").lower() for origin in allowed)

    def permit(self, origin: str | None, host: str | None) -> bool:
        """`origin` and `host` are the request's headers."""
        if origin is None:
            return True
        if origin.lower() in self.allowed:
            return True
        return bool(host) and urlsplit(origin).netloc.lower() == str(host).lower()
