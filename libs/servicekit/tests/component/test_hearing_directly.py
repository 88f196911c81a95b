"""Payloads that are handed over where they are read."""

import os
import signal
import socket

import pytest
from nats.errors import ConnectionClosedError

from palaver.servicekit.broker import Broker
from palaver.servicekit.embedded import NatsServer
from palaver.servicekit.testing.infrastructure import RunningNats
from palaver.servicekit.testing.kits import BrokerFor
from palaver.servicekit.testing.notes import until

pytestmark = pytest.mark.component


async def listening(broker: Broker, *subjects: str) -> list[bytes]:
    """What is heard on these subjects, from now on."""
    heard: list[bytes] = []
    for subject in subjects:
        await broker.nc.subscribe_directly(subject, heard.append)
    await broker.ping()
    return heard


async def test_what_is_said_on_several_subjects_is_heard_in_the_order_in_which_it_was_said(
    broker_for: BrokerFor,
) -> None:
    broker, speaker = await broker_for("listener"), await broker_for("speaker")
    heard = await listening(broker, "a", "b.*")
    for number in range(1_000):
        await speaker.nc.publish("a" if number % 3 else "b.x", b"%d" % number)
    await until(lambda: len(heard) == 1_000)
    assert heard == [b"%d" % number for number in range(1_000)]


async def test_an_error_of_a_listener_is_reported_and_ends_nothing(
    broker_for: BrokerFor, capsys: pytest.CaptureFixture[str]
) -> None:
    broker = await broker_for("listener")

    def stumble(_data: bytes) -> None:
        raise LookupError("a defect")

    await broker.nc.subscribe_directly("a", stumble)
    heard = await listening(broker, "b")
    await broker.nc.publish("a", b"1")
    await broker.nc.publish("b", b"2")
    await until(lambda: heard == [b"2"])
    assert "broker_callback_failed" in capsys.readouterr().out


async def test_after_unsubscribing_nothing_is_heard(broker_for: BrokerFor) -> None:
    broker = await broker_for("listener")
    heard: list[bytes] = []
    subscription = await broker.nc.subscribe_directly("a", heard.append)
    await broker.nc.publish("a", b"1")
    await broker.ping()
    await subscription.unsubscribe()
    await broker.nc.publish("a", b"2")
    await broker.ping()
    assert heard == [b"1"]


async def test_it_goes_on_after_a_restart_of_the_broker(nats_server: RunningNats, broker_for: BrokerFor) -> None:
    broker = await broker_for("listener")
    heard = await listening(broker, "a")
    if isinstance(nats_server, NatsServer):
        os.kill(nats_server.pid, signal.SIGKILL)
        await nats_server.wait()
    else:
        await nats_server.stop()
    await until(lambda: not broker.up)
    await nats_server.start()
    await until(lambda: broker.up)
    await broker.nc.publish("a", b"1")
    await until(lambda: heard == [b"1"])


async def test_a_connection_that_was_drained_takes_no_listener(broker_for: BrokerFor) -> None:
    broker = await broker_for("listener")
    await listening(broker, "a")
    await broker.drain()
    with pytest.raises(ConnectionClosedError):
        await broker.nc.subscribe_directly("b", print)


async def test_small_messages_leave_at_once_and_are_not_gathered_by_the_kernel(broker_for: BrokerFor) -> None:
    broker = await broker_for("speaker")
    transport = broker.nc._transport  # pyright: ignore[reportPrivateUsage]  # nats-py shows its socket nowhere
    assert transport is not None
    made: socket.socket = transport._io_writer.get_extra_info("socket")  # pyright: ignore[reportAttributeAccessIssue, reportPrivateUsage]  # as above
    assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
