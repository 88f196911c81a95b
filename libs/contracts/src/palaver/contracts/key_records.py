"""What is kept about a provider key's use: its quota, its days, its part of the audit trail. Owned by keyvault."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from palaver.contracts import limits
from palaver.contracts.actors import Actor
from palaver.contracts.client_protocol import UnusualRule
from palaver.contracts.figures import NUMBER, money
from palaver.contracts.ids import KeyId
from palaver.contracts.operations import AuditRecorded
from palaver.contracts.subjects import Payload, query

Calls = Annotated[int, Field(gt=0, le=limits.MAX_KEY_QUOTA_CALLS), NUMBER]
Dollars = Annotated[
    Decimal,
    Field(gt=0, le=limits.MAX_KEY_QUOTA_DOLLARS, decimal_places=6),
    NUMBER,
    money(whole_digits=9, places=6, positive=True),
]


class KeyQuota(Payload):
    """What a key may be used for in a day and in a month of UTC, in provider calls and in US dollars; None: no limit.

    A call counts once it is over, so that those under way together may go beyond.
    """

    calls_per_day: Calls | None = None
    calls_per_month: Calls | None = None
    dollars_per_day: Dollars | None = None
    dollars_per_month: Dollars | None = None


class KeyUse(Payload):
    """Provider calls with a key, and what they took."""

    calls: int = 0
    failed: int = 0
    tokens_input: int = 0
    tokens_output: int = 0
    cost: Decimal = Decimal(0)


class KeyDay(KeyUse):
    """A day of UTC on which the key was used."""

    day: date


class ReadKeyUsage(Payload):
    """How a key was used in the last days, today included."""

    actor: Actor
    key_id: KeyId
    days: int = Field(default=30, ge=1, le=limits.MAX_KEY_USAGE_DAYS)


class KeyUnusual(Payload):
    """What was unusual about a day; see `client_protocol.KeyUnusualData`."""

    day: date
    rule: UnusualRule
    amount: Decimal
    usual: Decimal


class KeyUsage(Payload):
    """Newest day first; days without a call are left out."""

    key_id: KeyId
    quota: KeyQuota
    today: KeyUse
    month: KeyUse
    days: tuple[KeyDay, ...]
    unusual: tuple[KeyUnusual, ...] = ()


class ListKeyAudit(Payload):
    """What was done with a key and by whom, newest first; for its keeper."""

    actor: Actor
    key_id: KeyId
    before: datetime | None = None
    limit: int = Field(default=limits.DEFAULT_PAGE, ge=1, le=limits.MAX_PAGE)


class KeyAudit(Payload):
    """Entries of the audit trail; addresses are the actor's own only."""

    entries: tuple[AuditRecorded, ...]


KEY_USAGE_GET = query("keyvault.usage.get.v1", ReadKeyUsage, KeyUsage, "How a key was used, day by day.")
KEY_AUDIT_LIST = query("keyvault.audit.list.v1", ListKeyAudit, KeyAudit, "What was done with a key, and by whom.")
