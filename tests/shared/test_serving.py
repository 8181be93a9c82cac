"""What the connections of a listener share: the clock, who is there, the drain."""

import asyncio
import logging
from typing import Any

import pytest

from interfaces.shared.interface import Context
from interfaces.shared.serving import TICK, Serving, endpoint
from interfaces.shared.session import Session
from interfaces.shared.stream import Stream
from tests.http_ws.harness import Transport, scene


class Quiet(Stream):
    """A connection that notes what it is asked."""

    def __init__(self, serving: Serving, address: str = "192.0.2.1") -> None:
        super().__init__(serving.loop)
        self.serving, self.address = serving, address
        self.swept: list[float] = []
        self.excused = 0.0
        self.drains = 0
        self.welcome = serving.joined(self, address)
        transport = Transport()
        transport.protocol = self
        self.connection_made(transport)

    def sweep(self, now: float) -> None:
        """Note it."""
        self.swept.append(now)

    def excuse(self, seconds: float) -> None:
        """Note it."""
        self.excused += seconds

    def drain(self) -> None:
        """Note it."""
        self.drains += 1

    def connection_lost(self, error: Exception | None) -> None:
        """Leave."""
        super().connection_lost(error)
        self.serving.left(self, self.address)


def serving() -> Serving:
    """One without connections."""
    return Serving(Context(), asyncio.get_running_loop(), logging.getLogger("test.serving"))


@scene
async def test_an_address_has_a_number_of_connections() -> None:
    """One more is told; when one has left there is room again, and an address that has none is forgotten."""
    shared = serving()
    shared.per_address = 2
    first, second, third = Quiet(shared), Quiet(shared), Quiet(shared)
    assert [one.welcome for one in (first, second, third)] == [True, True, False]
    assert Quiet(shared, "192.0.2.2").welcome
    shared.left(third, third.address)
    shared.left(first, first.address)
    assert Quiet(shared).welcome


@scene
async def test_a_unix_socket_is_no_address() -> None:
    """Its clients have none that could have too many."""
    shared = serving()
    shared.per_address = 1
    held = [Quiet(shared, "") for _ in range(3)]
    assert all(one.welcome for one in held)
    for one in held:
        shared.left(one, "")
    assert not shared.connections


@scene
async def test_the_clock_sweeps_and_excuses_what_the_loop_itself_has_missed() -> None:
    """Deadlines are looked at each tick; a loop that stood still is no peer's fault."""
    shared = serving()
    one = Quiet(shared)
    shared.tick()
    assert len(one.swept) == 1
    assert one.excused == 0
    assert shared.now == pytest.approx(one.swept[0] + TICK)
    shared.now -= 3.0
    shared.tick()
    assert one.excused == pytest.approx(3.0 - TICK, abs=0.4)
    shared.stop()


@scene
async def test_the_drain_asks_all_but_those_that_end_one_after_the_other() -> None:
    """Once, when it begins."""
    shared = serving()
    now, later = Quiet(shared), Quiet(shared)
    later.spread = True
    shared.begin_drain()
    assert (now.drains, later.drains) == (1, 0)
    assert shared.draining


@scene
async def test_the_drain_waits_for_connections_and_calls() -> None:
    """Both; nothing is cut that ends by itself."""
    shared = serving()
    one = Quiet(shared)
    gate = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await gate.wait()

    def ended(session: Session) -> None:
        shared.sessions.discard(session)
        shared.check_idle()

    async def nowhere(event: Any) -> None:
        pass

    session = Session(app, {"type": "test"}, nowhere, on_end=ended)
    shared.sessions.add(session)
    session.start(shared.loop)
    drained = asyncio.ensure_future(shared.drain(5))
    await asyncio.sleep(0)
    one.transport.lose()
    await asyncio.sleep(0)
    assert not drained.done()
    gate.set()
    await drained
    assert session.error is None


@scene
async def test_what_is_left_after_the_drain_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    """With a line that says how much that was."""
    shared = serving()
    one = Quiet(shared)
    await shared.drain(0.0)
    assert one.transport.aborted
    assert not shared.connections
    assert "1 connections and 0 calls of the application were cut after 0.0 s" in caplog.text


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (("192.0.2.1", 5), ("192.0.2.1", 5)),
        (("::1", 5, 0, 0), ("::1", 5)),
        ("/run/x", ("/run/x", None)),
        ("", None),
        (None, None),
    ],
)
def test_endpoints_are_what_asgi_calls_client_and_server(address: Any, told: Any) -> None:
    """A pair; None for a unix socket that has no name."""
    assert endpoint(address) == told
