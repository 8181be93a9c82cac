"""Where an application's scopes go and come from: the choice of transports, what is split, a worker's life."""

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from interfaces.layers.embedded import Embedded
from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.opening import open_layer
from interfaces.runner import distributed
from interfaces.runner.distributed import WorkerProcess, relaying
from interfaces.runner.options import ServeOptions, WorkerOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from interfaces.shared.telemetry import Telemetry
from interfaces.workers.background import FUNCTIONS, STORES, background, worker_ready
from interfaces.workers.outcome import Outcome
from interfaces.workers.routing import Routing, route
from interfaces.workers.transports.dial import Dialler
from interfaces.workers.transports.directory import Places
from interfaces.workers.transports.registry import Registry
from interfaces.workers.transports.take import Taker


class Layer:
    """A layer through which processes would meet; notes the channels that are asked for."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[list[str]] = asyncio.Queue()

    def hub(self) -> Any:
        """There is one, and nobody needs it here."""
        raise AssertionError("asked for the hub")

    async def receive_any(self, channels: list[str]) -> Any:
        """Nothing ever comes."""
        self.asked.put_nowait(channels)
        await asyncio.Event().wait()


class Transport:
    """Stands in for a transport; keeps what it was made with."""

    made: list["Transport"]

    def __init__(self, *given: Any, **named: Any) -> None:
        self.given, self.named = given, named
        self.addresses = ["place:1"]
        self.inside = False
        self.made.append(self)

    async def __aenter__(self) -> "Transport":
        self.inside = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.inside = False


class Quiet(Transport):
    """A source that brings nothing."""

    made: ClassVar[list[Transport]] = []

    def free(self, slots: int) -> None:
        """It is known."""

    async def drain(self, seconds: float) -> None:
        """At once."""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Transport]:
    """The transports that were made, of classes named Direct and Redis that do nothing."""
    found: list[Transport] = []
    monkeypatch.setattr(distributed, "Meeting", type("Meeting", (Transport,), {"made": []}))
    for name in ("Direct", "Redis"):
        monkeypatch.setattr(distributed, name, type(name, (Transport,), {"made": found}))
    return found


@pytest.fixture(scope="module")
def broker() -> Iterator[Embedded]:
    """A broker of this file."""
    with Embedded() as server:
        yield server


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """An application."""


def where(layer: Any, app: Any = None, served: tuple[str, ...] = ("http", "ws"), /, **options: Any) -> str:
    """Enter relaying with these options; in words where scopes go."""

    async def run() -> str:
        async with relaying(app, ServeOptions(**options), layer, Telemetry(), served) as (_, words):
            return words

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({}, "Redis"),
        ({"transport": "redis"}, "Redis"),
        ({"transport": "direct"}, "Direct"),
        ({"relay_bind": "unix:x"}, "Direct"),
        ({"transport": "redis", "relay_bind": "unix:x"}, "Redis"),
        ({"transport": "direct", "relay_bind": "unix:x"}, "Direct"),
    ],
)
def test_the_transport_is_chosen(made: list[Transport], options: dict[str, Any], kind: str) -> None:
    """auto is direct exactly where --relay-bind is given; what is named is taken; it is left afterwards."""
    words = where(Layer(), **options)
    (one,) = made
    assert type(one).__name__ == kind
    assert words == ("workers on the layer" if kind == "Redis" else "workers that connect to place:1")
    assert not one.inside


@pytest.mark.usefixtures("made")
def test_what_is_counted_is_told_from_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """A counter that is there only after its first time hides that one from Prometheus."""
    container, worker = Telemetry(), Telemetry()

    monkeypatch.setattr(distributed, "_source", lambda options, context, name: Quiet())

    async def run() -> None:
        async with relaying(None, ServeOptions(layer="redis://h"), Layer(), container, ["http"]):
            pass
        process = WorkerProcess(WorkerOptions(connect=("unix:/x",)))
        async with process.serve(nothing, Context(telemetry=worker)):
            pass

    asyncio.run(run())
    assert container.counts == dict.fromkeys(distributed.COUNTS, 0)
    assert worker.counts == dict.fromkeys(distributed.WORKER_COUNTS, 0)


def test_the_broker_transport_gets_the_limits(made: list[Transport]) -> None:
    """--relay-queue and --relay-wait reach the transport, with the layer that it goes through."""
    layer = Layer()
    where(layer, relay_queue=7, relay_wait=0.5)
    assert made[0].given[:3] == (layer, 7, 0.5)


def test_a_token_is_made_where_the_broker_can_tell_it(made: list[Transport]) -> None:
    """Without --relay-token each container has its own long one, listens at home and announces both."""
    for _ in range(2):
        where(Layer(), transport="direct")
    first, second = made
    assert first.given[0] == distributed.HERE
    assert len(first.given[1]) >= 32
    assert first.given[1] != second.given[1]
    assert first.named["tells"] is True
    assert isinstance(first.named["directory"], Registry)


@pytest.mark.parametrize("layer", [Layer, LocalChannelLayer, lambda: None])
def test_a_given_token_is_kept_to_oneself(made: list[Transport], layer: Any) -> None:
    """--relay-token is used as it is and never written to a broker; the address is that of --relay-bind."""
    where(layer(), relay_bind="10.0.0.1:7", relay_token="given")
    assert made[0].given[:2] == ("10.0.0.1:7", b"given")
    assert made[0].named["tells"] is False
    assert (made[0].named["directory"] is not None) is (layer is Layer)


def test_without_a_broker_no_token_is_made_up(made: list[Transport]) -> None:
    """Nobody could learn it: the transport gets none, and decides by the address whether that is well."""
    where(None, relay_bind="unix:x")
    assert made[0].given[:2] == ("unix:x", b"")
    assert (made[0].named["tells"], made[0].named["directory"]) == (False, None)


@pytest.mark.parametrize("key", [None, Path("key.pem")])
def test_the_certificate_of_relay_bind(made: list[Transport], key: Path | None) -> None:
    """--relay-tls-cert switches TLS on, with a key in the same file or in its own; without it there is none."""
    where(None, relay_bind="unix:x", relay_tls_cert=Path("cert.pem"), relay_tls_key=key)
    where(None, relay_bind="unix:x")
    tls = made[0].named["listening"].tls
    assert (tls.cert, tls.key) == ("cert.pem", key and "key.pem")
    assert made[1].named["listening"].tls is None


@pytest.mark.parametrize("layer", [LocalChannelLayer, lambda: None])
@pytest.mark.parametrize(
    ("transport", "way"), [("auto", "--layer redis://HOST or embedded:"), ("redis", "--layer redis://HOST"),
                           ("direct", "needs --relay-bind")]
)  # fmt: skip
def test_without_a_broker_there_is_a_way_out(layer: Any, transport: str, way: str) -> None:
    """A layer that reaches no other process is ConfigError that names the option to give."""
    with pytest.raises(ConfigError, match=way):
        where(layer(), transport=transport)


@pytest.mark.parametrize(
    ("served", "relay", "said"),
    [
        (("http",), "websocket", "--relay websocket: that is not served; http may be relayed"),
        (("http", "ws"), "htp", "http and websocket may be relayed; did you mean http"),
        (("http", "other"), "anything", ""),
        (("http", "ws"), "ws", ""),
        (("http", "ws"), "websocket", ""),
    ],
)
@pytest.mark.usefixtures("made")
def test_what_is_relayed_is_served(served: tuple[str, ...], relay: str, said: str) -> None:
    """A type that no interface has is refused with those there are, unless somebody else's may have any."""
    options: dict[str, Any] = {"layer": "redis://h", "relay": (relay,)}
    if said:
        with pytest.raises(ConfigError, match=said):
            where(Layer(), nothing, served, **options)
    else:
        kind = "websocket" if relay == "ws" else relay
        assert where(Layer(), nothing, served, **options) == f"{{app}}, {kind} for workers on the layer"


