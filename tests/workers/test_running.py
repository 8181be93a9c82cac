"""One scope at a worker: what its application hears and sends, and how its end is told."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from interfaces.shared.errors import NoRoute, PeerGone
from interfaces.workers import running
from interfaces.workers.running import DEAF, PART, TURN, Running
from interfaces.workers.transports.base import GRANT, Taken
from interfaces.workers.wire import ASK, CANCEL, CREDIT, END, EVENT, LAST, REJECT, SEND, WINDOW
from tests.workers.transports.fakes import Carrier, turns

START = {"type": "http.response.start", "status": 200, "headers": []}
BODY = {"type": "http.response.body", "body": b"a"}
ACCEPT = {"type": "websocket.accept"}
MOVED = {"type": "websocket.close", "code": 1012, "reason": "restart"}
REQUEST = {"type": "http.request", "body": b"", "more_body": False}
GONE = {"type": "http.disconnect"}


class Case(Carrier):
    """A scope in which ``app`` runs; it is its own worker, and a container that reads at once if it ``reads``."""

    def __init__(self, app: Any, kind: str = "http", *, reads: bool = True, **opening: Any) -> None:
        super().__init__()
        self.app, self.state, self.draining = app, {"db": 1}, False
        self.reads, self.gone, self.late = reads, [], []
        scope = {"type": kind, "path": "/", "headers": [[b"a", b"b"]]}
        self.taken = Taken(7, self, {"scope": scope, "events": [], "attempt": 1, **opening})
        self.running = Running(self, self.taken)

    def post(self, kind: int, session: int, payload: Any) -> int:
        """Keep it; it is read in the loop's next turn."""
        size = super().post(kind, session, payload)
        if kind == SEND and self.reads:
            asyncio.get_running_loop().call_soon(self.taken.credited, size)
        return size

    def left(self, running: Any) -> None:
        """It is over."""
        self.gone.append(running)

    def stuck(self, running: Any) -> None:
        """It goes on after its last event."""
        self.late.append(running)

    async def finish(self) -> str:
        """Wait until the application has ended: how it did."""
        async with asyncio.timeout(20):
            await asyncio.wait({self.running.session.task})
        await turns()
        assert self.gone == [self.running]
        return ",".join(end["how"] for end in self.told(END))

    def told(self, kind: int) -> list[Any]:
        """The payloads of the frames of one kind."""
        return [payload for found, _, payload in self.frames if found == kind]

    @property
    def sent(self) -> list[Any]:
        """What came of the application."""
        return self.told(SEND)


def ran(app: Any, kind: str = "http", *frames: tuple[int, Any], **opening: Any) -> tuple[str, Case]:
    """How ``app`` ended when ``frames`` came after its start, and what was seen."""

    async def test() -> tuple[str, Case]:
        case = Case(app, kind, **opening)
        case.running.start()
        await turns()
        for frame in frames:
            case.taken.heard(*frame, 0)
        return await case.finish(), case

    return asyncio.run(test())


def sending(*events: Any, error: Exception | None = None) -> Any:
    """An application that sends ``events``, and raises."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for event in events:
            await send(event)
        if error is not None:
            raise error

    return app


async def forever(scope: Any, receive: Any, send: Any) -> None:
    """An application that does not end."""
    await asyncio.Event().wait()


def test_events_come_in_order() -> None:
    """Those of the opening first, then the others, the last one at the end; the scope is as applications know it."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["headers"], scope["state"]))
        while True:
            seen.append((await receive())["type"])

    frames = [(EVENT, {"type": "c"}), (LAST, {"type": "d"})]
    how, _ = ran(app, "websocket", *frames, events=[{"type": "a"}, {"type": "b"}])
    assert seen == [([(b"a", b"b")], {"db": 1}), "a", "b", "c", "d"]
    assert how == "ok"


@pytest.mark.parametrize("frame", [(LAST, {"type": "websocket.disconnect"}), (0, None)])
def test_an_application_that_goes_on_after_its_client_is_told_of(
    monkeypatch: pytest.MonkeyPatch, frame: tuple[int, Any]
) -> None:
    """Once, after the grace, whether the client or its container is gone; as in one process it may finish."""
    monkeypatch.setattr(running, "STUCK", 0)

    async def test() -> None:
        gate = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await gate.wait()

        case = Case(app, "websocket")
        case.running.start()
        await turns()
        assert case.late == []
        case.taken.heard(*frame, 0) if frame[0] else case.taken.lost()
        case.running.heard(LAST, None, 0)
        await turns()
        assert case.late == [case.running] and case.gone == [] and not case.running.session.task.done()
        gate.set()
        await case.finish()
        assert case.late == [case.running]

    asyncio.run(test())


