"""What a client sees of an application that runs elsewhere: the same as if it ran here, until something is lost."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interfaces.layers.frames import MESSAGE_LIMIT
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import NoRoute, PeerGone, Unavailable
from interfaces.testing.raw import RawClient
from interfaces.testing.recorder import OK, Recorder
from interfaces.testing.websocket import Close, Refused
from interfaces.workers.outcome import ConsumeLater
from interfaces.workers.relay import Relay
from interfaces.workers.transports.base import Busy, Link, Lost
from interfaces.workers.wire import END, SEND, TAKEN
from tests.workers.harness import Cluster, run, until

ECHO = {"websocket.receive": lambda call, event: {"type": "websocket.send", "text": event["text"]}}


def test_a_request_and_its_answer(tmp_path: Path) -> None:
    """Scope, body and answer are what they are in one process; the state is the worker's."""
    recorder = Recorder({"http.request": OK})

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(recorder, state={"mine": 1}):
            answer = await cluster.get("/a%20b?q", body=b"x" * 200_000, method="POST")
            assert (answer.status, answer.body) == (200, b"ok")

    run(test, tmp_path)
    (scope,) = recorder.scopes
    assert (scope["type"], scope["method"], scope["path"], scope["query_string"]) == (
        "http",
        "POST",
        "/a b",
        b"q",
    )
    assert scope["headers"][0] == (b"host", b"test")
    assert isinstance(scope["client"], tuple)
    assert scope["state"] == {"mine": 1}
    assert "http.response.trailers" in scope["extensions"]
    assert b"".join(event.get("body", b"") for event in recorder.events) == b"x" * 200_000


def test_a_websocket_from_the_handshake_to_the_close(tmp_path: Path) -> None:
    """Accept, messages both ways in order, and the client's close with its code."""
    recorder = Recorder(ECHO)

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(recorder), await cluster.open("/room") as client:
            for number in range(100):
                await client.send(str(number))
            assert [await client.receive() for _ in range(100)] == [str(number) for number in range(100)]
            assert (await client.close(3000, "bye")).code == 3000
            await recorder.got("websocket.disconnect")

    run(test, tmp_path)
    assert recorder.events[-1] == {"type": "websocket.disconnect", "code": 3000, "reason": "bye"}


@pytest.mark.parametrize(
    ("error", "status", "logged"),
    [
        (ZeroDivisionError, 500, 1),
        (NoRoute, 404, 0),
        (PeerGone, 500, 0),
        (Unavailable, 503, 1),
        (ConsumeLater, 503, 1),
    ],
)
def test_what_the_application_raises(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Any, status: int, logged: int
) -> None:
    """The client gets what it gets in one process, and one log has it, once, with the user's frames."""
    recorder = Recorder({"http.request": error("on purpose"), "websocket.connect": error("on purpose")})

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(recorder):
            assert (await cluster.get()).status == status
            with pytest.raises(Refused) as refused:
                await cluster.open()
            assert refused.value.response.status == status

    with caplog.at_level(logging.WARNING):
        run(test, tmp_path)
    found = [record for record in caplog.records if record.name == "interfaces.application"]
    assert len(found) == 2 * logged
    assert all(bool(record.exc_info) == (status == 500) for record in found)


@pytest.mark.parametrize(("error", "code"), [(ZeroDivisionError, 1011), (Unavailable, 1013)])
def test_an_error_in_an_open_socket_closes_it(tmp_path: Path, error: Any, code: int) -> None:
    """As in one process: 1011, or 1013 for what is to be tried again."""

    async def test(cluster: Cluster) -> None:
        async with (
            cluster.worker(Recorder({"websocket.receive": error("on purpose")})),
            await cluster.open() as client,
        ):
            await client.send("x")
            assert (await client.receive()).code == code

    run(test, tmp_path)


def test_an_answer_that_was_begun_is_broken_off(tmp_path: Path) -> None:
    """Nobody takes a part for the whole."""
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start)
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        raise ZeroDivisionError

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(app):
            with pytest.raises(asyncio.IncompleteReadError):
                await cluster.get()

    run(test, tmp_path)


