"""Judges one run by its journal: is what was promised what happened? Pure, and tested by itself.

Each rule is a function from the journal to what breaks it. A rule asks nothing of the harness but what it recorded.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from faultlab.journal import Attached, Broken, Call, EntryRead, Journal, Piece, Reader, Shown, StoredTurn

COMPLETE = frozenset({"stop", "length"})
ENDS = frozenset({"reply.appended", "turn.failed", "turn.stopped"})
OVER = frozenset({"completed", "failed", "stopped"})
BROKER_AWAY = frozenset({"kill_nats", "kill_leader", "fill_broker"})
BROKER = BROKER_AWAY | {"broker_cut", "broker_stall", "broker_late"}
"""After these a worker may say again what may have been lost, and a call may be unknown to session."""
DEADLY = frozenset({"kill_worker", "freeze_worker", "restart_worker"})
"""A worker is gone, or silent for longer than its lease lasts."""
SILENCING = DEADLY | BROKER | {"kill_session", "freeze_session", "restart_session", "crash_postgres"}
"""A worker's claims may expire although it lives: it could not renew them for a lease. Known and allowed."""
BROKEN_OFF = frozenset({"stopped", "cut"})
TO_PROVIDER = frozenset({"provider_cut", "provider_stall"})
SECONDS_UNKNOWN = 3.0
"""A worker that dies this soon after a call began may not have told anybody of the call: renewals are two apart."""
PENNY = Decimal("0.000000001")


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise was broken."""

    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.what}"


Rule = Callable[[Journal], Iterable[str]]


def check(journal: Journal) -> list[Violation]:
    """All that is wrong with a run; nothing if all promises were kept."""
    return [Violation(name, what) for name, rule in RULES.items() for what in rule(journal)]


# ---- posts -----------------------------------------------------------------------------------------------------------
def posts_are_stored_once(journal: Journal) -> Iterator[str]:
    """What a client saw as posted is there once; what it sent in several copies, too; nothing that nobody sent."""
    stored: dict[tuple[str, str], list[str]] = defaultdict(list)
    for message in journal.stored.messages:
        stored[message.room, message.client_message_id].append(message.id)
    by_text = Counter((message.room, message.text) for message in journal.stored.messages)
    for post in journal.posts:
        ids = stored.pop((post.room, post.client_message_id), [])
        if post.message_id is None:
            yield f"{post.text[:20]!r} was never seen as posted"
        if len(ids) != 1:
            yield f"{post.text[:20]!r} is stored {len(ids)} times"
        elif post.message_id is not None and ids != [post.message_id]:
            yield f"{post.text[:20]!r} was shown with another id than it is stored with"
        if by_text[post.room, post.text] > 1:
            yield f"the text {post.text[:20]!r} is stored {by_text[post.room, post.text]} times"
    for room, client_message_id in stored:
        yield f"room {room} has a message that nobody posted ({client_message_id})"


# ---- turns -----------------------------------------------------------------------------------------------------------
def every_turn_ends(journal: Journal) -> Iterator[str]:
    """Nothing hangs: neither a turn nor a round nor a reader."""
    for turn in journal.stored.turns:
        if turn.state != "ended":
            yield f"{_name(turn)} is still {turn.state} (attempt {turn.attempt})"
    if journal.stored.open_rounds:
        yield f"{journal.stored.open_rounds} rounds have not ended"
    for reader in journal.readers:
        for turn, sight in reader.turns.items():
            if sight.status not in OVER:
                yield f"{reader.name} still sees {turn[-6:]} as {sight.status}"


def a_turn_ends_once(journal: Journal) -> Iterator[str]:
    """One reply at most, and exactly one log entry that ends the turn."""
    replies = Counter(reply.turn for reply in journal.stored.replies)
    ends = Counter(entry.turn for entry in journal.stored.log if entry.name in ENDS)
    for turn in journal.stored.turns:
        if turn.state != "ended":
            continue
        wanted = 1 if turn.ending == "replied" else 0
        if replies[turn.id] != wanted:
            yield f"{_name(turn)} ended {turn.ending} and has {replies[turn.id]} replies"
        if ends[turn.id] != 1:
            yield f"{_name(turn)} was ended {ends[turn.id]} times in the log"


def each_message_is_answered_by_all(journal: Journal) -> Iterator[str]:
    """One turn per model and message, unless its round was dropped by a stop of everything."""
    turns = Counter((turn.room, turn.round, turn.model) for turn in journal.stored.turns)
    for (room, number, model), count in turns.items():
        if count > 1:
            yield f"{model} was asked {count} times in round {number} of room {room[-6:]}"


def final_texts_are_what_the_provider_sent(journal: Journal) -> Iterator[str]:
    """Whole replies are whole answers of one call; stopped and broken ones the beginning of one."""
    calls = _calls_by_turn(journal)
    models = {turn.id: turn for turn in journal.stored.turns}
    for reply in journal.stored.replies:
        turn = models[reply.turn]
        if reply.finish_reason in COMPLETE:
            if not any(call.completed and call.text == reply.text for call in calls[reply.turn]):
                yield f"the reply of {_name(turn)} is no complete answer of its provider: {_ends(reply.text)}"
        elif not any(call.text.startswith(reply.text) for call in calls[reply.turn]):
            yield f"the {reply.finish_reason} reply of {_name(turn)} was not said so: {_ends(reply.text)}"


def turns_end_well(journal: Journal) -> Iterator[str]:
    """Only a stop, a provider or the way to it may keep an answer from being completed."""
    stopped = {turn for stop in journal.stops for turn in stop.turns}
    unsure_providers = any(broken.kind in TO_PROVIDER for broken in journal.broken)
    reasons = {reply.turn: reply.finish_reason for reply in journal.stored.replies}
    faulty = {turn for turn, calls in _calls_by_turn(journal).items() if any(call.fault for call in calls)}
    for turn in journal.stored.turns:
        if turn.state != "ended":
            continue
        reason = reasons.get(turn.id, turn.ending)
        if reason == "stopped" and turn.id not in stopped:
            yield f"{_name(turn)} was stopped, and nobody asked for it"
        if reason in {"error", "failed", "interrupted"} and turn.id not in faulty and not unsure_providers:
            yield f"{_name(turn)} ended {reason} ({turn.code}) without a fault of its provider"


def nothing_is_run_again_without_need(journal: Journal) -> Iterator[str]:
    """A further attempt needs a worker that died or could not be heard for a lease."""
    if any(broken.kind in SILENCING for broken in journal.broken):
        return
    for turn in journal.stored.turns:
        if turn.attempt > 1:
            yield f"{_name(turn)} was run {turn.attempt} times, and no worker was disturbed"


def a_broker_restart_runs_nothing_again(journal: Journal) -> Iterator[str]:
    """An outage of the broker is not the death of a worker, however short or long it is."""
    kinds = {broken.kind for broken in journal.broken}
    if not kinds & BROKER_AWAY or kinds & SILENCING - BROKER_AWAY:
        return
    for turn in journal.stored.turns:
        if turn.attempt > 1:
            yield f"{_name(turn)} was run {turn.attempt} times because the broker was away"


# ---- what was shown --------------------------------------------------------------------------------------------------
def every_displayed_text_is_a_beginning(journal: Journal) -> Iterator[str]:
    """Whatever anybody saw of a turn, ever, is the beginning of one provider call's text; of one call per attempt."""
    calls = _calls_by_turn(journal)
    said: dict[tuple[str, int], tuple[Call, ...]] = {}
    for reader in journal.readers:
        wrong: set[str] = set()
        for shown, text in texts_shown(reader):
            if not text or shown.turn in wrong:
                continue
            possible = said.get((shown.turn, shown.attempt), calls[shown.turn])
            if shown.status in OVER:  # the completed attempt need not be the newest one
                possible = calls[shown.turn]
            fitting = tuple(call for call in possible if call.text.startswith(text))
            if not fitting:
                wrong.add(shown.turn)
                yield (
                    f"{reader.name} saw {shown.turn[-6:]} (attempt {shown.attempt}, {shown.status}) as "
                    f"{_ends(text)}, which no call said"
                )
            elif shown.status not in OVER:
                said[shown.turn, shown.attempt] = fitting


