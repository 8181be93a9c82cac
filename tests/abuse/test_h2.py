"""HTTP/2: floods of every kind of frame, bombs, streams that nobody reads; each has a limit, and costs little."""

import struct
import time

import pytest

from tests.abuse.server import MIB, Abused, until

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS = 1, 4
CALM, PROTOCOL_ERROR = 11, 1
WIDE = (1 << 31) - 1 - 65535
"""What opens the window of a connection as far as can be."""


def frame(kind, flags=0, stream=0, payload=b""):
    """One frame."""
    return struct.pack(">IBBI", len(payload) << 8 | kind, flags, 0, 0)[:3] + bytes((kind, flags)) + struct.pack(
        ">I", stream
    ) + payload  # fmt: skip


def settings(**values):
    """SETTINGS: ``window`` of a stream."""
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", 4, value) for value in values.values()))


def block(path, method=b"GET"):
    """A request's fields, as literals without a table."""
    fields = ((b":method", method), (b":scheme", b"http"), (b":authority", b"test"), (b":path", path))
    return b"".join(b"\0" + bytes((len(n),)) + n + bytes((len(v),)) + v for n, v in fields)


def request(stream, path, method=b"GET", end=True):
    """HEADERS with all of a request's fields."""
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, block(path, method))


def frames(data):
    """Kind, flags, stream and payload of each whole frame in ``data``."""
    while len(data) >= 9:
        size = int.from_bytes(data[:3], "big")
        yield data[3], data[4], int.from_bytes(data[5:9], "big"), data[9 : 9 + size]
        data = data[9 + size :]


def goaway(data):
    """The code of the last GOAWAY, or None."""
    return next(
        (int.from_bytes(p[4:8], "big") for kind, _, _, p in [*frames(data)][::-1] if kind == GOAWAY), None
    )


@pytest.fixture
def fresh(tmp_path):
    """A server of its own, so that memory freed by others hides nothing; looked at afterwards, too."""
    with Abused(tmp_path) as server:
        for _ in range(20):
            server.polite()
        yield server
        assert server.polite() < 0.2
        assert server.process.poll() is None and "Traceback" not in server.said, server.said


