"""What every interface promises, as tests: subclass :class:`InterfaceContract` in a test file of your own.

class TestUdp(InterfaceContract):
    interface_class = Udp
    kind = "udp"
    binds = ("udp:127.0.0.1:0",)
    script = {"udp.receive": {"type": "udp.send", "data": b"pong"}}
    answer = b"pong"

    async def exchange(self, address):
        ...                                     # as a peer: send, and give what came back

Nothing but pytest's way of collecting is needed.
"""

# ruff: noqa: S101 - tests are made of it

import asyncio
import gc
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, ClassVar

from interfaces.shared.asgi import Event
from interfaces.shared.errors import ConfigError, NoRoute
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address
from interfaces.testing.recorder import Call, Recorder, Reply

__all__ = ["InterfaceContract"]

_SOON = 5.0


class InterfaceContract:
    """Tests of one interface, over ``exchange``: what one peer does, and what it sees.

    ``answer`` is what the peer gets when all is well. A protocol that has no word for a refusal, as UDP,
    leaves ``refusals`` empty: then ``exchange`` has to give None.
    """

    interface_class: ClassVar[type[Interface[Any]]]
    names: ClassVar[tuple[str, ...]] = ()
    """The names to serve; none: all of the class's."""
    kind: ClassVar[str]
    """The type of its scopes."""
    binds: ClassVar[tuple[str, ...]] = ("127.0.0.1:0",)
    bind_option: ClassVar[str] = "bind"
    options: ClassVar[Mapping[str, Any]] = {}
    script: ClassVar[Mapping[str, Reply | None]] = {}
    """How a :class:`Recorder` makes the application give ``answer``."""
    first: ClassVar[str]
    """The type of the event that the application answers."""
    answer: ClassVar[Any]
    refusals: ClassVar[Mapping[str, Any]] = {}
    """What the peer gets instead, by ``raised``, ``unrouted`` and ``draining``."""
    finishes: ClassVar[bool] = True
    """Whether an exchange that has begun is finished when the server stops."""
    scope_keys: ClassVar[tuple[str, ...]] = (
        "type",
        "asgi",
        "client",
        "server",
        "state",
        "extensions",
        "path",
    )

    async def exchange(self, address: Address) -> Any:
        """Be a peer at ``address``, once; give what it saw, None for nothing. OSError: nobody is there."""
        raise NotImplementedError

    def make(self, *binds: str) -> Interface[Any]:
        """The interface, listening at ``binds``."""
        options = {**self.options, self.bind_option: binds or self.binds}
        return self.interface_class(self.interface_class.options_class(**options))

    @asynccontextmanager
    async def served(self, app: Any, *binds: str, **facts: Any) -> AsyncIterator[tuple[Address, Context]]:
        """Serve ``app``; ``facts`` are fields of the :class:`Context`."""
        context = Context(**{"names": self.names or self.interface_class.names, "drain": _SOON, **facts})
        async with self.make(*binds).serve(app, context) as addresses:
            yield addresses[0], context

    def _usual(self) -> Reply | None:
        """What the application answers when all is well."""
        return Recorder(self.script).script.get(self.first)

    def _after(self, gate: asyncio.Event) -> Reply:
        """The same, when ``gate`` is open."""

        async def reply(call: Call, event: Event) -> Any:
            await gate.wait()
            return self._usual()

        return reply

    async def check(self, address: Address) -> None:
        """Do an exchange that has to succeed."""
        got = await self.exchange(address)
        assert got == self.answer, f"the peer got {got!r} instead of {self.answer!r}"

    def test_it_says_what_it_is(self) -> None:
        """Names in lower case, a frozen dataclass of options that all have a default, and a repr."""
        kind = self.interface_class
        assert kind.names
        assert all(re.fullmatch("[a-z][a-z0-9-]*", name) for name in kind.names)
        assert is_dataclass(kind.options_class)
        assert vars(kind.options_class)["__dataclass_params__"].frozen, "options are frozen"
        for item in fields(kind.options_class):
            assert item.default is not MISSING, f"{item.name} has no default"
        assert kind.__name__ in repr(kind(kind.options_class()))

    def test_every_option_has_a_help(self) -> None:
        """Flag, variable and reference page are made of it."""
        for item in fields(self.interface_class.options_class):
            assert item.metadata.get("help"), f"option {item.name} says nothing: make it by option()"

    def test_entering_is_being_ready(self) -> None:
        """The addresses come back with the ports that were taken, readiness is told, an exchange succeeds."""
        told: list[tuple[str, bool]] = []

        async def main() -> None:
            async with self.served(
                Recorder(self.script), on_ready=lambda name, ok, reason: told.append((name, ok))
            ) as (address, _):
                assert address.port or address.path, f"{address!r} is no place to connect to"
                await self.check(address)

        asyncio.run(main())
        assert any(ok for _, ok in told), "context.ready(name, True) was never called"

    def test_leaving_frees_the_address(self) -> None:
        """It can be served again at once."""

        async def main() -> None:
            async with self.served(Recorder(self.script)) as (address, _):
                await self.check(address)
            again = self.binds[0].rpartition(":")[0] + f":{address.port}" if address.port else self.binds[0]
            async with self.served(Recorder(self.script), again) as (address, _):
                await self.check(address)

        asyncio.run(main())

    def test_an_address_in_use_is_the_operators_mistake(self) -> None:
        """ConfigError, in one line."""

        async def main() -> ConfigError | None:
            async with self.served(Recorder(self.script)) as (address, _):
                taken = self.binds[0].rpartition(":")[0] + f":{address.port}"
                try:
                    async with self.served(Recorder(self.script), taken):
                        pass
                except ConfigError as error:
                    return error
            return None

        error = asyncio.run(main())
        assert error is not None, "nothing was raised"
        assert len(str(error).splitlines()) == 1

    def test_leaving_leaves_nothing_behind(self) -> None:
        """No task and no descriptor outlives ``serve``."""

        async def once() -> None:
            async with self.served(Recorder(self.script)) as (address, _):
                await self.check(address)
            await asyncio.sleep(0)
            gc.collect()

        async def main() -> None:
            await once()  # what a process keeps for ever is made now
            tasks, files = asyncio.all_tasks(), _descriptors()
            await once()
            await _nothing_but(tasks, files)

        asyncio.run(main())

    def test_scopes_have_what_every_scope_has(self) -> None:
        """Type, ASGI's version, addresses, and the lifespan's state: the values shared, the dict a copy."""
        shared: list[int] = []

        async def main() -> Recorder:
            def mark(call: Call, event: Event) -> Any:
                call.scope["state"]["mine"] = True
                return self._usual()

            recorder = Recorder({**self.script, self.first: mark})
            async with self.served(recorder, state={"shared": shared}) as (address, context):
                await self.exchange(address)
                await self.exchange(address)
                assert context.state == {"shared": shared}, "a scope's state is a copy"
            return recorder

        for scope in asyncio.run(main()).scopes:
            assert {*self.scope_keys} <= {*scope}, f"missing: { ({*self.scope_keys} - {*scope}) }"
            assert scope["type"] == self.kind
            assert scope["asgi"]["version"] == "3.0"
            assert scope["asgi"]["spec_version"]
            assert scope["client"] is None or isinstance(scope["client"][0], str)
            assert scope["state"]["shared"] is shared, "the copy is a shallow one"

    def test_events_have_types_of_their_own(self) -> None:
        """``<kind>.<what>``, the first being the one that is answered."""

        async def main() -> Recorder:
            recorder = Recorder(self.script)
            async with self.served(recorder) as (address, _):
                await self.check(address)
            return recorder

        kinds = [event["type"] for event in asyncio.run(main()).events]
        assert kinds[0] == self.first
        assert all(kind.startswith(f"{self.kind}.") for kind in kinds), kinds

    def test_an_application_that_raises_takes_nothing_else_down(self) -> None:
        """The peer is told in the protocol's words, and the next one is served."""
        self._refused("raised", ZeroDivisionError("as the test wants it"))

    def test_an_address_that_the_application_does_not_know(self) -> None:
        """NoRoute has an answer of its own in each protocol, and is no failure."""
        self._refused("unrouted", NoRoute("as the test wants it"))

    def _refused(self, why: str, error: Exception) -> None:
        async def main() -> None:
            recorder = Recorder({**self.script, self.first: error})
            async with self.served(recorder) as (address, _):
                got = await self.exchange(address)
                assert got == self.refusals.get(why), f"{why}: the peer got {got!r}"
                recorder.script[self.first] = self._usual()
                await self.check(address)

        asyncio.run(main())

    def test_a_message_that_is_not_known_raises_in_the_application(self) -> None:
        """With the list of those that are."""

        async def main() -> Recorder:
            recorder = Recorder({self.first: {"type": "contract.nonsense"}})
            async with self.served(recorder) as (address, _):
                await self.exchange(address)
            return recorder

        error = asyncio.run(main()).calls[-1].error
        assert isinstance(error, Exception), "send() took it"
        assert not isinstance(error, OSError), "that would mean that the peer is gone"
        assert f"{self.kind}." in str(error), f"which messages are known? {error}"

    def test_stopping_finishes_what_has_begun_and_takes_no_more(self) -> None:
        """While it drains, new peers are refused; whoever is being served gets the answer."""

        async def main() -> None:
            gate = asyncio.Event()
            recorder = Recorder({**self.script, self.first: self._after(gate)})
            served = self.served(recorder)
            address, context = await served.__aenter__()
            begun = asyncio.ensure_future(self.exchange(address))
            await recorder.got(self.first)
            context.draining = True
            leaving = asyncio.ensure_future(served.__aexit__(None, None, None))
            for _ in range(10):
                await asyncio.sleep(0)
            late = asyncio.ensure_future(self._refused_if_at_all(address))
            await asyncio.wait({late}, timeout=0.05)
            calls = len(recorder.scopes)
            gate.set()
            got: Any = (await asyncio.gather(begun, return_exceptions=True))[0]
            told = await late
            await asyncio.wait_for(leaving, _SOON)
            assert calls == 1, "the application was called for a new peer"
            assert got == self.answer or not self.finishes, f"who was being served got {got!r}"
            assert told == self.refusals.get("draining"), f"a new peer got {told!r}"

        asyncio.run(main())

    async def _refused_if_at_all(self, address: Address) -> Any:
        try:
            return await self.exchange(address)
        except (OSError, EOFError):
            return self.refusals.get("draining")

    def test_stopping_takes_bounded_time(self) -> None:
        """An application that never ends is cut off when ``drain`` is over."""

        async def main() -> None:
            recorder = Recorder({self.first: self._after(asyncio.Event())})
            served = self.served(recorder, drain=0.05)
            address, context = await served.__aenter__()
            peer = asyncio.ensure_future(self.exchange(address))
            await recorder.got(self.first)
            context.draining = True
            await asyncio.wait_for(served.__aexit__(None, None, None), _SOON)
            ended = recorder.calls[0].ended
            peer.cancel()
            await asyncio.wait({peer})
            assert ended, "the application is still running"

        asyncio.run(main())


def _descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def _nothing_but(tasks: set[asyncio.Task[Any]], files: int) -> None:
    """Fail when there are more tasks or descriptors, and stay: threads may open one for a moment."""
    end = asyncio.get_running_loop().time() + _SOON
    while True:
        more, left = asyncio.all_tasks() - tasks, _descriptors() - files
        if not (more or left > 0) or asyncio.get_running_loop().time() > end:
            break
        gc.collect()
        await asyncio.sleep(0.01)
    assert not more, f"left running: {more}"
    assert left <= 0, f"{left} descriptors left open"
