"""The fake's clock: real time, time that passes faster, or time that a test steps by hand."""

import asyncio
import time

__all__ = ["Clock", "SteppedClock"]


class Clock:
    """Unix seconds of the fake, which pass ``scale`` times as fast as real ones, from now on.

    A client that shall wait in the fake's time is given ``clock.sleep`` as its sleep and ``clock.time`` as its
    clock; one that knows real seconds only is told ``clock.real(…)`` of them: an interval of one second of
    the fake's is ``clock.real(1.0)`` real ones. Who waits real seconds instead waits too long, never too short.
    """

    def __init__(self, scale: float = 1.0) -> None:
        if scale <= 0:
            raise ValueError("a clock's scale is above 0")
        self.scale = scale
        self._began = time.time()
        self._mark = time.monotonic()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.time():.3f}, scale={self.scale:g})"

    def time(self) -> float:
        """Unix seconds, of the fake's."""
        return self._began + (time.monotonic() - self._mark) * self.scale

    def seconds(self, real: float) -> float:
        """How many of the fake's seconds pass in ``real`` ones."""
        return real * self.scale

    def real(self, seconds: float) -> float:
        """How many real seconds it takes for ``seconds`` of the fake's to pass."""
        return seconds / self.scale

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds`` of the fake's."""
        await asyncio.sleep(max(0.0, self.real(seconds)))


class SteppedClock(Clock):
    """Stands still until ``step`` moves it; who sleeps on it wakes when the steps have gone far enough.

    Deadlines for answers (3 s) still pass in real time: they are not slept, they are waited for.
    """

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        super().__init__()
        self.now = now
        self._stepped = asyncio.Event()

    def time(self) -> float:
        """Where the steps have led to."""
        return self.now

    def step(self, seconds: float) -> None:
        """Let ``seconds`` pass, and wake who has waited for them."""
        self.now += seconds
        self._stepped.set()
        self._stepped = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait until the steps have made ``seconds``."""
        until = self.now + seconds
        while self.now < until:
            await self._stepped.wait()
