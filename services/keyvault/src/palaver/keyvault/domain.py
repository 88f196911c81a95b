"""Keys as people know them, and what a secret is bound to. No I/O."""

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from palaver.contracts.actors import Role
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import KeyId, UserId
from palaver.contracts.key_locks import KeyDerivation
from palaver.contracts.key_records import KeyQuota
from palaver.contracts.keyvault import KeyCandidate, KeyView, Protection, Scope
from palaver.keyvault.quota import NOTHING_SPENT, Limit, Spent, used_up

HINT_CHARACTERS = 4
MIN_HINTED_CHARACTERS = 12
"""Of a shorter key, four characters would be too much of it."""
KEEPERS = frozenset({Role.OWNER, Role.ADMIN})
"""Who keeps shared keys."""

NO_QUOTA = KeyQuota()

_PLAIN = re.compile(r"[\x21-\x7e]+")


class Status(StrEnum):
    """What a key's provider says of it."""

    ACTIVE = "active"
    INVALID = "invalid"  # its provider refused it


@dataclass(frozen=True, slots=True)
class Key:
    """A provider key without its secret. `user_id` stored it; a shared key is nobody's.

    One with a `derivation` is protected by its owner's passphrase, and `locked` unless one of `unlock_ids` is at hand.
    Keys of a lower `place` come first, among equals the newest. `roles` may use a shared key; nobody named means all.
    """

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
    enabled: bool = True
    weight: int = 1
    place: int = 0
    scope: Scope = "personal"
    roles: tuple[Role, ...] = ()
    quota: KeyQuota = NO_QUOTA
    spent: Spent = NOTHING_SPENT
    derivation: KeyDerivation | None = None
    unlock_ids: tuple[str, ...] = ()
    locked: bool = False

    @property
    def shared(self) -> bool:
        """Whether it belongs to the installation."""
        return self.scope == "shared"

    @property
    def protection(self) -> Protection:
        """Who can read it."""
        return "server" if self.derivation is None else "passphrase"

    @property
    def used_up(self) -> Limit | None:
        """The limit of its quota that keeps it from being lent, if any."""
        return used_up(self.quota, self.spent)

    @property
    def lendable(self) -> bool:
        """Whether work may be done with it."""
        return self.enabled and self.status is Status.ACTIVE and self.used_up is None and not self.locked

    def kept_by(self, user_id: UserId, role: Role | None) -> bool:
        """Whether this person may change it. `role` is only looked at for a shared key."""
        return role in KEEPERS if self.shared else self.user_id == user_id

    def usable_by(self, user_id: UserId, role: Role | None) -> bool:
        """Whether it may pay for this person's work; a person whose role is not known has those that ask for none."""
        if not self.shared:
            return self.user_id == user_id
        return not self.roles or role in self.roles

    def view(self) -> KeyView:
        """As its keeper sees it."""
        return KeyView(
            id=self.id,
            provider=self.provider,
            host=self.host,
            label=self.label,
            key_hint=self.hint,
            status=self.status.value if self.enabled else "disabled",
            created_at=self.created_at,
            last_used_at=self.last_used_at,
            checked_at=self.checked_at,
            check_code=self.check_code,
            enabled=self.enabled,
            weight=self.weight,
            order=self.place,
            scope=self.scope,
            roles=self.roles,
            quota=self.quota,
            quota_used_up=self.used_up is not None,
            protection=self.protection,
            locked=self.locked,
        )

    def users_view(self) -> KeyView:
        """As a person sees it who may only use it."""
        bare = replace(self, hint="", last_used_at=None, checked_at=None, check_code=None, roles=())
        return bare.view().model_copy(update={"editable": False, "quota": NO_QUOTA})

    def candidate(self) -> KeyCandidate:
        """As a worker sees it that may choose it."""
        return KeyCandidate(
            key_id=self.id,
            label=self.label,
            weight=self.weight,
            order=self.place,
            scope=self.scope,
            hint=None if self.shared else self.hint,
        )

    def binding(self, purpose: str) -> bytes:
        """Associated data: what is decrypted for one key, person, provider and host opens for no other; a personal key
        does not open as a shared one, nor one that a passphrase protects as one that needs none."""
        if self.shared:
            bound = ["palaver keyvault shared v1", purpose, self.provider, self.host, self.id]
        else:
            layer = "palaver keyvault v1" if self.derivation is None else "palaver keyvault passphrase v1"
            bound = [layer, purpose, self.user_id, self.provider, self.host, self.id]
        return json.dumps(bound).encode()


def usable(secret: str) -> bool:
    """Whether it could be sent in a header: visible ASCII, nothing else."""
    return _PLAIN.fullmatch(secret) is not None


def hint_of(secret: str) -> str:
    """Its last four characters, so that people tell their keys apart."""
    return secret[-HINT_CHARACTERS:] if len(secret) >= MIN_HINTED_CHARACTERS else ""


def status_after_check(*, valid: bool, code: ErrorCode | None, before: Status) -> Status:
    """A provider accepts a key, refuses it for good, or refuses for a reason that passes (an empty account, say)."""
    if valid:
        return Status.ACTIVE
    return Status.INVALID if code in (None, ErrorCode.KEY_INVALID) else before
