"""Writes one session's log as session would: gapless, in order, with the payloads of the contracts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from palaver.contracts import session_log
from palaver.contracts.context import Cut
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import MessageId, ParticipantId, SessionId, TurnId, UserId, new_id
from palaver.contracts.session import LogPage
from palaver.contracts.session_log import (
    EventFrame,
    FinishReason,
    Participant,
    PromptMode,
    Reply,
    SessionEvent,
    SessionView,
    TurnRef,
    UserMessage,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
BRANCH = "main"
FIRST_STEP = 1


class Scribe:
    """One room. `entries` is its log so far; every method appends to it and returns what a test may need."""

    def __init__(
        self,
        names: Sequence[str] = ("Ada", "Bob"),
        *,
        mode: str = "parallel",
        prompt_mode: PromptMode = "unified",
        system_prompt: str | None = None,
        models: Sequence[str] = (),
    ) -> None:
        self.session_id = SessionId(new_id())
        self.owner = UserId(new_id())
        self.epoch = new_id()
        self.entries: list[SessionEvent] = []
        self.mode = mode
        self.prompt_mode: PromptMode = prompt_mode
        self.system_prompt = system_prompt
        self.path: tuple[str, ...] = (BRANCH,)
        self.round = 0
        self.participants: dict[str, Participant] = {}
        for position, name in enumerate(names):
            self._seat(name, models[position] if models else "demo", position)
        self._append(session_log.SessionCreated, session_log.SessionChange(session=self.view()))

    # ---- the room ---------------------------------------------------------------------------------------------------
    def view(self) -> SessionView:
        """The room as its members see it."""
        return SessionView(
            id=self.session_id,
            owner_id=self.owner,
            title="",
            mode=self.mode,
            state="running",
            prompt_mode=self.prompt_mode,
            system_prompt=self.system_prompt,
            archived=False,
            participants=tuple(self.participants.values()),
            path=self.path,
            created_at=START,
            updated_at=START,
        )

    def update(self, **changes: Any) -> None:
        """Change attributes of the room: `system_prompt`, `prompt_mode`, `path`, `mode`."""
        for name, value in changes.items():
            setattr(self, name, value)
        self._append(session_log.SessionUpdated, session_log.SessionChange(session=self.view()))

    def join(self, name: str, model: str = "demo") -> ParticipantId:
        """A model takes a seat."""
        participant = self._seat(name, model, len(self.participants))
        self._append(session_log.ParticipantAdded, session_log.SeatChange(participant=participant))
        return participant.id

    def change(self, seat: str, **changes: Any) -> None:
        """Change a seat, which the test goes on to call by its first name."""
        before = self.participants[seat]
        after = self.participants[seat] = before.model_copy(update=changes)
        previous = None if after.model_id == before.model_id else before.model_id
        change = session_log.SeatChange(participant=after, previous_model=previous)
        self._append(session_log.ParticipantUpdated, change)

    def leave(self, name: str) -> None:
        """A model leaves; its name stays known to the test."""
        removal = session_log.SeatRemoval(participant_id=self.participants[name].id)
        self._append(session_log.ParticipantRemoved, removal)

    def delete_session(self) -> None:
        """Nobody sees the room any more."""
        self._append(session_log.SessionDeleted, session_log.Nothing())

    def restore_session(self) -> None:
        """The room is back."""
        self._append(session_log.SessionRestored, session_log.SessionChange(session=self.view()))

    # ---- the conversation -------------------------------------------------------------------------------------------
    def say(
        self, text: str, *, round_: int | None = None, branch: str = BRANCH, author: str | None = None
    ) -> MessageId:
        """A person's message; begins the next round unless told which."""
        self.round = self.round + 1 if round_ is None else round_
        message = UserMessage(
            id=MessageId(new_id()),
            client_message_id=new_id(),
            author=UserId(author or self.owner),
            content=text,
            branch=branch,
            round=self.round,
            created_at=START,
        )
        self._append(session_log.MessagePosted, session_log.Posting(message=message))
        return message.id

    def turn(
        self,
        name: str,
        *,
        step: int = FIRST_STEP,
        round_: int | None = None,
        branch: str = BRANCH,
        of: MessageId | None = None,
    ) -> TurnRef:
        """Request a turn. `of`: the reply of which it makes a new version."""
        participant = self.participants[name]
        turn = TurnRef(
            turn_id=TurnId(new_id()),
            reply_id=of or MessageId(new_id()),
            participant_id=participant.id,
            model=participant.model_id,
            branch=branch,
            round=self.round if round_ is None else round_,
            step=step,
            speaker=participant.name,
        )
        self._append(session_log.TurnRequested, turn)
        return turn

    def reply(
        self,
        name: str,
        text: str,
        *,
        step: int = FIRST_STEP,
        rank: int = 0,
        finish: FinishReason = "stop",
        round_: int | None = None,
        branch: str = BRANCH,
        version: int = 1,
        of: MessageId | None = None,
    ) -> MessageId:
        """A whole turn that ends with this text. `of`: the reply of which it is a new version."""
        turn = self.turn(name, step=step, round_=round_, branch=branch, of=of)
        reply = Reply(
            id=turn.reply_id,
            turn_id=turn.turn_id,
            participant_id=turn.participant_id,
            model=turn.model,
            text=text,
            finish_reason=finish,
            rank=rank,
            version=version,
            created_at=START,
        )
        fields = turn.model_dump() | {"version": version, "reply": reply}
        self._append(session_log.ReplyAppended, session_log.ReplyEnd.model_validate(fields))
        return turn.reply_id

    def fork(self, branch: str, parent: str, first_round: int) -> None:
        """Another branch begins in the place of its parent's round."""
        made = session_log.Branch(id=branch, parent=parent, first_round=first_round)
        self._append(session_log.BranchCreated, session_log.Branching(branch=made))

    def turn_to(self, *path: str) -> None:
        """Show these branches."""
        self.path = path
        self._append(session_log.PathChanged, session_log.PathChange(path=path))

    def choose(self, message_id: MessageId, version: int) -> None:
        """Show this version of a reply."""
        ends = (entry.data for entry in self.entries if isinstance(entry, session_log.ReplyAppended))
        chosen = next(end for end in ends if (end.reply_id, end.version) == (message_id, version))
        self._append(session_log.ReplyVersionSelected, chosen)

    def fail(self, name: str) -> None:
        """A turn that ends without text."""
        turn = self.turn(name)
        why = {"code": ErrorCode.PROVIDER_TIMEOUT, "message": "late", "retryable": True}
        self._append(session_log.TurnFailed, session_log.TurnEnd.model_validate(turn.model_dump() | why))

    def delete(self, message_id: MessageId) -> None:
        """Delete a message: its text goes from the log too, as session serves it."""
        self._append(session_log.MessageDeleted, session_log.MessageRemoval(message_id=message_id))

    def pin(self, message_id: MessageId) -> None:
        """Pin a message or reply."""
        self._append(session_log.MessagePinned, session_log.PinChange(message_id=message_id))

    def unpin(self, message_id: MessageId) -> None:
        """Take its pin away."""
        self._append(session_log.MessageUnpinned, session_log.PinChange(message_id=message_id))

    # ---- reading ----------------------------------------------------------------------------------------------------
    @property
    def head(self) -> int:
        """The newest `seq`."""
        return len(self.entries)

    def id(self, name: str) -> ParticipantId:
        """Of the participant called so."""
        return self.participants[name].id

    def cut(self, *, step: int = FIRST_STEP, round_: int | None = None, branch: str = BRANCH) -> Cut:
        """Before that step of the present round."""
        return Cut(branch=branch, round=self.round if round_ is None else round_, step=step)

    def page(self, after: int, limit: int = 500) -> LogPage:
        """What session answers to `log.read`."""
        return LogPage(
            epoch=self.epoch, head_seq=self.head, entries=tuple(e for e in self.entries if e.seq > after)[:limit]
        )

    def rebuild(self) -> None:
        """Give the log another epoch, as after a restore."""
        self.epoch = new_id()
        self.entries = [entry.model_copy(update={"epoch": self.epoch}) for entry in self.entries]

    def _seat(self, name: str, model: str, position: int) -> Participant:
        participant = Participant(
            id=ParticipantId(new_id()), model_id=model, name=name, color="#336699", position=position
        )
        self.participants[name] = participant
        return participant

    def _append(self, kind: type[EventFrame], data: Any) -> None:
        seq = len(self.entries) + 1
        frame: Any = kind
        self.entries.append(
            frame(session_id=self.session_id, epoch=self.epoch, seq=seq, at=START + timedelta(seconds=seq), data=data)
        )
