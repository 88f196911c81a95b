"""The vocabulary of an imaginary service "notes", on which servicekit tests itself without naming anything real."""

import asyncio
from collections.abc import Callable
from typing import cast

from palaver.contracts.streams import DEAD_LETTERS, Durable, Stream
from palaver.contracts.subjects import Payload, command, control, event, live, query
from palaver.servicekit.broker import Broker

PATIENCE_SECONDS = 20.0
POLL_SECONDS = 0.01
STREAM_BYTES = 64 * 1024**2


class Note(Payload):
    """What is written, said and asked about."""

    text: str


class Count(Payload):
    """An answer."""

    number: int


WRITE = command("notes.note.write.v1", Note, "Write a note.", "book")
WRITTEN = event("notes.note.written.v1", Note, "A note was written.", "book")
COUNT = query("notes.note.count.v1", Note, Count, "How long is it?", timeout_seconds=1.0)
COUNT_THERE = query("notes.note.recount.v1", Note, Count, "How long is it, says one worker?", "worker")
REPEAT = query("notes.note.repeat.v1", Note, Note, "Say it again.", timeout_seconds=1.0)
TYPED = live("notes.note.typed.v1", Note, "Somebody is typing.", "book")
CLOSED = control("notes.book.closed.v1", Note, "The library closes.")

COMMANDS = Stream("COMMANDS", ("cmd.>",), work_queue=True, max_age_seconds=600, max_bytes=STREAM_BYTES)
EVENTS = Stream("EVENTS", ("evt.>",), work_queue=False, max_age_seconds=600, max_bytes=STREAM_BYTES)
STREAMS = (COMMANDS, EVENTS, DEAD_LETTERS)

ACK_WAIT_SECONDS = 1.0
WRITER = Durable("notes", "notes-writer", COMMANDS, (WRITE.address.wildcard,), ack_wait_seconds=ACK_WAIT_SECONDS)
ORDERED_WRITER = Durable(
    "notes", "notes-ordered", COMMANDS, (WRITE.address.wildcard,), ack_wait_seconds=ACK_WAIT_SECONDS, max_ack_pending=1
)
READER = Durable("reader", "reader-notes", EVENTS, (WRITTEN.address.wildcard,), ack_wait_seconds=ACK_WAIT_SECONDS)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a state that must come. Raises TimeoutError after `PATIENCE_SECONDS`."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - a test watches plain values
            await asyncio.sleep(POLL_SECONDS)


async def settled(admin: Broker, durable: Durable) -> None:
    """Wait until everything in the stream is acknowledged by the durable, which takes all of its subjects here.

    Compares positions, not pending counts: the server updates those a moment after a publication.
    """
    manager = admin.nc.jsm()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            last = (await manager.stream_info(durable.stream.name)).state.last_seq
            floor = (await manager.consumer_info(durable.stream.name, durable.name)).ack_floor
            if floor is not None and floor.stream_seq >= last:
                return
            await asyncio.sleep(POLL_SECONDS)


async def dead_letters(admin: Broker) -> list[tuple[str, dict[str, str], bytes]]:
    """Subject, headers and body of every dead letter, oldest first."""
    manager = admin.nc.jsm()
    state = (await manager.stream_info(DEAD_LETTERS.name)).state
    found: list[tuple[str, dict[str, str], bytes]] = []
    for sequence in range(max(1, state.first_seq), state.last_seq + 1):
        message = await manager.get_msg(DEAD_LETTERS.name, sequence)
        found.append((message.subject or "", cast("dict[str, str]", message.headers or {}), message.data or b""))
    return found
