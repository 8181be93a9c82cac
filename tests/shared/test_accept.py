"""What becomes of an accepted connection: the gate, the socket that leaves it, the hand-over, the PROXY header."""

import asyncio
import logging
import resource
import socket

import pytest

from interfaces.shared.accept import Accepted, Gate, Handover, Terms, descriptor_room, receive_proxy_header
from interfaces.shared.errors import PeerError
from interfaces.shared.proxy import Trusted


def pair(gate: Gate) -> tuple[Accepted, socket.socket]:
    """An accepted socket, and the client's end."""
    server, client = socket.socketpair()
    return Accepted(server, gate), client


def test_a_gate_is_full_at_its_limit() -> None:
    """Not one connection more than the limit comes in, and one that leaves makes room for one."""
    gate = Gate(2)
    gate.enter()
    assert not gate.full()
    gate.enter()
    assert gate.full() and repr(gate) == "Gate(2 of 2)"
    gate.leave()
    assert not gate.full() and gate.count == 1


def test_the_gate_of_the_process_is_behind_that_of_a_listener() -> None:
    """Two groups of listeners share what the process has, and each has its own bound besides."""
    process = Gate(2)
    one, two = Gate(2, process), Gate(1, process)
    two.enter()
    assert two.full() and not one.full()
    one.enter()
    assert one.full() and process.count == 2
    two.leave()
    assert not one.full() and process.count == 1


def test_who_waits_is_called_once_when_one_leaves() -> None:
    """Each that waits tries again once; who still finds no room waits anew by itself."""
    gate, called = Gate(1), []
    gate.enter()
    gate.wait(lambda: called.append("a"), "why", 0)
    gate.wait(lambda: called.append("b"), "why", 0)
    assert called == []
    gate.leave()
    assert called == ["a", "b"]
    gate.enter()
    gate.leave()
    assert called == ["a", "b"]


def test_waiting_for_the_process_is_waiting_behind_both_gates() -> None:
    """A connection that closes anywhere in the process lets the listeners of all groups try again."""
    process, called = Gate(1), []
    one, two = Gate(5, process), Gate(5, process)
    one.enter()
    two.wait(lambda: called.append("two"), "why", 0)
    one.leave()
    assert called == ["two"]


def test_a_shortage_is_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """A flood of clients makes one line a minute, not one each."""
    gate = Gate(1)
    with caplog.at_level(logging.WARNING, "interfaces.listen"):
        for now in (0.0, 1.0, 59.9, 60.0, 61.0):
            gate.wait(lambda: None, "no descriptors", now)
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["no descriptors: new connections wait until one closes (0 are open)"] * 2


@pytest.mark.parametrize("end", ["close", "detach", "both"])
def test_a_socket_leaves_its_gate_once_however_it_ends(end: str) -> None:
    """asyncio closes sockets, uvloop detaches them; neither is counted twice."""
    gate = Gate(5)
    conn, client = pair(gate)
    assert gate.count == 1 and conn.getblocking() is False
    if end == "detach":
        socket.socket(fileno=conn.detach()).close()
    else:
        conn.close()
    if end == "both":
        conn.detach()
        conn.close()
    client.close()
    assert gate.count == 0


