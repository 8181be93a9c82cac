"""A finding is of one line; a host is tried, and nothing is said to it."""

import asyncio
import socket

from interfaces.shared.findings import Finding, reached, resolved


def test_every_text_is_one_line():
    """What others say may have several."""
    finding = Finding(level="ok", topic="x", what="a\n  b", why="c\td", mend="")
    assert (finding.what, finding.why, finding.mend) == ("a b", "c d", "")


def tried(host, port, **more):
    """What is found of it."""
    return asyncio.run(reached("--x", host, port, **more))


def test_a_host_that_is_there():
    """It takes a connection, which hears nothing and ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        finding = tried("127.0.0.1", port)
        peer, _ = server.accept()
        with peer:
            peer.settimeout(5)
            try:
                assert peer.recv(1) == b""
            except ConnectionResetError:
                pass
    assert (finding.level, finding.topic) == ("ok", "dns")
    assert finding.what == f"--x: 127.0.0.1 port {port} is there (127.0.0.1)"


def test_a_port_that_nobody_listens_on():
    """An error that says which."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    finding = tried("127.0.0.1", port)
    assert (finding.level, f"port {port} takes no connection" in finding.what) == ("error", True)


def test_a_name_without_an_address(monkeypatch):
    """Nobody is connected to."""

    def unknown(*_args, **_more):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    finding = tried("nosuch.invalid", 25)
    assert (finding.level, finding.what) == (
        "error", "--x: nosuch.invalid has no address (Name or service not known)"
    )  # fmt: skip


def test_one_that_does_not_answer_in_time():
    """Its deadline is the one that is given."""
    assert "no answer" in tried("127.0.0.1", 9, seconds=-1.0).what


def test_a_name_that_clients_ask_for(monkeypatch):
    """It has addresses, each told once; or has none."""
    finding = asyncio.run(resolved("--host", "127.0.0.1"))
    assert (finding.level, finding.what) == ("ok", "--host: 127.0.0.1 is 127.0.0.1")

    def unknown(*_args, **_more):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    finding = asyncio.run(resolved("--host", "nosuch.invalid"))
    assert (finding.level, finding.why) == ("error", "nobody finds it by that name")
