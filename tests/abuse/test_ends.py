"""Who leaves when, and applications that misbehave: everybody is told, and nothing stays."""

import time

import pytest

from tests.abuse.server import HANDSHAKE, PATIENCE, Abused, statuses, until

POST = b"POST %b HTTP/1.1\r\nhost: test\r\ncontent-length: 1000\r\n\r\n"


def get(path):
    """A request for ``path``."""
    return b"GET %b HTTP/1.1\r\nhost: test\r\n\r\n" % path


@pytest.mark.parametrize("how", ["reset", "end"])
def test_a_client_that_leaves_in_the_middle_of_its_body(server, how):
    """``receive`` says so, with RST and with FIN."""
    begun, before = server.calls("/read"), server.calls("/read disconnect")
    with server.client(POST % b"/read" + b"half") as client:
        until(lambda: server.calls("/read") == begun + 1)
        getattr(client, how)()
        until(lambda: server.calls("/read disconnect") == before + 1, PATIENCE)


@pytest.mark.parametrize("how", ["reset", "end"])
def test_a_client_that_leaves_before_its_answer(server, how):
    """``receive`` says so, and ``send`` raises OSError; a half-closed client is given a moment first."""
    begun, told, raised = map(server.calls, ["/wait", "/wait disconnect", "/wait OSError"])
    with server.client(get(b"/wait")) as client:
        until(lambda: server.calls("/wait") == begun + 1)
        getattr(client, how)()
        until(lambda: server.calls("/wait disconnect") == told + 1, PATIENCE)
        until(lambda: server.calls("/wait OSError") == raised + 1, PATIENCE)


def test_a_client_that_leaves_within_its_answer(server):
    """An application that never looks at ``receive`` learns it from ``send``."""
    before = server.calls("/endless OSError")
    with server.client(get(b"/endless")) as client:
        client.until(b"tick")
        client.reset()
    until(lambda: server.calls("/endless OSError") == before + 1, PATIENCE)


def test_a_half_closed_client_gets_its_answer(server):
    """``nc -N`` and the like: FIN right behind the request, then read."""
    with server.client(get(b"/")) as client:
        client.end()
        assert client.rest().endswith(b"\r\n\r\nhello")


def test_a_half_closed_client_of_an_endless_answer(server):
    """It is taken to be gone after a short while, told to the application, and closed."""
    before = server.calls("/endless OSError")
    with server.client(get(b"/endless")) as client:
        client.until(b"tick")
        client.end()
        assert client.closed() < PATIENCE
    until(lambda: server.calls("/endless OSError") == before + 1, PATIENCE)


@pytest.mark.parametrize("how", ["reset", "end"])
def test_a_websocket_whose_peer_leaves_without_a_word(server, how):
    """1006, within a moment."""
    before = server.calls("/ws/echo 1006")
    with server.client().upgrade(b"/ws/echo") as client:
        getattr(client, how)()
        until(lambda: server.calls("/ws/echo 1006") == before + 1, PATIENCE)


def test_a_websocket_whose_peer_falls_silent(server):
    """It is asked, and closed when it does not answer: ping interval and timeout are 1 s here."""
    with server.client().upgrade(b"/ws/deaf") as client:
        assert 1.5 < client.closed() < 3 + PATIENCE


def test_a_websocket_that_is_left_before_it_was_accepted(server):
    """The call does not stay: the application is told when it asks for the next event, or by its send."""
    data = HANDSHAKE % (b"/ws/late", b"")
    for _ in range(50):
        with server.client(data) as client:
            client.reset()
    until(
        lambda: server.calls("/ws/late") == server.calls("/ws/late 1006") + server.calls("/ws/late OSError")
    )
    assert server.calls("/ws/late 1006") > 0


def test_an_application_that_never_answers_has_a_deadline(tmp_path):
    """``--http-app-timeout``: 503, and the call is cancelled."""
    with Abused(tmp_path, "--http-app-timeout=1") as server, server.client(get(b"/never")) as client:
        start = time.monotonic()
        assert statuses(client.rest()) == [503]
        assert time.monotonic() - start < 2 + PATIENCE
        assert server.calls("/never CancelledError") == 1


def test_an_application_that_returns_without_an_answer(shared):
    """500, one line in the log, and the connection ends."""
    with shared.client(get(b"/nothing")) as client:
        assert statuses(client.rest()) == [500]
    assert "/nothing" in shared.said


INJECTIONS = [
    b"x:a\r\nset-cookie: b", b"x:a\nb: c", b"x:a\rb", b"x:a\0b", b"x\r\ny:a", b"x y:a", b":a", b"x\0:a",
    b"x::\r\n", b"content-length:5\r\n", b"content-length:-1", b"content-length:5, 5",
    b"transfer-encoding\r\n:chunked", b"x:\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
]  # fmt: skip


@pytest.mark.parametrize("line", INJECTIONS)
def test_an_application_cannot_be_made_to_inject_a_header(shared, line):
    """RuntimeError for the application, 500 for the client, not a byte of the line on the wire."""
    path = b"/shout?" + line.hex().encode()
    with shared.client(get(path)) as client:
        said = client.rest()
    assert statuses(said) == [500] and b"cookie" not in said and said.count(b"\r\n\r\n") == 1


def test_what_an_application_may_say(shared):
    """The control: a good line is passed on as it is."""
    with shared.client(get(b"/shout?" + b"x:a\xe9 b".hex().encode())) as client:
        assert b"\r\nx: a\xe9 b\r\n" in client.until(b"\r\n\r\n")


def test_transfer_encoding_is_the_servers(shared):
    """An application's own does not end up beside ours: one framing, and it is right."""
    with shared.client(get(b"/shout?" + b"transfer-encoding:chunked".hex().encode())) as client:
        said = client.until(b"\r\n\r\n").lower()
        assert b"transfer-encoding" not in said and b"content-length: 0" in said


def test_a_log_line_cannot_be_forged(tmp_path):
    """What a client says is escaped where it is logged: one access line a request."""
    command = f"exec {' '.join(Abused.words())} --access-log >&2"
    with Abused(tmp_path, command=["sh", "-c", command]) as server:
        server.wait_for('"GET / HTTP/1.1" 200')  # of the start
        lines = server.said.count("\n")
        path = b"/a%0d%0aFAKE%1b[31m%e2%80%a8?b%0aFAKE%ff"
        with server.client(get(path)) as client:
            client.until(b"hello")
        until(lambda: server.said.count("\n") > lines)
        assert (
            server.said.count("\n") == lines + 1 and "\x1b" not in server.said and "\u2028" not in server.said
        )