@pytest.mark.parametrize(
    ("served", "relay", "said"),
    [
        (("http", "ws"), ("http",), "--relay http: nobody would run websocket; say --app MODULE:ATTRIBUTE for it"),
        (("http",), ("websocket",), "--relay websocket: that is not served; http may be relayed"),
        (("http", "ws"), ("ws", "http"), ""),
        (("http",), ("http",), ""),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("made")
def test_what_is_not_relayed_needs_an_application(served: tuple[str, ...], relay: Any, said: str) -> None:
    """--relay names what goes away: without --app nobody is there for the rest, and that is not taken silently."""
    if said:
        with pytest.raises(ConfigError, match=f"^{said}"):
            where(Layer(), None, served, layer="redis://h", relay=relay)
    else:
        assert where(Layer(), None, served, layer="redis://h", relay=relay) == "workers on the layer"


@pytest.mark.parametrize(
    ("served", "relay", "refused"),
    [
        (("http",), ("http",), True),
        (("http", "ws"), ("ws", "http"), True),
        (("http", "ws"), ("ws",), False),
        (("http", "of-a-third-party"), ("http",), False),
    ],
)
@pytest.mark.usefixtures("made")
def test_an_application_that_would_run_nothing_is_refused(served: Any, relay: Any, refused: bool) -> None:
    """--relay of all that is served, with --app: one of both is a mistake, and nobody would notice which."""
    if refused:
        with pytest.raises(
            ConfigError, match="that is all that is served, so the application here would run"
        ):
            where(Layer(), nothing, served, layer="redis://h", relay=relay)
    else:
        assert where(Layer(), nothing, served, layer="redis://h", relay=relay).startswith("{app}, ")


@pytest.mark.parametrize(("transport", "ways"), [("redis", ["redis"]), ("direct", ["direct"])])
def test_a_container_says_which_transport_it_takes(
    monkeypatch: pytest.MonkeyPatch, made: Any, transport: str, ways: Any
) -> None:
    """To workers on the layer, if there is one through which they meet."""
    meetings: list[Transport] = []
    monkeypatch.setattr(distributed, "Meeting", type("Meeting", (Transport,), {"made": meetings}))
    layer = Layer()
    where(layer, transport=transport)
    where(None, relay_bind="unix:x")
    assert [one.given for one in meetings] == [(layer, "container", ways)]


def test_only_named_types_go_away(made: list[Transport], monkeypatch: pytest.MonkeyPatch) -> None:
    """The application gets every scope but those of the types of --relay, lifespan included."""
    got: list[tuple[str, str]] = []

    def noting(name: str) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            got.append((name, scope["type"]))

        return app

    monkeypatch.setattr(distributed, "Relay", lambda transport, layer: noting("relay"))

    async def run() -> None:
        options = ServeOptions(layer="redis://h", relay=("ws",))
        async with relaying(noting("app"), options, Layer(), Telemetry(), ["http", "ws"]) as (app, _):
            assert made[0].inside
            for kind in ("lifespan", "http", "websocket", "ws"):
                await app({"type": kind}, None, None)  # type: ignore[arg-type]

    asyncio.run(run())
    assert got == [("app", "lifespan"), ("app", "http"), ("relay", "websocket"), ("app", "ws")]


def sources(layer: Any, /, **options: Any) -> list[Any]:
    """Where a worker would take scopes from."""
    made = WorkerOptions(**({"layer": "redis://h"} | options))
    return distributed._source(made, Context(layer=layer), "me")._sources  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ({}, [Taker, Dialler]),
        ({"transport": "redis"}, [Taker]),
        ({"transport": "direct"}, [Dialler]),
        ({"connect": ("unix:/x",)}, [Taker, Dialler]),
        ({"connect": ("unix:/x",), "transport": "direct"}, [Dialler]),
    ],
)
def test_a_worker_takes_from_all_there_is(options: dict[str, Any], kinds: list[type]) -> None:
    """Both transports unless one is named; --only and --exclude hold for each."""
    found = sources(Layer(), only=("http",), exclude=("x*",), **options)
    assert [type(one) for one in found] == kinds
    for one in found:
        held = (one._only, one._exclude) if isinstance(one, Taker) else tuple(one._types.values())
        assert held == (("http",), ("x*",))


