"""What realtime needs of the web server."""

from collections.abc import Callable, Sequence
from typing import Protocol


class Wire(Protocol):
    """The sending half of one client's connection. Nothing here waits; whoever sends looks at `is_writable` first."""

    on_writable: Callable[[], None] | None
    """Called when the socket's buffer has drained after it was full."""

    @property
    def is_writable(self) -> bool:
        """False while the socket's buffer is full, and after the end."""
        ...

    @property
    def buffered_bytes(self) -> int:
        """Bytes handed over that the kernel has not taken yet."""
        ...

    def send_frames(self, frames: Sequence[bytes]) -> None:
        """Send at least one frame, each a JSON object in UTF-8. After the end it does nothing."""
        ...

    def close(self, code: int, reason: str = "") -> None:
        """Start the end, even past a full buffer; the connection is cut if it does not finish soon.

        `code` is one of `CloseCode`, or 1000 where nothing is wrong.
        """
        ...


class HttpWire(Protocol):
    """The HTTP connection under a request, for a response whose body is written as it comes. Nothing here waits.

    Who sets the callbacks takes them away with `release`: the connection may carry further requests.
    """

    on_writable: Callable[[], None] | None
    """Called when the socket's buffer has drained after it was full."""
    on_lost: Callable[[], None] | None
    """Called when the client has gone."""
    on_stopping: Callable[[], None] | None
    """Called when the server begins to stop."""

    @property
    def is_stopping(self) -> bool:
        """Whether the server stops."""
        ...

    @property
    def is_writable(self) -> bool:
        """False while the socket's buffer is full, and after the end."""
        ...

    @property
    def buffered_bytes(self) -> int:
        """Bytes handed over that the kernel has not taken yet."""
        ...

    def write(self, body: bytes) -> None:
        """Send a part of the body, not empty, of a response that has begun without a length. After the end: nothing."""
        ...

    def release(self) -> None:
        """Take the callbacks away."""
        ...

    def abort(self) -> None:
        """Cut the connection, whatever it has not sent."""
        ...