def no_text_shrinks(journal: Journal) -> Iterator[str]:
    """Within one attempt text only grows, and what has ended stays as it is; unless the reader began anew."""
    for reader in journal.readers:
        before: dict[str, tuple[int, str, str]] = {}
        for seen, text in _with_texts(reader):
            if isinstance(seen, Attached):
                if not seen.recovered:
                    before.clear()
                continue
            last = before.get(seen.turn)
            before[seen.turn] = (seen.attempt, text, seen.status)
            if last is None:
                continue
            attempt, had, status = last
            if status in OVER and (text, seen.status) != (had, status):
                yield f"{reader.name}: the ended {seen.turn[-6:]} changed from {_ends(had)} to {_ends(text)}"
            elif seen.attempt < attempt and seen.status not in OVER:
                yield f"{reader.name}: {seen.turn[-6:]} went back from attempt {attempt} to {seen.attempt}"
            elif seen.attempt == attempt and seen.status not in OVER and not text.startswith(had):
                yield f"{reader.name}: {seen.turn[-6:]} lost text within attempt {attempt}"


def all_readers_agree(journal: Journal) -> Iterator[str]:
    """At the end everybody in a room has the same messages, the same answers in the same places, the same head."""
    first: dict[str, Reader] = {}
    for reader in journal.readers:
        other = first.setdefault(reader.room, reader)
        if reader.head_seq != other.head_seq:
            yield f"{reader.name} is at entry {reader.head_seq}, {other.name} at {other.head_seq}"
        if reader.messages != other.messages:
            yield f"{reader.name} and {other.name} see different messages"
        for turn in reader.turns.keys() | other.turns.keys():
            mine, theirs = reader.turns.get(turn), other.turns.get(turn)
            if mine != theirs:
                yield f"{reader.name} sees {turn[-6:]} as {_brief(mine)}, {other.name} as {_brief(theirs)}"


