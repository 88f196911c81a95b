"""Servers elsewhere are not reached with no, default or weak passwords: a service refuses to start instead.

On loopback anything goes: there an embedded server makes its own passwords, and a developer's is their own affair.
"""

import ipaddress
from collections.abc import Sequence
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

MIN_PASSWORD_CHARACTERS = 12
DEFAULT_PASSWORDS = frozenset(
    {
        "change-me-please",
        "changemeplease",
        "correcthorsebatterystaple",
        "mysecretpassword",
        "password1234",
        "passwordpassword",
        "postgrespassword",
        "postgrespostgres",
        "redispassword",
        "supersecretpassword",
        "123456789012",
        "1234567890123456",
    }
)
"""Of quick-start guides, as far as they are long enough. What repeats the user's name is found by itself."""
MIN_DISTINCT_CHARACTERS = 6


def weakness_of(urls: str, *, password_needed: bool) -> str | None:
    """What is wrong with the credentials of one URL, or of several separated by commas; None if they will do.

    The sentence goes to the operator and shows nothing of the URL. Without `password_needed` a URL without a password
    will do: then something else proves who the service is.
    """
    for url in urls.split(","):
        try:
            parts = urlsplit(url.strip())
            hosts = _hosts_of(parts)
        except ValueError:
            continue  # whoever connects will say what is wrong with it
        if all(_here(host) for host in hosts):
            continue
        if (weakness := _weakness(parts, password_needed=password_needed)) is not None:
            return weakness
    return None


def _weakness(parts: SplitResult, *, password_needed: bool) -> str | None:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not password:
        return "It has no password, and the server is not on this machine." if password_needed else None
    weak = (
        len(password) < MIN_PASSWORD_CHARACTERS
        or len(set(password)) < MIN_DISTINCT_CHARACTERS
        or password.lower() in DEFAULT_PASSWORDS
        or (user and password.lower() in {user.lower(), user.lower() * 2})
    )
    if weak:
        return (
            "Its password is a default or weak, and the server is not on this machine; give it a random one of "
            f"{MIN_PASSWORD_CHARACTERS} characters or more."
        )
    return None


def _hosts_of(parts: SplitResult) -> Sequence[str]:
    """Those that the URL names; a `host` parameter of Postgres counts, too, and no host is a socket on this machine."""
    named = parse_qs(parts.query).get("host", [])
    return [host for host in (parts.hostname or "", *named) if host] or ["localhost"]


def _here(host: str) -> bool:
    if host == "localhost" or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
