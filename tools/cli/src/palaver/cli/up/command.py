"""The command `palaver up`: prepares the process, then launches."""

import os
from contextlib import ExitStack

from palaver.cli.settings import UpSettings
from palaver.cli.up.home import Home
from palaver.cli.up.launcher import Launcher
from palaver.cli.up.terminal import Terminal, output_sent_to
from palaver.servicekit import telemetry
from palaver.servicekit.main import run_in_loop

PRIVATE_UMASK = 0o077


def run_up(settings: UpSettings, *, processes: bool, verbose: bool) -> int:
    """Bring everything up and stay. Raises CommandError or EmbeddedServerError with one sentence."""
    os.umask(PRIVATE_UMASK)
    home = Home(settings.home)
    home.prepare()
    with home.held(), ExitStack() as log:
        terminal = Terminal()
        if not verbose:
            log.enter_context(output_sent_to(home.logs / "palaver.log"))
        telemetry.setup(settings.telemetry)
        launcher = Launcher(settings, home, terminal, processes=processes)

        async def live() -> int:
            await launcher.run()
            return 0

        return run_in_loop(live())