def readers_see_what_is_stored(journal: Journal) -> Iterator[str]:
    """The screen and the database tell the same."""
    replies = {reply.turn: reply.text for reply in journal.stored.replies}
    heads = _heads(journal)
    turns: dict[str, set[str]] = defaultdict(set)
    for turn in journal.stored.turns:
        turns[turn.room].add(turn.id)
    for reader in journal.readers:
        if reader.head_seq != heads.get(reader.room, 0):
            yield f"{reader.name} is at entry {reader.head_seq}, the log at {heads.get(reader.room, 0)}"
        if reader.turns.keys() != turns[reader.room]:
            yield f"{reader.name} sees {len(reader.turns)} turns, {len(turns[reader.room])} are stored"
        for turn, sight in reader.turns.items():
            if turn in replies and sight.text != replies[turn]:
                yield f"{reader.name} sees another text of {turn[-6:]} than the stored one: {_ends(sight.text)}"
        stored = {m.id: m.text for m in journal.stored.messages if m.room == reader.room}
        if reader.messages != stored:
            yield f"{reader.name} sees {len(reader.messages)} messages, {len(stored)} are stored, or with another text"


# ---- the log ---------------------------------------------------------------------------------------------------------
def the_log_has_no_gap(journal: Journal) -> Iterator[str]:
    """Numbers run from 1 without a gap, and every entry was published."""
    rooms: dict[str, list[int]] = defaultdict(list)
    for entry in journal.stored.log:
        rooms[entry.room].append(entry.seq)
        if not entry.published:
            yield f"entry {entry.seq} ({entry.name}) of room {entry.room[-6:]} was never published"
    for room, numbers in rooms.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield f"the log of room {room[-6:]} has the numbers {sorted(numbers)}"


