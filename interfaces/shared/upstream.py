"""A connection that we dial: kept open, dialled again with a back-off, replaced before it ends, drained.

The protocol gives ``connect()``, which makes one :class:`Link` that works; which bytes pass there is its own business.
``wanted`` links are kept, one dialled after the other, since what hinders one hinders all: the back-off is theirs
together, and begins anew after a link that was good for a while. A link that is to be replaced goes on until the new
one stands. What ``connect`` or a link raises says what follows: ConfigError: the operator has to mend it, it is the
end; :class:`NotNow`: not before so many seconds; anything else: again, after the back-off.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from interfaces.shared.asgi import Event
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.interface import Context
from interfaces.shared.meter import here
from interfaces.shared.noise import Trouble
from interfaces.shared.upstream_link import PATIENCE, Lease, Link, NotNow, Patience
from interfaces.shared.upstream_links import Held, Links
from interfaces.shared.upstream_scope import Telling

__all__ = ["PATIENCE", "Lease", "Link", "NotNow", "Patience", "Upstream", "kept"]

log = logging.getLogger("interfaces.upstream")


@dataclass(slots=True, eq=False)
class Upstream:
    """Keeps ``wanted`` links of ``connect`` open while :meth:`run` runs; use it by :func:`kept`.

    ``name`` is that of its counts ("irc.client"), ``label`` what readiness and the log call it. ``tell``, where given,
    tells an application; with a ``lease`` only its holder dials.
    """

    name: str
    connect: Callable[[], Awaitable[Link]]
    context: Context
    label: str = ""
    wanted: int = 1
    patience: Patience = PATIENCE
    lease: Lease | None = None
    tell: Telling | None = None
    tried: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is known how the first attempt went, or that it is another's turn."""
    refused: ConfigError | None = None
    """What ended it for good."""
    _links: Links = field(init=False)
    _trouble: Trouble = field(init=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _leaving: bool = False
    _failures: int = 0
    _failed_at: float = float("-inf")
    _opened_at: float = float("-inf")
    _not_before: float = float("-inf")

    def __post_init__(self) -> None:
        """Have a name for the log, and all counts from the start."""
        self.label = self.label or self.name
        self._links = Links(self.label, self.wanted, self.patience)
        self._trouble = Trouble(self.label, logger=log.name)
        for what in ("connected", "failed", "lost", "refused", "replaced"):
            self._count(what, 0)
        here().gauge("upstream.links", lambda: self.links, upstream=self.label)
        here().gauge("upstream.wanted", lambda: self.wanted, upstream=self.label)

    def __repr__(self) -> str:
        return f"<Upstream {self.label}: {self.links} of {self.wanted}>"

    @property
    def links(self) -> int:
        """How many stand, without those that others have replaced."""
        return self._links.standing

    # --- dialling ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the links until cancelled. Raises ConfigError when the other side refuses the credential."""
        if self.lease is None:
            await self._keep()
            return
        while True:
            self.context.ready(self.label, True)  # who stands by is ready: another may end once it is
            self.tried.set()
            await self.lease.won()
            await self._lead(self.lease)

    async def _lead(self, lease: Lease) -> None:
        """Keep the links while the lease is ours; without it they end at once."""
        keep, lost = asyncio.ensure_future(self._keep()), asyncio.ensure_future(lease.lost())
        try:
            await asyncio.wait({keep, lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            keep.cancel()
            lost.cancel()
            await asyncio.wait({keep, lost})
        if not keep.cancelled():
            keep.result()
        await asyncio.gather(*self._links.end_all(self.patience.closing))
        self._down(Unavailable("another one may have its lease"), 0.0)

    async def _keep(self) -> None:
        while self.refused is None:
            self._changed.clear()
            seconds = self._until_next()
            if seconds == 0:
                await self._dial()
                continue
            try:
                async with asyncio.timeout(seconds):
                    await self._changed.wait()
            except TimeoutError:
                pass
        raise self.refused

    def _until_next(self) -> float | None:
        """Seconds until the next attempt; None: none is needed."""
        if self._links.lasting >= self.wanted:
            return None
        return max(0.0, self._not_before - self._now())

    async def _dial(self) -> None:
        try:
            async with asyncio.timeout(self.patience.opening):
                link = await self.connect()
        except ConfigError as error:
            self._refuse(error)
        except TimeoutError:
            self._fail(Unavailable(f"no connection within {self.patience.opening:g} s"))
        except Exception as error:  # noqa: BLE001 - whatever a protocol's library raises
            self._fail(error)
        else:
            self._open(link)
        self.tried.set()

    def _open(self, link: Link) -> None:
        if self._leaving:  # it came in the moment in which all of it ends
            self._links.start(self._links.shut(link))
            return
        self._opened_at = self._now()
        held = Held(link, self._opened_at)
        self._links.every.append(held)
        held.task = self._links.start(self._serve(held))
        self._links.retire(self.context.drain)
        self._count("connected")
        self._trouble(None)
        log.info("%s: connected, %d of %d", self.label, self.links, self.wanted)
        self._say({"type": "upstream.connected", "links": self.links})

    async def _serve(self, held: Held) -> None:
        error: Exception | None = None
        try:
            await held.link.run(partial(self.replace, held.link))
        except Exception as caught:  # noqa: BLE001 - as above
            error = caught
        finally:
            self._links.every.remove(held)
        self._links.start(self._links.shut(held.link))
        if isinstance(error, ConfigError):
            self._refuse(error)
        elif not held.retired and not self._leaving:
            self._lose(held, error or Unavailable("the other side has closed it"))
        self._changed.set()

    def replace(self, link: Link) -> None:
        """Dial another one in the place of ``link``, which goes on until that stands."""
        held = self._links.of(link)
        if held is None or held.replaced:
            return
        held.replaced = True
        self._count("replaced")
        if self._now() - held.opened < self.patience.good:  # or two would go in a circle
            self._fail(Unavailable("it is to be replaced as soon as it stands"))
        self._changed.set()

    # --- failing ----------------------------------------------------------------------------------

    def _lose(self, held: Held, error: Exception) -> None:
        """A link has ended before another stood: one that was good for a while is dialled again at once."""
        if not held.replaced:  # else it had said so
            self._count("lost")
        log.info("%s: a connection has ended: %s", self.label, error)
        short = self._now() - held.opened < self.patience.good and not held.replaced
        if short or isinstance(error, NotNow):
            self._fail(error)
        elif not self.links:
            self._down(error, 0.0)

    def _fail(self, error: Exception) -> None:
        """Wait before the next attempt: longer after each failure, anew after a link that was good."""
        now = self._now()
        if self._opened_at >= self._failed_at and now - self._opened_at >= self.patience.good:
            self._failures = 0
        self._failures += 1
        self._failed_at = now
        delay = self.patience.delay(self._failures)
        if isinstance(error, NotNow):
            delay = max(delay, error.after)
        self._not_before = max(self._not_before, now + delay)
        self._count("failed")
        self._down(error, self._not_before - now)
        self._changed.set()

    def _down(self, error: Exception, delay: float) -> None:
        """Say that there are fewer links than there should be, and why."""
        self._trouble(error)
        reason = " ".join(str(error).split()) or type(error).__name__
        said = {"links": self.links, "reason": reason, "retry_after": delay, "attempt": self._failures}
        self._say({"type": "upstream.reconnecting", **said}, reason)

    def _refuse(self, error: ConfigError) -> None:
        if self.refused is None:
            self.refused = error
            self._count("refused")
            self._say({"type": "upstream.refused", "reason": str(error)}, str(error))
        self._changed.set()

    def _say(self, event: Event, reason: str = "") -> None:
        """Tell readiness, and the application."""
        self.context.ready(self.label, self.links > 0 and self.refused is None, reason)
        if self.tell is not None:
            self.tell(event)

    # --- ending -----------------------------------------------------------------------------------

    async def drain(self, seconds: float) -> None:
        """Dial no more, finish what is in flight for ``seconds`` at most, close all links, give the lease back."""
        self._leaving = True
        ending = self._links.end_all(seconds)
        await (asyncio.sleep(0) if self.patience.early else asyncio.gather(*ending))
        if self.lease is not None:
            await self.lease.give_back()
        await asyncio.gather(*ending)
        await self._links.settled()
        if self.tell is not None:
            await self.tell.close()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _count(self, what: str, by: int = 1) -> None:
        self.context.telemetry.count(f"{self.name}.{what}", by)


@asynccontextmanager
async def kept(*upstreams: Upstream) -> AsyncIterator[None]:
    """Run ``upstreams``: entered when each has tried once, left when all are drained.

    ConfigError, on entering or while it runs: a credential is refused; who is inside is cancelled then.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one.run(), name=one.label) for one in upstreams]
            try:
                for one in upstreams:
                    await one.tried.wait()
                    if (
                        one.refused is not None
                    ):  # its task fails: let the group cancel us here, not in the drain
                        await asyncio.Event().wait()
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*(one.drain(one.context.left()) for one in upstreams))
    except BaseExceptionGroup as found:
        raise (found.subgroup(ConfigError) or found).exceptions[0] from None