def test_who_ends_in_time_is_not_told_of() -> None:
    """No timer outlives a scope."""

    async def test() -> None:
        case = Case(sending(), "websocket")
        case.running.start()
        case.taken.heard(LAST, {"type": "websocket.disconnect"}, 0)
        assert not case.running._late.cancelled()
        await case.finish()
        assert case.running._late.cancelled() and case.late == []

    asyncio.run(test())


def test_a_start_waits_for_what_follows() -> None:
    """Nothing leaves before the body is there, then both do, in order."""

    async def test() -> None:
        gate = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(START)
            await gate.wait()
            await send(BODY)

        case = Case(app)
        case.running.start()
        await turns()
        assert case.sent == []
        gate.set()
        assert await case.finish() == "ok"
        assert case.sent == [START, BODY]

    asyncio.run(test())


def test_a_start_without_a_body_leaves_with_a_good_end_only() -> None:
    """After an error there is still room for a status of the container's own."""
    assert ran(sending(START))[1].sent == [START]
    how, case = ran(sending(START, error=ValueError("no")))
    assert (how, case.sent) == ("error", [])


def test_a_kept_start_that_cannot_travel_is_an_error() -> None:
    """It shows only at the end, and is the application's mistake there too."""
    how, case = ran(sending(START | {"status": object()}))
    assert (how, case.sent) == ("error", [])


