"""Keys as people know them, and what a secret is bound to. No I/O."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import KeyId, UserId
from palaver.contracts.keyvault import KeyView

HINT_CHARACTERS = 4
MIN_HINTED_CHARACTERS = 12
"""Of a shorter key, four characters would be too much of it."""

_PLAIN = re.compile(r"[\x21-\x7e]+")


class Status(StrEnum):
    """Whether a key is lent."""

    ACTIVE = "active"
    INVALID = "invalid"  # its provider refused it
    DISABLED = "disabled"  # its owner does not want it used


@dataclass(frozen=True, slots=True)
class Key:
    """A provider key without its secret."""

    id: KeyId
    user_id: UserId
    provider: str
    host: str
    label: str
    hint: str
    status: Status
    created_at: datetime
    last_used_at: datetime | None = None
    checked_at: datetime | None = None
    check_code: ErrorCode | None = None

    def view(self) -> KeyView:
        """As its owner sees it."""
        return KeyView(
            id=self.id,
            provider=self.provider,
            host=self.host,
            label=self.label,
            key_hint=self.hint,
            status=self.status.value,
            created_at=self.created_at,
            last_used_at=self.last_used_at,
            checked_at=self.checked_at,
            check_code=self.check_code,
        )

    def binding(self, purpose: str) -> bytes:
        """Associated data: what is decrypted for one key, person, provider and host opens for no other."""
        return json.dumps(["palaver keyvault v1", purpose, self.user_id, self.provider, self.host, self.id]).encode()


def usable(secret: str) -> bool:
    """Whether it could be sent in a header: visible ASCII, nothing else."""
    return _PLAIN.fullmatch(secret) is not None


def hint_of(secret: str) -> str:
    """Its last four characters, so that people tell their keys apart."""
    return secret[-HINT_CHARACTERS:] if len(secret) >= MIN_HINTED_CHARACTERS else ""


def status_after_check(*, valid: bool, code: ErrorCode | None, before: Status) -> Status:
    """A provider accepts a key, refuses it for good, or refuses for a reason that passes (an empty account, say)."""
    if before is Status.DISABLED:
        return before
    if valid:
        return Status.ACTIVE
    return Status.INVALID if code in (None, ErrorCode.KEY_INVALID) else before
