"""The inbound edge: each message to its use-case. Decides nothing."""

from palaver.contracts.administration import UserSuspended
from palaver.contracts.identity import UserDeleted
from palaver.contracts.model_router import (
    CompletionCompleted,
    CompletionFailed,
    TurnCompleted,
    TurnFact,
    TurnFailed,
    TurnStarted,
    TurnStopped,
)
from palaver.contracts.personas import CreatePersona, ListPersonas, OfPersona, Persona, PersonaPage, UpdatePersona
from palaver.contracts.session import (
    AddParticipant,
    AttachState,
    ClaimTurn,
    CreateSession,
    Done,
    EditedMessage,
    EditMessage,
    GiveFeedback,
    Heads,
    ListMessages,
    ListPinned,
    ListSessions,
    LogPage,
    MessagePage,
    OfMessage,
    OfSession,
    PinMessage,
    PinnedPage,
    PostMessage,
    ReadAttach,
    ReadHeads,
    ReadLog,
    RegenerateReply,
    RemoveParticipant,
    RenewedTurns,
    RenewTurns,
    ReplyVersions,
    RequestedTurn,
    SelectBranch,
    SelectVersion,
    SessionPage,
    StopTurns,
    TurnClaim,
    UpdateParticipant,
    UpdateSession,
)
from palaver.contracts.session_log import Participant, SessionView
from palaver.contracts.shares import CreateShare, ReadShared, RevokeShare, SharedPage, ShareList, ShareView
from palaver.session.answers import Answers
from palaver.session.deleting import Deletion
from palaver.session.editing import Editing
from palaver.session.leaving import Leaving
from palaver.session.personas import Personas
from palaver.session.pinning import Pinning
from palaver.session.posting import Posts
from palaver.session.reading import Reading
from palaver.session.roomkeeping import RoomKeeping
from palaver.session.seating import Seating
from palaver.session.sharing import Sharing
from palaver.session.stopping import Stops
from palaver.session.titling import Titling
from palaver.session.turns import Turns