def readers_follow_the_log_in_order(journal: Journal) -> Iterator[str]:
    """Each reader takes entries one by one, each once, all with the same content."""
    bodies: dict[tuple[str, int], str] = {}
    for reader in journal.readers:
        at = 0
        for seen in reader.seen:
            if isinstance(seen, Attached):
                if not seen.recovered:
                    at = seen.head_seq
            elif isinstance(seen, EntryRead):
                if seen.seq != at + 1:
                    yield f"{reader.name} took entry {seen.seq} after {at}"
                at = seen.seq
                if bodies.setdefault((reader.room, seen.seq), seen.body) != seen.body:
                    yield f"{reader.name} read entry {seen.seq} ({seen.name}) with another content than others"


def the_server_sends_no_text_twice(journal: Journal) -> Iterator[str]:
    """A snapshot and the deltas behind it fit: nothing that the connection has is sent again.

    Only where nobody had a reason to repeat: a worker says again what may be lost when its broker was away, and a
    client that attaches a second time may still have deltas in its queue.
    """
    if any(broken.kind in BROKER or broken.kind == "redeliver" for broken in journal.broken):
        return
    for reader in journal.readers:
        attaches = Counter(seen.connection for seen in reader.seen if isinstance(seen, Attached))
        have: dict[tuple[int, str], tuple[int, int]] = {}
        for seen in reader.seen:
            if isinstance(seen, Attached):
                have |= {(seen.connection, turn): (attempt, length) for turn, attempt, length in seen.texts}
            elif isinstance(seen, Piece) and attaches[seen.connection] == 1:
                attempt, length = have.get((seen.connection, seen.turn), (0, 0))
                if seen.attempt == attempt and seen.offset < length:
                    yield (
                        f"{reader.name} had {length} code points of {seen.turn[-6:]} and was sent {seen.length} "
                        f"from {seen.offset} on"
                    )
                if seen.attempt >= attempt:
                    end = seen.offset + seen.length
                    have[seen.connection, seen.turn] = (
                        seen.attempt,
                        max(end, length) if seen.attempt == attempt else end,
                    )


# ---- money -----------------------------------------------------------------------------------------------------------
def every_call_is_booked_once(journal: Journal) -> Iterator[str]:
    """As many facts as calls, turn by turn.

    A call may stay unbooked only if its worker died before anybody else could know of it. A fact may have no call only
    if the way to the provider was broken, or as the estimate of a call that was broken off on its way.
    """
    calls, facts = _calls_by_turn(journal), Counter(fact.turn for fact in journal.stored.facts)
    unsure_way = any(broken.kind in TO_PROVIDER for broken in journal.broken)
    broken_off = BROKEN_OFF | ({"lost"} if any(broken.kind in SILENCING for broken in journal.broken) else set())
    on_the_way = Counter(f.turn for f in journal.stored.facts if f.estimated and f.outcome in broken_off)
    for turn in journal.stored.turns:
        made, booked = calls[turn.id], facts[turn.id]
        excused = sum(_may_be_unknown(call, journal.broken) for call in made)
        if booked < len(made) - excused:
            yield f"{_name(turn)}: {len(made)} calls, {booked} booked, {excused} could be unknown"
        if booked > len(made) + on_the_way[turn.id] and not unsure_way:
            yield f"{_name(turn)}: {len(made)} calls, but {booked} booked"


def only_lost_calls_are_guessed(journal: Journal) -> Iterator[str]:
    """An attempt is booked as lost only if some worker was lost or silent."""
    if any(broken.kind in SILENCING for broken in journal.broken):
        return
    for fact in journal.stored.facts:
        if fact.outcome == "lost":
            yield f"a call of {fact.turn[-6:]} (attempt {fact.attempt}) was booked as lost, and no worker was disturbed"


