"""What a peer sends and nobody reads, or is sent and does not read, stays with the peer."""

import time
import zlib

import pytest

from tests.abuse.server import HANDSHAKE, MIB, Abused, Client, frame, until

LITTLE = 16 * MIB
GIB = 1024 * MIB
DEFLATE = b"sec-websocket-extensions: permessage-deflate\r\n"
UPLOAD = b"POST %b HTTP/1.1\r\nhost: test\r\ncontent-length: 1073741824\r\n\r\n"
CHUNKED = b"POST %b HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.fixture
def fresh(tmp_path):
    """A server of its own, so that memory freed by others hides nothing; looked at afterwards, too."""
    with Abused(tmp_path, "--http-send-timeout=2") as server:
        for _ in range(20):
            server.polite()
        before = server.rss()
        yield server
        assert server.polite() < 1
        assert server.rss() - before < LITTLE, (server.rss() - before) / MIB
        assert "Traceback" not in server.said, server.said


def growth(server, seconds=1.0):
    """The most by which memory is above what it is now, within ``seconds``."""
    before, end, most = server.rss(), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        most = max(most, server.rss() - before)
        time.sleep(0.02)
    return most


@pytest.mark.parametrize("head", [UPLOAD, CHUNKED], ids=["sized", "chunked"])
def test_an_upload_that_the_application_does_not_read(fresh, head):
    """Reading stops: the client is left with its GiB."""
    before = fresh.rss()
    with fresh.client(head % b"/never") as client:
        data = bytes(65536) if head is UPLOAD else b"10000\r\n%b\r\n" % bytes(65536)
        assert client.push(data, 1) < 64 * MIB
        assert fresh.rss() - before < LITTLE
        assert fresh.polite() < 0.2


@pytest.mark.parametrize("head", [UPLOAD, CHUNKED], ids=["sized", "chunked"])
def test_an_upload_of_a_gib_that_is_read(fresh, head):
    """It passes through: memory stays level while a GiB goes by."""
    before = fresh.rss()
    part = bytes(4 * MIB)
    with fresh.client(head % b"/read", seconds=30) as client:
        for _ in range(GIB // len(part)):
            assert client.send(part if head is UPLOAD else b"400000\r\n%b\r\n" % part)
        client.send(b"" if head is UPLOAD else b"0\r\n\r\n")
        assert fresh.rss() - before < LITTLE
        client.until(b"\r\n\r\n1073741824$")


def test_a_response_of_a_gib_that_is_not_read(fresh):
    """The application waits in ``send``; when the client stays away, it gets OSError."""
    with fresh.client(b"GET /gib HTTP/1.1\r\nhost: test\r\n\r\n", receive_buffer=65536):
        assert growth(fresh) < LITTLE
        until(lambda: fresh.calls("/gib OSError") == 1, 8)
    assert fresh.calls("/gib sent") == 0


def test_ten_responses_that_are_read_slowly(fresh):
    """A slow reader slows its own response down and nothing else."""
    clients = [
        fresh.client(b"GET /gib HTTP/1.1\r\nhost: test\r\n\r\n", receive_buffer=4096) for _ in range(10)
    ]
    for _ in range(20):
        for client in clients:
            assert client.socket.recv(4096)
        assert fresh.polite() < 0.2
    assert growth(fresh, 0.2) < LITTLE
    for client in clients:
        client.reset()
    until(lambda: fresh.calls("/gib OSError") == 10)


MESSAGES = {
    "big": frame(0x82, bytes(1 * MIB)),
    "small": frame(0x82, bytes(100)) * 1000,
    "empty": frame(0x81) * 20_000,
    "fragments": frame(0x01) + frame(0x00) * 20_000 + frame(0x80),
    "fragments of one byte": frame(0x02, b"a") + frame(0x00, b"a") * 20_000 + frame(0x80),
    "pings": frame(0x89, bytes(125)) * 1000,
    "empty pings": frame(0x89) * 20_000,
    "pongs": frame(0x8A) * 20_000,
}


@pytest.mark.parametrize("name", MESSAGES)
def test_websocket_frames_that_the_application_does_not_read(fresh, name):
    """Five peers pour in what they like; the application has accepted, and sleeps."""
    before, data = fresh.rss(), MESSAGES[name]
    clients = [fresh.client().upgrade(b"/ws/deaf") for _ in range(5)]
    for client in clients:
        client.push(data, 0.05)
        assert fresh.rss() - before < LITTLE
        assert fresh.polite() < 0.2
    for client in clients:
        client.reset()


@pytest.mark.parametrize("name", ["big", "empty", "empty pings"])
def test_websocket_frames_before_the_handshake_is_answered(fresh, name):
    """What comes early waits within the same bounds."""
    before = fresh.rss()
    clients = [Client(fresh.port) for _ in range(5)]
    for client in clients:
        client.send(HANDSHAKE % (b"/ws/never", b""))
        client.push(MESSAGES[name], 0.05)
    assert fresh.rss() - before < LITTLE
    assert fresh.polite() < 0.2
    for client in clients:
        client.reset()


def bomb(size):
    """A compressed message of ``size`` zeros, as a frame."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(packer.compress(bytes(MIB)) for _ in range(size // MIB)) + packer.flush(
        zlib.Z_SYNC_FLUSH
    )
    return frame(0xC2, packed[:-4])


def test_a_bomb_is_not_inflated_beyond_the_limit(fresh):
    """256 KiB that would become 256 MiB: 1009, and little memory on the way."""
    data = bomb(256 * MIB)
    with fresh.client().upgrade(b"/ws/echo", DEFLATE) as client:
        client.send(data)
        assert b"\x03\xf1" in client.rest()


def test_many_small_bombs_in_one_packet(tmp_path):
    """Twenty messages that inflate to 4 MiB each and arrive at once: one waits inflated."""
    with Abused(tmp_path) as server:
        server.polite()
        before, data = server.rss(), bomb(4 * MIB) * 20
        assert len(data) < 131072
        with server.client().upgrade(b"/ws/deaf", DEFLATE) as client:
            client.send(data)
            assert growth(server, 1) < LITTLE
        assert server.rss() - before < LITTLE


def test_messages_to_a_peer_that_does_not_read(fresh):
    """The application waits in ``send``; when the peer stays away, it gets OSError."""
    with fresh.client(receive_buffer=65536).upgrade(b"/ws/flood"):
        assert growth(fresh) < LITTLE
        until(lambda: fresh.calls("/ws/flood OSError") == 1, 8)


def test_a_denial_of_a_gib_that_is_not_read(fresh):
    """An answer instead of the handshake has to wait for its reader, too."""
    data = HANDSHAKE % (b"/ws/deny", b"")
    with fresh.client(data, receive_buffer=65536):
        assert growth(fresh) < LITTLE
        until(lambda: fresh.calls("/ws/deny OSError") == 1, 8)


def test_pings_whose_pongs_are_not_read(fresh):
    """Pongs stop when nobody takes them: memory stays level, and the peer is closed at last."""
    with fresh.client(receive_buffer=4096).upgrade(b"/ws/echo") as client:
        before = fresh.rss()
        client.push(frame(0x89, bytes(125)) * 1000, 1)
        assert fresh.rss() - before < LITTLE
        assert fresh.polite() < 0.2


def test_ten_thousand_requests_whose_answers_are_not_read(fresh):
    """Pipelined in one write: they are served in order as their answers leave, never all at once."""
    with fresh.client(receive_buffer=4096) as client:
        before = fresh.rss()
        client.push(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n" * 10_000, 1.5)
        assert fresh.rss() - before < LITTLE
        assert fresh.polite() < 0.2
