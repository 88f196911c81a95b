"""The bare pipeline's edge: bytes from the broker go to the socket unread."""

from palaver.cli.bench.edge import serve


async def play() -> None:
    """Run it."""
    await serve(bytes.decode)
