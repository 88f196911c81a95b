"""The whole OpenAPI document is fuzzed on the running product: no 5xx, and nothing that the document does not say."""

import asyncio
import os
import sys
from pathlib import Path

import httpx2
import pytest

from palaver.cli.testing.stack import Stack

FUZZING = Path(__file__).parent / "fuzzing"
PLENTY = 1_000_000
LIMITED = ("messages", "requests", "sign_ins", "refreshes", "registrations", "proofs", "mails", "shared", "connects")
UNLIMITED = {"gateway": {"rates": {f"{what}_per_minute": PLENTY for what in LIMITED}}}
EXAMPLES = 4
SEED = 20

pytestmark = pytest.mark.e2e


OWN_END = ("/api/v1/admin/sign-ins/{sign_in_id}", "/api/v1/users/me/devices/{device_id}")
"""What may end the sign-in of whoever asks: called last."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("stack", [{"overrides": UNLIMITED}], indirect=True)
async def test_the_api_does_what_its_document_says(
    stack: Stack, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """As the owner, who may do everything: also what an attacker would be refused at once is read and checked."""
    examples = str(request.config.getoption("--examples", None) or EXAMPLES)
    async with httpx2.AsyncClient(base_url=stack.url, trust_env=False) as http:
        signed_in = await http.post("/api/v1/auth/link", json={"code": stack.sign_in.link.code})
        token = signed_in.json()["data"]["access_token"]

        async def fuzz(phases: str, which: str) -> None:
            wanted = (arguments for path in OWN_END for arguments in (which, path))
            await _fuzz(stack.url, token, tmp_path, "--phases", phases, "--max-examples", examples, *wanted)

        await fuzz("examples,coverage,fuzzing,stateful", "--exclude-path")
        me = await http.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})
        assert me.is_success, "the owner was signed out on the way: what came after that was only refused"
        await fuzz("coverage,fuzzing", "--include-path")


async def _fuzz(url: str, token: str, directory: Path, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        *("--config-file", FUZZING / "schemathesis.toml", "run", f"{url}/api/v1/openapi.json"),
        *("--seed", str(SEED), "--no-color", *arguments),
        cwd=directory,
        env={
            **os.environ,
            "PALAVER_URL": url,
            "PALAVER_TOKEN": token,
            "SCHEMATHESIS_HOOKS": "fuzzing_checks",
            "PYTHONPATH": str(FUZZING),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