def test_without_a_worker_requests_wait_and_are_then_refused(tmp_path: Path) -> None:
    """503 with Retry-After for those whose time is over, at once for those that are too many."""

    async def test(cluster: Cluster) -> None:
        waiting = asyncio.ensure_future(cluster.get())
        await until(lambda: len(cluster.queue) == 1)
        full = await cluster.get()
        assert full.status == 503
        assert full.header(b"retry-after") == b"1"
        late = await waiting
        assert late.status == 503
        with pytest.raises(Refused) as refused:
            await cluster.open()
        assert refused.value.response.status == 503

    cluster = run(test, tmp_path, limit=1, wait=0.3)
    assert cluster.counts == {"relay.full": 1, "relay.late": 2}


def test_who_waits_is_served_when_a_worker_comes(tmp_path: Path) -> None:
    """In order, within the wait."""

    async def test(cluster: Cluster) -> None:
        waiting = [asyncio.ensure_future(cluster.get()) for _ in range(5)]
        await until(lambda: len(cluster.queue) == 5)
        async with cluster.worker(Recorder(), concurrency=2):
            assert [(await one).status for one in waiting] == [200] * 5

    run(test, tmp_path)


def test_who_leaves_while_waiting_is_not_served(tmp_path: Path) -> None:
    """An opening is withdrawn; the application never hears of it."""
    recorder = Recorder()

    async def test(cluster: Cluster) -> None:
        async with await RawClient.connect(cluster.address) as client:
            await client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
            await until(lambda: len(cluster.queue) == 1)
            client.reset()
            await until(lambda: len(cluster.queue) == 0)
        async with cluster.worker(recorder):
            pass

    run(test, tmp_path, wait=60.0)
    assert recorder.scopes == []


