"""How the contract suite of channel layers runs its tests; see :mod:`interfaces.testing.layers`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from interfaces.layers.base import ChannelFull, Layer, Message

__all__ = ["HELLO", "LayerCase", "cancelled", "layered", "numbered", "numbers"]

Test = Callable[..., Awaitable[None]]
HELLO: Message = {"type": "test.message", "text": "hello"}


def layered(layers: int = 1, **keywords: Any) -> Callable[[Test], Callable[["LayerCase"], None]]:
    """Run the test in a loop with a new layer, or with two on the same broker, which are closed afterwards."""

    def wrap(test: Test) -> Callable[["LayerCase"], None]:
        def run(self: "LayerCase") -> None:
            asyncio.run(self.use(test, layers, keywords))

        run.__name__ = getattr(
            test, "__name__", "test"
        )  # no __wrapped__: pytest would take `layer` for a fixture
        run.__doc__ = test.__doc__
        return run

    return wrap


def numbered(number: int) -> Message:
    """A message that can be told from others."""
    return {"type": "test.message", "number": number}


async def numbers(layer: Layer, channel: str, count: int) -> list[int]:
    """Of the next ``count`` messages."""
    return [(await layer.receive(channel))["number"] for _ in range(count)]


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    """Cancel them, and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


class LayerCase:
    """Tests of one layer, made by ``make``."""

    patience: ClassVar[float] = 20.0
    """Seconds after which a test that waits has failed."""
    quiet: ClassVar[float] = 0.1
    """Seconds in which what is under way would have arrived."""

    async def make(self, **keywords: Any) -> Layer:
        """A new, empty layer with these keywords of :class:`interfaces.layers.base.Layer`."""
        raise NotImplementedError

    async def other(self, layer: Layer) -> Layer:
        """One more on the same broker, as another process would make it; it may be the same."""
        return layer

    async def elapse(self, layer: Layer, seconds: float) -> None:
        """Let time pass: a layer with a clock of its own needs no waiting."""
        await asyncio.sleep(seconds)

    async def use(self, test: Test, count: int, keywords: dict[str, Any]) -> None:
        """Make layers, run ``test`` with them and close them."""
        layers = [await self.make(**keywords)]
        try:
            if count > 1:
                layers.append(await self.other(layers[0]))
            async with asyncio.timeout(self.patience):
                await test(self, *layers)
        finally:
            await layers[0].flush()
            for layer in dict.fromkeys(layers):
                await layer.close()

    async def nothing(self, layer: Layer, *channels: str) -> None:
        """No message comes from ``channels``."""
        try:
            async with asyncio.timeout(self.quiet):
                found = await layer.receive_any(channels)
        except TimeoutError:
            return
        raise AssertionError(f"nothing was to come, but {found!r} did")

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until it is; the test's patience ends it."""
        while not true():  # noqa: ASYNC110 - what happens in a broker tells no event
            await asyncio.sleep(0.005)

    async def full(self, layer: Layer, channel: str) -> None:
        """``channel`` takes no more."""
        try:
            await layer.send(channel, HELLO)
        except ChannelFull:
            return
        raise AssertionError(f"{channel} took a message beyond its capacity")

    async def refused(self, call: Awaitable[object]) -> None:
        """``call`` raises TypeError."""
        try:
            await call
        except TypeError:
            return
        raise AssertionError("no TypeError was raised")
