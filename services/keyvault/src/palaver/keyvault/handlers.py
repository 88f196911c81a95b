"""The inbound edge: boxes are opened, use-cases are called, answers are sealed. Decides nothing."""

from palaver.contracts.identity import UserDeleted
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
)
from palaver.contracts.model_router import CompletionMetered, KeyChecked, UsageMetered
from palaver.contracts.session import Done
from palaver.keyvault.choosing import Choosing
from palaver.keyvault.keeping import Keeping
from palaver.keyvault.keys import Keys
from palaver.keyvault.leases import Leases
from palaver.keyvault.leaving import Leaving
from palaver.keyvault.records import Records
from palaver.keyvault.usage import UsageCounter
from palaver.servicekit.reply_box import ReplyBox
from palaver.servicekit.sealing import KeyPair, unseal


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
    ) -> None:
        self._pair = pair
        self._records = records
        self._usage = usage
        self._keys = keys
        self._keeping = keeping
        self._choosing = choosing
        self._leases = leases
        self._leaving = leaving

    async def key_create(self, request: CreateKey) -> KeyView:
        """Answer `key.create`."""
        opened = unseal(request.sealed, KeySecret, keys=self._pair, context=SEAL_CONTEXT_CREATE)
        return (await self._keys.create(request, opened.secret)).view()

    async def key_list(self, request: ListKeys) -> KeyList:
        """Answer `key.list`."""
        return KeyList(keys=tuple(await self._keys.list(request.actor)))

    async def key_get(self, request: OfKey) -> KeyView:
        """Answer `key.get`."""
        return await self._keys.read(request.actor, request.key_id)

    async def key_change(self, request: ChangeKey) -> KeyView:
        """Answer `key.change`."""
        return (await self._keeping.change(request)).view()

    async def key_enable(self, request: OfKey) -> KeyView:
        """Answer `key.enable`."""
        return (await self._keeping.set_enabled(request.actor, request.key_id, enabled=True)).view()

    async def key_disable(self, request: OfKey) -> KeyView:
        """Answer `key.disable`."""
        return (await self._keeping.set_enabled(request.actor, request.key_id, enabled=False)).view()

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
