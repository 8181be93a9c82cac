"""The tap: what passes is unchanged for every type of scope, an error of ours harms nobody, chaos by counting."""

import asyncio
import logging
from copy import deepcopy
from typing import Any

import pytest

from interfaces.console.chaos import Settings
from interfaces.console.redact import Redactor
from interfaces.console.tap import Tap
from interfaces.shared.errors import NoRoute, PeerGone, Unavailable
from tests.console.kit import EVENTS, SCOPES, Peer, passed, run, tapped

TYPES = sorted(SCOPES)


class Seen:
    """An application that keeps what it is given, and says each word in turn; it asks once more at the end."""

    def __init__(self, *words: dict[str, Any], error: BaseException | None = None, asks: int = 1) -> None:
        self.words, self.error, self.asks = words, error, asks
        self.scopes: list[Any] = []
        self.events: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one scope."""
        self.scopes.append(scope)
        for _ in range(self.asks):
            self.events.append(await receive())
        for word in self.words:
            await send(word)
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("kind", [*TYPES, "lifespan"])
def test_what_passes_is_unchanged(kind: str) -> None:
    """The very scope, the very events and the very messages: the same objects, with what they had."""

    async def check() -> None:
        scope = SCOPES.get(kind, {"type": "lifespan", "state": {}})
        event = EVENTS.get(kind, {"type": "lifespan.startup"})
        word = {"type": f"{kind}.accept", "text": "ok", "body": b"x"}
        before = deepcopy((scope, event, word))
        app, peer = Seen(word), Peer([event])
        tap = tapped(app)
        await tap(scope, peer.receive, peer.send)
        assert app.scopes[0] is scope and app.events[0] is event and peer.sent[0] is word
        assert (scope, event, word) == before
        assert len(tap.book) == (0 if kind == "lifespan" else 2)

    run(check)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    "error", [ValueError("x"), NoRoute("x"), Unavailable("x"), PeerGone("x"), SystemExit(3)]
)
def test_what_is_raised_is_unchanged(kind: str, error: BaseException) -> None:
    """The very error: what it means to the peer is the interface's to say."""

    async def check() -> None:
        peer = Peer([dict(EVENTS[kind])])
        with pytest.raises(type(error)) as caught:
            await tapped(Seen(error=error))(dict(SCOPES[kind]), peer.receive, peer.send)
        assert caught.value is error

    run(check)


@pytest.mark.parametrize("kind", TYPES)
def test_cancelling_is_unchanged(kind: str) -> None:
    """Who is released while it waits is released."""

    async def check() -> None:
        tap = tapped(Seen(asks=2))
        peer = Peer([dict(EVENTS[kind])])
        with pytest.raises(asyncio.CancelledError):
            await tap(dict(SCOPES[kind]), peer.receive, peer.send)
        assert all(one.error == "" for one in tap.book.after(0))

    run(check)


def test_what_send_raises_the_application_gets() -> None:
    """And the entry says so."""

    async def check() -> None:
        async def gone(event: Any) -> None:
            raise PeerGone("left")

        tap = tapped(Seen({"type": "websocket.send", "text": "a"}))
        with pytest.raises(PeerGone):
            await tap(dict(SCOPES["websocket"]), Peer([EVENTS["websocket"]]).receive, gone)
        assert [one.error for one in tap.book.after(0)] == ["", "the peer has gone"]

    run(check)


