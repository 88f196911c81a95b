"""Subjects and streams of an imaginary service "notes", for tests of servicekit itself."""

from dataclasses import dataclass, field

import pytest

from palaver.contracts.streams import DEAD_LETTERS, Durable, Stream
from palaver.contracts.subjects import Command, Control, Event, Live, Payload, Query, command, control, event, live, query

MIB = 1024**2
TEST_COMMANDS = Stream("COMMANDS", ("cmd.>",), work_queue=True, max_age_seconds=600, max_bytes=64 * MIB)
TEST_EVENTS = Stream("EVENTS", ("evt.>",), work_queue=False, max_age_seconds=600, max_bytes=64 * MIB)


class Note(Payload):
    """An imaginary payload."""

    text: str


class Count(Payload):
    """An imaginary answer."""

    number: int


def _one(name: str, subject: str, stream: Stream, *, ack_wait: float = 1.0, pending: int = 256) -> Durable:
    return Durable("notes", name, stream, (subject,), ack_wait_seconds=ack_wait, max_ack_pending=pending)


@dataclass(frozen=True)
class Notes:
    """All that the imaginary service says and hears."""

    write: Command[Note] = field(
        default_factory=lambda: command("notes.note.write.v1", Note, "Write a note.", "book")
    )
    written: Event[Note] = field(
        default_factory=lambda: event("notes.note.written.v1", Note, "A note was written.", "book")
    )
    count: Query[Note, Count] = field(
        default_factory=lambda: query("notes.note.count.v1", Note, Count, "How long?", timeout_seconds=1.0)
    )
    count_here: Query[Note, Count] = field(
        default_factory=lambda: query("notes.note.recount.v1", Note, Count, "How long, there?", "worker")
    )
    typed: Live[Note] = field(default_factory=lambda: live("notes.note.typed.v1", Note, "A key was hit.", "book"))
    closed: Control[Note] = field(default_factory=lambda: control("notes.book.closed.v1", Note, "Close."))

    @property
    def writer(self) -> Durable:
        """Takes the commands, many at a time."""
        return _one("notes-writer", self.write.address.wildcard, TEST_COMMANDS)

    @property
    def ordered_writer(self) -> Durable:
        """Takes the commands one at a time."""
        return _one("notes-ordered", self.write.address.wildcard, TEST_COMMANDS, pending=1)

    @property
    def reader(self) -> Durable:
        """Takes the events."""
        return _one("notes-reader", self.written.address.wildcard, TEST_EVENTS)

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Small ones."""
        return (TEST_COMMANDS, TEST_EVENTS, DEAD_LETTERS)


@pytest.fixture
def notes() -> Notes:
    """The imaginary service's vocabulary."""
    return Notes()
