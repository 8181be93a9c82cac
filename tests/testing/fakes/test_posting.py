"""What fakes post: each attempt, what became of it, and what decides of several."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.testing.fakes.faults import Fault, Faults
from interfaces.testing.fakes.posting import Client, Request, Tried, Try, said


class Server:
    """One answer, byte for byte, to every request; None: the connection is broken; a number: so long nothing."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = []
        self.writers = []
        self.url = ""

    async def handle(self, reader, writer):
        """One request, then the end."""
        self.writers.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
        self.requests.append((head.decode(), await reader.readexactly(length)))
        if self.answer is None:
            writer.transport.abort()
            return
        if isinstance(self.answer, float):
            await asyncio.sleep(self.answer)
        else:
            writer.write(self.answer)
        writer.close()


@asynccontextmanager
async def served(answer):
    """A served :class:`Server`."""
    made = Server(answer)
    server = await asyncio.start_server(made.handle, "127.0.0.1", 0)
    async with server:
        made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        try:
            yield made
        finally:
            for writer in made.writers:
                writer.transport.abort()
                with suppress(OSError):
                    await writer.wait_closed()


def page(status, body=b"", kind="text/plain", *more):
    """An answer of HTTP."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    return "\r\n".join([*lines, "", ""]).encode() + body


def attempted(answer, limit=5.0, url=None):
    """One attempt, and the server that it met."""

    async def main():
        tried = Try(number=0, at=0.0)
        async with served(answer) as server, Client() as client:
            request = Request(url=url or server.url, body=b"payload", kind="text/plain")
            await client.attempt(request, {"Content-Type": request.kind, "X-A": "b"}, tried, limit)
        return tried, server

    return asyncio.run(asyncio.wait_for(main(), 10))


@pytest.mark.parametrize(
    ("answer", "status", "reason", "found"),
    [
        (page(200), 200, "", None),
        (page(204), 204, "", None),
        (page(200, b"ok"), 200, "", "ok"),
        (page(200, b'{"a": 1}', "application/json"), 200, "", {"a": 1}),
        (page(200, b'{"a": 1}', "application/json; charset=utf-8"), 200, "", {"a": 1}),
        (page(201, b"[1]", "application/json"), 201, "", [1]),
        (page(200, b"{", "application/json"), 200, "", "{"),
        (page(200, b"\xff", "text/plain"), 200, "", "\ufffd"),
        (page(400, b"no"), 400, "http_error", "no"),
        (page(404), 404, "http_error", None),
        (page(500, b'{"a": 1}', "application/json"), 500, "http_error", {"a": 1}),
        (page(301, b"", "text/plain", "Location: /elsewhere"), 301, "http_error", None),
        (page(307, b"", "text/plain", "Location: http://127.0.0.1:1/"), 307, "http_error", None),
        (None, 0, "connection_failed", None),
        (b"", 0, "connection_failed", None),
        (b"no HTTP at all\r\n\r\n", 0, "connection_failed", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", 200, "connection_failed", None),
    ],
)
def test_what_becomes_of_an_attempt(answer, status, reason, found):
    """2xx is an acknowledgement, with what it says; a redirection is followed nowhere."""
    tried, server = attempted(answer)
    assert (tried.reason, tried.answer) == (reason, found)
    assert tried.status in (status, 0) and (tried.status == status or reason == "connection_failed")
    assert tried.seconds > 0
    assert len(server.requests) == 1


def test_what_is_sent():
    """The body as it is, with the headers that were given."""
    _, server = attempted(page(200))
    ((head, body),) = server.requests
    assert head.startswith("POST /hook HTTP/1.1\r\n") and body == b"payload"
    assert "Content-Type: text/plain\r\n" in head and "X-A: b\r\n" in head


def test_headers_of_an_answer_are_by_their_name():
    """In small letters."""
    tried, _ = attempted(page(200, b"", "text/plain", "X-Slack-No-Retry: 1"))
    assert tried.headers["x-slack-no-retry"] == "1"


def test_an_answer_that_does_not_come_in_time():
    """Counts as none, whatever comes of it later."""
    tried, _ = attempted(0.2, limit=0.02)
    assert (tried.status, tried.reason, tried.answer) == (0, "http_timeout", None)


def test_nobody_is_there():
    """Nothing was sent, and nothing came."""
    tried, server = attempted(page(200), url="http://127.0.0.1:1/")
    assert (tried.status, tried.reason, server.requests) == (0, "connection_failed", [])


def test_a_client_is_entered_and_left():
    """Before and after it sends nothing, and says how it is done; left twice it is left."""

    async def main():
        client, tried = Client(), Try(number=0, at=0.0)
        request = Request(url="http://127.0.0.1:1/", body=b"", kind="text/plain")
        shown = [repr(client)]
        async with client:
            shown.append(repr(client))
        shown.append(repr(client))
        await client.__aexit__(None, None, None)
        with pytest.raises(RuntimeError, match="async with"):
            await client.attempt(request, {}, tried, 1.0)
        return shown

    assert asyncio.run(main()) == ["Client(closed)", "Client(open)", "Client(closed)"]


def test_a_client_posts_side_by_side():
    """As many as there are."""

    async def main():
        async with served(page(200)) as server, Client() as client:
            request = Request(url=server.url, body=b"x", kind="text/plain")
            tries = [Try(number=number, at=0.0) for number in range(30)]
            await asyncio.gather(*(client.attempt(request, {}, one, 5.0) for one in tries))
        return {one.reason for one in tries}, len(server.requests)

    assert asyncio.run(main()) == ({""}, 30)


@pytest.mark.parametrize(
    ("reasons", "last", "acknowledged"),
    [
        ([""], 0, True),
        (["http_error"], 0, False),
        (["http_error", "http_timeout"], 1, False),
        (["http_error", ""], 1, True),
        (["", ""], 0, True),
        (["http_timeout", "", "http_error"], 1, True),
    ],
)
def test_what_decides_of_several_tries(reasons, last, acknowledged):
    """The first that was acknowledged, else the last."""
    tries = [
        Try(number=number, at=0.0, reason=reason, status=200 + number, answer=number, seconds=number / 2)
        for number, reason in enumerate(reasons)
    ]
    made = Tried(tries=tries, acknowledged_at=5.0 if acknowledged else None)
    assert made.last is tries[last]
    assert (made.status, made.answer, made.seconds) == (200 + last, last, last / 2)
    assert (made.acknowledged, made.tried) == (acknowledged, len(reasons))


@given(st.binary(max_size=50), st.sampled_from(["application/json", "text/plain", "", "text/html"]))
def test_a_body_says_something_or_nothing(body, kind):
    """Whatever it is: no error comes of it."""
    found = said(body, kind)
    assert (found is None) is (not body) or (kind == "application/json" and body.strip() == b"null")


@pytest.mark.parametrize(
    ("fault", "fails"),
    [
        (Fault(), False),
        (Fault(delay=5.0), False),
        (Fault(retry_after=9), False),
        (Fault(after=True), False),
        (Fault(error="x"), True),
        (Fault(status=429), True),
        (Fault(status=201), True),
        (Fault(close=True), True),
        (Fault(garbage=b"x"), True),
    ],
)
def test_what_spoils_an_answer(fault, fails):
    """Slowness does not."""
    assert fault.fails is fails


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "*"]), st.integers(0, 4)), max_size=8),
    st.sampled_from(["a", "b"]),
)
def test_every_fault_is_taken_as_often_as_it_says(asked, method):
    """Those of the method in their order, then those of all; then none."""
    faults = Faults()
    for number, (name, times) in enumerate(asked):
        faults.fail(name, Fault(error=str(number), times=times))
    wanted = [
        str(number)
        for word in (method, "*")
        for number, (name, times) in enumerate(asked)
        if name == word
        for _ in range(times)
    ]
    found = []
    while (fault := faults.take(method)) is not None:
        found.append(fault.error)
    assert found == wanted


@given(st.integers(0, 2**32), st.floats(0, 1))
def test_shares_are_the_same_for_the_same_seed(seed, share):
    """So that what a test has found can be found again."""
    one, other = Faults(seed=seed), Faults(seed=seed)
    draws = [one.lot(share) for _ in range(50)]
    assert draws == [other.lot(share) for _ in range(50)]
    assert share > 0 or not any(draws)
