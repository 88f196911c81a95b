"""The edge as one would write it first: each token validated by pydantic and written anew."""

from palaver.cli.bench.edge import serve
from palaver.contracts.client_protocol import Delta


def _frame(message: bytes) -> str:
    return Delta.model_validate_json(message).model_dump_json()


async def play() -> None:
    """Run it."""
    await serve(_frame)
