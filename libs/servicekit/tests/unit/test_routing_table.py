"""A routing table that cannot work is refused when it is written, not when the first message comes."""

import pytest

from palaver.contracts.streams import COMMANDS, EVENTS, Durable
from palaver.contracts.subjects import Payload, command, event
from palaver.servicekit.routes import Consume, bind, consume, stem_of


class Note(Payload):
    text: str


WRITE = command("notes.note.write.v1", Note, "Write.", "partition", "book")
ERASE = command("notes.note.erase.v1", Note, "Erase.", "book")
AUDITED = event("notes.audit.recorded.v1", Note, "Audit.")


async def ignore(note: Note) -> None:
    pass


def test_a_partition_of_a_command_is_a_filter_of_it() -> None:
    third = Durable("notes", "notes-3", COMMANDS, ("cmd.notes.note.write.v1.3.*",), max_ack_pending=1)
    route = consume(third, bind(WRITE, ignore), ordered=True)
    assert isinstance(route, Consume)
    assert route.concurrency == 1


def test_a_filter_may_span_owners() -> None:
    trail = Durable("identity", "audit", EVENTS, ("evt.*.audit.recorded.v1",))
    consume(trail, bind(AUDITED, ignore))


def test_a_binding_that_the_durable_never_delivers_is_refused() -> None:
    durable = Durable("notes", "notes", COMMANDS, (WRITE.address.wildcard,))
    with pytest.raises(ValueError, match=r"does not receive cmd\.notes.note.erase.v1"):
        consume(durable, bind(WRITE, ignore), bind(ERASE, ignore))


def test_a_filter_without_handler_is_refused() -> None:
    durable = Durable("notes", "notes", COMMANDS, (WRITE.address.wildcard, ERASE.address.wildcard))
    with pytest.raises(ValueError, match="which has no binding"):
        consume(durable, bind(WRITE, ignore))


def test_order_needs_a_durable_that_delivers_one_at_a_time() -> None:
    durable = Durable("notes", "notes", COMMANDS, (WRITE.address.wildcard,), max_ack_pending=2)
    with pytest.raises(ValueError, match="cannot be ordered"):
        consume(durable, bind(WRITE, ignore), ordered=True)


def test_the_stem_of_a_subject_is_without_its_keys() -> None:
    assert stem_of("cmd.notes.note.write.v1.3.b1") == WRITE.address.stem
    assert stem_of("evt.notes.audit.recorded.v1") == AUDITED.address.stem
