"""What the environment may say about the session service. The only file here that reads it."""

from typing import Annotated

from pydantic import Field

from palaver.contracts import limits
from palaver.servicekit.settings import DatabaseSettings, Seconds, ServiceSettings, service_config
from palaver.session.domain import TurnPolicy

Count = Annotated[int, Field(gt=0)]


class Settings(ServiceSettings):
    """`PALAVER_SESSION_…`."""

    model_config = service_config("session")

    database: DatabaseSettings
    claims_pool_size: Count = Field(4, description="Connections kept apart for claims and renewals.")
    max_sessions_per_owner: Count = 10_000
    max_queued_rounds: Count = Field(200, description="Messages that may wait in one room for the round that runs.")
    max_steps_per_round: Count = Field(50, description="Hard end of a discussion that its mode does not end.")
    max_issued_turns_per_payer: Count = Field(20, description="Turns of one payer that may run or be offered at once.")
    turn_lease_seconds: Seconds = limits.TURN_LEASE_SECONDS
    max_turn_deaths: Count = Field(3, description="Workers that may die of one turn before it ends interrupted.")
    first_issue_wait_seconds: Seconds = Field(10.0, description="An unclaimed turn is offered again after this.")
    longest_issue_wait_seconds: Seconds = Field(120.0, description="The wait doubles up to this.")
    sweep_seconds: Seconds = Field(1.0, description="How often each replica looks for turns that nobody runs.")
    turn_deadline_seconds: Seconds = limits.TURN_DEADLINE_SECONDS
    deadline_grace_seconds: Seconds = Field(
        10.0, description="Workers keep the deadline themselves; then session does."
    )

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