def flood(server, data, times, first=b""):
    """Send ``data`` so often, if it is taken, on a new connection: how much was, and what was said."""
    with server.client(PREFACE + settings() + first) as client:
        client.socket.settimeout(5)
        taken = 0
        part = data * max(1, 16384 // len(data))
        try:
            while taken < len(data) * times:
                taken += client.socket.send(part)
        except OSError:
            pass
        return taken, client.rest()


def huffman_bomb(size=4000):
    """A block that puts one field of ``size`` octets in the table, and says it again and again."""
    literal = b"\x40\x01a\x7f" + bytes(((size - 127) & 0x7F | 0x80, (size - 127) >> 7)) + b"a" * size
    return literal + b"\xbe" * 10_000


FLOODS = {
    "pings": frame(PING, payload=bytes(8)),
    "answers to pings": frame(PING, 1, payload=bytes(8)),
    "settings": settings(),
    "settings that change something": settings(window=65535) + settings(window=65534),
    "settings with an ack": frame(SETTINGS, 1),
    "empty data": frame(DATA, 0, 1),
    "padding alone": frame(DATA, 8, 1, b"\0"),
    "priorities": frame(PRIORITY, 0, 3, bytes(5)),
    "updates of priorities": frame(0x10, 0, 0, b"\0\0\0\3u=1"),
    "window updates": frame(UPDATE, 0, 0, b"\0\0\0\1"),
    "window updates of a stream": frame(UPDATE, 0, 1, b"\0\0\0\1"),
    "unknown frames": frame(0xBB, 0, 1, b"x"),
    "goodbyes": frame(GOAWAY, 0, 0, bytes(8)),
}


@pytest.mark.parametrize("name", FLOODS)
def test_frames_that_bring_nothing(fresh, name):
    """50,000 of them: the connection is ended after less than 1 MiB, and costs little until then."""
    memory, cpu = fresh.rss(), fresh.cpu()
    data = FLOODS[name]
    taken, said = flood(fresh, data, 50_000, request(1, b"/read", b"POST", end=False))
    assert goaway(said) == CALM or not said
    assert fresh.rss() - memory < 5 * MIB
    assert fresh.cpu() - cpu < 0.5
    assert fresh.polite() < 0.2
    assert taken < 8 * MIB  # what the kernels hold, and nobody reads, is in it


def test_continuations_without_an_end(fresh):
    """A block of more than twice the limit of a head is not waited for: 1 MiB at most was taken of it."""
    memory, cpu = fresh.rss(), fresh.cpu()
    for size in (0, 1, 100, 16384):
        data = frame(CONTINUATION, 0, 1, bytes(size))
        _taken, said = flood(fresh, data, 20_000, frame(HEADERS, END_STREAM, 1, block(b"/")))
        assert goaway(said) == CALM or not said
        assert fresh.rss() - memory < 5 * MIB
    assert fresh.cpu() - cpu < 0.5


def test_rapid_reset(fresh):
    """CVE-2023-44487, 20,000 times: cut after a thousand at most, and never more than a hundred calls at once."""
    cpu = fresh.cpu()
    with fresh.client(PREFACE + settings()) as client:
        data = b"".join(
            request(stream, b"/never") + frame(RST, 0, stream, struct.pack(">I", 8))
            for stream in range(1, 40_000, 2)
        )
        client.send(data)
        said = client.rest()
        assert goaway(said) == CALM or not said
    assert fresh.calls("/never") <= 100
    assert fresh.cpu() - cpu < 0.5


def test_rapid_reset_of_calls_that_end(fresh):
    """The same with applications that are done at once: cut as early."""
    with fresh.client(PREFACE + settings()) as client:
        client.send(
            b"".join(
                request(stream, b"/wait") + frame(RST, 0, stream, struct.pack(">I", 8))
                for stream in range(1, 40_000, 2)
            )
        )
        client.rest()
    assert fresh.calls("/wait") <= 1000
    until(lambda: fresh.calls("/wait OSError") == fresh.calls("/wait"))


def test_resets_that_we_are_made_to_send(fresh):
    """MadeYouReset (CVE-2025-8671): errors of streams that the client makes, so that the server resets them."""
    wrong = {
        "window": lambda stream: frame(UPDATE, 0, stream, bytes(4)),
        "data behind the end": lambda stream: frame(DATA, 0, stream, b"x"),
        "priority of itself": lambda stream: frame(PRIORITY, 0, stream, struct.pack(">IB", stream, 1)),
    }
    for make in wrong.values():
        before = fresh.calls("/never")
        with fresh.client(PREFACE + settings()) as client:
            client.send(b"".join(request(s, b"/never") + make(s) for s in range(1, 40_000, 2)))
            said = client.rest()
            assert goaway(said) in (CALM, PROTOCOL_ERROR) or not said
        assert fresh.calls("/never") - before <= 1000


def test_a_bomb_of_fields(fresh):
    """10,000 times 4 KB out of 14 KB: a 431 for one that is much too large, or the end; never the memory."""
    memory = fresh.rss()
    with fresh.client(PREFACE + settings()) as client:
        bomb = huffman_bomb()
        for stream in range(1, 200, 2):
            client.send(frame(HEADERS, END_STREAM | END_HEADERS, stream, block(b"/") + bomb))
        said = client.rest()
        assert goaway(said) == CALM or not said
    assert fresh.rss() - memory < 5 * MIB


def test_heads_that_never_end(fresh):
    """A frame in part, or a block without its end, and then nothing: closed as an idle connection is."""
    hello = PREFACE + settings()
    parts = (
        PREFACE[:-3],
        hello + b"\0",
        hello + frame(HEADERS, END_STREAM, 1, block(b"/")),
        hello + request(1, b"/")[:-5],
    )
    clients = [fresh.client(data) for data in parts]
    for client in clients:
        assert client.closed() < 6
        client.socket.close()


def test_sixteen_stalled_streams(fresh):
    """Each wants 32 MiB, and opens no window: nothing of it is held."""
    unread(fresh, b"/large", 16, 8 * MIB, update=0)


def test_a_hundred_gibs_for_a_client_without_a_window(fresh):
    """A hundred streams, a GiB each, no window: the applications wait, and are told in the end."""
    unread(fresh, b"/gib", 100, 32 * MIB, update=0)
    until(lambda: fresh.calls("/gib OSError") == 100, 10)


def test_windows_that_stay_closed_are_not_waited_for(fresh):
    """After send_timeout the streams are reset, although the client is there and answers."""
    with fresh.client(PREFACE + settings(window=0) + request(1, b"/gib") + request(3, b"/large")) as client:
        said = client.until(rb"\0\0\x04\x03\0\0\0\0.....*\0\0\x04\x03\0\0\0\0")
        assert [stream for kind, _, stream, _ in frames(said) if kind == RST] == [1, 3]


@pytest.mark.parametrize(("path", "streams"), [(b"/gib", 100), (b"/large", 16)])
def test_gibs_for_a_client_that_does_not_read(fresh, path, streams):
    """All windows wide open, but nothing is read: what is framed is bounded by what the connection takes."""
    unread(fresh, path, streams, 32 * MIB, update=WIDE)


def unread(server, path, streams, most, update):
    """Ask for ``path`` on so many streams, with such windows, and read nothing: memory grows by less than ``most``."""
    server.greet()
    memory, cpu = server.rss(), server.cpu()
    asked = b"".join(request(2 * at + 1, path) for at in range(streams))
    first = PREFACE + settings(window=update and 2**31 - 1)
    if update:
        first += frame(UPDATE, 0, 0, struct.pack(">I", update))
    with server.client(receive_buffer=4096) as client:
        client.send(first + asked)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            assert server.rss() - memory < most, (server.rss() - memory) / MIB
            time.sleep(0.02)
        assert server.polite() < 0.2
        assert server.cpu() - cpu < 0.6
        until(lambda: server.rss() - memory < most)


def test_windows_of_one_octet(fresh):
    """A client that opens its windows octet by octet is what it costs: it is ended."""
    cpu = fresh.cpu()
    first = settings(window=0) + request(1, b"/gib")
    _taken, said = flood(fresh, frame(UPDATE, 0, 1, b"\0\0\0\1"), 50_000, first)
    assert goaway(said) == CALM or not said
    assert fresh.cpu() - cpu < 0.5


def test_uploads_that_applications_do_not_read(fresh):
    """Each waits at its window, and no more is held; another upload goes through; who sends on loses its stream."""
    memory, cpu = fresh.rss(), fresh.cpu()
    streams = range(1, 199, 2)
    first = b"".join(request(stream, b"/never", b"POST", end=False) for stream in streams)
    with fresh.client(PREFACE + settings() + first) as client:
        for stream in streams:
            client.send(frame(DATA, 0, stream, bytes(16384)) * 3 + frame(DATA, 0, stream, bytes(16383)))
        client.send(request(199, b"/read", b"POST", end=False))
        client.send(frame(DATA, 0, 199, bytes(16384)) * 3 + frame(DATA, END_STREAM, 199, bytes(1000)))
        said = client.until(rb"\x01\x04\x00\x00\x00\xc7")
        assert [code for kind, _, _, code in frames(said) if kind in (RST, GOAWAY)] == []
        assert fresh.rss() - memory < 12 * MIB
        client.send(frame(DATA, 0, 1, b"x"))
        said = client.until(rb"\x04\x03\x00\x00\x00\x00\x01....")
        assert [(stream, code[-1]) for kind, _, stream, code in frames(said) if kind == RST] == [(1, 3)]
        assert fresh.polite() < 0.2
    assert fresh.cpu() - cpu < 0.6


def test_octets_of_bodies_one_by_one(fresh):
    """Frames of two octets that nobody reads: many small parts are kept as few."""
    memory = fresh.rss()
    first = b"".join(request(stream, b"/never", b"POST", end=False) for stream in range(1, 16, 2))
    with fresh.client(PREFACE + settings() + first) as client:
        for stream in range(1, 16, 2):
            client.send(frame(DATA, 0, stream, b"ab") * 30_000)
        until(lambda: fresh.polite() < 0.1)
        assert fresh.rss() - memory < 5 * MIB
