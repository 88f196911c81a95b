"""Where a provider that an administrator added may be: not in networks that only this machine reaches. Pure.

What an operator wrote into the catalogue's file, or names in the settings, is trusted; what comes over REST is not.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
"""A host name. Its last label begins with a letter: `2130706433` and `0x7f.1` are addresses to many resolvers."""
_NAT64 = ip_network("64:ff9b::/96")
_METADATA = frozenset(map(ip_address, ("100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")))
"""Where clouds give machines their credentials, beside the link-local 169.254.169.254: Alibaba, Oracle, AWS, Google."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """`hosts` are trusted, as `name` or `*.domain`; `private_networks` allows what is not on the public internet."""

    private_networks: bool = False
    hosts: frozenset[str] = frozenset()

    def trusting(self, urls: Iterable[str]) -> "Addresses":
        """These, and the hosts of what the operator wrote down."""
        named = {host for url in urls if (host := urlsplit(url).hostname)}
        return replace(self, hosts=self.hosts | named)

    def trusts(self, host: str) -> bool:
        """Whether the operator named it."""
        return host in self.hosts or any(
            pattern.startswith("*.") and host.endswith(pattern[1:]) for pattern in self.hosts
        )

    def check(self, base_url: str) -> None:
        """Raises ValueError, with a sentence, for a URL that may not be called."""
        parts = urlsplit(base_url)
        host = (parts.hostname or "").lower()
        if parts.scheme not in ("http", "https") or not host:
            raise ValueError("The address begins with https:// or http:// and names a host.")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("The address has no user, no query and no fragment.")
        _ = parts.port  # raises ValueError for one that is none
        if self.trusts(host):
            return
        address = _literal(host)
        if address is not None and not self.allows(address):
            raise ValueError("The address lies in a network that providers may not be in.")
        if address is None and not _NAME.fullmatch(host):
            raise ValueError("The address names no proper host.")
        if parts.scheme == "http" and not (host == "localhost" or (address is not None and not _public(address))):
            raise ValueError("The address needs https://; http:// is for this machine and for hosts that are allowed.")

    def allows(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether a connection may go there."""
        real = _unwrapped(address)
        if real.is_loopback:
            return True
        if real.is_link_local or real.is_unspecified or real.is_multicast or real.is_reserved or real in _METADATA:
            return False
        return real.is_global or self.private_networks


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _public(address: IPv4Address | IPv6Address) -> bool:
    return _unwrapped(address).is_global


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 one, where there is one."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address
