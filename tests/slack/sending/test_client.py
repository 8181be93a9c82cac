"""interfaces.slack.sending.client: what comes of a request, whatever comes."""

import asyncio
import json

import pytest
from aiohttp import web

from interfaces.slack.sending.client import Client
from tests.slack.sending.kit import run


async def answered(answer, ask, timeout=5.0):
    """What ``ask(client, url)`` gives where a server answers so; and the request that it had."""
    seen = []

    async def handle(request):
        seen.append((request.method, request.path, dict(request.headers), await request.read()))
        if answer is None:
            request.transport.abort()
        if isinstance(answer, float):
            await asyncio.sleep(answer)
        return answer if isinstance(answer, web.Response) else web.Response()

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        async with Client(f"{url}api/", timeout) as client:
            return await ask(client, url), seen
    finally:
        await runner.cleanup()


def called(answer, timeout=5.0, **args):
    """Of a method."""
    return run(
        lambda: answered(answer, lambda client, _url: client.call("chat.update", args, "xoxb-1"), timeout)
    )


def page(status, body, kind="application/json", **headers):
    """An answer."""
    return web.Response(
        status=status,
        body=body,
        content_type=kind,
        headers={name.replace("_", "-"): v for name, v in headers.items()},
    )


def test_how_a_method_is_called():
    """By POST, as a form; what is no text is JSON; the token is in the header alone."""
    answer, ((method, path, headers, body),) = called(
        page(200, b'{"ok": true, "ts": "1"}'), text="a b", blocks=[1], n=True
    )
    assert (method, path, headers["Authorization"]) == ("POST", "/api/chat.update", "Bearer xoxb-1")
    assert body == b"text=a+b&blocks=%5B1%5D&n=true"
    assert (answer.status, answer.word, answer.data["ts"]) == (200, "", "1")


@pytest.mark.parametrize(
    ("answer", "status", "word", "retry"),
    [
        (page(200, b'{"ok": false, "error": "no_text"}'), 200, "no_text", None),
        (page(429, b'{"ok": false, "error": "ratelimited"}', Retry_After="7"), 429, "ratelimited", 7.0),
        (page(429, b"slow", "text/plain", Retry_After="7"), 429, "http_429", 7.0),
        (page(429, b"{}", Retry_After="soon"), 429, "http_429", None),
        (page(429, b"{}", Retry_After="1e9"), 429, "http_429", 3600.0),
        (page(200, b"{}", Retry_After="7"), 200, "unreadable_answer", None),
        (page(503, b"<html>", "text/html"), 503, "http_503", None),
        (page(500, b"{"), 500, "http_500", None),
        (page(200, b"{"), 200, "unreadable_answer", None),
        (page(200, b"[1]"), 200, "unreadable_answer", None),
        (page(200, b'"x"'), 200, "unreadable_answer", None),
        (page(200, b"<html>", "text/html"), 200, "unreadable_answer", None),
        (page(200, b'{"ok": false, "error": 5}'), 200, "unreadable_answer", None),
        (None, 0, "no_answer", None),
    ],
)
def test_what_an_answer_says(answer, status, word, retry):
    """Slack's word; where there is none, what kind of answer it was. It does not raise, and is asked once."""
    found, seen = called(answer)
    assert (found.status, found.word, found.retry_after, len(seen)) == (status, word, retry, 1)
    assert not found.unreached


def test_one_that_takes_too_long():
    """Nobody knows what became of it."""
    found, _ = called(0.4, timeout=0.1)
    assert (found.word, found.unreached, found.reason) == ("no_answer", False, "TimeoutError")


def test_where_nobody_listens():
    """Nothing was heard of it; the reason names the host at most."""

    async def main():
        async with Client("http://127.0.0.1:1/api/", 5.0) as client:
            assert repr(client) == "<Client of http://127.0.0.1:1/api/>"
            first = await client.call("chat.update", {}, "xoxb-1")
            second = await client.respond("http://127.0.0.1:1/secret", {})
            return first, second

    for found in run(main):
        assert (found.word, found.unreached) == ("unreachable", True)
        assert "secret" not in repr(found) and found.reason.startswith("ClientConnectorError")


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (page(200, b"ok", "text/plain"), ""),
        (page(200, b'{"ok": true}'), ""),
        (page(200, b""), ""),
        (page(404, b'{"ok": false, "error": "used_url"}'), "used_url"),
        (page(404, b"no_service", "text/plain"), "no_service"),
        (page(200, b'{"ok": false, "error": "expired_url"}'), "expired_url"),
        (page(500, b"<html>", "text/html"), "http_500"),
        (page(302, b"", Location="http://169.254.169.254/"), "http_302"),
    ],
)
def test_what_a_response_url_says(answer, word):
    """A word, JSON, or nothing; where it leads to is not followed. What is said is JSON, with no token."""
    found, ((method, path, headers, body),) = run(
        lambda: answered(answer, lambda client, url: client.respond(f"{url}r/1", {"text": "é"}))
    )
    assert (found.word, method, path) == (word, "POST", "/r/1")
    assert json.loads(body) == {"text": "é"} and "Authorization" not in headers


def test_it_has_to_be_entered():
    """Else there are no connections."""

    async def main():
        with pytest.raises(RuntimeError, match="not entered"):
            await Client("http://127.0.0.1:1/api/", 5.0).call("api.test", {}, "x")

    run(main)