def test_a_lost_worker_is_502_or_another_try(tmp_path: Path) -> None:
    """A safe request is done by another worker; others are told 502, sockets 1011."""
    gate = asyncio.Event()

    async def hanging(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
        seen.append(scope)
        await gate.wait()

    seen: list[Any] = []

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(hanging), await cluster.open() as client:
            first = cluster.last
            safe = asyncio.ensure_future(cluster.get())
            unsafe = asyncio.ensure_future(cluster.get(method="POST"))
            await until(lambda: len(seen) == 3)
            async with cluster.worker(Recorder()):
                cluster.lose(first)
                assert (await safe).status == 200
                assert (await unsafe).status == 502
                assert (await client.receive()).code == 1011

    run(test, tmp_path)


def test_who_left_is_told_of_and_cannot_be_sent_to(tmp_path: Path) -> None:
    """A disconnect event, again and again for HTTP, and OSError from send."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while not (await receive())["type"].endswith(".disconnect"):
            seen.append("asked")
        assert (await receive())["type"] == "http.disconnect"
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        except OSError as error:
            seen.append(type(error))

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(app):
            async with await RawClient.connect(cluster.address) as client:
                await client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
                await until(lambda: seen)
                client.reset()
            await until(lambda: len(seen) == 2)

    run(test, tmp_path)
    assert seen == ["asked", PeerGone]


def test_a_slow_client_stops_the_applications_send(tmp_path: Path) -> None:
    """Of 200 MiB that nobody reads little is made; read on, it goes on."""
    made = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal made
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(200 << 4):
            await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
            made += 65536
        await send({"type": "http.response.body", "body": b""})

    async def test(cluster: Cluster) -> None:
        async with (
            cluster.worker(app),
            await RawClient.connect(cluster.address, receive_buffer=65536) as client,
        ):
            await client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
            before = -1
            while made != before:  # until it stands still
                before = made
                await asyncio.sleep(0.05)
            assert 0 < made < 8 << 20
            await client.read_until(b"\r\n\r\n")
            await client.read(16 << 20)
            await until(lambda: made > before)
            client.reset()

    run(test, tmp_path)


def test_a_slow_application_stops_the_reading(tmp_path: Path) -> None:
    """Of an upload that nobody asks for little is taken; then all of it."""
    gate = asyncio.Event()
    taken = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal taken
        await gate.wait()
        more = True
        while more:
            event = await receive()
            taken += len(event["body"])
            more = event["more_body"]
        for event in OK:
            await send(event)

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(app), await RawClient.connect(cluster.address) as client:
            size = 32 << 20
            await client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % size)
            sent = 0

            async def upload() -> None:
                nonlocal sent
                while sent < size:
                    await client.send(bytes(65536))
                    sent += 65536

            uploading = asyncio.ensure_future(upload())
            before = -1
            while sent != before:
                before = sent
                await asyncio.sleep(0.05)
            assert sent < 16 << 20
            gate.set()
            await uploading
            assert (await client.response()).status == 200
            assert taken == size

    run(test, tmp_path)


@pytest.mark.parametrize("event", [{"type": "http.response.nonsense"}, {"type": "websocket.accept"}])
def test_a_message_that_is_not_known_raises_in_the_application(tmp_path: Path, event: Any) -> None:
    """Where it was sent, with the list of those that are known."""
    recorder = Recorder({"http.request": event})

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(recorder):
            assert (await cluster.get()).status == 500

    run(test, tmp_path)
    assert "http.response. start, body" in str(recorder.calls[0].error)


def test_a_message_that_does_not_fit_ends_the_application(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is sent on before that is known; the client gets 500, and the worker's log the reason."""

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(Recorder({"http.request": {"type": "http.response.body", "body": b"x"}})):
            assert (await cluster.get()).status == 500

    run(test, tmp_path)
    assert "sent what does not fit" in caplog.text


def test_a_file_is_sent_by_the_worker(tmp_path: Path) -> None:
    """pathsend: the path means something there; the length is said."""
    file = tmp_path / "file"
    file.write_bytes(b"0123456789" * 60_000)
    start = {"type": "http.response.start", "status": 200, "headers": []}
    recorder = Recorder({"http.request": [start, {"type": "http.response.pathsend", "path": str(file)}]})

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(recorder):
            answer = await cluster.get()
            assert answer.header(b"content-length") == b"600000"
            assert answer.body == file.read_bytes()

    run(test, tmp_path)


def test_a_long_body_travels_in_parts(tmp_path: Path) -> None:
    """One event of several megabytes is one answer."""
    body = bytes(range(256)) * 20_000
    recorder = Recorder(
        {"http.request": [OK[0] | {"headers": []}, {"type": "http.response.body", "body": body}]}
    )

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(recorder):
            assert (await cluster.get()).body == body

    run(test, tmp_path)


def test_a_handshake_may_be_denied_with_an_answer(tmp_path: Path) -> None:
    """The extension websocket.http.response works over the distance."""
    prefix = "websocket.http.response"
    denial = [
        {"type": f"{prefix}.start", "status": 418, "headers": []},
        {"type": f"{prefix}.body", "body": b"tea"},
    ]

    async def test(cluster: Cluster) -> None:
        async with cluster.worker(Recorder({"websocket.connect": denial})):
            with pytest.raises(Refused) as refused:
                await cluster.open()
            assert (refused.value.response.status, refused.value.response.body) == (418, b"tea")

    run(test, tmp_path)


def test_a_delivery_is_asked_for_event_by_event(tmp_path: Path) -> None:
    """Where asking has a meaning, the container asks when the application does; what it awaited is then cancelled."""
    recorder = Recorder({"plain.one": {"type": "plain.answer"}})
    asked: list[str] = []
    sent: list[Any] = []

    async def test(cluster: Cluster) -> None:
        async def receive() -> Any:
            asked.append("asked")
            if len(asked) > 1:
                await asyncio.Event().wait()
            return {"type": "plain.one"}

        async def send(event: Any) -> None:
            sent.append(event)

        async with cluster.worker(recorder):
            call = asyncio.ensure_future(cluster.relay({"type": "plain"}, receive, send))
            await until(lambda: len(asked) == 2)
            assert sent == [{"type": "plain.answer"}]
            call.cancel()
            await until(lambda: recorder.calls[0].ended)

    run(test, tmp_path)
    assert isinstance(recorder.calls[0].error, asyncio.CancelledError)


def test_closes_are_what_they_are(tmp_path: Path) -> None:
    """The application's own close code reaches the client."""

    async def test(cluster: Cluster) -> None:
        script = {"websocket.receive": {"type": "websocket.close", "code": 4001}}
        async with cluster.worker(Recorder(script)), await cluster.open() as client:
            await client.send("x")
            closed = await client.receive()
            assert isinstance(closed, Close)
            assert closed.code == 4001

    run(test, tmp_path)


# --- over a transport that is none: each opening meets what a test says -----------------------------------------

Meets = Callable[[Link], None]


class Script:
    """A transport whose workers do what is written, one opening after the other."""

    def __init__(self, *meets: Meets) -> None:
        self.meets = list(meets)
        self.openings: list[dict[str, Any]] = []
        self.released = 0

    def submit(self, link: Link) -> None:
        """The next worker has it."""
        opening = link.opening()
        self.openings.append(opening | {"session": dict(opening.get("session", {}))})  # as it is now
        self.meets.pop(0)(link)

    def withdraw(self, _link: Link) -> bool:
        """Some worker has it always."""
        return False

    def release(self, link: Link) -> None:
        """It is over."""
        self.released += 1
        link.close()

    def __repr__(self) -> str:
        return "Script()"


def ends(how: str = "ok", **more: Any) -> Meets:
    """The application has ended so."""
    return lambda link: link.heard(END, {"how": how, **more}, 0)


def takes_events(link: Link) -> None:
    """A worker that works in event style."""
    link.heard(TAKEN, {"style": "event", "worker": "w", "limits": [1000, 5.0]}, 0)
    link.heard(END, {"how": "ok"}, 0)


def outcome(**facts: Any) -> Meets:
    """An event was handled so."""
    return ends(outcome=facts)


def says(*events: dict[str, Any]) -> Meets:
    """The application sends these, and then its worker is lost."""

    def meets(link: Link) -> None:
        link.heard(TAKEN, {"style": "session"}, 0)
        for event in events:
            link.heard(SEND, event, 10)
        link.failed(Lost("gone"))

    return meets


def loses(link: Link) -> None:
    """A worker that dies."""
    link.failed(Lost("gone"))


def busy(link: Link) -> None:
    """No worker has a slot."""
    link.failed(Busy("none is free"))


def served(script: Script, scope: dict[str, Any], *events: dict[str, Any]) -> list[dict[str, Any]]:
    """What the peer is sent, whose events are these; then it says nothing more."""
    sent: list[dict[str, Any]] = []
    left = list(events)

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    async def main() -> None:
        async with asyncio.timeout(10):
            await Relay(script, LocalChannelLayer())({"path": "/", "headers": [], **scope}, receive, send)

    asyncio.run(main())
    assert script.released == len(script.openings)
    assert script.meets == []
    return sent


def request(method: str = "GET", **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A scope of HTTP, and its first event."""
    return {"type": "http", "method": method}, {
        "type": "http.request",
        "body": b"",
        "more_body": False,
        **more,
    }


SOCKET = {"type": "websocket", "extensions": {"websocket.http.response": {}}}
CONNECT = {"type": "websocket.connect"}


@pytest.mark.parametrize(
    ("first", "tries"),
    [
        (request("GET"), 2),
        (request("HEAD"), 2),
        (request("OPTIONS"), 2),
        (request("POST"), 1),
        (request("DELETE"), 1),
        (request("GET", body=b"x"), 1),
        (request("GET", more_body=True), 1),
        ((SOCKET, CONNECT), 2),
    ],
)
def test_what_is_tried_once_more_when_a_worker_is_lost(first: Any, tries: int) -> None:
    """What cannot have had an effect: a safe request without a body, a handshake. Then it is 502."""
    script = Script(*[loses] * tries)
    (start, _) = served(script, *first)
    assert start["status"] == 502
    assert [opening["attempt"] for opening in script.openings] == [1, 2][:tries]
    assert all(len(opening["events"]) == 1 for opening in script.openings)


def test_what_was_begun_is_not_tried_again() -> None:
    """The peer has heard something: it is told by the end of the connection."""
    start = {"type": "http.response.start", "status": 200, "headers": []}
    with pytest.raises(PeerGone):
        served(Script(says(start)), *request())
    assert served(Script(says({"type": "websocket.accept"})), SOCKET, CONNECT)[-1] == {
        "type": "websocket.close",
        "code": 1011,
    }


def test_what_was_told_in_full_is_no_failure() -> None:
    """A worker that is lost behind its whole answer has lost nothing."""
    start = {"type": "http.response.start", "status": 200, "headers": []}
    body = {"type": "http.response.body", "body": b"whole"}
    assert served(Script(says(start, body)), *request()) == [start, body]


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (ends("error"), 500),
        (ends("error", later=True), 503),
        (ends("cancelled"), 502),
        (busy, 503),
        (lambda link: link.heard(END, "no facts", 0), None),
        (ends("something newer"), None),
    ],
)
def test_how_a_session_ends(end: Meets, status: int | None) -> None:
    """Each in HTTP's words; what this version does not know is no failure."""
    sent = served(Script(end), *request("POST"))
    assert (sent[0]["status"] if sent else None) == status
    if status == 503:
        assert (b"retry-after", b"1") in sent[0]["headers"]


def test_no_route_is_the_servers_to_say() -> None:
    """In any protocol: it is raised, and the interface has the words."""
    with pytest.raises(NoRoute):
        served(Script(ends("no-route")), *request())
    with pytest.raises(NoRoute):
        served(Script(takes_events, ends("no-route")), SOCKET, CONNECT)


GONE = {"type": "websocket.disconnect", "code": 1000}


def test_an_event_goes_to_another_worker_when_its_own_is_lost() -> None:
    """As the same event, with the session as it was, counting the attempts."""
    script = Script(
        takes_events, outcome(changed={"seen": 1}), loses, ends("cancelled"), outcome(), outcome()
    )
    text = {"type": "websocket.receive", "text": "x"}
    served(script, SOCKET, CONNECT, text, GONE)
    handled = script.openings[1:]
    assert [one["attempt"] for one in handled] == [1, 1, 2, 3, 1]
    assert [one["event"]["type"] for one in handled] == [
        "websocket.connect",
        *["websocket.receive"] * 3,
        "websocket.disconnect",
    ]
    assert [one["session"] for one in handled] == [{}, *[{"seen": 1}] * 4]


def test_an_event_that_loses_workers_is_taken_for_the_cause() -> None:
    """After three of them no fourth is tried: the handshake is refused as when a worker is lost."""
    (start, _) = served(Script(takes_events, loses, loses, loses), SOCKET, CONNECT)
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 502)


@pytest.mark.parametrize(
    ("meets", "status"), [(busy, 503), (outcome(error="raised"), 500), (ends("error"), 500)]
)
def test_an_event_that_cannot_be_handled(meets: Meets, status: int) -> None:
    """No worker in time, a consumer that raised, a worker that could not say more: a status each."""
    (start, _) = served(Script(takes_events, meets), SOCKET, CONNECT)
    assert start["status"] == status


def test_a_newer_worker_may_say_more() -> None:
    """What this version does not know of an outcome is passed over; the rest counts."""
    served(
        Script(takes_events, outcome(changed={"a": 1}, newer=[1], error=""), outcome()), SOCKET, CONNECT, GONE
    )


def test_a_relay_is_no_application_of_its_own() -> None:
    """It has no lifespan, and says what it goes over and how much of an event it can carry."""
    relay = Relay(Script())
    with pytest.raises(RuntimeError, match="no lifespan"):
        served(Script(), {"type": "lifespan"})
    with pytest.raises(RuntimeError, match="upstreams"):
        served(Script(), {"type": "upstream"})
    assert repr(relay) == "Relay(Script())"
    assert 0 < relay.carries("email") < MESSAGE_LIMIT


def test_an_event_that_cannot_travel_ends_the_scope() -> None:
    """The server has put something into it that no other process has: the peer is told that it failed."""
    first = request(method="POST", more_body=True)
    (start, _) = served(Script(lambda link: None), *first, {"type": "http.request", "body": object()})
    assert start["status"] == 502


def test_who_is_cancelled_lets_go_of_its_worker() -> None:
    """A server that stops cuts its scopes: the transport hears of each."""
    script = Script(lambda link: None)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def main() -> None:
        scope = {"type": "email", "path": "x"}
        task = asyncio.ensure_future(Relay(script)(scope, receive, None))  # type: ignore[arg-type]
        await until(lambda: script.openings)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    asyncio.run(main())
    assert script.released == 1
