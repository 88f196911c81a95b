"""What the environment may say about the session service. The only file here that reads it."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from palaver.contracts import limits
from palaver.servicekit.settings import DatabaseSettings, Seconds, ServiceSettings, service_config
from palaver.session.domain import TurnPolicy

Count = Annotated[int, Field(gt=0)]


class Settings(ServiceSettings):
    """`PALAVER_SESSION_…`."""

    model_config = service_config("session")

    database: DatabaseSettings
    claims_pool_size: Count = Field(4, description="Connections kept apart for claims and renewals.")
    max_sessions_per_owner: Count = Field(
        limits.MAX_SESSIONS_PER_OWNER, description="Rooms of one person that are not deleted."
    )
    deleted_room_days: Count = Field(
        limits.DELETED_ROOM_DAYS, description="A deleted room can be restored for so long, then it is removed for good."
    )
    max_pinned_messages: Count = Field(limits.MAX_PINNED_MESSAGES, description="Pinned messages in one room.")
    max_personas_per_owner: Count = Field(limits.MAX_PERSONAS, description="Personas that one person may keep.")
    max_queued_rounds: Count = Field(200, description="Messages that may wait in one room for the round that runs.")
    max_steps_per_round: Count = Field(50, description="Hard end of a discussion that its mode does not end.")
    max_issued_turns_per_payer: Count = Field(
        limits.MAX_ISSUED_TURNS_PER_PAYER, description="Turns of one payer that may run or be offered at once."
    )
    turn_lease_seconds: Seconds = Field(
        limits.TURN_LEASE_SECONDS, description="A worker that renews nothing for so long is dead."
    )
    max_turn_deaths: Count = Field(
        limits.MAX_TURN_DEATHS, description="Workers that may die of one turn before it ends interrupted."
    )
    first_issue_wait_seconds: Seconds = Field(
        limits.UNCLAIMED_SECONDS, description="An unclaimed turn is offered again after this."
    )
    longest_issue_wait_seconds: Seconds = Field(
        limits.LONGEST_UNCLAIMED_SECONDS, description="The wait doubles up to this."
    )
    titles: bool = Field(
        default=True,
        description="A room without a title gets one from a model after its first answers; its owner pays.",
    )
    sweep_seconds: Seconds = Field(
        limits.SWEEP_SECONDS, description="How often each replica looks for turns that nobody runs."
    )
    round_seconds: Seconds = Field(limits.ROUND_SECONDS, description="No step of a discussion begins after this.")
    turn_deadline_seconds: Seconds = Field(
        limits.TURN_DEADLINE_SECONDS,
        le=limits.TURN_DEADLINE_SECONDS,
        description="A whole turn; reservations of money outlive no longer one.",
    )
    deadline_grace_seconds: Seconds = Field(
        limits.DEADLINE_GRACE_SECONDS, description="Workers keep the deadline themselves; then session does."
    )

    @model_validator(mode="after")
    def _in_harmony(self) -> Self:
        """A lease must outlive a lost renewal, and be looked at before it is long over."""
        if self.turn_lease_seconds < 2 * limits.TURN_RENEW_SECONDS:
            raise ValueError(f"turn_lease_seconds must be at least twice {limits.TURN_RENEW_SECONDS} (renewals).")
        if self.sweep_seconds > self.turn_lease_seconds / 2:
            raise ValueError("sweep_seconds must not be longer than half of turn_lease_seconds.")
        if self.first_issue_wait_seconds > self.longest_issue_wait_seconds:
            raise ValueError("first_issue_wait_seconds must not be longer than longest_issue_wait_seconds.")
        if self.deadline_grace_seconds < self.turn_lease_seconds:
            raise ValueError("deadline_grace_seconds must not be shorter than turn_lease_seconds.")
        return self

    @property
    def turn_policy(self) -> TurnPolicy:
        """The numbers in a turn's life."""
        return TurnPolicy(
            max_issued_per_payer=self.max_issued_turns_per_payer,
            lease_seconds=self.turn_lease_seconds,
            max_deaths=self.max_turn_deaths,
            first_issue_wait_seconds=self.first_issue_wait_seconds,
            longest_issue_wait_seconds=self.longest_issue_wait_seconds,
            deadline_seconds=self.turn_deadline_seconds,
            deadline_grace_seconds=self.deadline_grace_seconds,
        )