@pytest.mark.parametrize("more", [False, True])
def test_a_big_body_travels_in_parts(more: bool) -> None:
    """Each of PART bytes at most; whether more follows the last is what the application said."""
    body = bytes(range(256)) * (2 * PART // 256) + b"end"
    _, case = ran(sending(START, {"type": "http.response.body", "body": body, "more_body": more}))
    parts = case.sent[1:]
    assert [len(part["body"]) for part in parts] == [PART, PART, 3]
    assert b"".join(part["body"] for part in parts) == body
    assert [part["more_body"] for part in parts] == [True, True, more]


@pytest.mark.parametrize("headers", [[], [[b"Content-Length", b"7"]]])
def test_a_file_is_sent_as_a_body(tmp_path: Path, headers: Any) -> None:
    """Its size is told unless the application did, in whatever case."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * PART + b"end")
    event = {"type": "http.response.pathsend", "path": str(path)}
    how, case = ran(sending(START | {"headers": headers}, event))
    start, *parts = case.sent
    assert start["headers"] == (headers or [[b"content-length", b"%d" % (PART + 3)]])
    assert [(len(part["body"]), part.get("more_body", False)) for part in parts] == [
        (PART, True),
        (3, True),
        (0, False),
    ]
    assert how == "ok" and START["headers"] == []


def test_a_file_that_is_not_there_leaves_room_for_a_status(tmp_path: Path) -> None:
    """The start has not left when the application raises."""
    how, case = ran(sending(START, {"type": "http.response.pathsend", "path": str(tmp_path / "none")}))
    assert (how, case.sent) == ("error", [])


@pytest.mark.parametrize(
    ("kind", "event", "known"),
    [
        ("http", "websocket.send", "http.response. start, body, trailers, early_hint, pathsend"),
        ("http", "http.response.push", "http.response. start, body, trailers, early_hint, pathsend"),
        ("websocket", "http.response.body", "websocket. accept, send, close, http.response.start"),
    ],
)
def test_unknown_types_are_refused(kind: str, event: str, known: str) -> None:
    """The error names what is known, and nothing has left."""
    told: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(RuntimeError) as caught:
            await send({"type": event})
        told.append(str(caught.value))

    assert ran(app, kind)[1].sent == []
    assert event in told[0] and known in told[0]


def test_other_protocols_send_what_they_like() -> None:
    """Their words are their interfaces' to check."""
    assert ran(sending({"type": "email.anything"}), "email")[1].sent == [{"type": "email.anything"}]


@pytest.mark.parametrize(
    ("kind", "told"), [("http", "http.disconnect"), ("websocket", "websocket.disconnect")]
)
def test_nobody_is_there_when_the_container_is_gone(kind: str, told: str) -> None:
    """The application hears of it, its sends raise PeerGone, its slot becomes free, no frame leaves."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((await receive())["type"])
        with pytest.raises(PeerGone):
            await send(START if kind == "http" else ACCEPT)
        seen.append("gone")

    async def test() -> None:
        case = Case(app, kind)
        case.running.start()
        await turns()
        case.taken.lost()
        case.running.move()
        assert await case.finish() == "" and case.frames == []

    asyncio.run(test())
    assert seen == [told, "gone"]


def test_who_waits_for_room_hears_that_the_client_is_gone() -> None:
    """A send that was held back raises PeerGone, which is no error of the application's."""
    event = {"type": "websocket.send", "bytes": b"x" * WINDOW}
    how, case = ran(sending(event, event), "websocket", (LAST, None), reads=False)
    assert (how, len(case.sent)) == ("ok", 1)


def test_a_disconnect_is_given_again_until_it_is_deaf() -> None:
    """An application that asks on and on is cancelled after DEAF times."""
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while True:
            seen.append((await receive())["type"])

    how, _ = ran(app, "http", (LAST, GONE), events=[REQUEST])
    assert seen == ["http.request", *["http.disconnect"] * DEAF]
    assert how == "ok"


@pytest.mark.parametrize("frame", [(CANCEL, None), (REJECT, {"reason": "a bad header"})])
def test_cancel_and_reject_end_the_application(frame: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What was rejected is in the log, with its reason."""
    assert ran(forever, "http", frame)[0] == "ok"
    assert ("a bad header" in caplog.text) is (frame[0] == REJECT)


def test_a_socket_is_moved() -> None:
    """1012 for one that is open, and at once for one that is accepted in a drain; accepted ones last."""

    async def test() -> None:
        for draining in (False, True):
            case = Case(sending(ACCEPT), "websocket")
            case.draining = draining
            assert not case.running.lasting
            case.running.start()
            await turns()
            assert case.running.lasting
            assert case.sent == [ACCEPT, MOVED][: 1 + draining]
            case.running.move()
            assert case.sent[-1] == MOVED

    asyncio.run(test())


def test_a_cut_is_told_as_cancelled() -> None:
    """It is the worker that ended it: a start that was kept does not leave."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await forever(scope, receive, send)

    async def test() -> None:
        case = Case(app)
        case.running.start()
        await turns()
        case.running.cut()
        assert await case.finish() == "cancelled" and case.sent == []

    asyncio.run(test())


@pytest.mark.parametrize(("error", "how"), [(NoRoute("none"), "no-route"), (ValueError("mine"), "error")])
def test_what_is_raised_is_told(error: Exception, how: str, caplog: pytest.LogCaptureFixture) -> None:
    """No route is no error and not logged as one."""
    assert ran(sending(error=error))[0] == how
    assert ("the application raised" in caplog.text) is (how == "error")


def test_bytes_are_given_back_when_they_are_consumed() -> None:
    """At once while there is room, else when the application has taken them."""

    async def test() -> None:
        gate = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await gate.wait()
            for _ in range(2):
                await receive()

        case = Case(app)
        case.running.start()
        case.taken.heard(EVENT, REQUEST, GRANT)
        assert case.told(CREDIT) == [GRANT]
        case.taken.heard(EVENT, REQUEST, WINDOW)
        await turns()
        assert case.told(CREDIT) == [GRANT]
        gate.set()
        await case.finish()
        assert case.told(CREDIT) == [GRANT, WINDOW]

    asyncio.run(test())


@pytest.mark.parametrize("asks", [False, True])
def test_asking_is_told_where_it_is_wanted(asks: bool) -> None:
    """Only when nothing waits for the application, and no more than once for each event."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(3):
            await receive()

    frames = [(EVENT, {"type": "b"}), (LAST, {"type": "c"})]
    _, case = ran(app, "email", *frames, asks=asks, events=[{"type": "a"}])
    assert case.told(ASK) == [None] * asks


def test_others_get_their_turn() -> None:
    """After TURN sends of an application that never waits, and not before."""
    seen: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        other: list[bool] = []
        asyncio.get_running_loop().call_soon(other.append, True)
        for number in range(TURN):
            await send({"type": "websocket.send", "text": ""})
            if other and not seen:
                seen.append(number)

    ran(app, "websocket")
    assert seen == [TURN - 1]
