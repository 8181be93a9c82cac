"""A free port for what has to be known before it listens."""

import socket

import pytest


@pytest.fixture
def free_port() -> int:
    """One that nobody has now, and that the kernel gives to nobody else soon."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