class Handlers:
    """One method per subject."""

    def __init__(
        self,
        *,
        posts: Posts,
        stops: Stops,
        turns: Turns,
        roomkeeping: RoomKeeping,
        seating: Seating,
        personas: Personas,
        pinning: Pinning,
        deletion: Deletion,
        sharing: Sharing,
        leaving: Leaving,
        reading: Reading,
        answers: Answers,
        editing: Editing,
        titling: Titling,
    ) -> None:
        self._posts = posts
        self._stops = stops
        self._turns = turns
        self._roomkeeping = roomkeeping
        self._seating = seating
        self._personas = personas
        self._pinning = pinning
        self._deletion = deletion
        self._sharing = sharing
        self._leaving = leaving
        self._reading = reading
        self._answers = answers
        self._editing = editing
        self._titling = titling

    # ---- commands --------------------------------------------------------------------------------------------------
    async def post_message(self, command: PostMessage) -> None:
        """A person says something."""
        await self._posts.post(command)

    async def stop_rounds(self, command: StopTurns) -> None:
        """A stop of everything reaches its place among the posts."""
        await self._stops.stop_posted(command)

    async def on_post_given_up(self, command: PostMessage | StopTurns | None, error: BaseException) -> None:
        """A post is dead-lettered, or a stop among posts, whose person has been told of the other one."""
        if not isinstance(command, StopTurns):
            await self._posts.give_up(command, error)

    async def stop_turns(self, command: StopTurns) -> None:
        """A person stops turns."""
        await self._stops.stop(command)

    # ---- outcomes --------------------------------------------------------------------------------------------------
    async def on_turn_started(self, fact: TurnStarted) -> None:
        """A turn's first token came."""
        await self._turns.started(fact)

    async def on_turn_completed(self, outcome: TurnCompleted) -> None:
        """An attempt completed."""
        await self._turns.completed(outcome)

    async def on_turn_failed(self, outcome: TurnFailed) -> None:
        """An attempt failed."""
        await self._turns.failed(outcome)

    async def on_turn_stopped(self, outcome: TurnStopped) -> None:
        """An attempt was stopped."""
        await self._turns.stopped(outcome)

    async def on_outcome_given_up(self, fact: TurnFact | None, _error: BaseException) -> None:
        """An outcome is dead-lettered."""
        if fact is not None and not isinstance(fact, TurnStarted):
            await self._turns.give_up(fact.session_id, fact.turn_id)

    async def on_completion_completed(self, outcome: CompletionCompleted) -> None:
        """A side job is done."""
        await self._titling.completed(outcome)

    async def on_completion_failed(self, outcome: CompletionFailed) -> None:
        """A side job failed."""
        await self._titling.failed(outcome)

    # ---- people ----------------------------------------------------------------------------------------------------
    async def on_user_deleted(self, event: UserDeleted) -> None:
        """Somebody's account is gone."""
        await self._leaving.forget(event.user_id)

    async def on_user_suspended(self, event: UserSuspended) -> None:
        """Somebody may do nothing any more."""
        await self._leaving.stop(event.user_id)

    # ---- queries: the life of a turn -------------------------------------------------------------------------------
    async def claim_turn(self, request: ClaimTurn) -> TurnClaim:
        """A worker wants an attempt."""
        return await self._turns.claim(request)

    async def renew_turns(self, request: RenewTurns) -> RenewedTurns:
        """A worker still lives."""
        return await self._turns.renew(request)

    # ---- queries: rooms --------------------------------------------------------------------------------------------
    async def create_session(self, request: CreateSession) -> SessionView:
        """Open a room."""
        return await self._roomkeeping.create(request)

    async def get_session(self, request: OfSession) -> SessionView:
        """Read a room."""
        return await self._reading.session(request)

    async def list_sessions(self, request: ListSessions) -> SessionPage:
        """List the actor's rooms."""
        return await self._reading.list_sessions(request)

    async def update_session(self, request: UpdateSession) -> SessionView:
        """Change a room."""
        return await self._roomkeeping.update(request)

    async def delete_session(self, request: OfSession) -> Done:
        """Delete a room."""
        return await self._roomkeeping.delete(request)

    async def restore_session(self, request: OfSession) -> SessionView:
        """Take a deleted room back."""
        return await self._roomkeeping.restore(request)

    # ---- queries: links --------------------------------------------------------------------------------------------
    async def create_share(self, request: CreateShare) -> ShareView:
        """Make a link to a room."""
        return await self._sharing.create(request)

    async def list_shares(self, request: OfSession) -> ShareList:
        """List the links to a room."""
        return await self._sharing.list(request)

    async def revoke_share(self, request: RevokeShare) -> Done:
        """Take a link back."""
        return await self._sharing.revoke(request)

    async def read_shared(self, request: ReadShared) -> SharedPage:
        """Read what a link shows."""
        return await self._sharing.read(request)

    # ---- queries: seats --------------------------------------------------------------------------------------------
    async def add_participant(self, request: AddParticipant) -> Participant:
        """Seat a model."""
        return await self._seating.add(request)

    async def update_participant(self, request: UpdateParticipant) -> Participant:
        """Change a seat."""
        return await self._seating.update(request)

    async def remove_participant(self, request: RemoveParticipant) -> Done:
        """Take a seat away."""
        return await self._seating.remove(request)

    # ---- queries: personas -----------------------------------------------------------------------------------------
    async def create_persona(self, request: CreatePersona) -> Persona:
        """Keep a preset."""
        return await self._personas.create(request)

    async def list_personas(self, request: ListPersonas) -> PersonaPage:
        """List the actor's presets."""
        return await self._personas.list(request)

    async def get_persona(self, request: OfPersona) -> Persona:
        """Read a preset."""
        return await self._personas.get(request)

    async def update_persona(self, request: UpdatePersona) -> Persona:
        """Change a preset."""
        return await self._personas.update(request)

    async def delete_persona(self, request: OfPersona) -> Done:
        """Forget a preset."""
        return await self._personas.delete(request)

    # ---- queries: messages and the log -----------------------------------------------------------------------------
    async def list_messages(self, request: ListMessages) -> MessagePage:
        """A page of a room's messages."""
        return await self._reading.list_messages(request)

    async def get_message(self, request: OfMessage) -> MessagePage:
        """One message."""
        return await self._reading.message(request)

    async def delete_message(self, request: OfMessage) -> Done:
        """Delete what was said."""
        return await self._deletion.delete(request)

    async def pin_message(self, request: PinMessage) -> Done:
        """Pin what was said, or take the pin away."""
        return await self._pinning.pin(request)

    async def edit_message(self, request: EditMessage) -> EditedMessage:
        """Say a message in other words."""
        return await self._editing.edit(request)

    async def select_branch(self, request: SelectBranch) -> Done:
        """Show another branch."""
        return await self._editing.select(request)

    async def regenerate_reply(self, request: RegenerateReply) -> RequestedTurn:
        """Ask for another version of an answer."""
        return await self._answers.regenerate(request)

    async def list_versions(self, request: OfMessage) -> ReplyVersions:
        """All versions of an answer."""
        return await self._answers.versions(request)

    async def select_version(self, request: SelectVersion) -> Done:
        """Show another version of an answer."""
        return await self._answers.select(request)

    async def give_feedback(self, request: GiveFeedback) -> Done:
        """Rate an answer."""
        return await self._answers.rate(request)

    async def list_pinned(self, request: ListPinned) -> PinnedPage:
        """A room's pinned messages."""
        return await self._reading.list_pinned(request)

    async def read_attach(self, request: ReadAttach) -> AttachState:
        """What a client needs to follow a room."""
        return await self._reading.attach(request)

    async def get_heads(self, request: ReadHeads) -> Heads:
        """The newest `seq` of many rooms."""
        return await self._reading.heads(request)

    async def read_log(self, request: ReadLog) -> LogPage:
        """A page of a room's log."""
        return await self._reading.log(request)
