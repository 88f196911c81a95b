"""What every service says about its own running: its dependencies and what was done by whom."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.subjects import Control, Event, Payload, Query, control, event, query

Dependency = Literal["postgres", "nats", "redis"]


class DependencyChanged(Payload):
    """A dependency of `service` went down or came back; repeated every 5 s while it is down."""

    service: str
    instance: str
    dependency: Dependency
    up: bool


class AuditRecorded(Payload):
    """Who did what to what, from where. Never conversation text, never a secret. `event_id` makes it idempotent.

    `sign_in`: by which of the actor's sign-ins, where it was done by one.
    """

    event_id: str
    at: datetime
    actor_id: UserId | None
    action: str
    target_kind: str
    target_id: str
    outcome: Literal["done", "refused"] = "done"
    address: str | None = None
    device: str | None = None
    sign_in: SignInId | None = None
    details: dict[str, str] = Field(default_factory=dict[str, str])


class ReadLimits(Payload):
    """Asked for administrators; whoever asks has made sure of that. Nothing of the answer is a secret."""


class ConfiguredLimit(Payload):
    """A number that an operator may set, as it is in force. `setting` is its name in the environment."""

    name: str
    value: int | float
    setting: str


class ConfiguredLimits(Payload):
    """Those of one service, as the replica that answers was started with."""

    limits: tuple[ConfiguredLimit, ...]


def limits_get(service: str) -> Query[ReadLimits, ConfiguredLimits]:
    """The question for the limits of one service."""
    return query(f"{service}.limits.get.v1", ReadLimits, ConfiguredLimits, "The numbers that are set for it.")


def dependency_changed(service: str) -> Control[DependencyChanged]:
    """The broadcast of one service."""
    return control(
        f"{service}.dependency.changed.v1",
        DependencyChanged,
        "A dependency of the sender went down or came back; every 5 s while it is down.",
    )


def audit_recorded(service: str) -> Event[AuditRecorded]:
    """The audit events of one service; identity keeps them all in one trail."""
    return event(f"{service}.audit.recorded.v1", AuditRecorded, "Something worth auditing was done or refused.")
