"""One provider's endpoints over HTTP: authenticate, keep the rules, answer; record everything."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from palaver.simulator import composing, models, tokens
from palaver.simulator.caching import CacheUse
from palaver.simulator.faults import Fault, Occasion
from palaver.simulator.playback import Playback
from palaver.simulator.recorder import Record
from palaver.simulator.stage import Stage
from palaver.simulator.wire import ChatRequest, Refusal, Reply, Trouble, Wire

_TROUBLES: Mapping[str, Trouble] = {
    "rate_limit": "rate_limit",
    "quota": "quota",
    "payment_required": "payment_required",
    "forbidden": "forbidden",
    "bad_request": "bad_request",
    "server_error": "server_error",
    "overloaded": "overloaded",
}


class Provider:
    """The chat and the model-list endpoint behind one wire format."""

    def __init__(self, wire: Wire, stage: Stage) -> None:
        self._wire = wire
        self._stage = stage

    async def chat(self, request: Request) -> ASGIApp:
        """Answer one chat request; the returned response sends it."""
        raw = await request.body()
        record = self._open(request, raw)
        try:
            return await self._answer(request, record, len(raw))
        except Refusal as refusal:
            return self._refuse(refusal, record)

    async def list_models(self, request: Request) -> ASGIApp:
        """List this provider's models; a cheap way to try a key."""
        record = self._open(request, b"")
        try:
            self._authenticate(request)
        except Refusal as refusal:
            return self._refuse(refusal, record)
        record.status = 200
        record.finished(completed=True)
        return _json(self._wire.model_list(), 200, {})

    def _open(self, request: Request, raw: bytes) -> Record:
        try:
            body: Any = msgspec.json.decode(raw) if raw else None
        except msgspec.DecodeError:
            body = None
        try:
            key = self._wire.key(request.headers)
        except Refusal:
            key = None
        return self._stage.recorder.open(
            self._wire.protocol, request.url.path, request.headers, key=key, body=body, size=len(raw)
        )

    def _authenticate(self, request: Request) -> None:
        key = self._wire.key(request.headers)
        if not self._stage.accepts(key):
            raise self._wire.bad_key(key)

    async def _answer(self, request: Request, record: Record, size: int) -> ASGIApp:
        wire, stage = self._wire, self._stage
        self._authenticate(request)
        if size > stage.settings.max_body_bytes:
            raise Refusal(413, {"error": {"message": "Request too large", "type": "request_too_large"}})
        asked = wire.read(request.headers, record.body, request.path_params)
        record.model = asked.model.id
        record.tokens_input = tokens.count_prompt(asked.said, asked.model.counting)
        overflow = wire.overflow(asked, record.tokens_input)
        if overflow is not None:
            raise overflow

        fault = stage.faults.take(_occasion(asked, record))
        record.fault = None if fault is None else fault.kind
        record.asked_seconds = fault.retry_after_seconds if fault is not None and fault.kind == "rate_limit" else None
        if fault is not None and fault.kind == "invalid_key":
            raise wire.bad_key(wire.key(request.headers))
        if fault is not None and fault.kind in _TROUBLES:
            raise wire.trouble(_TROUBLES[fault.kind], fault.retry_after_seconds)
        return await self._reply(asked, fault, record)

    async def _reply(self, asked: ChatRequest, fault: Fault | None, record: Record) -> ASGIApp:
        settings = self._stage.settings
        if fault is not None and fault.kind == "no_usage":
            asked = replace(asked, include_usage=False)
        script = self._stage.scripts.take(_occasion(asked, record))
        seed = settings.seed
        reply = composing.compose(self._wire, asked, script, seed=seed, number=record.number, created=int(time.time()))
        reply = replace(reply, cache=self._cache(asked, record), reasoning=_thoughts(asked))
        times = composing.timetable(
            asked.model.pace, script, speed=settings.speed, seed=composing.entropy_of(seed, asked, 0)
        )
        headers = self._wire.response_headers(composing.entropy_of(seed, asked, record.number))
        if asked.stream:
            return Playback(
                reply=reply,
                frames=self._wire.frames(reply),
                timetable=times,
                fault=fault,
                record=record,
                headers=headers,
            )
        return await self._whole(reply, times, fault, record, headers)

    def _cache(self, asked: ChatRequest, record: Record) -> CacheUse:
        """Caches belong to a model, and to the organisation behind a key."""
        owner = f"{asked.model.id} {'' if record.key is None else record.key.sha256}"
        policy = models.CACHES[asked.model.protocol]
        used = self._stage.prompts.use(policy, owner, asked.said, asked.model.counting, asked.markers)
        record.tokens_cached = used.read
        return used

    async def _whole(
        self,
        reply: Reply,
        times: composing.Timetable,
        fault: Fault | None,
        record: Record,
        headers: Mapping[str, str],
    ) -> ASGIApp:
        """Without streaming only a late answer can be played as a fault."""
        late = fault.seconds if fault is not None and fault.kind in {"slow_first_token", "stall"} else 0.0
        await asyncio.sleep(times.first_seconds + times.gap_seconds * len(reply.pieces) + late)
        record.said("".join(reply.pieces), len(reply.pieces))
        record.status = 200
        record.finished(completed=True)
        return _json(self._wire.whole(reply), 200, headers)

    @staticmethod
    def _refuse(refusal: Refusal, record: Record) -> Response:
        record.status = refusal.status
        record.finished(completed=False)
        return _json(refusal.body, refusal.status, refusal.headers)


def _occasion(asked: ChatRequest, record: Record) -> Occasion:
    return Occasion(asked.model.id, asked.question, None if record.key is None else record.key.sha256)


def _thoughts(asked: ChatRequest) -> str:
    """What a reasoning model lets be seen before it answers, if it is asked to."""
    if not (asked.model.reasoning and asked.shows_reasoning):
        return ""
    return f"Thinking about: {asked.question()[:80]}"


def _json(body: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> Response:
    return Response(msgspec.json.encode(body), status, dict(headers), media_type="application/json")
