"""An environment for each peer: made by uv from a file of pinned versions, kept for the next run.

A peer never runs in the project's own environment, where keys are, and never inherits this process's variables.
"""

import asyncio
import hashlib
import shutil
import sys
from pathlib import Path

from palaver.cli.checkout import checkout_root
from palaver.cli.settings import inherited_environment

INSTALL_SECONDS = 180.0
COMPLETE = "complete"


class PeerMissing(Exception):  # noqa: N818 - what is the case, and why
    """A peer cannot be installed here."""


class Peers:
    """Environments below one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def python(self, peer: str) -> Path:
        """The interpreter of a peer's environment. Raises PeerMissing."""
        requirements = Path(__file__).parent / f"{peer}.txt"
        made_from = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
        environment = self._directory / f"{peer}-{made_from}"
        python = environment / "bin" / "python"
        if not (environment / COMPLETE).exists():
            uv = _uv()
            await _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(environment))
            await _run(
                *(uv, "pip", "install", "--quiet"),
                *("--python", str(python), "--requirement", str(requirements)),
            )
            (environment / COMPLETE).touch()
        return python

    async def program(self, peer: str, name: str) -> Path:
        """A program of a peer's environment. Raises PeerMissing."""
        return (await self.python(peer)).parent / name


def _uv() -> str:
    root = checkout_root()
    own = [root / ".tools" / where / "uv" for where in ("bin", "site/bin")] if root else []
    found = next((str(uv) for uv in own if uv.exists()), None) or shutil.which("uv")
    if found is None:
        raise PeerMissing("uv is not installed, which makes the peers' environments")
    return found


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=inherited_environment(),  # where the package registry is
    )
    try:
        async with asyncio.timeout(INSTALL_SECONDS):
            _, said = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise PeerMissing(f"its installation took more than {INSTALL_SECONDS:.0f} s") from None
    if process.returncode:
        words = said.decode(errors="replace").strip().splitlines()
        raise PeerMissing(f"it cannot be installed from the configured registry: {words[0] if words else 'no reason'}")
