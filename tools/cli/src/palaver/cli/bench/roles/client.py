"""Clients of the product that ask, read, and come back when their connection breaks."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

from palaver.cli.bench.load import Load
from palaver.cli.bench.observing import Observed, Traffic, observed
from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.chat_socket import ChatSocket, ClosedByServer, Return, session
from palaver.cli.bench.roles.parts import ClientPart, Heard, Reader

MAX_ENTERING = 20


@dataclass(slots=True)
class _Client:
    """A reader with its socket, and what became of it."""

    reader: Reader
    socket: ChatSocket
    http: aiohttp.ClientSession
    asked_at: float = 0.0
    returns: list[Return] = field(default_factory=list[Return])
    here: asyncio.Event = field(default_factory=asyncio.Event)
    closed: Counter[int] = field(default_factory=Counter[int])


async def play() -> None:
    """Run it."""
    part = await role.part(ClientPart)
    async with session() as quick, session(slow=True) as slow:
        clients = [_client(part, reader, quick if reader.pace == "full" else slow) for reader in part.readers]
        await _enter(clients)
        begin = await role.cue()
        role.report(await _converse(part, clients, begin))
        await role.curtain()
        await asyncio.gather(*(client.socket.close() for client in clients if client.reader.pace == "full"))


def _client(part: ClientPart, reader: Reader, http: aiohttp.ClientSession) -> _Client:
    tokens = part.load.tokens if reader.tokens is None else reader.tokens
    return _Client(reader, ChatSocket(part.url, part.token, reader.session_id, tokens, pace=reader.pace), http)


async def _enter(clients: Sequence[_Client]) -> None:
    turn = asyncio.Semaphore(MAX_ENTERING)

    async def enter(client: _Client) -> None:
        async with turn:
            await client.socket.open(client.http)
            client.here.set()

    await asyncio.gather(*map(enter, clients))


async def _converse(part: ClientPart, clients: Sequence[_Client], begin: float) -> Heard:
    load = part.load
    asking = [client for client in clients if client.reader.asks]
    started = {client.reader.session_id: begin + load.starts_at(number) for number, client in enumerate(asking)}
    for client in clients:
        client.asked_at = started.get(client.reader.session_id, begin)
        client.socket.slow_until = begin + load.ramp_seconds + load.seconds

    async def speak(client: _Client) -> None:
        await role.until(client.asked_at)
        await client.socket.ask(f"{client.reader.question or part.question} {client.reader.session_id}")

    staying = [client for client in clients if client.reader.answers == 0]
    stays = [asyncio.create_task(_read(client, part)) for client in staying]
    reading = [client for client in clients if client.reader.pace != "frozen" and client.reader.answers != 0]
    tasks = [asyncio.create_task(speak(client)) for client in asking]
    tasks += [asyncio.create_task(_read(client, part)) for client in reading]
    if part.cut_after_seconds is not None:
        tasks.append(asyncio.create_task(_cut(clients, begin + part.cut_after_seconds)))
    patience = load.ramp_seconds + load.seconds + part.patience_seconds
    done, late = await asyncio.wait(tasks, timeout=patience)
    await _all_back(staying, part.patience_seconds)
    done.update(task for task in stays if task.done())
    for task in (*late, *stays):
        task.cancel()
    broken = sum(1 for task in done if task.exception() is not None)
    await _thaw(clients)
    quick = [client for client in clients if client.reader.pace == "full"]
    others = [client for client in clients if client.reader.pace != "full"]
    return Heard(
        observed=_seen(part, quick, begin, broken),
        others=_seen(part, others, begin, 0) if others else None,
        attach_ms=[back.attach_ms for client in clients for back in client.returns],
        away_ms=[back.away_ms for client in clients for back in client.returns],
        lagging_notices=sum(client.socket.lagging_notices for client in clients),
        closed=dict(sum((client.closed for client in clients), Counter[int]())),
    )


async def _read(client: _Client, part: ClientPart) -> None:
    while True:
        try:
            while client.reader.answers == 0:
                await client.socket.read_once()
            await client.socket.read(_answers(client, part))
        except ClosedByServer as closed:
            client.closed[closed.code] += 1
            client.here.clear()
            client.returns.append(await client.socket.come_back(client.http, part.back_within_seconds))
            client.here.set()
        else:
            return


async def _all_back(staying: Sequence[_Client], patience_seconds: float) -> None:
    """Who is still away then has not come back."""
    try:
        async with asyncio.timeout(patience_seconds):
            for client in staying:
                await client.here.wait()
    except TimeoutError:
        return


def _answers(client: _Client, part: ClientPart) -> int:
    return part.seats if client.reader.answers is None else client.reader.answers


async def _cut(clients: Sequence[_Client], at: float) -> None:
    await role.until(at)
    for client in clients:
        client.socket.cut()


async def _thaw(clients: Sequence[_Client]) -> None:
    """At the very end the frozen ones look what is there: whatever the kernel kept, and then how they were left."""
    for client in (client for client in clients if client.reader.pace == "frozen"):
        try:
            async with asyncio.timeout(1.0):
                while True:
                    await client.socket.read_once()
        except ClosedByServer as closed:
            client.closed[closed.code] += 1
        except TimeoutError:
            pass


def _seen(part: ClientPart, clients: Sequence[_Client], begin: float, broken: int) -> Observed:
    load: Load = part.load
    start, end = (int((begin + moment) * 1e6) for moment in load.measured)
    reading = [client for client in clients if client.reader.pace != "frozen"]
    missing = sum(_answers(client, part) - len(client.socket.ledgers) for client in reading)
    traffic = Traffic()
    for client in clients:
        own = client.socket.traffic
        traffic.bytes_received += own.bytes_received
        traffic.frames_received += own.frames_received
        traffic.deltas += own.deltas
        traffic.delta_overhead_bytes += own.delta_overhead_bytes
    return observed(
        [(ledger, int(client.asked_at * 1e6)) for client in reading for ledger in client.socket.ledgers.values()],
        (start, end),
        failed=broken + missing + sum(client.socket.failed for client in clients),
        traffic=traffic,
    )
