"""Clients that take their time: each is closed within the deadline that was set, and hinders nobody."""

import selectors
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.abuse.server import PATIENCE, SMALL, Client, statuses

SWEEP = 0.5
"""Seconds between two looks at the deadlines."""
POST = b"POST /read HTTP/1.1\r\nhost: test\r\ncontent-length: 1000000\r\n\r\n"
UNREAD = b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 1000\r\n\r\n"
CHUNKED = b"POST /read HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n"
LAZY = {  # what is sent at once, what is sent again and again, every so many seconds; the deadline
    "silent": (b"", b"", 1, "header-timeout"),
    "empty line": (b"\r\n", b"", 1, "header-timeout"),
    "half a header": (b"GET / HTTP/1.1\r\nhost: te", b"", 1, "header-timeout"),
    "header drips": (b"GET / HTTP/1.1\r\nx: ", b"a", 0.1, "header-timeout"),
    "header drips whole lines": (b"GET / HTTP/1.1\r\n", b"x: a\r\n", 0.1, "header-timeout"),
    "half a body": (POST + b"half", b"", 1, "body-timeout"),
    "body drips": (POST, b"a", 0.1, "body-timeout"),
    "chunks drip": (CHUNKED, b"1\r\na\r\n", 0.1, "body-timeout"),
    "trailers drip": (CHUNKED + b"0\r\n", b"x: y\r\n", 0.1, "body-timeout"),
    "body never begins": (POST.replace(b"/read", b"/wait"), b"", 1, "body-timeout"),
    "idle": (b"GET / HTTP/1.1\r\nhost: test\r\n\r\n", b"", 1, "keep-alive"),
    "second header drips": (b"GET / HTTP/1.1\r\nhost: test\r\n\r\nGET", b"a", 0.1, "header-timeout"),
    "refused, and stays": (b"FETCH / HTTP/1.1\r\nhost: test\r\n\r\n", b"", 1, "linger-timeout"),
    "refused, and goes on": (b"FETCH / HTTP/1.1\r\nhost: test\r\n\r\n", b"a", 0.1, "linger-timeout"),
    "body unread, drips": (UNREAD, b"a", 0.1, "linger-timeout"),
}  # fmt: skip


def closed_after(port, first, drip, every):
    """Seconds until the server closes on who sends ``first``, then ``drip`` for ever; and what it said."""
    start = time.monotonic()
    said = b""
    with Client(port, first, seconds=every) as client:
        while time.monotonic() - start < 15:
            try:
                more = client.socket.recv(65536)
            except TimeoutError:
                if drip and not client.send(drip):
                    break
                continue
            except ConnectionError:
                break
            if not more:
                break
            said += more
    return time.monotonic() - start, said


@pytest.fixture(scope="module")
def closed(shared):
    """All of them at the same time, as they would come: what became of each, by its name."""
    with ThreadPoolExecutor(len(LAZY)) as pool:
        going = {name: pool.submit(closed_after, shared.port, *lazy[:3]) for name, lazy in LAZY.items()}
        return {name: future.result() for name, future in going.items()}


@pytest.mark.parametrize("name", LAZY)
def test_a_lazy_client_is_closed_in_time(server, closed, name):
    """The deadline is for the whole, not between two bytes."""
    deadline = LAZY[name][3]
    seconds, said = closed[name]
    assert seconds < SMALL[deadline] + 2 * SWEEP + PATIENCE, said
    if "half" in name or "drip" in name:
        assert statuses(said)[-1:] == [200 if "unread" in name else 408]


def test_a_client_that_sends_fast_enough_is_let_be(server):
    """The control: as long as it takes, at more than the least rate."""
    size = 500 * 15
    with server.client(POST.replace(b"1000000", b"%d" % size)) as client:
        for _ in range(15):
            client.send(b"a" * 500)
            time.sleep(0.2)
        assert client.until(rb"\r\n\r\n7500$")


def test_two_hundred_slow_headers_hinder_nobody(server):
    """Slow-loris: a polite client is answered at little cost meanwhile; all of the slow are closed."""
    port, waits = server.port, []
    clients = [Client(port, b"GET / HTTP/1.1\r\nx: ") for _ in range(200)]
    start = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() - start < 1 + 2 * SWEEP + PATIENCE:
            waits.append(server.polite())
            for key, _ in selector.select(0.05):
                selector.unregister(key.fileobj)
            for client in clients:
                client.send(b"a")
        left = len(selector.get_map())
    for client in clients:
        client.socket.close()
    assert left == 0
    assert max(waits) < 0.2
