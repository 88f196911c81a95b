"""What every adapter keeps, as tests that whoever writes one can run: see docs/adapters.md.

    class TestSmoke(AdapterConformance):
        adapter = smoke.ADAPTER
        wire = SmokeWire()

A provider is played by a real HTTP server, in the bytes of the `Wire`.
"""

import asyncio
import json
import traceback
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Protocol

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from palaver.contracts.adapters import Adapter
from palaver.contracts.failures import ErrorCode
from palaver.contracts.model_router import WindowMessage
from palaver.model_router.addresses import Addresses
from palaver.model_router.domain import Key, Model, Progress, ProviderCall, UsageReport
from palaver.model_router.entries import ModelEntry, ProviderEntry, model_of, provider_of
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers.network import Network

SECRET = "sk-conformance-0123456789"  # noqa: S105 - a made-up one
UPSTREAM = "m-1"
WORDS = "Grüße, 你好 👋, ok."
PATIENCE_SECONDS = 10.0
RETRY_AFTER_SECONDS = 7
STATUSES = [
    (400, ErrorCode.PROVIDER_REFUSED),
    (401, ErrorCode.KEY_INVALID),
    (402, ErrorCode.PROVIDER_QUOTA),
    (404, ErrorCode.MODEL_NOT_FOUND),
    (408, ErrorCode.PROVIDER_TIMEOUT),
    (429, ErrorCode.PROVIDER_RATE_LIMITED),
    (500, ErrorCode.PROVIDER_UNAVAILABLE),
    (503, ErrorCode.PROVIDER_UNAVAILABLE),
]


class Wire(Protocol):
    """How a provider of the protocol answers, in bytes. Its list of models names `m-1`."""

    content_type: str

    def opening(self) -> bytes:
        """What a stream begins with, perhaps nothing."""
        ...

    def text(self, piece: str) -> bytes:
        """A piece of the answer."""
        ...

    def closing(self, tokens_input: int, tokens_output: int) -> bytes:
        """An ordinary end, with these counts."""
        ...

    def error(self, message: str) -> bytes:
        """The body that comes with a status other than 200."""
        ...

    def models(self) -> bytes:
        """The body of the list of models."""
        ...

    def key(self, headers: Mapping[str, str]) -> str | None:
        """The key in a request's headers, whose names are in lower case; a key never stands in a URL."""
        ...

    def complaint(self, path: str, body: Any) -> str | None:
        """What the provider would refuse about a request for an answer."""
        ...


@dataclass
class Stage:
    """What the played provider does next, and what it saw."""

    wire: Wire
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    chunks: Sequence[bytes] = ()
    pause_after: int | None = None
    cut: bool = False
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list[Any])

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any request: a refusal if there is to be one, the list for a GET, else the stream."""
        raw = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append((request.method, request.path_qs, headers, json.loads(raw) if raw else None))
        if self.status != HTTPStatus.OK:
            body = self.wire.error(f"Refused for {SECRET}.")
            return web.Response(
                status=self.status, body=body, headers=self.headers | {"content-type": "application/json"}
            )
        if request.method == "GET":
            return web.Response(body=self.wire.models(), content_type="application/json")
        return await self._stream(request)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": self.wire.content_type})
        await response.prepare(request)
        for place, chunk in enumerate(self.chunks):
            if chunk:
                await response.write(chunk)
            if place == self.pause_after:
                await self._wait(request)
        if self.cut and request.transport is not None:
            request.transport.abort()
        return response

    async def _wait(self, request: web.Request) -> None:
        try:
            while not (self.go_on.is_set() or _gone(request)):  # noqa: ASYNC110 - the transport is a plain object
                await asyncio.sleep(0.01)
        finally:  # the server may cancel who answers somebody that is gone
            if not self.go_on.is_set():
                self.left.set()


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


@dataclass
class Staged:
    """The adapter, connected to the played provider."""

    stage: Stage
    transport: Any
    model: Model

    def call(self, *texts: str, system: str = "Be brief.") -> ProviderCall:
        """As context shapes it: the user's words first and last, the roles in turns."""
        spoken = [
            WindowMessage(role="assistant" if place % 2 else "user", text=text)
            for place, text in enumerate(texts or ("Is tea good?",))
        ]
        told = () if self.model.grammar.system == "none" else (WindowMessage(role="system", text=system),)
        key = Key(None, self.model.provider.id, self.model.provider.host, SecretStr(SECRET))
        return ProviderCall(self.model, key, (*told, *spoken), 500)

    async def answer(self) -> tuple[str, UsageReport, str | None]:
        """All of it."""
        text, usage, finish = "", UsageReport(), None
        async with asyncio.timeout(PATIENCE_SECONDS), self.transport.stream(self.call()) as stream:
            async for progress in stream:
                text += progress.text
                finish = progress.finish_reason or finish
                usage = usage if progress.usage is None else usage.updated(progress.usage)
        return text, usage, finish


