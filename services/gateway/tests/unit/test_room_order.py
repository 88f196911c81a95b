"""A room: its log in order and once, its deltas after their announcement, whatever the broker does."""

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from palaver.contracts.deltas import encode_delta
from palaver.contracts.ids import new_id
from palaver.gateway.realtime.attachment import Attachment
from palaver.gateway.realtime.entries import Entry
from palaver.gateway.realtime.room import MAX_ENTRIES_AHEAD, Room

TURN = new_id()


class Watcher:
    """Stands where an attachment stands."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def take(self, entry: Entry) -> None:
        self.seen.append(entry.seq)

    def take_delta(self, _turn: bytes, frame: bytes) -> None:
        self.seen.append(frame)


def entry(seq: int, name: str = "message.posted", turn: str | None = None, epoch: str = "e") -> Entry:
    return Entry(epoch, seq, name, turn.encode() if turn else None, None, b"{}")


class Watched:
    """A room, who watches it, and what it asked for."""

    def __init__(self, *, max_held_bytes: int = 10_000) -> None:
        self.behind = 0
        self.rebuilt = 0
        self.watcher = Watcher()
        self.room = Room("s", max_held_bytes=max_held_bytes, on_behind=self._behind, on_rebuilt=self._rebuilt)
        self.room.attachments.add(cast("Attachment", self.watcher))

    def _behind(self, _room: Room) -> None:
        self.behind += 1

    def _rebuilt(self, _room: Room) -> None:
        self.rebuilt += 1


@given(st.lists(st.integers(1, 12), max_size=40), st.integers(0, 5))
def test_entries_in_any_order_and_number_are_relayed_once_and_without_gap(arrivals: list[int], head: int) -> None:
    watched = Watched()
    watched.room.begin("e", head, ())
    for seq in arrivals:
        watched.room.take(entry(seq))
    reached = head
    while reached + 1 in arrivals:
        reached += 1
    assert watched.watcher.seen == list(range(head + 1, reached + 1))
    missing = any(seq > reached for seq in arrivals)
    assert watched.room.is_behind is missing
    assert (watched.behind > 0) or not missing


def test_the_missing_entry_is_taken_however_much_waits_behind_it() -> None:
    watched = Watched()
    watched.room.begin("e", 0, ())
    for seq in range(2, MAX_ENTRIES_AHEAD + 10):
        watched.room.take(entry(seq))
    watched.room.take(entry(1))
    assert watched.watcher.seen == list(range(1, MAX_ENTRIES_AHEAD + 2))


def test_what_comes_before_the_room_knows_its_head_is_kept() -> None:
    watched = Watched()
    watched.room.take(entry(4))
    watched.room.take(entry(3))
    watched.room.begin("e", 2, ())
    assert watched.watcher.seen == [3, 4]


def test_deltas_follow_their_announcement() -> None:
    watched = Watched()
    watched.room.begin("e", 0, ())
    early = encode_delta(TURN, 1, 0, "a")
    watched.room.take_delta(early)
    assert watched.watcher.seen == []
    watched.room.take(entry(1, "turn.requested", TURN))
    late = encode_delta(TURN, 1, 1, "b")
    watched.room.take_delta(late)
    assert watched.watcher.seen == [1, early, late]


def test_deltas_after_the_end_of_their_turn_are_dropped() -> None:
    watched = Watched()
    watched.room.begin("e", 0, (TURN,))
    watched.room.take(entry(1, "reply.appended", TURN))
    watched.room.take_delta(encode_delta(TURN, 1, 0, "late"))
    assert watched.watcher.seen == [1]
    assert not watched.room.running


def test_deltas_that_nobody_announces_are_bounded() -> None:
    watched = Watched(max_held_bytes=300)
    watched.room.begin("e", 0, ())
    for offset in range(100):
        watched.room.take_delta(encode_delta(TURN, 1, offset, "x"))
    watched.room.take(entry(1, "turn.requested", TURN))
    assert len(watched.watcher.seen) <= 1 + 3


def test_an_entry_of_another_epoch_means_a_rebuilt_log() -> None:
    watched = Watched()
    watched.room.begin("e", 3, ())
    watched.room.take(entry(1, epoch="other"))
    assert watched.rebuilt == 1
    assert watched.watcher.seen == []


def test_a_post_keeps_the_room_busy_until_it_is_announced() -> None:
    watched = Watched()
    watched.room.begin("e", 0, ())
    assert not watched.room.is_busy
    watched.room.expect_post("m1")
    assert watched.room.is_busy
    watched.room.take(Entry("e", 1, "message.posted", None, "m1", b"{}"))
    assert not watched.room.is_busy
