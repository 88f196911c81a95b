"""What the README tells a newcomer to type, typed: against one instance brought up as the README says."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from palaver.servicekit.embedded import free_port

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)
READY_SECONDS, COMMAND_SECONDS = 60, 90
PALAVER = ".venv/bin/palaver "


def blocks(language: str) -> list[str]:
    """The README's code of one language."""
    return [m["text"] for m in BLOCK.finditer(README) if m["language"] == language]


class Instance:
    """A home of its own on a free port."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self.environment = {**os.environ, "PALAVER_HOME": str(home), "PALAVER_PORT": str(self.port), "NO_COLOR": "1"}
        self.launcher: subprocess.Popen[str] | None = None

    def up(self) -> None:
        """As `make up` does once everything is prepared."""
        self.launcher = subprocess.Popen(
            [sys.executable, "-m", "palaver.cli", "up"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
            cwd=ROOT,
        )
        assert self.launcher.stdout is not None
        said: list[str] = []
        for line in self.launcher.stdout:
            said.append(line)
            if "Sign in" in line:
                return
        pytest.fail("".join(said))

    def run(self, *arguments: str, typed: str = "") -> str:
        """What a command prints."""
        done = subprocess.run(
            arguments,
            input=typed,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=ROOT,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def down(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the launcher."""
        if self.launcher is not None and self.launcher.poll() is None:
            self.launcher.send_signal(how)
            self.launcher.wait(15)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    made = Instance(tmp_path_factory.mktemp("readme"))
    made.up()
    yield made
    made.down()


def test_the_terminal_commands_show_three_models_that_answer(instance: Instance):
    commands = [line for text in blocks("sh") for line in text.splitlines() if line.startswith(PALAVER)]
    assert len(commands) == 2
    asked, talked = (command.removeprefix(PALAVER) for command in commands)
    shown = instance.run("sh", "-c", f'"{sys.executable}" -m palaver.cli {asked}')
    assert all(name in shown for name in ("Swift", "Sage", "Oak"))
    assert "✗" not in shown
    shown = instance.run("sh", "-c", f'"{sys.executable}" -m palaver.cli {talked}', typed="Hello, who are you?\n\n")
    assert shown.count("✓") == 3


def test_the_program_prints_three_answers(instance: Instance):
    (program,) = blocks("python")
    shown = instance.run(sys.executable, "-c", program.replace("8080", str(instance.port)))
    assert all(f"{name}: " in shown for name in ("Swift", "Sage", "Oak"))


def test_the_doctor_is_content_with_a_healthy_instance(instance: Instance):
    instance.run(sys.executable, "-m", "palaver.cli", "doctor")


def test_documents_of_the_interfaces_are_where_the_readme_says(instance: Instance):
    with urlopen(f"http://127.0.0.1:{instance.port}/api/v1/openapi.json", timeout=10) as answer:
        assert json.load(answer)["openapi"].startswith("3.1")


def test_after_a_killed_launcher_the_same_room_is_there_with_its_history(instance: Instance):
    chat = (sys.executable, "-m", "palaver.cli", "chat", "--in-turn")
    first = instance.run(*chat, "--models", "sim-swift,sim-oak", "Remember the word heron.")
    found = re.search(r"Room (\S+)", first)
    assert found is not None
    instance.down(signal.SIGKILL)
    instance.up()
    again = instance.run(*chat, "--room", found[1], "Which word?")
    assert again.count("✓") == 2
    program = f"""
import asyncio, json, pathlib
from palaver.client import Palaver
from palaver.cli.chat.signing_in import KeptLogIn, sign_in
from palaver.cli.up.home import Home
async def main():
    home = Home(pathlib.Path({str(instance.environment["PALAVER_HOME"])!r}))
    url = "http://127.0.0.1:{instance.port}"
    async with Palaver(url) as palaver:
        await sign_in(palaver, KeptLogIn(home.command_line_log_in, url), None, None)
        room = await palaver.room(await palaver.rest.session({found[1]!r}))
        print(json.dumps([m.content for m in room.transcript.messages.values()]))
asyncio.run(main())
"""
    said = json.loads(instance.run(sys.executable, "-c", program))
    assert said == ["Remember the word heron.", "Which word?"]
