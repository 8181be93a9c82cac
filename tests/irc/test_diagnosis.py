"""Whether networks are there: each by its host and port."""

import asyncio
import socket

from interfaces.irc import diagnosis as module
from interfaces.irc.interface import Irc
from interfaces.irc.networks import Network
from interfaces.irc.options import IrcOptions
from interfaces.shared.findings import Finding
from interfaces.shared.interface import Context


def told(*networks):
    """The findings of these networks."""

    async def run():
        return [one async for one in Irc(IrcOptions(networks=networks)).diagnose(Context())]

    return asyncio.run(run())


def test_a_network_that_is_there():
    """It is told by its name."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (finding,) = told(Network(name="here", host="127.0.0.1", port=port, nick="bot", tls=False))
    assert (finding.level, finding.what) == (
        "ok",
        f"irc.networks here: 127.0.0.1 port {port} is there (127.0.0.1)",
    )


def test_ports_are_those_of_the_options(monkeypatch):
    """6697, and 6667 without TLS."""
    tried = []

    async def reached(what, host, port):
        tried.append((what, host, port))
        return Finding(level="ok", topic="dns", what=what)

    monkeypatch.setattr(module, "reached", reached)
    told(Network(host="a.example", nick="bot"), Network(host="b.example", nick="bot", tls=False))
    assert tried == [
        ("irc.networks a.example", "a.example", 6697),
        ("irc.networks b.example", "b.example", 6667),
    ]
