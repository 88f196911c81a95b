"""The use-case: try somebody's key at its provider, and say what it is worth."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import KeyId
from palaver.contracts.model_router import KeyVerdict
from palaver.model_router.domain import Key
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.keys import bound_to
from palaver.model_router.ports import Adapters, Events
from palaver.model_router.registry import Registry

VERDICTS = frozenset({ErrorCode.KEY_INVALID, ErrorCode.PROVIDER_QUOTA})
"""What says something about the key. Everything else says something about the provider, and proves nothing."""


class CheckedKeys(Protocol):
    """Lends a key to be tried."""

    async def for_check(self, actor: Actor, key_id: KeyId) -> Key:
        """Raises Unavailable, Failure."""
        ...


class KeyCheck:
    """Tries keys by listing the provider's models. `well` hears of those that were accepted."""

    def __init__(
        self,
        registry: Registry,
        keys: CheckedKeys,
        adapters: Adapters,
        events: Events,
        well: Callable[[KeyId], None],
    ) -> None:
        self._registry = registry
        self._keys = keys
        self._adapters = adapters
        self._events = events
        self._well = well

    async def check(self, actor: Actor, key_id: KeyId) -> KeyVerdict:
        """The verdict, also announced. Raises Failure if the provider could not be asked, Unavailable."""
        key = await self._keys.for_check(actor, key_id)
        provider = self._registry.provider(key.provider)
        adapter = await self._adapters.of(provider)
        code: ErrorCode | None = None
        message = "The provider accepts the key."
        try:
            await adapter.check_key(provider, bound_to(key, provider).secret)
        except ProviderFailed as failure:
            if failure.code not in VERDICTS:
                raise Failure(failure.code, failure.message) from failure
            code, message = failure.code, failure.message
        if code is None:
            self._well(key_id)
        await self._events.key_checked(key_id, code)
        return KeyVerdict(key_id=key_id, valid=code is None, code=code, message=message, checked_at=datetime.now(UTC))
