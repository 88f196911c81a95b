"""Between two provider calls: whether there is another one, and what a refused key means."""

import asyncio

import structlog

from palaver.contracts.failures import ErrorCode
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.itinerary import Itinerary
from palaver.model_router.ports import Events, KeySource
from palaver.model_router.route import Route

_log = structlog.get_logger()


class Retrying:
    """Hears of failed calls."""

    def __init__(self, keys: KeySource, events: Events) -> None:
        self._keys = keys
        self._events = events

    async def another_or_give_up(
        self,
        failure: ProviderFailed,
        route: Route,
        itinerary: Itinerary,
        saying: asyncio.TaskGroup,
        *,
        final: bool = False,
        **about: object,
    ) -> None:
        """Return when another call may be made. `about` is for the log; `saying` tells of a refused key.

        Raises the failure if there is to be no other call, or if it is `final`.
        """
        key_id = route.key.id
        _log.warning(
            "provider_call_failed",
            **about,
            model=route.model.id,
            provider=route.model.provider.id,
            key=key_id,
            code=failure.code,
            reason=failure.reason,
        )
        if failure.code is ErrorCode.KEY_INVALID and key_id is not None:
            self._keys.forget(key_id)
            saying.create_task(self._events.key_checked(key_id, failure.code))
        if final:
            raise failure
        await itinerary.failed(failure, route.model)
