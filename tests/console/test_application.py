"""Every endpoint, over a real socket: what it answers, whom it refuses."""

import asyncio
import json
import re
from types import SimpleNamespace
from typing import Any, cast

import pytest

from interfaces.console import messages
from interfaces.console.application import ConsoleApplication
from interfaces.console.book import Book
from interfaces.console.state import Console
from interfaces.console.web import Asked
from interfaces.shared.errors import ApplicationError, PeerError
from interfaces.testing import Recorder
from interfaces.testing.raw import RawClient
from tests.console.kit import Client, Served, run, served

MOVED = {"email.receive": {"type": "email.accept", "text": "thanks"}}


async def three(here: Served) -> None:
    """Three requests, each noted."""
    for path in ("/one", "/two?token=geheim12", "/three"):
        await here.client.post("simulate/http", {"path": path})


def test_state() -> None:
    """What is served where, in which run of the process, and what can be simulated."""

    async def check() -> None:
        async with served(Recorder()) as here:
            state = await here.client.got("state")
            port = here.server.addresses[0].port
            assert state["serves"] == [{"names": ["http", "ws"], "addresses": [f"http://127.0.0.1:{port}"]}]
            assert state["simulators"] == ["ws", "http"] and state["app"] == "Recorder"
            assert (state["last"], state["lost"], state["layer"]) == (0, 0, "")
            assert re.fullmatch("[0-9a-f]{16}", state["run"]) and state["chaos"]["drop"] == 0.0

    run(check)


def test_messages_in_pages() -> None:
    """The newest, those behind an id, those before one, and those that fit; no more than were asked for."""

    async def check() -> None:
        async with served(Recorder()) as here:
            await three(here)
            client = here.client
            every = (await client.got("messages"))["messages"]
            assert [one["id"] for one in every] == [1, 2, 3, 4, 5, 6]
            assert [one["title"] for one in every if one["direction"] == "in"] == [
                "GET /one", "GET /two?token=[redacted]", "GET /three",
            ]  # fmt: skip

            async def ids(query: str) -> list[int]:
                return [one["id"] for one in (await client.got(f"messages?{query}"))["messages"]]

            assert await ids("after=4") == [5, 6] and await ids("after=0&limit=2") == [1, 2]
            assert await ids("before=4&limit=2") == [2, 3] and await ids("limit=1") == [6]
            assert await ids("direction=in&text=TWO") == [3] and await ids("text=geheim12") == []
            assert await ids("type=http.request") == [1, 3, 5] and await ids("protocol=sms") == []
            assert await ids("conversation=http:/one") == [1, 2]
            for query in ("limit=1001", "after=x", "before=-1"):
                assert "error" in await client.got(f"messages?{query}", 400)

    run(check)


def test_one_message() -> None:
    """All of it; what is not there is 404."""

    async def check() -> None:
        async with served(Recorder()) as here:
            await three(here)
            told = await here.client.got("messages/3")
            assert told["scope_data"]["query_string"]["text"] == "token=[redacted]"
            assert told["wire"].startswith("GET /two?token=[redacted] HTTP/1.1")
            assert (told["parts"], told["traceback"], told["verdict"]) == ([], [], "ended")
            assert "geheim12" not in json.dumps(told)
            for path in (
                "messages/7",
                "messages/x",
                "messages/0",
                "messages/1/nothing",
                "messages/" + "9" * 40,
            ):
                assert "error" in await here.client.got(path, 404)

    run(check)


def test_an_error_has_its_traceback() -> None:
    """With the frames of who raised it."""

    async def check() -> None:
        async with served(Recorder({"http.request": ValueError("no luck")})) as here:
            await here.client.post("simulate/http", {"path": "/"})
            told = await here.client.got("messages/1")
            assert told["error"] == "ValueError: no luck" and told["verdict"] == "failed"
            assert told["traceback"][-1]["code"] == "raise reply"

    run(check)


def test_conversations_clear_and_wait() -> None:
    """A list of them; forgetting; and the first that fits, now or later, or 408."""

    async def check() -> None:
        async with served(Recorder()) as here:
            client = here.client
            later = asyncio.ensure_future(client.got("wait?type=http.request&text=two&timeout=9"))
            await three(here)
            assert (await later)["id"] == 3
            assert (await client.got("wait?type=http.request"))["id"] == 1
            assert (await client.got("wait?type=http.request&after=4"))["id"] == 5
            assert "error" in await client.got("wait?type=nothing&timeout=0.01", 408)
            assert "error" in await client.got("wait?timeout=1000", 400)
            found = await client.got("conversations")
            assert [(one["conversation"], one["count"]) for one in found] == [
                ("http:/three", 2), ("http:/two", 2), ("http:/one", 2),
            ]  # fmt: skip
            assert await client.post("clear") == {"ok": True}
            assert await client.types() == [] and (await client.got("state"))["last"] == 6

    run(check)


