"""Loopback ports that several programs look for at the same time."""

import socket

import pytest

from palaver.servicekit.embedded import LOOPBACK, PortTakenError, free_port, is_free, ports, require_free


def test_a_port_that_was_found_is_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_port()
    monkeypatch.setattr(ports, "FIRST_PORT", first)
    monkeypatch.setattr(ports, "LAST_PORT", first + 1)
    with pytest.raises(PortTakenError, match="No free port"):
        free_port()


def test_whoever_found_it_may_listen_there_again_and_again() -> None:
    port = free_port()
    for _ in range(3):
        assert is_free(port)
        with socket.create_server((LOOPBACK, port)):
            assert not is_free(port)
            with pytest.raises(PortTakenError, match="taken by another program"):
                require_free(port, "a test")
