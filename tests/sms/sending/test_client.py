"""Requests to providers."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from interfaces.sms.providers.base import Asked
from interfaces.sms.sending.client import LARGEST, Client
from tests.sms.sending.kit import NOWHERE, run


@asynccontextmanager
async def answering(*answers):
    """A server that gives one answer after another, as bytes; None: it says nothing. What it heard, and its URL."""
    heard, left = [], list(answers)

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        heard.append(head + await reader.readexactly(size))
        answer = left.pop(0)
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield heard, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def asked(url, **more):
    """A request with a secret."""
    return Asked(
        **{"method": "POST", "url": url, "headers": {"Authorization": "Bearer secret"}, "body": b"{}", **more}
    )


def http(status, *headers, body=b""):
    """An answer."""
    head = "\r\n".join((f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""))
    return head.encode() + body


def test_what_is_asked_is_sent_and_what_is_answered_is_given():
    """Its status, its headers in lower case, its body; the request says who we are, and keeps no cookies."""

    async def main():
        first = http(202, "Retry-After: 7", "Set-Cookie: a=b", body=b'{"id": 1}')
        async with answering(first, http(200)) as (heard, url), Client(5) as client:
            found = await client.ask(asked(f"{url}/messages?a=%20b"))
            assert (found.status, found.headers["retry-after"], found.body) == (202, "7", b'{"id": 1}')
            await client.ask(asked(url))
        assert heard[0].startswith(b"POST /messages?a=%20b HTTP/1.1") and heard[0].endswith(b"\r\n\r\n{}")
        assert b"Authorization: Bearer secret" in heard[0] and b"asgi-interfaces" in heard[0]
        assert b"cookie" not in heard[1].lower()

    run(main)


def test_it_is_followed_to_nowhere_else():
    """A redirection is an answer like any other: the secret goes to whom it is for."""

    async def main():
        async with answering(http(307, f"Location: {NOWHERE}/")) as (heard, url), Client(5) as client:
            assert (await client.ask(asked(url))).status == 307
        assert len(heard) == 1

    run(main)


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", b"HTTP/1.1 200 OK\r\n"],
    ids=["closed", "no HTTP", "cut off", "cut off in the header"],
)  # fmt: skip
def test_an_answer_that_is_none_is_told(answer):
    """Nobody knows what became of it, and it is not asked again; no reason has a secret."""

    async def main():
        async with answering(answer, http(200)) as (heard, url), Client(5) as client:
            found = await client.ask(asked(f"{url}/?token=secret"))
            assert (found.status, found.unreached, len(heard)) == (0, False, 1)
            assert found.reason and "secret" not in repr(found)

    run(main)


def test_who_says_nothing_is_not_waited_for_longer():
    """As long as the options say."""

    async def main():
        async with answering(None) as (_, url), Client(0.05) as client:
            found = await client.ask(asked(url))
            assert (found.status, found.unreached, found.reason) == (0, False, "TimeoutError")

    run(main)


def test_who_is_not_reached_is_told_apart():
    """Nothing can have been heard of it."""

    async def main():
        async with Client(5) as client:
            found = await client.ask(asked(NOWHERE))
            assert found.unreached and found.reason.startswith("ClientConnectorError: Connect call failed")
            found = await client.ask(asked("http://"))
            assert (found.status, found.unreached) == (0, False)

    run(main)


def test_no_more_is_read_than_can_be_of_use():
    """A large answer is cut."""

    async def main():
        async with answering(http(200, body=b"x" * (LARGEST + 5))) as (_, url), Client(5) as client:
            assert len((await client.ask(asked(url))).body) == LARGEST

    run(main)


def test_it_has_to_be_entered():
    """Else there are no connections."""
    with pytest.raises(RuntimeError, match="not entered"):
        run(lambda: Client(1).ask(asked(NOWHERE)))
    assert repr(Client(1.5)) == "<Client, 1.5 s>"
