"""The layer of a process: whose it is, when it is closed, and what readiness hears of its broker."""

import asyncio
import logging
from collections.abc import Iterator

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.runner import layer as module
from interfaces.runner.layer import opened, watched
from interfaces.runner.readiness import Readiness
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.telemetry import Telemetry
from interfaces.workers.message import current_layer, set_default_layer


class Hub:
    """A hub whose broker comes and goes as the test says; ``trouble`` is what starting raises."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.ready, self.reason, self.trouble, self.starts = True, "", trouble, 0

    async def started(self) -> None:
        """Start, having logged as a broker that is not there is logged."""
        self.starts += 1
        logging.getLogger("interfaces.layers").warning("tried in vain")
        logging.getLogger("interfaces.layers").error("severe")
        if self.trouble:
            raise self.trouble


class Layer:
    """A layer with that hub."""

    def __init__(self, hub: Hub) -> None:
        self.found, self.closed = hub, 0

    def hub(self) -> Hub:
        """The one."""
        return self.found

    async def close(self) -> None:
        """Note it."""
        self.closed += 1


@pytest.fixture(autouse=True)
def no_default() -> Iterator[None]:
    """No layer is left to other tests."""
    yield
    set_default_layer(None)


def faked(monkeypatch: pytest.MonkeyPatch, trouble: Exception | None = None) -> Layer:
    """The layer that will be opened."""
    layer = Layer(Hub(trouble))
    monkeypatch.setattr(module, "open_layer", lambda url: layer)
    return layer


async def enter(url: str = "fake:") -> None:
    """Open and close at once."""
    async with opened(url, Telemetry()):
        pass


def test_it_is_the_layer_of_the_process_while_it_is_open() -> None:
    """Channel and Group find it while it is open and not after; what it counts goes to the telemetry."""
    telemetry = Telemetry()

    async def run() -> None:
        async with opened("local:", telemetry) as layer:
            assert isinstance(layer, LocalChannelLayer)
            assert current_layer() is layer
            layer.count("some", 2)
        assert current_layer() is not layer

    asyncio.run(run())
    assert telemetry.counts == {"some": 2}


def test_the_broker_is_reached_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entering starts the hub once; leaving closes the layer once."""
    layer = faked(monkeypatch)

    async def run() -> None:
        async with opened("fake:", Telemetry()) as found:
            assert found is layer
            assert (layer.found.starts, layer.closed) == (1, 0)

    asyncio.run(run())
    assert (layer.found.starts, layer.closed) == (1, 1)


@pytest.mark.parametrize(
    ("trouble", "kind", "said"),
    [
        (Unavailable("refused"), ConfigError, "the layer's broker is not there: refused"),
        (ConfigError("no such user"), ConfigError, "^no such user$"),
        (KeyError("bug"), KeyError, "bug"),
    ],
)
def test_one_that_cannot_start_is_closed(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception, kind: type[Exception], said: str
) -> None:
    """A broker that is away is the operator's mistake, others stay what they are; nothing is left behind."""
    layer = faked(monkeypatch, trouble)
    with pytest.raises(kind, match=said):
        asyncio.run(enter())
    assert layer.closed == 1
    assert current_layer() is not layer


def test_what_fails_while_it_is_open_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception of the block comes out as it is, even Unavailable, and the layer is closed and taken back."""
    layer = faked(monkeypatch)

    async def run() -> None:
        async with opened("fake:", Telemetry()):
            raise Unavailable("later")

    with pytest.raises(Unavailable, match=r"^later$"):
        asyncio.run(run())
    assert layer.closed == 1
    assert current_layer() is not layer


def test_only_the_start_is_quiet(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Warnings of the start are left to the error, errors are logged, and afterwards warnings are again."""
    faked(monkeypatch, Unavailable("refused"))
    with pytest.raises(ConfigError):
        asyncio.run(enter())
    assert caplog.messages == ["severe"]
    logging.getLogger("interfaces.layers").warning("afterwards")
    assert caplog.messages == ["severe", "afterwards"]


def test_a_url_that_is_none_leaves_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheme that nobody knows is ConfigError, and the layer that the process has stays."""
    before = LocalChannelLayer()
    set_default_layer(before)
    with pytest.raises(ConfigError, match="expected one of"):
        asyncio.run(enter("nonesuch:"))
    assert current_layer() is before


def test_readiness_hears_of_loss_and_return(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told once of each change, with the reason while the broker is away."""
    monkeypatch.setattr(module, "LOOK", 0)
    hub, told = Hub(), asyncio.Queue[tuple[bool, str]]()
    readiness = Readiness()
    readiness.on_change = lambda: told.put_nowait(readiness.parts["layer"])

    async def run() -> None:
        async with asyncio.timeout(20), watched(Layer(hub), readiness):
            assert await told.get() == (True, "")
            for ready, reason in ((False, "refused"), (True, ""), (False, "gone")):
                hub.ready, hub.reason = ready, reason
                assert await told.get() == (ready, reason)
                assert readiness.ok is ready
            assert readiness.lines == ["layer: gone"]
            assert told.empty()

    asyncio.run(run())


def test_nobody_watches_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving ends the watching, also by an exception."""
    monkeypatch.setattr(module, "LOOK", 0)

    async def run() -> None:
        with pytest.raises(KeyError):  # noqa: PT012
            async with watched(Layer(Hub()), Readiness()):
                (watching,) = asyncio.all_tasks() - {asyncio.current_task()}
                raise KeyError
        await asyncio.wait({watching}, timeout=20)
        assert watching.cancelled()

    asyncio.run(run())


def test_a_layer_without_a_broker_is_ready() -> None:
    """It is a part of readiness, and nothing is watched."""
    readiness = Readiness()

    async def run() -> None:
        async with watched(LocalChannelLayer(), readiness):
            assert len(asyncio.all_tasks()) == 1
        assert readiness.parts == {"layer": (True, "")}

    asyncio.run(run())