def test_an_error_of_ours_is_logged_once_and_harms_nobody(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fails in the noting, the message goes on."""

    async def check() -> None:
        app = Seen({"type": "udp.send"})
        tap = tapped(app)
        monkeypatch.setattr(tap.book, "add", lambda entry: 1 / 0)
        for _ in range(3):
            peer = await passed(tap, "udp")
            assert peer.sent == [{"type": "udp.send"}]
        assert len(app.events) == 3

    with caplog.at_level(logging.ERROR, "interfaces.console"):
        run(check)
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_not_even_a_scope_that_cannot_be_noted() -> None:
    """The application is called all the same."""

    async def check() -> None:
        app = Seen(asks=0)
        tap = tapped(app)
        await tap({"type": "udp", "headers": 3}, Peer([]).receive, Peer([]).send)
        assert len(app.scopes) == 1

    run(check)


def test_it_has_what_its_application_has() -> None:
    """Such as routes that others look for; what neither has is an AttributeError."""
    app: Any = Seen()
    app.application_mapping = {"http": app}
    tap = Tap(app, None, Redactor())  # type: ignore[arg-type]
    assert tap.application_mapping == {"http": app} and "Tap" in repr(tap)
    with pytest.raises(AttributeError):
        _ = tap.nothing


# --- chaos ----------------------------------------------------------------------------------------


def disturbed(app: Any, **settings: Any) -> Tap:
    """A tap with these settings."""
    tap = tapped(app)
    tap.chaos.settings = Settings(**settings)
    return tap


@pytest.mark.parametrize("kind", ["email", "slack", "sms", "http", "websocket", "irc"])
def test_drop_is_the_protocols_try_again(kind: str) -> None:
    """The application is not called: Unavailable is raised in its place, and noted."""

    async def check() -> None:
        app = Seen()
        tap = disturbed(app, drop=1.0)
        for _ in range(3):
            with pytest.raises(Unavailable):
                await tap(dict(SCOPES[kind]), Peer([dict(EVENTS[kind])]).receive, Peer([]).send)
        assert app.scopes == [] and tap.chaos.done["drop"] == 3
        assert [one.verdict for one in tap.book.after(0)] == ["deferred"] * 3

    run(check)


@pytest.mark.parametrize("kind", ["udp", "upstream"])
def test_other_scopes_are_not_disturbed(kind: str) -> None:
    """Whose protocol has no words for it."""

    async def check() -> None:
        app = Seen()
        await passed(disturbed(app, drop=1.0, duplicate=1.0, redeliver=1.0, delay=1.0), kind)
        assert len(app.scopes) == 1

    run(check)


@pytest.mark.parametrize(
    ("settings", "attempts"),
    [
        ({"duplicate": 1.0}, [1, 1]),
        ({"redeliver": 1.0}, [1, 2]),
        ({"duplicate": 1.0, "redeliver": 1.0}, [1, 1, 2]),
    ],
)
@pytest.mark.parametrize("kind", ["email", "slack", "sms"])
def test_a_delivery_comes_again(kind: str, settings: dict[str, float], attempts: list[int]) -> None:
    """Beside it, or as the next try; what is said in those goes nowhere, and is noted."""

    async def check() -> None:
        app = Seen({"type": f"{kind}.accept"})
        tap = disturbed(app, **settings)
        peer = await passed(tap, kind)
        await asyncio.gather(*tap.repeating.running)
        assert sorted(event.get("attempt", 1) for event in app.events) == attempts
        assert len(peer.sent) == 1
        assert sum(one.type == f"{kind}.accept" for one in tap.book.after(0)) == len(attempts)

    run(check)


@pytest.mark.parametrize("kind", ["websocket", "irc"])
def test_a_message_of_a_connection_comes_twice(kind: str) -> None:
    """The next time that the application asks."""

    async def check() -> None:
        app = Seen(asks=2)
        await passed(disturbed(app, duplicate=1.0), kind)
        assert app.events[0] == app.events[1] and app.events[0] is not app.events[1]

    run(check)


def test_rates_are_kept() -> None:
    """A quarter of what comes."""

    async def check() -> None:
        app = Seen()
        tap = disturbed(app, drop=0.25)
        tap.chaos.chance = iter([0.1, 0.3, 0.5, 0.9] * 5).__next__
        dropped = 0
        for _ in range(20):
            try:
                await passed(tap, "sms")
            except Unavailable:
                dropped += 1
        assert (dropped, len(app.scopes)) == (5, 15)

    run(check)


def test_delay_waits_before_anything_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for a delivery, before each message of a connection: who is cancelled meanwhile has lost nothing."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def check() -> None:
        monkeypatch.setattr("interfaces.console.tap.asyncio.sleep", sleep)
        await passed(disturbed(Seen(asks=2), delay=2.0), "http", EVENTS["http"], EVENTS["http"])
        await passed(disturbed(Seen(asks=2), delay=3.0), "irc", EVENTS["irc"], EVENTS["irc"])

    run(check)
    assert slept == [2.0, 3.0, 3.0]


def test_repeats_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where too many run, chaos leaves it out."""
    monkeypatch.setattr("interfaces.console.repeating.AT_ONCE", 2)

    async def check() -> None:
        forever = asyncio.Event()
        calls = 0

        async def app(scope: Any, receive: Any, send: Any) -> None:
            nonlocal calls
            calls += 1
            await receive()
            if calls > 1:
                await forever.wait()

        tap = disturbed(app, duplicate=1.0, redeliver=1.0)
        tap.chaos.settings.protocols = ("sms",)
        await passed(tap, "sms")
        assert len(tap.repeating.running) == 2 and tap.repeating.full
        tap.app = Seen()
        await passed(tap, "sms")
        assert (len(tap.repeating.running), dict(tap.chaos.done)) == (2, {"duplicate": 1, "redeliver": 1})
        await tap.repeating.close()
        assert not tap.repeating.running

    run(check)
