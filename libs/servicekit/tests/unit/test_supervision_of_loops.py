"""Loops that fail are run again; owned tasks end with their owner."""

import asyncio
from contextlib import suppress

import pytest

from palaver.servicekit.errors import Unavailable
from palaver.servicekit.tasks import LONGEST_PAUSE_SECONDS, TaskSet, backoff_seconds, supervise


async def test_a_loop_that_raises_is_run_again_until_it_returns() -> None:
    runs: list[int] = []
    counted: list[int] = []

    async def loop() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise RuntimeError("bug")
        if len(runs) == 2:
            raise Unavailable("postgres")

    await supervise("loop", loop, failed=lambda: counted.append(1))
    assert len(runs) == 3
    assert len(counted) == 2


async def test_a_supervised_loop_can_be_cancelled() -> None:
    async def loop() -> None:
        await asyncio.Event().wait()

    task = asyncio.create_task(supervise("loop", loop))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("failures", [1, 5, 50, 5000])
def test_pauses_grow_and_are_capped(failures: int) -> None:
    assert 0 < backoff_seconds(failures) <= LONGEST_PAUSE_SECONDS * 1.25


async def test_owned_tasks_are_waited_for_or_cancelled() -> None:
    tasks = TaskSet("owner")
    release = asyncio.Event()
    ended: list[str] = []

    async def work() -> None:
        try:
            await release.wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        ended.append("done")

    tasks.spawn(work())
    assert not await tasks.join(0.01)
    release.set()
    assert await tasks.join(1)
    release.clear()
    tasks.spawn(work())
    await asyncio.sleep(0)
    await tasks.cancel()
    assert ended == ["done", "cancelled"]
    assert len(tasks) == 0


async def test_a_cancellation_that_was_swallowed_is_sent_again() -> None:
    """As `asyncio.wait_for` does until Python 3.12 when its result arrives together with the cancellation."""
    answered = asyncio.get_running_loop().create_future()
    asked = asyncio.Event()

    async def loop() -> None:
        while True:
            with suppress(asyncio.CancelledError):
                asked.set()
                await answered
            await asyncio.Event().wait()

    tasks = TaskSet("owner")
    tasks.spawn(loop())
    await asked.wait()
    await tasks.cancel()
    assert len(tasks) == 0
