"""The inbound edge: boxes are opened, use-cases are called, answers are sealed. Decides nothing."""

from palaver.contracts.analytics import CompletionCallLost
from palaver.contracts.identity import UserDeleted
from palaver.contracts.key_locks import (
    SEAL_CONTEXT_CREATE_PROTECTED,
    SEAL_CONTEXT_UNLOCK,
    LockKeys,
    LockState,
    ProtectedKey,
    ReadLock,
    UnlockKeys,
    WrappingKey,
)
from palaver.contracts.key_records import KeyAudit, KeyUsage, ListKeyAudit, ReadKeyUsage
from palaver.contracts.keyvault import (
    SEAL_CONTEXT_CREATE,
    SEAL_CONTEXT_LEASE,
    ChangeKey,
    CreateKey,
    KeyCandidates,
    KeyLease,
    KeyList,
    KeySecret,
    KeyView,
    LeaseKey,
    ListCandidates,
    ListKeys,
    OfKey,
    ProtectKey,
)
from palaver.contracts.model_router import CompletionMetered, KeyChecked, UsageMetered
from palaver.contracts.session import AttemptLost, Done
from palaver.contracts.sign_ins import SignInEnded
from palaver.keyvault.choosing import Choosing
from palaver.keyvault.keeping import Keeping
from palaver.keyvault.keys import Keys
from palaver.keyvault.leases import Leases
from palaver.keyvault.leaving import Leaving
from palaver.keyvault.locking import Locking
from palaver.keyvault.offered import ProtectedKeys, clear_key
from palaver.keyvault.records import Records
from palaver.keyvault.unlocks import Unlocks
from palaver.keyvault.usage import UsageCounter
from palaver.servicekit.reply_box import ReplyBox
from palaver.servicekit.sealing import KeyPair, from_base64url, unseal


class Handlers:
    """One method per subject."""

    def __init__(
        self,
        *,
        pair: KeyPair,
        keys: Keys,
        keeping: Keeping,
        records: Records,
        choosing: Choosing,
        leases: Leases,
        usage: UsageCounter,
        leaving: Leaving,
        protected: ProtectedKeys,
        unlocks: Unlocks,
        locking: Locking,
    ) -> None:
        self._pair = pair
        self._records = records
        self._usage = usage
        self._keys = keys
        self._keeping = keeping
        self._choosing = choosing
        self._leases = leases
        self._leaving = leaving
        self._protected = protected
        self._unlocks = unlocks
        self._locking = locking

    async def key_create(self, request: CreateKey) -> KeyView:
        """Answer `key.create`."""
        opened = unseal(request.sealed, KeySecret, keys=self._pair, context=SEAL_CONTEXT_CREATE)
        return (await self._keys.create(request, clear_key(opened.secret))).view()

    async def key_protect(self, request: ProtectKey) -> KeyView:
        """Answer `key.protect`."""
        envelope = unseal(request.sealed, ProtectedKey, keys=self._pair, context=SEAL_CONTEXT_CREATE_PROTECTED)
        key = await self._keys.create(request, await self._protected.offered(request, envelope))
        return await self._keys.read(request.actor, key.id)

    async def key_list(self, request: ListKeys) -> KeyList:
        """Answer `key.list`."""
        return KeyList(keys=tuple(await self._keys.list(request.actor)))

    async def key_get(self, request: OfKey) -> KeyView:
        """Answer `key.get`."""
        return await self._keys.read(request.actor, request.key_id)

    async def key_change(self, request: ChangeKey) -> KeyView:
        """Answer `key.change`."""
        return self._unlocks.marked(await self._keeping.change(request)).view()

    async def key_enable(self, request: OfKey) -> KeyView:
        """Answer `key.enable`."""
        return await self._set_enabled(request, enabled=True)

    async def key_disable(self, request: OfKey) -> KeyView:
        """Answer `key.disable`."""
        return await self._set_enabled(request, enabled=False)

    async def _set_enabled(self, request: OfKey, *, enabled: bool) -> KeyView:
        key = await self._keeping.set_enabled(request.actor, request.key_id, enabled=enabled)
        return self._unlocks.marked(key).view()

    async def key_delete(self, request: OfKey) -> Done:
        """Answer `key.delete`."""
        await self._keeping.delete(request.actor, request.key_id)
        return Done()

    async def usage_get(self, request: ReadKeyUsage) -> KeyUsage:
        """Answer `usage.get`."""
        return await self._records.usage(request)

    async def audit_list(self, request: ListKeyAudit) -> KeyAudit:
        """Answer `audit.list`."""
        return await self._records.audit(request)

    async def key_candidates(self, request: ListCandidates) -> KeyCandidates:
        """Answer `key.candidates`."""
        return KeyCandidates(keys=tuple(key.candidate() for key in await self._choosing.candidates(request)))

    async def key_lease(self, request: LeaseKey) -> KeyLease:
        """Answer `key.lease`."""
        reply = ReplyBox(request.public_key, context=SEAL_CONTEXT_LEASE)
        lease = await self._leases.lend(request, reply)
        return KeyLease(
            key_id=lease.key.id,
            provider=lease.key.provider,
            host=lease.key.host,
            sealed=lease.sealed,
            expires_at=lease.expires_at,
        )

    async def lock_get(self, request: ReadLock) -> LockState:
        """Answer `lock.get`."""
        return await self._locking.state(request.actor)

    async def keys_unlock(self, request: UnlockKeys) -> LockState:
        """Answer `keys.unlock`."""
        opened = unseal(request.sealed, WrappingKey, keys=self._pair, context=SEAL_CONTEXT_UNLOCK)
        return await self._locking.unlock(request, bytearray(from_base64url(opened.key)))

    async def keys_lock(self, request: LockKeys) -> LockState:
        """Answer `keys.lock`."""
        return await self._locking.lock(request.actor)

    async def on_sign_in_ended(self, ended: SignInEnded) -> None:
        """Somebody signed out, or was."""
        await self._locking.sign_in_ended(ended)

    async def on_user_deleted(self, event: UserDeleted) -> None:
        """Somebody's account is gone."""
        await self._leaving.forget(event.user_id)

    async def on_key_checked(self, verdict: KeyChecked) -> None:
        """A provider's verdict."""
        await self._keeping.apply_check(verdict)

    async def on_usage_metered(self, metered: UsageMetered) -> None:
        """A turn's call is over."""
        await self._usage.metered(metered)

    async def on_completion_metered(self, metered: CompletionMetered) -> None:
        """A side job's call is over."""
        await self._usage.metered(metered)

    async def on_attempt_lost(self, lost: AttemptLost) -> None:
        """A worker died in mid-turn."""
        await self._usage.lost(lost)

    async def on_side_job_call_lost(self, lost: CompletionCallLost) -> None:
        """A worker died in a side job's call."""
        await self._usage.side_job_lost(lost)
