"""A key under a passphrase in a room: its member waits for its owner, the others do not."""

import asyncio
from pathlib import Path

import pytest

from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client import Failure, Palaver, Room
from palaver.client.transcript import ReplyState
from palaver.contracts.failures import ErrorCode

pytestmark = pytest.mark.e2e

KEY = "sk-a-key-that-the-simulator-takes-0002"
PASSPHRASE = "several words that nobody guesses"
MODELS = """
[[models]]
id = "test-gpt"
provider = "openai"
display_name = "Probe"
upstream = "sim-swift"
window = 32_768
max_output = 4_096
input_price = "0"
output_price = "0"
"""


async def answers(room: Room, text: str) -> dict[str, ReplyState]:
    """By model, once the round has ended."""
    message = await room.post(text)
    async for _ in room.progress(message.branch, message.round):
        pass
    return {reply.turn.model: reply for reply in room.transcript.replies_in(message.branch, message.round)}


async def refused_with_lock(room: Room, text: str) -> bool:
    got = await answers(room, text)
    assert got["sim-sage"].status == "completed"
    return got["test-gpt"].code is ErrorCode.KEY_LOCKED


@pytest.mark.parametrize("stack", [{"copies": {"model-router": 0, "keyvault": 2}}], indirect=True)
async def test_a_member_whose_key_is_locked_says_so_and_the_others_go_on(stack: Stack, tmp_path: Path):
    models = tmp_path / "models.toml"
    models.write_text(MODELS)
    urls = {**stack.wiring.simulation.base_urls, "openai": stack.simulator.openai_url}
    await stack.add("model-router", base_urls=urls, catalogue_file=models)
    async with await stack.person() as ada:
        stored = await ada.keys.add("openai", KEY, passphrase=PASSPHRASE)
        assert (stored.protection, stored.key_hint) == ("passphrase", KEY[-4:])
        room = await ada.create_room(["test-gpt", "sim-sage"])
        assert {reply.status for reply in (await answers(room, "While it is unlocked?")).values()} == {"completed"}

        await ada.keys.lock()
        assert (await ada.keys.list())[0].locked
        got = await answers(room, "And now?")
        assert got["sim-sage"].status == "completed"
        assert (got["test-gpt"].status, got["test-gpt"].code) == ("failed", ErrorCode.KEY_LOCKED)
        assert "Unlock your keys" in str(got["test-gpt"].error)
        with pytest.raises(Failure) as wrong:
            await ada.keys.unlock("several words that somebody guesses")
        assert wrong.value.code is ErrorCode.PASSPHRASE_WRONG

        async with Palaver(stack.url) as phone:
            await phone.rest.log_in(ada.rest.signed_in.user.email, PASSWORD)
            await phone.keys.unlock(PASSPHRASE)
            assert {reply.status for reply in (await answers(room, "Unlocked again?")).values()} == {"completed"}
            for replica in stack.replicas["keyvault"][:1]:  # a restart, one replica after the other
                await replica.leave()
            await stack.add("keyvault")
            assert {reply.status for reply in (await answers(room, "And after a restart?")).values()} == {"completed"}
            await phone.rest.log_out()
        async with asyncio.timeout(10):
            while not await refused_with_lock(room, "After the sign-in that unlocked it ended?"):
                pass