def test_whom_a_worker_dials() -> None:
    """Those of --connect, with the given token, else those that the broker knows; a place that is none is refused."""
    (one,) = sources(None, layer="", connect=("h:1", "unix:/x"), relay_token="secret")
    assert isinstance(one._directory, Places)
    assert [place.address for place in asyncio.run(one._directory.places())] == ["h:1", "unix:/x"]
    assert (one._token, one._tls) == (b"secret", None)
    assert isinstance(sources(Layer(), transport="direct")[0]._directory, Registry)
    with pytest.raises(ConfigError, match="'99999' is no port"):
        sources(None, layer="", connect=("h:99999",), relay_token="t")


@pytest.mark.parametrize("transport", ["auto", "redis", "direct"])
def test_a_worker_needs_a_broker_or_places(transport: str) -> None:
    """A layer of one process leads to nobody, whichever transport is asked for."""
    with pytest.raises(ConfigError, match="workers cannot be reached through this layer"):
        sources(LocalChannelLayer(), transport=transport)


@pytest.mark.parametrize(
    ("only", "exclude", "taken"),
    [
        ((), (), ["tdist.mail", "tdist.thumb"]),
        (("tdist.m*",), (), ["tdist.mail"]),
        ((), ("tdist.m*",), ["tdist.thumb"]),
        (("tdist.*",), ("*.thumb",), ["tdist.mail"]),
        (("http",), (), None),
        ((), ("*",), None),
    ],
)
def test_globs_choose_background_channels(only: Any, exclude: Any, taken: list[str] | None) -> None:
    """A worker asks the layer only for channels that --only and --exclude leave to it, and for none with none."""
    routing = Routing([route("tdist.mail", print), route("tdist.thumb", print), route("http.request", print)])
    app: Any = SimpleNamespace(application_mapping={"http": routing})

    async def run() -> None:
        layer = Layer()
        options = WorkerOptions(layer="redis://h", only=only, exclude=exclude)
        works = distributed._background(app, options, layer)
        assert distributed._background(app, options, LocalChannelLayer()) == []
        assert bool(works) is (taken is not None)
        for work in works:
            task = asyncio.ensure_future(work.run())
            asked = await layer.asked.get()
            assert [channel for channel in asked if channel.startswith(("tdist.", "http."))] == taken
            task.cancel()
            await asyncio.wait({task})

    asyncio.run(run())


