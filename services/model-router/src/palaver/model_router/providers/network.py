"""Connections to providers: where they may go is looked at again with each, when the name has become an address.

A name that pointed to a public address when it was registered may point elsewhere by now. Nothing here follows a
redirect: a key is good at its provider's host only.
"""

import socket
from functools import cached_property
from ipaddress import ip_address
from ssl import SSLContext
from urllib.request import getproxies

import aiohttp
import httpx2
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from palaver.model_router.addresses import Addresses


class Network:
    """Makes what adapters connect with. Our own limits on first token, gaps and the whole turn are tighter and know
    more than a read timeout, so there is none.
    """

    def __init__(self, *, connect_seconds: float, addresses: Addresses) -> None:
        self.connect_seconds = connect_seconds
        proxies = getproxies()
        # What the environment names as a proxy is the operator's, too.
        self._addresses = addresses.trusting(proxies.values())
        # aiohttp looks for a proxy and for ~/.netrc in threads, before each request.
        self._through_proxies = bool(proxies.keys() - {"no"})

    @property
    def timeout(self) -> httpx2.Timeout:
        """The same for the official SDKs."""
        return httpx2.Timeout(None, connect=self.connect_seconds)

    @cached_property
    def tls(self) -> SSLContext:
        """Whose certificates are believed: those of the environment, else the usual ones."""
        return httpx2.create_ssl_context()

    def session(self) -> aiohttp.ClientSession:
        """For adapters that speak over aiohttp. They turn redirects off themselves."""
        return aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.connect_seconds),
            # No limit: the worker's own is on turns.
            connector=aiohttp.TCPConnector(limit=0, ssl=self.tls, resolver=GuardedResolver(self._addresses)),
            cookie_jar=aiohttp.DummyCookieJar(),  # nothing of one key's answers goes into another's requests
            trust_env=self._through_proxies,
        )


class GuardedResolver(AbstractResolver):
    """Leaves out addresses that providers may not be at. Literal addresses do not come here: registering one is what
    checks it.
    """

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._resolver = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises OSError where nothing is left."""
        found = await self._resolver.resolve(host, port, family)
        if self._addresses.trusts(host):
            return found
        allowed = [one for one in found if self._addresses.allows(ip_address(one["host"].partition("%")[0]))]
        if not allowed:
            raise OSError(None, f"{host} is at an address where providers may not be")
        return allowed

    async def close(self) -> None:
        """See `AbstractResolver`."""
        await self._resolver.close()
