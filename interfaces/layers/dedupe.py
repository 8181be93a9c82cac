"""Which deliveries run and which have their verdict, in one event loop; :mod:`shared_dedupe` is for several."""

import asyncio
import time
from collections.abc import Callable

from mypy_extensions import mypyc_attr

from interfaces.shared.delivery import ACCEPTED, Claim, Verdict

__all__ = ["MOST", "LocalDedupe"]

MOST = 100_000


class _Entry:
    __slots__ = ("settled", "token", "until", "verdict")

    def __init__(self, token: str, until: float) -> None:
        self.token = token
        self.until = until
        self.settled: asyncio.Future[None] | None = None
        """Done with its end; there where somebody waits for that."""
        self.verdict: Verdict | None = None


def _ignore(_name: str, _by: int) -> None:
    """Count nothing."""


@mypyc_attr(allow_interpreted_subclasses=True)
class LocalDedupe:
    """A :class:`interfaces.shared.delivery.DedupeStore` in memory.

    ``most`` keys are kept; beyond that the oldest verdicts go, counted as ``dedupe.dropped``: what repeats
    those runs again.
    """

    def __init__(
        self,
        *,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
        count: Callable[[str, int], None] = _ignore,
    ) -> None:
        self.most = most
        self._clock, self._count = clock, count
        self._entries: dict[str, _Entry] = {}
        self._accepted: dict[str, float] = {}
        """Nearly all of them: what was accepted without a word, until when. Plain, so that no collector walks it."""
        self._tokens = 0

    def __len__(self) -> int:
        return len(self._entries) + len(self._accepted)

    def __repr__(self) -> str:
        return f"<LocalDedupe: {len(self)} keys>"

    def _live(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        return entry if entry and entry.until > self._clock() else None

    async def claim(self, key: str, *, lease: float, wait: float = 0) -> Claim:
        """As the protocol says; ``lease`` and ``wait`` are seconds."""
        end = self._clock() + wait
        if self._taken(key):
            return Claim(key, verdict=ACCEPTED)
        while entry := self._live(key):
            left = min(end, entry.until) - self._clock()
            if entry.verdict or left <= 0:
                return Claim(key, verdict=entry.verdict)
            if entry.settled is None:
                entry.settled = asyncio.get_running_loop().create_future()
            await asyncio.wait([entry.settled], timeout=left)
            if self._taken(key):
                return Claim(key, verdict=ACCEPTED)
        return Claim(key, self._claimed(key, lease))

    def claim_now(self, key: str, lease: float) -> str:
        """As :meth:`claim`, at once: the token, or "" for what is not ours."""
        return "" if self._taken(key) or self._live(key) else self._claimed(key, lease)

    def _taken(self, key: str) -> bool:
        """Whether it was accepted, and is still remembered."""
        until = self._accepted.get(key)
        if until is None:
            return False
        if until > self._clock():
            return True
        del self._accepted[key]
        return False

    def _claimed(self, key: str, lease: float) -> str:
        self._make_room()
        self._tokens += 1
        token = str(self._tokens)
        self._entries.pop(key, None)  # the new one is the youngest
        self._entries[key] = _Entry(token, self._clock() + lease)
        return token

    async def renew(self, claim: Claim, lease: float) -> bool:
        """As the protocol says."""
        entry = self._live(claim.key)
        if entry is None or entry.verdict or entry.token != claim.token:
            return False
        entry.until = self._clock() + lease
        return True

    async def finish(self, claim: Claim, verdict: Verdict, keep: float) -> bool:
        """As the protocol says; ``keep`` is seconds."""
        return self.finish_now(claim.key, claim.token, verdict, keep)

    def finish_now(self, key: str, token: str, verdict: Verdict, keep: float) -> bool:
        """As :meth:`finish`, at once."""
        if self._taken(key):
            return verdict == ACCEPTED
        entry = self._entries.get(key)
        if entry and entry.token != token and entry.until > self._clock():
            return False
        if entry and entry.settled is not None and not entry.settled.done():
            entry.settled.set_result(None)
        if not verdict.final:
            self._entries.pop(key, None)
        elif verdict is ACCEPTED or verdict == ACCEPTED:
            if self._entries.pop(key, None) is None:
                self._make_room()
            self._accepted[key] = self._clock() + keep
        else:
            self._said(key, token, verdict, keep)
        return True

    def _said(self, key: str, token: str, verdict: Verdict, keep: float) -> None:
        """Keep a verdict that has words."""
        entry = self._entries.get(key)
        if entry is None or entry.token != token:
            self._make_room()
            entry = _Entry(token, 0)
            self._entries[key] = entry
        entry.until, entry.verdict = self._clock() + keep, verdict

    def _make_room(self) -> None:
        if len(self._entries) + len(self._accepted) < self.most:
            return
        now = self._clock()
        self._entries = {key: entry for key, entry in self._entries.items() if entry.until > now}
        self._accepted = {key: until for key, until in self._accepted.items() if until > now}
        over = len(self) - self.most * 9 // 10
        if over > 0:
            plain = list(self._accepted)[:over]
            for key in plain:
                del self._accepted[key]
            others = [key for key, entry in self._entries.items() if entry.verdict][: over - len(plain)]
            for key in others:
                del self._entries[key]
            self._count("dedupe.dropped", len(plain) + len(others))