def test_functions_of_channels_need_no_routing() -> None:
    """Of an application that has none, as of a Django project with tasks, they are read all the same."""
    app: Any = SimpleNamespace(application_mapping={})

    async def run() -> None:
        layer = Layer()
        (work,) = distributed._background(app, WorkerOptions(layer="redis://h", only=("tdist.*",)), layer)
        task = asyncio.ensure_future(work.run())
        assert list(await layer.asked.get()) == ["tdist.alone"]
        task.cancel()
        await asyncio.wait({task})

    background("tdist.alone")(print)
    try:
        asyncio.run(run())
    finally:
        del FUNCTIONS["tdist.alone"]


def test_messages_that_are_kept_elsewhere_are_taken_from_there(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store is opened on the worker's layer, its messages handled; at the end what it gave is cut, then it closes."""
    notes: list[Any] = []

    class Kept:
        """One message, and none after it."""

        async def receive_any(self, channels: Any) -> Any:
            if list(channels) in notes:
                await asyncio.Event().wait()
            notes.append(list(channels))
            return channels[0], {"n": 1}

        async def attempt(self, message: Any, session: Any, channel: str) -> Outcome:
            notes.append((message, channel))
            try:
                await asyncio.Event().wait()
            finally:
                notes.append("cut")

    @asynccontextmanager
    async def opened(layer: Any) -> Any:
        notes.append(layer)
        yield Kept()
        notes.append("closed")

    monkeypatch.setattr(distributed, "_source", lambda options, context, name: Quiet())
    monkeypatch.setitem(STORES, "tdist.kept", opened)
    monkeypatch.setitem(STORES, "tdist.others", opened)
    layer = Layer()

    async def run() -> None:
        process = WorkerProcess(WorkerOptions(layer="redis://h", only=("tdist.k*",)))
        async with process.serve(nothing, Context(layer=layer, drain=0)):
            while len(notes) < 3:
                await asyncio.sleep(0)

    asyncio.run(run())
    assert notes == [layer, ["tdist.kept"], ({"n": 1}, "tdist.kept"), "cut", "closed"]


def test_a_worker_is_ready_only_while_it_can_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its source is entered, then readiness and signal tell; leaving drains before the source is left."""
    notes: list[Any] = []

    class Source:
        async def __aenter__(self) -> "Source":
            notes.append("entered")
            return self

        async def __aexit__(self, *_: object) -> None:
            notes.append("left")

        def free(self, slots: int) -> None:
            notes.append(("free", slots))

        async def drain(self, seconds: float) -> None:
            notes.append(("drain", seconds))

    monkeypatch.setattr(distributed, "_source", lambda options, context, name: Source())
    told = lambda: notes.append("signal")  # noqa: E731

    async def run() -> None:
        context = Context(on_ready=lambda *said: notes.append(said), drain=2)
        process = WorkerProcess(WorkerOptions(connect=("unix:/x",), concurrency=3))
        async with process.serve(nothing, context) as addresses:
            assert addresses == []
            assert notes == ["entered", ("free", 3), ("worker", True, ""), "signal"]

    worker_ready.connect(told)
    try:
        asyncio.run(run())
    finally:
        worker_ready.disconnect(told)
    assert notes[4:] == [("drain", 2), "left"]


@pytest.mark.parametrize("alone", [True, False])
def test_channels_that_nobody_reads_here_are_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, alone: bool
) -> None:
    """Class consumers of channels wait for manage.py runworker: one line says so, unless this is a part of it."""
    monkeypatch.setattr(distributed, "_source", lambda options, context, name: Quiet())
    router = SimpleNamespace(application_mapping={"thumbs": nothing, "mail": nothing})
    app: Any = SimpleNamespace(application_mapping={"channel": router, "http": nothing})

    async def run() -> None:
        process = WorkerProcess(WorkerOptions(connect=("unix:/x",)))
        process.alone = alone
        async with process.serve(app, Context()):
            pass

    with caplog.at_level("INFO"):
        asyncio.run(run())
    said = ["not read here but by manage.py runworker: channel mail, thumbs"]
    assert caplog.messages == (said if alone else [])


def test_one_that_cannot_take_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that refuses comes out as it is, and readiness hears nothing."""
    notes: list[Any] = []

    def refusing(*_: Any) -> Any:
        raise ConfigError("the tokens differ")

    monkeypatch.setattr(distributed, "_source", refusing)

    async def run() -> None:
        process = WorkerProcess(WorkerOptions(connect=("unix:/x",)))
        async with process.serve(nothing, Context(on_ready=lambda *said: notes.append(said))):
            raise AssertionError("entered")

    with pytest.raises(ConfigError, match="the tokens differ"):
        asyncio.run(run())
    assert notes == []


@pytest.mark.parametrize("transport", ["redis", "direct"])
def test_a_scope_goes_to_a_worker_and_back(broker: Embedded, transport: Any) -> None:
    """Container and worker that share nothing but a broker: the worker's application answers the request."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": body + scope["path"].encode()})

    async def receive() -> Any:
        return {"type": "http.request", "body": b"at ", "more_body": False}

    async def send(event: Any) -> None:
        sent.append(event)

    async def run() -> None:
        here, there = open_layer(broker.url), open_layer(broker.url)
        options = ServeOptions(layer=broker.url, transport=transport)
        worker = WorkerProcess(WorkerOptions(layer=broker.url, transport=transport))
        scope: Any = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
                      "path": "/x", "raw_path": b"/x", "query_string": b"", "headers": []}  # fmt: skip
        try:
            async with (
                asyncio.timeout(20),
                relaying(None, options, here, Telemetry(), ["http"]) as (relay, _),
                worker.serve(app, Context(layer=there, drain=5)),
            ):
                await relay(scope, receive, send)
        finally:
            await here.close()
            await there.close()

    asyncio.run(run())
    assert sent[0]["status"] == 201
    assert b"".join(event.get("body", b"") for event in sent[1:]) == b"at /x"