def test_few_wait_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes when as many wait already is told so; when those have gone there is room again."""
    monkeypatch.setattr(messages, "WAITERS", 1)
    answers: Any = messages.Messages(cast("Console", SimpleNamespace(book=Book())))

    def wait(timeout: float) -> Any:
        query = {"timeout": str(timeout)}
        return asyncio.ensure_future(
            answers.waited(Asked(method="GET", path="/", query=query, headers={}), [])
        )

    async def check() -> None:
        first = wait(9)
        await asyncio.sleep(0)
        with pytest.raises(PeerError, match="more than 1 wait"):
            await wait(0)
        first.cancel()
        await asyncio.wait({first})
        with pytest.raises(PeerError, match="no such message"):
            await wait(0)

    asyncio.run(check())


def test_replay() -> None:
    """The application is called again, with what was edited, and what it says is noted, and goes nowhere."""

    async def check() -> None:
        app = Recorder()
        async with served(app) as here:
            await here.client.post("simulate/http", {"method": "POST", "path": "/p", "body": "hello"})
            first = await here.client.got("messages/1")
            scope = (await here.client.post("messages/1/replay"))["scope"]
            event = {**first["event"], "body": {"text": "edited"}}
            await here.client.post("messages/1/replay", {"event": event})
            await here.client.got("wait?type=http.response.start&after=4&timeout=5")
            bodies = [each.events[0]["body"] for each in app.calls[1:]]
            assert bodies == [b"hello", b"hello", b"edited"]
            rows = (await here.client.got("messages?type=http.request"))["messages"]
            assert [one["scope"] for one in rows] == [1, scope, scope + 1]
            assert (await here.client.got(f"messages/{rows[1]['id']}"))["scope_data"]["replayed"] == 1
            for path, code in (("messages/2/replay", 409), ("messages/99/replay", 404), ("messages/1", 404)):
                assert "error" in await here.client.post(path, {}, code)
            deep: dict[str, Any] = {"type": "http.request"}
            for _ in range(900):
                deep = {"type": "http.request", "deep": deep}
            for said in ({"event": 3}, {"event": {}}, {"event": deep}):
                assert "error" in await here.client.post("messages/1/replay", said, 400)

    run(check)


def test_pytest_text() -> None:
    """A module that can be saved."""

    async def check() -> None:
        async with served(Recorder()) as here:
            await three(here)
            answer = await here.client.ask("GET", "/api/messages/1/pytest")
            assert answer.header(b"content-type") == b"text/plain; charset=utf-8"
            compile(answer.body, "test.py", "exec")

    run(check)


def test_the_html_of_a_mail_is_for_a_frame_that_can_do_nothing() -> None:
    """Sandboxed, nothing fetched, an origin of its own; and only in HTML parts."""

    async def check() -> None:
        async with served(Recorder(MOVED), "email") as here:
            said = {"from": "a@x.org", "to": "b@y.org", "text": "t", "html": "<script>alert(1)</script>"}
            await here.client.post("simulate/email", said)
            answer = await here.client.ask("GET", "/api/messages/1/parts/1")
            policy = answer.header(b"content-security-policy") or b""
            assert b"alert(1)" in answer.body and b"sandbox;" in policy and b"default-src 'none'" in policy
            assert b"script" not in policy
            assert (await here.client.got("messages/1"))["parts"][1] == {
                "index": 1, "type": "text/html", "name": "", "size": 26,
            }  # fmt: skip
            assert (await here.client.ask("GET", "/api/messages/1/parts/0")).status == 404

    run(check)


def test_chaos() -> None:
    """Set, shown, and done: a request is dropped with 503, and counted."""

    async def check() -> None:
        async with served(Recorder()) as here:
            client = here.client
            assert (await client.post("chaos", {"drop": 1, "protocols": ["http"]}))["drop"] == 1
            assert (await client.post("simulate/http", {"path": "/"}))["status"] == 503
            assert (await client.got("chaos"))["done"] == {"drop": 1}
            assert (await client.post("chaos", {"drop": 0}))["protocols"] == ["http"]
            assert (await client.post("simulate/http", {"path": "/"}))["status"] == 200
            assert "error" in await client.post("chaos", {"drop": 2}, 400)
            assert "layer" in (await client.post("chaos", {"broker_down": True}, 409))["error"]

    run(check)


def test_layer_and_simulators_that_are_not_there() -> None:
    """An empty panel; who is not there says what to do."""

    async def check() -> None:
        async with served(Recorder()) as here:
            assert (await here.client.got("layer"))["queues"] == []
            assert "error" in await here.client.post("layer/dead/x:1/retry", {}, 404)
            assert "error" in await here.client.post("layer/x", {}, 404)
            for name in ("email", "sms", "slack", "irc"):
                assert "interfaces dev" in (await here.client.got(f"simulate/{name}", 409))["error"]
                assert "interfaces dev" in (await here.client.post(f"simulate/{name}", {}, 409))["error"]
            assert "email" in (await here.client.got("simulate/nothing", 404))["error"]

    run(check)


# --- whom it refuses ------------------------------------------------------------------------------


def test_who_is_refused() -> None:
    """Other hosts, origins and sites; changes without the header; what there is not; what is too large."""

    async def check() -> None:
        async with served(Recorder()) as here:
            client = here.client
            own = f"http://127.0.0.1:{client.address.port}"

            async def status(method: str = "POST", path: str = "/api/clear", **more: Any) -> int:
                return (await client.ask(method, path, **more)).status

            assert await status() == await status(headers={"X-Interfaces-Console": "", "Origin": own}) == 200
            assert await status(host="evil.org:8088") == 403
            assert await status(headers={}) == 403
            assert await status(headers={"X-Interfaces-Console": "1", "Origin": "http://evil.org"}) == 403
            assert await status("GET", "/api/state", headers={"Sec-Fetch-Site": "cross-site"}) == 403
            assert await status("GET", "/api/nothing") == await status("POST", "/api/stream") == 404
            assert await status("POST", "/") == 405
            assert await status("GET", "/static/../application.py") == 404
            for said in ([1], "x"):
                assert await status("POST", "/api/chaos", said=said) == 400

    run(check)


def test_every_answer_has_its_headers() -> None:
    """Nothing is cached, framed, sniffed or scripted from elsewhere, refusals included."""

    async def check() -> None:
        async with served(Recorder()) as here:
            for path in ("/api/state", "/api/nothing", "/", "/static/nothing.js"):
                answer = await here.client.ask("GET", path)
                policy = answer.header(b"content-security-policy") or b""
                assert b"default-src 'self'" in policy and b"frame-ancestors 'none'" in policy
                assert b"unsafe" not in policy
                assert answer.header(b"x-content-type-options") == b"nosniff"
                assert answer.header(b"cache-control") == b"no-store"
                assert answer.header(b"referrer-policy") == b"no-referrer"

    run(check)


def test_a_large_body_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 413; a body that breaks off is nobody's affair."""
    monkeypatch.setattr("interfaces.console.web.MAX_BODY", 10)

    async def check() -> None:
        async with served(Recorder()) as here:
            assert "error" in await here.client.post("chaos", {"protocols": ["http"]}, 413)
            async with await RawClient.connect(here.client.address) as raw:
                host = f"127.0.0.1:{here.client.address.port}"
                await raw.send(f"POST /api/chaos HTTP/1.1\r\nHost: {host}\r\nX-Interfaces-Console: 1\r\n"
                               "Content-Length: 9\r\n\r\nabc".encode())  # fmt: skip
            assert (await here.client.got("state"))["last"] == 0

    run(check)


def test_an_error_of_ours_is_500_in_words(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log says why; the console goes on."""
    monkeypatch.setattr(Console, "state", lambda self: 1 / 0)

    async def check() -> None:
        async with served(Recorder()) as here:
            client: Client = here.client
            assert "log" in (await client.got("state", 500))["error"]
            assert await client.types() == []

    run(check)
    assert "could not answer /api/state" in caplog.text


def test_it_speaks_http_alone() -> None:
    """As any ASGI application may."""

    async def check() -> None:
        async with served(Recorder()) as here:
            app = ConsoleApplication.__new__(ConsoleApplication)
            with pytest.raises(ApplicationError):
                await app({"type": "websocket"}, None, None)  # type: ignore[arg-type]
            assert here.client

    run(check)