def test_there_is_room_for_connections_below_the_limit_of_descriptors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An eighth stays with the application, at most 256; one connection always fits."""

    def room(soft: int) -> int:
        monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, soft))
        return descriptor_room()

    here = 1024 - 128 - room(1024)
    assert 0 < here < 1024
    assert room(2000) == 2000 - 250 - here
    assert room(100_000) == 100_000 - 256 - here
    assert room(4) == 1
    assert room(resource.RLIM_INFINITY) == 1 << 30


def test_a_header_of_a_proxy_is_asked_for_only_once() -> None:
    """Listening that expects one already stays as it is."""
    terms = Terms(factory=object, gate=Gate(1), pending=set(), handshake_timeout=1, backlog=1)
    trusted, other = Trusted.parse(("*",), "off"), Trusted.parse(("unix",), "off")
    expecting = terms.proxied_by(trusted)
    assert terms.proxies is None and expecting.proxies is trusted
    assert expecting.proxied_by(other) is expecting


def test_setting_a_connection_up_runs_without_a_task() -> None:
    """The steps run at once as far as they come, and go on when what they wait for is there."""

    async def main() -> None:
        gate, pending, seen = Gate(5), set(), []
        conn, client = pair(gate)
        waits = asyncio.get_running_loop().create_future()

        async def steps() -> None:
            seen.append("began")
            await waits
            seen.append("done")

        handover = Handover(conn, steps(), pending)
        assert seen == ["began"] and pending == {handover}
        waits.set_result(None)
        await asyncio.sleep(0)
        assert seen == ["began", "done"] and not pending and gate.count == 1
        conn.close()
        client.close()

    asyncio.run(main())


@pytest.mark.parametrize(("error", "level"), [(OSError("reset"), "DEBUG"), (ValueError("mistake"), "ERROR")])
def test_a_failure_ends_this_connection_alone(
    error: Exception, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What the peer did is of no interest, a mistake of ours is logged; the socket leaves its gate either way."""

    async def main() -> None:
        gate, pending = Gate(5), set()
        conn, client = pair(gate)

        async def steps() -> None:
            raise error

        with caplog.at_level(logging.DEBUG, "interfaces.listen"):
            Handover(conn, steps(), pending)
        assert gate.count == 0 and not pending and conn.fileno() == -1
        client.close()

    asyncio.run(main())
    assert [record.levelname for record in caplog.records if record.name == "interfaces.listen"] == [level]


def test_a_handshake_that_goes_on_can_be_given_up() -> None:
    """Its socket is closed, its steps end, and what it waited for moves nothing any more."""

    async def main() -> None:
        gate, pending, ended = Gate(5), set(), []
        conn, client = pair(gate)
        waits = asyncio.get_running_loop().create_future()

        async def steps() -> None:
            try:
                await waits
                ended.append("went on")
            finally:
                ended.append("ended")

        Handover(conn, steps(), pending).abort()
        waits.set_result(None)
        await asyncio.sleep(0)
        assert ended == ["ended"] and gate.count == 0 and not pending
        client.close()

    asyncio.run(main())


@pytest.mark.parametrize("cut", [1, 6, 40, 46])
def test_not_a_byte_after_the_proxy_header_is_taken(cut: int) -> None:
    """However the header arrives, what follows it is left for whoever reads next."""
    header = b"PROXY TCP4 192.0.2.1 198.51.100.2 5000 443\r\n"

    async def main() -> bytes:
        loop = asyncio.get_running_loop()
        server, client = socket.socketpair()
        server.setblocking(False)
        with server, client:
            client.send((header + b"GET / HTTP/1.1\r\n")[:cut])
            reading = asyncio.ensure_future(receive_proxy_header(server))
            await asyncio.sleep(0)
            client.send((header + b"GET / HTTP/1.1\r\n")[cut:])
            found = await asyncio.wait_for(reading, 5)
            assert found.length == len(header)
            return await loop.sock_recv(server, 100)

    assert asyncio.run(main()) == b"GET / HTTP/1.1\r\n"


def test_a_proxy_that_hangs_up_or_says_something_else_is_refused() -> None:
    """Without a header nobody knows who the client is, so nothing is served."""

    async def reading(data: bytes) -> None:
        server, client = socket.socketpair()
        server.setblocking(False)
        with server:
            client.send(data)
            client.close()
            await asyncio.wait_for(receive_proxy_header(server), 5)

    for data in (b"", b"PROXY TCP4 192.0.2.1", b"GET / HTTP/1.1\r\n"):
        with pytest.raises(PeerError):
            asyncio.run(reading(data))
