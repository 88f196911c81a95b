"""One operating-system process that never outlives its launcher.

Nothing here is bound to an event loop: a child may be started in one loop and stopped in another, as tests do.
"""

import asyncio
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import psutil

from palaver.servicekit.embedded.account import Account
from palaver.servicekit.embedded.errors import StartFailedError
from palaver.servicekit.embedded.private_file import OWNER_ONLY

POLL_SECONDS = 0.01
DEATH_POLL_SECONDS = 0.05
STOP_GRACE_SECONDS = 6.0  # the launcher promises to be gone within 10 s
READY_TIMEOUT_SECONDS = 90.0  # ten of them on a small or busy machine; one that ends is noticed at once
LOG_TAIL_BYTES = 2_000
MAX_LOG_BYTES = 16 * 1024**2  # looked at on each start
PRIVATE_UMASK = 0o077  # what a server writes is for its own account
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
# Nothing of ours leaks into a server: no proxy, no library path, no secret of the environment.
PLAIN_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class Child:
    """A child process with its log file and its pid file, both in `directory`.

    On Linux the kernel sends `death_signal` to the child when the thread that started it ends, so start children from
    the main thread. Elsewhere, and after a power cut, the pid file lets the next start end what was left over.
    """

    def __init__(self, name: str, directory: Path, *, death_signal: signal.Signals = signal.SIGTERM) -> None:
        self.name = name
        self.log_path = directory / f"{name}.log"
        self._directory = directory
        self._pid_path = directory / f"{name}.pid"
        self._death_signal = death_signal
        self._process: subprocess.Popen[bytes] | None = None
        self._logged_before = 0

    @property
    def pid(self) -> int:
        """Process id of the running or last run. Raises StartFailedError before the first start."""
        if self._process is None:
            raise StartFailedError(f"{self.name} was not started.")
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs now."""
        return self._process is not None and self._process.poll() is None

    def spawn(
        self,
        command: Sequence[str],
        *,
        account: Account | None = None,
        environment: Mapping[str, str] = PLAIN_ENVIRONMENT,
        working_directory: Path | None = None,
    ) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches the launcher alone."""
        account = account or Account()
        self._directory.mkdir(parents=True, exist_ok=True)
        groups: list[str | int] | None = None if account.uid is None else []
        if self.log_path.exists() and self.log_path.stat().st_size > MAX_LOG_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        with os.fdopen(os.open(self.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER_ONLY), "ab") as log:
            self._logged_before = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - a resolved binary with arguments of our own
                [*account.prefix, *self._die_with_us(), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=working_directory,
                start_new_session=True,
                umask=PRIVATE_UMASK,
                user=account.uid,
                group=account.gid,
                extra_groups=groups,
                preexec_fn=None if _setpriv() or sys.platform != "linux" else self._prctl,  # noqa: PLW1509 - no setpriv
            )
        self._pid_path.write_text(f"{self._process.pid}\n")

    def send(self, what: signal.Signals) -> None:
        """Send a signal to the running process."""
        if self._process is not None:
            self._process.send_signal(what)

    def log_since(self, offset: int) -> str:
        """What the process wrote after the first `offset` bytes of its log file."""
        with self.log_path.open("rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")

    async def until_ready(self, check: Callable[[], Awaitable[bool]]) -> None:
        """Return once `check` says yes. Raises StartFailedError if the child ends, or stays silent and is killed."""
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        while not await check():
            if not self.alive:
                raise StartFailedError(f"{self.name} ended while starting: {self._last_words()}")
            if time.monotonic() > deadline:
                await self.stop(signal.SIGKILL)
                raise StartFailedError(
                    f"{self.name} was not ready after {READY_TIMEOUT_SECONDS:g} s: {self._last_words()}"
                )
            await asyncio.sleep(POLL_SECONDS)

    async def wait(self) -> int:
        """Exit code of the process, once it has ended; negative for a signal."""
        if self._process is None:
            raise StartFailedError(f"{self.name} was not started.")
        while (code := self._process.poll()) is None:  # noqa: ASYNC110 - pidfds are Linux only and bound to a loop
            await asyncio.sleep(DEATH_POLL_SECONDS)
        return code

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process: `how` first, and SIGKILL after a grace period. Does nothing if it does not run."""
        if self._process is None or not self.alive:
            return
        self._process.send_signal(how)
        # A stopped process (SIGSTOP) takes the signal only when it goes on.
        self._process.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + STOP_GRACE_SECONDS
        while self.alive:
            if time.monotonic() > deadline:
                self._process.kill()
            await asyncio.sleep(POLL_SECONDS)
        self._pid_path.unlink(missing_ok=True)

    async def end_leftover(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End what an earlier launcher left running in this directory. Only call it while holding that directory."""
        leftover = self._leftover()
        if leftover is None:
            return
        leftover.send_signal(how)
        deadline = time.monotonic() + STOP_GRACE_SECONDS
        while leftover.is_running() and leftover.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                leftover.kill()
            await asyncio.sleep(POLL_SECONDS)

    def _leftover(self) -> psutil.Process | None:
        try:
            process = psutil.Process(int(self._pid_path.read_text()))
            # A pid may have been given to something else since: ours names its directory on the command line.
            ours = any(str(self._directory) in argument for argument in process.cmdline())
        except (OSError, ValueError, psutil.Error):
            return None
        return process if ours and not self.alive else None

    def _die_with_us(self) -> tuple[str, ...]:
        setpriv = _setpriv()
        return (setpriv, "--pdeathsig", self._death_signal.name.removeprefix("SIG"), "--") if setpriv else ()

    def _prctl(self) -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(self._death_signal))

    def _last_words(self) -> str:
        """Of this run only: the log of earlier ones stands before."""
        tail = self.log_since(max(self._logged_before, self.log_path.stat().st_size - LOG_TAIL_BYTES))
        lines = tail.strip().splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"


def _setpriv() -> str | None:
    return shutil.which("setpriv") if sys.platform == "linux" else None
