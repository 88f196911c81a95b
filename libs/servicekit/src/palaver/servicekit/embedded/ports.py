"""Loopback ports: a free one, and whether a given one is free."""

import random
import socket
from contextlib import suppress

from palaver.servicekit.embedded.errors import PortTakenError

LOOPBACK = "127.0.0.1"
# Below the range from which kernels take the ports of outgoing connections (32768 on Linux, 49152 elsewhere), so that
# no client socket can sit on the port while a server restarts.
FIRST_PORT, LAST_PORT = 20_000, 32_000
MAX_ATTEMPTS = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now. Sockets in TIME_WAIT do not count."""
    try:
        _bound(port, reuse=True).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A random free loopback port, which no other caller gets for a minute. Raises PortTakenError if none is found."""
    for _ in range(MAX_ATTEMPTS):
        port = random.randrange(FIRST_PORT, LAST_PORT)  # noqa: S311 - spreads parallel starters, protects nothing
        with suppress(OSError):
            _bound(port, reuse=False).close()
            _keep(port)
            return port
    raise PortTakenError(f"No free port was found between {FIRST_PORT} and {LAST_PORT}.")


def _keep(port: int) -> None:
    """Leave a socket in TIME_WAIT there: a server (SO_REUSEADDR) may listen all the same, another caller passes on.

    That is what remains of a connection at the side that closes it first.
    """
    with _bound(port, reuse=True) as listener:
        listener.listen(1)
        with socket.create_connection((LOOPBACK, port)):
            listener.accept()[0].close()


def _bound(port: int, *, reuse: bool) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
        made.bind((LOOPBACK, port))
    except OSError:
        made.close()
        raise
    return made


def require_free(port: int, wanted_by: str) -> None:
    """Raises PortTakenError when another program listens there."""
    if not is_free(port):
        raise PortTakenError(f"Port {port} for {wanted_by} is taken by another program.")
