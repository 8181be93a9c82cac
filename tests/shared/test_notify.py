"""What systemd hears."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from interfaces.shared.notify import notify, ready, reloading, stopping, watchdog, watchdog_interval


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The service manager's end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(5)
        yield sock


def test_each_state_is_one_datagram(manager: socket.socket) -> None:
    """The words of sd_notify(3), a line each."""
    environ = {"NOTIFY_SOCKET": manager.getsockname()}
    assert ready("on 127.0.0.1:8000", environ)
    assert reloading(12.5, environ)
    assert stopping("draining", environ)
    assert watchdog(environ)
    assert [manager.recv(200) for _ in range(4)] == [
        b"READY=1\nSTATUS=on 127.0.0.1:8000",
        b"RELOADING=1\nMONOTONIC_USEC=12500000",
        b"STOPPING=1\nSTATUS=draining",
        b"WATCHDOG=1",
    ]


@pytest.mark.skipif(not Path("/proc/net/unix").exists(), reason="needs Linux: abstract sockets")
def test_an_abstract_socket_begins_with_an_at_sign() -> None:
    """@name is systemd's way to write a leading zero byte."""
    name = f"interfaces-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("\0" + name)
        assert notify("READY=1", environ={"NOTIFY_SOCKET": "@" + name})
        assert sock.recv(20) == b"READY=1"


@pytest.mark.parametrize("path", ["", "vsock:2:1234", "/nowhere/at/all"])
def test_nobody_to_tell_is_no_error(path: str) -> None:
    """Without a manager, or when it is gone, False and nothing else."""
    assert not notify("READY=1", environ={"NOTIFY_SOCKET": path} if path else {})


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "x"}, None),
        ({"WATCHDOG_USEC": "3000000"}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
    ],
)
def test_the_watchdog_is_fed_at_half_its_time(environ: dict, seconds: float | None) -> None:
    """Only when it watches this very process."""
    assert watchdog_interval(environ) == seconds
