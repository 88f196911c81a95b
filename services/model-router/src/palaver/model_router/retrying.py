"""Between two provider calls: whether and when there is another one, and what a refused key means."""

import asyncio
import random

import structlog

from palaver.contracts.failures import ErrorCode
from palaver.model_router.domain import ProviderCall
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.ports import Events, KeySource
from palaver.model_router.routing import RetryPolicy, pause_before_retry

_log = structlog.get_logger()


class Retrying:
    """Waits for the next call, or says that there is none."""

    def __init__(self, policy: RetryPolicy, keys: KeySource, events: Events) -> None:
        self._policy = policy
        self._keys = keys
        self._events = events

    async def pause_or_give_up(
        self,
        failure: ProviderFailed,
        call: ProviderCall,
        saying: asyncio.TaskGroup,
        *,
        calls: int,
        seconds_left: float,
        final: bool = False,
        **about: object,
    ) -> None:
        """Wait for the next call after `calls` of them. `about` is for the log; `saying` tells of a refused key.

        Raises the failure if there is to be no other call, or if it is `final`.
        """
        _log.warning(
            "provider_call_failed", **about, call=calls, model=call.model.id, code=failure.code, reason=failure.reason
        )
        key_id = call.key.id
        if failure.code is ErrorCode.KEY_INVALID and key_id is not None:
            self._keys.forget(key_id)
            saying.create_task(self._events.key_checked(key_id, failure.code))
        pause = pause_before_retry(
            failure,
            self._policy,
            calls=calls,
            seconds_left=seconds_left,
            spread=random.random(),  # noqa: S311 - spreads load, guards nothing
        )
        if pause is None or final:
            raise failure
        await asyncio.sleep(pause)