def sums_are_those_of_the_facts(journal: Journal) -> Iterator[str]:
    """Rollups moved exactly with the facts, and nothing stays reserved."""
    stored = journal.stored
    if stored.calls_booked != stored.calls_rolled_up:
        yield f"{stored.calls_booked} calls are booked, the rollups count {stored.calls_rolled_up}"
    if abs(Decimal(stored.cost_booked) - Decimal(stored.cost_rolled_up)) > PENNY:
        yield f"{stored.cost_booked} is booked, the rollups say {stored.cost_rolled_up}"
    for turn in stored.reserved_turns:
        yield f"money is still reserved for {turn[-6:]}"


RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        posts_are_stored_once,
        every_turn_ends,
        a_turn_ends_once,
        each_message_is_answered_by_all,
        final_texts_are_what_the_provider_sent,
        turns_end_well,
        nothing_is_run_again_without_need,
        a_broker_restart_runs_nothing_again,
        every_displayed_text_is_a_beginning,
        no_text_shrinks,
        all_readers_agree,
        readers_see_what_is_stored,
        the_log_has_no_gap,
        readers_follow_the_log_in_order,
        the_server_sends_no_text_twice,
        every_call_is_booked_once,
        only_lost_calls_are_guessed,
        sums_are_those_of_the_facts,
    )
}


# ---- reading a journal -----------------------------------------------------------------------------------------------
def texts_shown(reader: Reader) -> Iterator[tuple[Shown, str]]:
    """Every state of every turn that the reader was shown, with its whole text."""
    return ((seen, text) for seen, text in _with_texts(reader) if isinstance(seen, Shown))


def _with_texts(reader: Reader) -> Iterator[tuple[Shown | Attached, str]]:
    texts: dict[str, str] = {}
    for seen in reader.seen:
        if isinstance(seen, Shown):
            texts[seen.turn] = texts.get(seen.turn, "")[: seen.keep] + seen.added
            yield seen, texts[seen.turn]
        elif isinstance(seen, Attached):
            yield seen, ""


def _calls_by_turn(journal: Journal) -> Mapping[str, tuple[Call, ...]]:
    """Turn → the provider calls made for it, oldest first; told by the message that they answer, and the model."""
    marks = {(message.room, message.round): message.text for message in journal.stored.messages}
    by_question: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for call in sorted(journal.calls, key=lambda call: call.number):
        by_question[call.question, call.model].append(call)
    return {
        turn.id: tuple(by_question.get((mark_of(marks.get((turn.room, turn.round), "")), turn.model), ()))
        for turn in journal.stored.turns
    }


def mark_of(text: str) -> str:
    """The mark that a posted text begins with."""
    return text.partition(" ")[0]


def _may_be_unknown(call: Call, broken: Sequence[Broken]) -> bool:
    """Whether some worker was lost so soon after the call's start that only it knew of the call.

    While session or the broker is away nobody can be told, so those seconds do not count.
    """
    known_after = call.at + SECONDS_UNKNOWN
    for away in sorted((b for b in broken if b.kind in SILENCING - DEADLY), key=lambda b: b.began):
        if away.began < known_after and away.ended > call.at:
            known_after = max(known_after, away.ended + SECONDS_UNKNOWN)
    return any(b.began <= known_after and b.ended >= call.at - 1 for b in broken if b.kind in DEADLY)


def _heads(journal: Journal) -> Mapping[str, int]:
    heads: dict[str, int] = {}
    for entry in journal.stored.log:
        heads[entry.room] = max(heads.get(entry.room, 0), entry.seq)
    return heads


def _name(turn: StoredTurn) -> str:
    return f"turn {turn.id[-6:]} ({turn.model}, round {turn.round})"


def _ends(text: str) -> str:
    return f"{text[:30]!r}…{text[-40:]!r} ({len(text)})"


def _brief(sight: object) -> str:
    status, text, rank = (getattr(sight, name, None) for name in ("status", "text", "rank"))
    return "nothing" if sight is None else f"{status}, rank {rank}, {len(text or '')} code points"
