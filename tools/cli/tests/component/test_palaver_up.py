"""`palaver up` as a person meets it: one command, one line when it is ready, nothing left when it has ended."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from palaver.cli.up.running import Running, read_running
from palaver.servicekit.embedded import free_port

PATIENCE_SECONDS = 30
POLL_SECONDS = 0.05


@dataclass
class Instance:
    """One `palaver` home with its port, and whatever was started there."""

    home: Path
    port: int

    def palaver(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "palaver.cli", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PALAVER_HOME": str(self.home), "PALAVER_PORT": str(self.port), **environment},
        )

    def up(self, *options: str) -> subprocess.Popen[str]:
        launcher = self.palaver("up", *options)
        said = _until(launcher, "Palaver is ready")
        assert said[-1] == f"Palaver is ready: http://127.0.0.1:{self.port}\n", "".join(said)
        return launcher

    @property
    def running(self) -> Running:
        found = read_running(self.home / "running.json")
        assert found is not None
        return found

    def answers(self) -> bool:
        with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
            return answer.status == 200


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    yield Instance(tmp_path / "home", free_port())
    _end_all_below(tmp_path)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Instance, subprocess.Popen[str]]]:
    """An instance that is up, for tests that leave it up."""
    below = tmp_path_factory.mktemp("running")
    instance = Instance(below / "home", free_port())
    yield instance, instance.up()
    _end_all_below(below)


def _end_all_below(path: Path) -> None:
    for process in psutil.process_iter(["cmdline", "environ"]):
        where = (*(process.info["cmdline"] or ()), (process.info["environ"] or {}).get("PALAVER_HOME", ""))
        if any(str(path) in text for text in where):
            process.kill()


def test_one_command_brings_it_up_and_a_signal_takes_everything_down(instance: Instance) -> None:
    launcher = instance.up()
    family = psutil.Process(launcher.pid).children(recursive=True)
    assert {name for child in family for name in _servers_in(child)} == {"nats-server", "postgres", "valkey-server"}
    assert instance.answers()
    code = re.search(r"/#code=(\S{32,})", _until(launcher, "Sign in")[-1])
    assert code is not None
    assert code[1] not in (instance.home / "logs" / "palaver.log").read_text()
    assert launcher.stdout is not None
    launcher.stdout.close()  # nobody reads any more; that must not keep it from stopping
    launcher.send_signal(signal.SIGTERM)
    launcher.send_signal(signal.SIGTERM)
    assert launcher.wait(10) == 0
    _, alive = psutil.wait_procs(family, timeout=1)
    assert alive == []


def test_a_killed_launcher_leaves_nothing_and_the_next_start_works(instance: Instance) -> None:
    launcher = instance.up()
    family = psutil.Process(launcher.pid).children(recursive=True)
    launcher.kill()
    launcher.wait()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    again = instance.up()
    assert instance.answers()
    again.send_signal(signal.SIGINT)
    assert again.wait(10) == 0


def test_a_server_that_dies_comes_back_on_its_port_and_it_is_said(
    running: tuple[Instance, subprocess.Popen[str]],
) -> None:
    instance, launcher = running
    before = instance.running.servers["nats-server"]
    os.kill(before["pid"], signal.SIGKILL)
    assert "started again" in _until(launcher, "nats-server ended")[-1]
    _until_listening(before["port"])


def test_each_service_has_a_process_that_comes_back(instance: Instance) -> None:
    launcher = instance.up("--processes")
    running = instance.running
    victim = next(child for child in psutil.Process(launcher.pid).children() if "palaver.session" in child.cmdline())
    victim.kill()
    assert "started again" in _until(launcher, "session ended")[-1]
    _until_listening(running.health_ports["session"])
    launcher.send_signal(signal.SIGTERM)
    assert launcher.wait(10) == 0


def test_a_taken_port_is_one_sentence_and_nothing_is_started(instance: Instance) -> None:
    with socket.create_server(("127.0.0.1", instance.port)):
        launcher = instance.palaver("up")
        said, _ = launcher.communicate(timeout=PATIENCE_SECONDS)
    assert launcher.returncode == 1
    assert said == (
        f"Port {instance.port} for Palaver is taken by another program. Choose another one with PALAVER_PORT.\n"
    )
    assert list(instance.home.glob("postgres/postgres-*")) == []


def test_a_second_launcher_of_the_same_home_is_refused(running: tuple[Instance, subprocess.Popen[str]]) -> None:
    instance, launcher = running
    second = Instance(instance.home, free_port()).palaver("up")
    said, _ = second.communicate(timeout=PATIENCE_SECONDS)
    assert second.returncode == 1
    assert said.startswith(f"Palaver already runs from {instance.home} (process {launcher.pid})")


def test_the_doctor_finds_a_healthy_instance_healthy(running: tuple[Instance, subprocess.Popen[str]]) -> None:
    instance, _ = running
    said, _ = instance.palaver("doctor").communicate(timeout=PATIENCE_SECONDS)
    assert f"Palaver runs at http://127.0.0.1:{instance.port}" in said
    assert "session is ready" in said
    wrong = [line for line in said.splitlines() if "WRONG" in line and "web page" not in line]
    assert wrong == []


def test_the_doctor_names_what_is_wrong(instance: Instance) -> None:
    with socket.create_server(("127.0.0.1", instance.port)):
        doctor = instance.palaver("doctor")
        said, _ = doctor.communicate(timeout=PATIENCE_SECONDS)
    assert doctor.returncode == 1
    assert re.search(rf"WRONG\s+port {instance.port} is free: .+PALAVER_PORT", said)


def test_data_of_another_version_is_one_sentence_for_the_launcher_and_the_doctor(instance: Instance) -> None:
    (instance.home / "postgres" / "postgres-12").mkdir(parents=True)
    launcher, doctor = instance.palaver("up"), instance.palaver("doctor")
    said, _ = launcher.communicate(timeout=PATIENCE_SECONDS)
    assert launcher.returncode == 1
    assert said.count("\n") == 1
    assert "holds data of PostgreSQL 12, but the program is version" in said
    found, _ = doctor.communicate(timeout=PATIENCE_SECONDS)
    assert doctor.returncode == 1
    assert re.search(r"WRONG\s+the data fits the programs: .+ holds data of PostgreSQL 12", found)


def test_a_missing_program_is_one_sentence_and_what_had_started_is_stopped(instance: Instance) -> None:
    environment = {"PALAVER_VALKEY_BINARY": "/no/such/program"}
    launcher = instance.palaver("up", **environment)
    said, _ = launcher.communicate(timeout=PATIENCE_SECONDS)
    assert launcher.returncode == 1
    assert said == "/no/such/program was given as the valkey-server program, but it cannot be run.\n"
    assert not (instance.home / "nats" / "nats-server.pid").exists()


def test_serving_an_unknown_service_names_the_known_ones(instance: Instance) -> None:
    served = instance.palaver("serve", "nothing")
    said, _ = served.communicate(timeout=PATIENCE_SECONDS)
    assert served.returncode == 1
    assert said.startswith("There is no service named nothing; there are analytics,")


def _until(process: subprocess.Popen[str], text: str) -> list[str]:
    """The lines up to the one that holds `text`, or all when it ends before."""
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if text in line:
            break
    return said


def _until_listening(port: int) -> None:
    for _ in range(int(PATIENCE_SECONDS / POLL_SECONDS)):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(POLL_SECONDS)
    pytest.fail(f"nothing listens on {port}")


def _servers_in(process: psutil.Process) -> Iterator[str]:
    name = Path(process.exe()).name
    if name in {"nats-server", "postgres", "valkey-server"}:
        yield name