@pytest.mark.asyncio
class AdapterConformance:
    """Inherit it, with `adapter` and `wire`."""

    adapter: ClassVar[Adapter]
    wire: ClassVar[Wire]

    @pytest_asyncio.fixture
    async def staged(self) -> AsyncGenerator[Staged]:
        """See `Staged`."""
        async with self._staged(Stage(self.wire)) as made:
            yield made

    @asynccontextmanager
    async def _staged(self, stage: Stage, base_url: str | None = None) -> AsyncGenerator[Staged]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", stage.answer)
        async with TestServer(app, host="127.0.0.1") as server:
            url = base_url or str(server.make_url("/base"))
            made = self.adapter.connect(Network(connect_seconds=2, addresses=Addresses()))
            try:
                yield Staged(stage, made, self._model(url))
            finally:
                await made.close()

    def _model(self, base_url: str) -> Model:
        facts = {"id": "played", "display_name": "Played", "protocol": "openai", "base_url": base_url}
        provider = provider_of(ProviderEntry.model_validate(facts | {"grammar": self.adapter.grammar}), "admin")
        entry = {"id": UPSTREAM, "provider": "played", "display_name": "M", "window": 8_000, "max_output": 2_000}
        prices = {"input_price": 0, "output_price": 0}
        return model_of(ModelEntry.model_validate(entry | prices), "admin", {"played": provider})

    # ---- transport ---------------------------------------------------------------------------------------------------
    async def test_text_is_told_as_it_comes(self, staged: Staged) -> None:
        """The first piece is there while the provider still thinks about the next."""
        wire, stage = self.wire, staged.stage
        stage.chunks = [wire.opening(), wire.text("Tea "), wire.text("is good."), wire.closing(11, 7)]
        stage.pause_after = 1
        text = ""
        async with asyncio.timeout(PATIENCE_SECONDS), staged.transport.stream(staged.call()) as stream:
            async for progress in stream:
                assert isinstance(progress, Progress)
                text += progress.text
                if text == "Tea ":
                    stage.go_on.set()
        assert text == "Tea is good."

    async def test_words_are_whole_however_the_network_cuts_them(self, staged: Staged) -> None:
        """Byte by byte, in the middle of characters and events."""
        body = self.wire.opening() + self.wire.text(WORDS) + self.wire.text(WORDS) + self.wire.closing(11, 7)
        staged.stage.chunks = [body[place : place + 1] for place in range(len(body))]
        text, _, finish = await staged.answer()
        assert (text, finish) == (WORDS * 2, "stop")

    async def test_what_was_used_is_what_the_provider_counted(self, staged: Staged) -> None:
        """Its own figures, not an estimate."""
        staged.stage.chunks = [self.wire.opening(), self.wire.text("Yes."), self.wire.closing(11, 7)]
        _, usage, _ = await staged.answer()
        assert (usage.tokens_input, usage.tokens_output) == (11, 7)

    @pytest.mark.parametrize(("status", "code"), STATUSES)
    async def test_a_refusal_has_our_category(self, staged: Staged, status: int, code: ErrorCode) -> None:
        """By its status; nothing was worked for, so nothing is to be paid."""
        staged.stage.status = status
        with pytest.raises(ProviderFailed) as refusal:
            await staged.answer()
        assert (refusal.value.code, refusal.value.refused) == (code, True)

    async def test_a_provider_that_asks_for_patience_gets_it(self, staged: Staged) -> None:
        """Retry-After is handed on."""
        staged.stage.status, staged.stage.headers = 429, {"retry-after": str(RETRY_AFTER_SECONDS)}
        with pytest.raises(ProviderFailed) as refusal:
            await staged.answer()
        assert refusal.value.retry_after_seconds == RETRY_AFTER_SECONDS

    async def test_an_answer_that_breaks_off_is_told_after_what_came(self, staged: Staged) -> None:
        """What was read is kept; then it is a failure that is no refusal."""
        staged.stage.chunks, staged.stage.cut = [self.wire.opening(), self.wire.text("Tea "), b""], True
        staged.stage.pause_after = 1
        text = ""

        async def read() -> None:
            nonlocal text
            async with asyncio.timeout(PATIENCE_SECONDS), staged.transport.stream(staged.call()) as stream:
                async for progress in stream:
                    text += progress.text
                    staged.stage.go_on.set()

        with pytest.raises(ProviderFailed) as failure:
            await read()
        assert (text, failure.value.code, failure.value.refused) == ("Tea ", ErrorCode.PROVIDER_STREAM_BROKEN, False)

    async def test_a_provider_that_is_not_there_is_unavailable(self) -> None:
        """Nobody listens at the address."""
        async with self._staged(Stage(self.wire), "http://127.0.0.1:9") as staged:
            with pytest.raises(ProviderFailed) as failure:
                await staged.answer()
        assert (failure.value.code, failure.value.refused) == (ErrorCode.PROVIDER_UNAVAILABLE, True)

    async def test_leaving_the_stream_closes_the_connection(self, staged: Staged) -> None:
        """A stop reaches the provider."""
        staged.stage.chunks, staged.stage.pause_after = [self.wire.opening(), self.wire.text("Tea "), b""], 1
        async with asyncio.timeout(PATIENCE_SECONDS):
            async with staged.transport.stream(staged.call()) as stream:
                async for progress in stream:
                    if progress.text:
                        break
            await staged.stage.left.wait()

    async def test_a_key_goes_nowhere_but_to_the_provider(self, staged: Staged) -> None:
        """Not into a URL, and to no place that a redirect names."""
        elsewhere = Stage(self.wire)
        async with self._staged(elsewhere) as other:
            staged.stage.status = 307
            staged.stage.headers = {"location": other.model.provider.base_url}
            with pytest.raises(ProviderFailed):
                await staged.answer()
        assert elsewhere.seen == []
        ((_, path, headers, _),) = staged.stage.seen
        assert SECRET not in path
        assert self.wire.key(headers) == SECRET

    async def test_no_error_shows_a_key(self, staged: Staged) -> None:
        """Not even where the provider quotes it."""
        for status, _ in STATUSES:
            staged.stage.status = status
            for attempt in (staged.answer(), staged.transport.check_key(staged.model.provider, SecretStr(SECRET))):
                with pytest.raises(ProviderFailed) as refusal:
                    await attempt
                shown = "".join(traceback.format_exception(refusal.value)) + repr(vars(refusal.value))
                assert SECRET not in shown

    # ---- key check ---------------------------------------------------------------------------------------------------
    async def test_a_good_key_is_taken_and_a_bad_one_is_not(self, staged: Staged) -> None:
        """A refusal of the key is told apart from trouble of the provider."""
        await staged.transport.check_key(staged.model.provider, SecretStr(SECRET))
        assert self.wire.key(staged.stage.seen[0][2]) == SECRET
        for status, code in ((401, ErrorCode.KEY_INVALID), (503, ErrorCode.PROVIDER_UNAVAILABLE)):
            staged.stage.status = status
            with pytest.raises(ProviderFailed) as refusal:
                await staged.transport.check_key(staged.model.provider, SecretStr(SECRET))
            assert refusal.value.code is code

    async def test_models_are_listed(self, staged: Staged) -> None:
        """By the provider's names."""
        listed = await staged.transport.list_models(staged.model.provider, SecretStr(SECRET))
        assert UPSTREAM in [one.upstream for one in listed]

    # ---- grammar -----------------------------------------------------------------------------------------------------
    @pytest.mark.parametrize("texts", [("Hi.",), ("Hi.", "Hello.", "And?"), tuple(f"{n}: {WORDS}" for n in range(9))])
    async def test_what_the_grammar_allows_is_taken_whole(self, staged: Staged, texts: tuple[str, ...]) -> None:
        """The provider has no complaint about a conversation of the declared shape, and every word is in it."""
        staged.stage.chunks = [self.wire.opening(), self.wire.text("Yes."), self.wire.closing(11, 7)]
        call = staged.call(*texts)
        async with asyncio.timeout(PATIENCE_SECONDS), staged.transport.stream(call) as stream:
            async for _ in stream:
                pass
        ((_, path, _, body),) = staged.stage.seen
        assert self.wire.complaint(path, body) is None
        sent = json.dumps(body, ensure_ascii=False)
        assert all(json.dumps(message.text, ensure_ascii=False)[1:-1] in sent for message in call.messages)

    # ---- token counter -----------------------------------------------------------------------------------------------
    async def test_the_counter_never_counts_backwards(self) -> None:
        """More text is never fewer tokens; the same text is always the same."""
        counter = self.adapter.tokenizer
        if counter is None:
            pytest.skip("this adapter leaves counting to a known family")
        assert counter.name
        assert counter.count("") == 0
        words = (WORDS + "\n") * 20
        counts = [counter.count(words[:end]) for end in range(0, len(words), len(WORDS) + 1)]
        assert counts == sorted(counts)
        assert counts[-1] > 0
        assert counter.count(words) == counter.count(words)
