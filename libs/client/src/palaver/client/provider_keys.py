"""A person's provider keys: added, protected by a passphrase, unlocked and locked."""

import asyncio
from typing import Any

from pydantic import TypeAdapter

from palaver.client.passphrase import Place, Wrapping, hint_of, new_derivation
from palaver.client.rest import Rest
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import KeyId
from palaver.contracts.key_locks import LockState
from palaver.contracts.keyvault import KeyView
from palaver.contracts.model_router import KeyVerdict, ProviderCard

KEYS = TypeAdapter(tuple[KeyView, ...])
PROVIDERS = TypeAdapter(tuple[ProviderCard, ...])


class ProviderKeys:
    """`palaver.keys`. A passphrase stays in this process; who forgets it adds the keys anew."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def list(self) -> tuple[KeyView, ...]:
        """One's own keys and the shared ones that one may use; none of them can be read."""
        return KEYS.validate_python(await self._rest.get("/api/v1/keys"))

    async def add(
        self, provider: str, secret: str, *, label: str = "", passphrase: str | None = None, **wishes: Any
    ) -> KeyView:
        """Store a key. With a passphrase it is sealed here, and used only while one's keys are unlocked, as they are
        from now on. All protected keys have the same passphrase. `wishes`: `order`, `weight`, `quota`, and without
        a passphrase `scope` and `roles`.

        Raises Failure, e.g. PASSPHRASE_WRONG.
        """
        body = {"provider": provider, "label": label, **wishes}
        if passphrase is None:
            return KeyView.model_validate(await self._rest.post("/api/v1/keys", body | {"api_key": secret}))
        secret, lock = secret.strip(), await self.lock_state()
        place = Place(self._rest.signed_in.user.id, provider, await self._host_of(provider))
        wrapping = await asyncio.to_thread(Wrapping.of, passphrase, lock.derivation or new_derivation())
        if lock.derivation is not None:  # proves that it is the passphrase of the other keys
            await self._unlock(wrapping)
        sealed = wrapping.seal(secret, place).model_dump(mode="json")
        stored = await self._rest.post("/api/v1/keys/protected", {**body, "envelope": sealed, "hint": hint_of(secret)})
        if lock.derivation is None:
            await self._unlock(wrapping)
        return KeyView.model_validate(stored)

    async def change(self, key_id: KeyId, **changes: Any) -> KeyView:
        """`label`, `order`, `weight`, `roles`, `quota`; the key itself stays as it is."""
        return KeyView.model_validate(await self._rest.call("PUT", f"/api/v1/keys/{key_id}", changes))

    async def validate(self, key_id: KeyId) -> KeyVerdict:
        """Try it at its provider."""
        return KeyVerdict.model_validate(await self._rest.post(f"/api/v1/keys/{key_id}/validate", {}))

    async def disable(self, key_id: KeyId) -> KeyView:
        """Use it no more; every worker forgets it within a second."""
        return KeyView.model_validate(await self._rest.post(f"/api/v1/keys/{key_id}/disable", {}))

    async def enable(self, key_id: KeyId) -> KeyView:
        """Use it again."""
        return KeyView.model_validate(await self._rest.post(f"/api/v1/keys/{key_id}/enable", {}))

    async def delete(self, key_id: KeyId) -> None:
        """Workers forget it at once."""
        await self._rest.call("DELETE", f"/api/v1/keys/{key_id}", None)

    async def lock_state(self) -> LockState:
        """Until when the protected keys are unlocked."""
        return LockState.model_validate(await self._rest.get("/api/v1/keys/lock"))

    async def unlock(self, passphrase: str) -> LockState:
        """Use the protected keys until this sign-in ends, and no longer than twelve hours.

        Raises Failure(NOT_FOUND, PASSPHRASE_WRONG, RATE_LIMITED).
        """
        lock = await self.lock_state()
        if lock.derivation is None:
            raise Failure(ErrorCode.NOT_FOUND, "None of your keys is protected by a passphrase.")
        return await self._unlock(await asyncio.to_thread(Wrapping.of, passphrase, lock.derivation))

    async def lock(self) -> LockState:
        """Use the protected keys no more, whichever sign-in unlocked them."""
        return LockState.model_validate(await self._rest.post("/api/v1/keys/lock", {}))

    async def _unlock(self, wrapping: Wrapping) -> LockState:
        body = {"wrapping_key": wrapping.text}
        return LockState.model_validate(await self._rest.post("/api/v1/keys/unlock", body))

    async def _host_of(self, provider: str) -> str:
        cards = PROVIDERS.validate_python(await self._rest.get("/api/v1/models/providers"))
        host = next((card.host for card in cards if card.id == provider), None)
        if host is None:
            raise Failure(ErrorCode.NOT_FOUND, "There is no such provider.")
        return host
