"""The contract suite fails for interfaces that break a promise: one that cannot fail proves nothing."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from interfaces.shared.interface import Interface
from interfaces.shared.listen import Address
from interfaces.shared.options import option
from interfaces.shared.session import Session
from interfaces.testing.contract import InterfaceContract


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOptions:
    """Where lines are taken."""

    bind: tuple[str, ...] = option(("127.0.0.1:0",), "where to listen")


HOGGED = []


class Line(Interface[LineOptions]):
    """A line in, a line out, the connection closed; ``flaws`` are the promises that it breaks."""

    names = ("line",)
    options_class = LineOptions
    flaws = frozenset()

    @asynccontextmanager
    async def serve(self, app, context):
        """Serve on the loop's own listener."""
        self.app, self.context, self.running = app, context, set()
        (sock,) = context.listening.sockets(*self.options.bind, 0)
        server = await asyncio.start_server(self.handle, sock=sock)
        if "unready" not in self.flaws:
            context.ready("line", True)
        host, port = server.sockets[0].getsockname()
        try:
            yield [Address(kind="tcp", host=host, port=0 if "portless" in self.flaws else port)]
        finally:
            if "greedy" not in self.flaws:
                server.close()
            try:
                await self.drain(context.drain)
            finally:
                server.close()
            if "hogging" in self.flaws:
                HOGGED.append(sock.dup())

    async def drain(self, seconds):
        """Let what runs finish, then cut it off."""
        if self.running and "hasty" not in self.flaws:
            await asyncio.wait(self.running, timeout=None if "endless" in self.flaws else seconds)
        if "leaky" not in self.flaws:
            for task in self.running:
                task.cancel()
            await asyncio.gather(*self.running, return_exceptions=True)

    async def handle(self, reader, writer):
        """One connection."""
        task = asyncio.current_task()
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        await reader.readline()
        host, port = writer.get_extra_info("peername")[:2]
        state = self.context.state
        state = state if "shares" in self.flaws else state.copy()
        scope = {
            "type": "line", "asgi": {"version": "3.0", "spec_version": "1.0"}, "extensions": {}, "path": "",
            "client": (host, port), "server": None, "state": state,
        }  # fmt: skip
        if "bare" in self.flaws:
            del scope["path"]

        async def send(event):
            if event["type"] == "line.send":
                writer.write(event["data"])
            elif "silent" not in self.flaws:
                raise RuntimeError("not known; known is: line.send")

        session = Session(self.app, scope, send)
        session.start(asyncio.get_running_loop())
        session.last({"type": "other.receive" if "foreign" in self.flaws else "line.receive"})
        try:
            await asyncio.wait({session.task})
        finally:
            session.cancel()
            await asyncio.wait({session.task}, timeout=1)
            if session.error is not None:
                writer.write(b"lost" if session.unrouted and "unrouted" not in self.flaws else b"bad")
            writer.close()


class Suite(InterfaceContract):
    """The contract, for Line."""

    interface_class = Line
    kind = "line"
    first = "line.receive"
    script = {"line.receive": {"type": "line.send", "data": b"ok"}}  # noqa: RUF012 - as users write it
    answer = b"ok"
    refusals = {"raised": b"bad", "unrouted": b"lost", "draining": b""}  # noqa: RUF012 - as above

    async def exchange(self, address):
        """A line there, all that comes back."""
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"hello\n")
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


TESTS = [name for name in vars(InterfaceContract) if name.startswith("test_")]


def broken(*flaws):
    """The suite for a Line with flaws."""
    suite = Suite()
    suite.interface_class = type("Line", (Line,), {"flaws": {*flaws}})
    return suite


@pytest.mark.parametrize("name", TESTS)
def test_a_good_interface_passes(name):
    """Line without flaws keeps every promise."""
    getattr(broken(), name)()


@pytest.mark.parametrize(
    ("flaw", "name"),
    [
        ("unready", "test_entering_is_being_ready"),
        ("portless", "test_entering_is_being_ready"),
        ("hogging", "test_leaving_leaves_nothing_behind"),
        ("shares", "test_scopes_have_what_every_scope_has"),
        ("bare", "test_scopes_have_what_every_scope_has"),
        ("foreign", "test_events_have_types_of_their_own"),
        ("unrouted", "test_an_address_that_the_application_does_not_know"),
        ("silent", "test_a_message_that_is_not_known_raises_in_the_application"),
        ("greedy", "test_stopping_finishes_what_has_begun_and_takes_no_more"),
        ("hasty", "test_stopping_finishes_what_has_begun_and_takes_no_more"),
        ("leaky", "test_stopping_takes_bounded_time"),
        ("endless", "test_stopping_takes_bounded_time"),
    ],
)
def test_a_broken_promise_is_found(flaw, name, monkeypatch):
    """Each by the test that is about it."""
    monkeypatch.setattr("interfaces.testing.contract._SOON", 0.3)
    suite = broken(flaw)
    with pytest.raises((AssertionError, TimeoutError, OSError)):
        getattr(suite, name)()
    while HOGGED:
        HOGGED.pop().close()


def test_options_without_help_and_names_without_sense_are_found():
    """Before anything is served."""

    @dataclass(kw_only=True)
    class Options:
        bind: tuple[str, ...] = ()

    class Bad(Line):
        names = ("Not A Name",)
        options_class = Options

    suite = Suite()
    suite.interface_class = Bad
    with pytest.raises(AssertionError):
        suite.test_it_says_what_it_is()
    with pytest.raises(AssertionError, match="says nothing"):
        suite.test_every_option_has_a_help()
