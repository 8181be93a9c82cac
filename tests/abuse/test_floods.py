"""Very much of something at once: connections, requests, pings, garbage. It costs little and ends."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.abuse.server import MIB, Abused, Client, frame, statuses, until

GET = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n"


def test_ten_thousand_pipelined_requests_are_answered_in_order(server):
    """One write, no answer lost: pipelining is served as it was sent."""
    before = server.calls("/")
    with server.client(seconds=30) as client:
        client.socket.setblocking(False)
        data, said = GET * 10_000 + b"GET /calls HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n", b""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                data = data[client.socket.send(data[:65536]) :] if data else data
            except BlockingIOError:
                pass
            try:
                more = client.socket.recv(MIB)
            except BlockingIOError:
                continue
            if not more:
                break
            said += more
    assert said.count(b"HTTP/1.1 200 ") == 10_001 and said.endswith(b"}")
    assert server.calls("/") == before + 10_000


def test_a_thousand_connections_opened_and_reset(server):
    """RST right away, within a request and within a body: no descriptor and no call stays."""
    server.polite()
    before = server.descriptors()
    for data in (b"", GET[:10], GET, b"POST /read HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\nhal"):
        for _ in range(250):
            Client(server.port, data).reset()
    assert server.polite() < 0.5
    until(lambda: server.descriptors() <= before)


def test_a_thousand_connections_that_only_end(server):
    """Half-closed without a word: closed by us too."""
    before = server.descriptors()
    clients = [Client(server.port) for _ in range(300)]
    for client in clients:
        client.end()
    for client in clients:
        assert client.rest() == b""
    until(lambda: server.descriptors() <= before)
    for client in clients:
        client.socket.close()


def test_more_connections_than_an_address_may_have(tmp_path):
    """503 for what is too much from one address; there is room again when others have gone."""
    with Abused(tmp_path, "--http-max-connections-per-address=10") as server:
        clients = [Client(server.port) for _ in range(10)]
        with server.client(GET) as late:
            assert statuses(late.rest()) == [503]
        clients.pop().reset()
        until(lambda: server.get("/")[0] == 200)
        for client in clients:
            client.reset()


def test_more_clients_than_descriptors(tmp_path):
    """192 clients where 64 descriptors are allowed: no spin, few lines, all is well when they have gone."""
    command = f"ulimit -n 64; exec {' '.join(Abused.words())}"
    with Abused(tmp_path, command=["sh", "-c", command]) as server:
        port = server.port
        cpu, start = server.cpu(), time.monotonic()
        clients = [Client(port) for _ in range(192)]
        time.sleep(1)
        assert (server.cpu() - cpu) / (time.monotonic() - start) < 0.2
        for client in clients:
            client.reset()
        until(lambda: server.get("/", port, timeout=1)[0] == 200)
        assert server.said.count("\n") <= 10 + 2 and "Traceback" not in server.said


def test_a_flood_of_pings_is_answered(server):
    """20,000 pings in a row: every pong, in order, while others are served."""
    with server.client(seconds=20).upgrade(b"/ws/echo") as client:
        for turn in range(20):
            client.send(b"".join(frame(0x89, b"%d" % n) for n in range(turn * 1000, turn * 1000 + 1000)))
            said = client.until(rb"\x8a.%d$" % (turn * 1000 + 999))
            assert said.count(b"\x8a") == 1000
        assert server.polite() < 0.2


def test_giant_frame_headers_are_refused_at_once(server):
    """A frame that claims 2^40 or 2^63 bytes: 1009 or 1002 without waiting for one of them."""
    for size, code in ((2**40, 1009), (2**62, 1009), (2**63, 1002), (17 * MIB, 1009)):
        memory = server.rss()
        with server.client().upgrade(b"/ws/echo") as client:
            client.send(frame(0x82, size=size))
            assert client.until(rb"\x88..")[2:4] == code.to_bytes(2, "big")
        assert server.rss() - memory < MIB


def test_a_message_in_too_many_fragments(tmp_path):
    """Fragments are counted, however small."""
    with (
        Abused(tmp_path, "--ws-max-fragments=1000") as server,
        server.client().upgrade(b"/ws/echo") as client,
    ):
        client.send(frame(0x01) + frame(0x00) * 2000)
        assert client.until(rb"\x88..")[2:4] == (1009).to_bytes(2, "big")


def test_messages_after_a_close_frame_are_not_delivered(server):
    """What follows a close is nobody's."""
    before = server.calls("/ws/echo messages")
    with server.client().upgrade(b"/ws/echo") as client:
        client.send(frame(0x88, b"\x03\xe8") + frame(0x81, b"late") * 1000)
        client.rest()
    assert server.calls("/ws/echo messages") == before


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), half=st.booleans())
def test_random_bytes(server, data, half):
    """Whatever comes: at most a refusal, never a traceback (the fixture looks), never an end."""
    with server.client(data) as client:
        if half:
            client.end()
            assert all(400 <= status <= 505 for status in statuses(client.rest()))


TOKENS = [
    b"GET ", b"POST ", b"/", b"/read", b" HTTP/1.1", b" HTTP/1.0", b"\r\n", b"\n", b"\r", b"host: test\r\n",
    b"\0", b"content-length: 5\r\n", b"transfer-encoding: chunked\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n",
    b"connection: close\r\n", b"upgrade: websocket\r\n", b"expect: 100-continue\r\n", b": ", b" ", b"\t",
    b";", b"x" * 100, b"\xff",
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from(TOKENS), max_size=30))
def test_random_words_of_http(server, pieces):
    """As above, for bytes that are nearly HTTP."""
    with server.client(b"GET / HTTP/1.1\r\n" + b"".join(pieces)) as client:
        client.end()
        assert set(statuses(client.rest())) <= {100, 200, 400, 404, 413, 414, 417, 426, 431, 501, 505}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.lists(
        st.one_of(st.binary(max_size=30), st.builds(frame, st.integers(0, 255), st.binary(max_size=200)))
    )
)
def test_random_frames(server, data):
    """As above, after the handshake of a WebSocket."""
    with server.client().upgrade(b"/ws/echo") as client:
        client.send(b"".join(data))
        client.end()
        client.rest()


@pytest.mark.parametrize("size", [1, 100, 5000])
def test_a_tls_hello_at_the_plain_port(server, size):
    """It is no HTTP: refused and closed."""
    with server.client(b"\x16\x03\x01" + (size + 1).to_bytes(2, "big") + b"\x01" * size) as client:
        assert statuses(client.rest()) == [400]
