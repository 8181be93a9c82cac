"""Repeats that come to another container: what runs there, and what was decided there, is known at the broker.

Nothing is told to it of a message whose client waits and hears its answer. What is told is what
:class:`interfaces.email.deliveries.Repeats` keeps in its own process: the call that runs on though its client has gone,
and the verdict that it may not have heard. So each message costs one question, and no more.

A repeat waits for a call elsewhere within its own deadline. Without the broker messages are taken as if they were new:
then the ``dedupe_key`` of the event is what tells.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from importlib import import_module
from typing import Any

from interfaces.email import calls
from interfaces.email.deliveries import Run
from interfaces.email.headers import Headers
from interfaces.email.service import Service, log
from interfaces.email.translate import Key, Transaction
from interfaces.shared.delivery import DEFERRED, Claim, Verdict
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["FIRST_LOOK", "LEASE", "LONGEST_LOOK", "Elsewhere", "hub_of", "sharing"]

LEASE = 30.0
"""Seconds after which a call counts as dead whose container says no more of it."""
FIRST_LOOK, LONGEST_LOOK = 0.05, 1.0
"""Seconds between looks for the verdict of a call elsewhere: doubling from the first to the second."""
CLOSING = 2.0
"""Seconds that the broker gets in the end to hear what is left to say."""


class Elsewhere:
    """Asks ``store``, a :class:`interfaces.layers.shared_dedupe.SharedDedupe`, and tells it."""

    def __init__(self, service: Service, store: Any) -> None:
        self.service = service
        self.store = store
        self.tasks: set[asyncio.Task[None]] = set()
        self._claims: dict[Key, Claim] = {}
        self._given: dict[Key, None] = {}
        """Verdicts of the broker's, here told to it or read from it: to be forgotten there once they are heard."""

    def __repr__(self) -> str:
        return f"<Elsewhere {self.store!r}: {len(self._claims)} claimed>"

    # --- asking -----------------------------------------------------------------------------------

    async def first(self, transaction: Transaction, headers: Headers, run: Run, attempt: int) -> None:
        """Ask, then have the application called for those recipients that nobody knows of."""
        try:
            found = await self._known(run.keys)
        except asyncio.CancelledError:
            calls.over(self.service, transaction, run, [DEFERRED] * len(run.keys))
            return
        if not found:
            calls.begin(self.service, transaction, headers, run, attempt)
            return
        self.service.count("email.repeats")
        verdicts: dict[Key, Verdict] = {}
        new = [at for at, key in enumerate(run.keys) if key not in found]
        if new:
            inner = Run([run.keys[at] for at in new])
            inner.heirs.append(lambda one: self._part(run, verdicts, one.verdicts))
            calls.begin(self.service, transaction.only(new), headers, inner, attempt)
        else:
            self.service.let_go(transaction.body)
        self._noted(found)
        self._part(run, verdicts, {key: one.verdict for key, one in found.items() if one.verdict is not None})
        if running := [key for key, one in found.items() if one.verdict is None]:
            self._part(run, verdicts, await self._waited(running))

    def _part(self, run: Run, verdicts: dict[Key, Verdict], more: Mapping[Key, Verdict]) -> None:
        """Some of the recipients have their verdict."""
        complete = len(verdicts) == len(run.keys)
        verdicts.update(more)
        if not complete and len(verdicts) == len(run.keys):
            run.decided([verdicts[key] for key in run.keys])
            self.service.check_idle()

    async def _known(self, keys: Sequence[Key]) -> dict[Key, Claim]:
        """What runs elsewhere (no verdict), or has its verdict."""
        try:
            found = await asyncio.gather(*(self.store.look(_named(key)) for key in keys))
        except Unavailable as error:
            self.service.count("email.unasked")
            log.warning("whether a message is a repeat is not known: %s", error)
            return {}
        return {key: one for key, one in zip(keys, found, strict=True) if one is not None}

    async def _waited(self, keys: Sequence[Key]) -> dict[Key, Verdict]:
        """The verdicts of what runs elsewhere; "try again" once it is too late, or it ended so, or died."""
        said: dict[Key, Verdict] = {}
        loop, look = self.service.loop, FIRST_LOOK
        end = loop.time() + self.service.options.verdict_timeout
        try:
            while len(said) < len(keys) and loop.time() < end:
                await asyncio.sleep(look)
                look = min(2 * look, LONGEST_LOOK)
                left = [key for key in keys if key not in said]
                found = await self._known(left)
                for key in left:
                    one = found.get(key)
                    if one is None or one.verdict is not None:
                        said[key] = DEFERRED if one is None or one.verdict is None else one.verdict
        except asyncio.CancelledError:
            pass  # the server ends
        return {key: said.get(key, DEFERRED) for key in keys}

    # --- telling ----------------------------------------------------------------------------------

    def orphan(self, run: Run) -> None:
        """A call goes on though its client has gone."""
        self._run(self._held(run))

    def remember(self, verdicts: Mapping[Key, Verdict], keep: float) -> None:
        """Verdicts that may not have been heard."""
        for key, said in verdicts.items():
            if said.final:
                self._noted([key])
                self._run(self._tell(key, said, keep))

    def heard(self, verdicts: Mapping[Key, Verdict]) -> None:
        """A client has read these."""
        for key in verdicts:
            if key in self._given:
                del self._given[key]
                self._run(self._forget(key))

    def _noted(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._given[key] = None
        while len(self._given) > self.service.options.max_verdicts:  # they lapse at the broker
            del self._given[next(iter(self._given))]

    async def _forget(self, key: Key) -> None:
        try:
            await self.store.forget(_named(key))
        except Unavailable as error:
            log.warning("another container will not know that a verdict was heard: %s", error)

    async def _held(self, run: Run) -> None:
        """Say again and again that it runs; in the end its verdict is told by :meth:`remember`, or it is free."""
        ended = asyncio.Event()
        run.heirs.append(lambda _run: ended.set())
        try:
            for key in run.keys:
                await self._claimed(key, run)
            while not run.verdicts:
                try:
                    async with asyncio.timeout(LEASE / 3):
                        await ended.wait()
                except TimeoutError:
                    for key in run.keys:
                        if key in self._claims:
                            await self.store.renew(self._claims[key], LEASE)
            for key, said in run.verdicts.items():
                if not said.final and (held := self._claims.pop(key, None)) is not None:
                    await self.store.finish(held, said, 0)
        except Unavailable as error:
            log.warning("another container will not know of a message that runs: %s", error)

    async def _claimed(self, key: Key, run: Run) -> None:
        """Say that it runs, unless another container has said so; what has ended meanwhile has its verdict."""
        claim = await self.store.claim(_named(key), lease=LEASE)
        if claim.ours and not run.verdicts:
            self._claims[key] = claim
        elif claim.ours:
            said = run.verdicts.get(key, DEFERRED)
            await self.store.finish(claim, said, self.service.options.keep_verdicts)

    async def _tell(self, key: Key, said: Verdict, keep: float) -> None:
        claim = self._claims.pop(key, None) or Claim(_named(key), "-")
        try:
            await self.store.finish(claim, said, keep)
        except Unavailable as error:
            log.warning("another container will not know of a verdict: %s", error)

    def _run(self, steps: Any) -> None:
        task = self.service.loop.create_task(steps)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self) -> None:
        """Tell what is left to tell."""
        if self.tasks:
            _, late = await asyncio.wait(self.tasks, timeout=CLOSING)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)


def hub_of(layer: Any) -> Any:
    """The hub of a layer that containers share. ConfigError."""
    if not hasattr(layer, "hub"):
        raise ConfigError("--email-dedupe shared needs a --layer with a broker, which containers share")
    return layer.hub()


@asynccontextmanager
async def sharing(service: Service) -> AsyncIterator[None]:
    """Have ``service`` share what it knows of repeats with other containers on its layer. ConfigError."""
    hub = hub_of(service.context.layer)
    await hub.started()
    store = import_module("interfaces.layers.shared_dedupe").SharedDedupe(hub)
    elsewhere = Elsewhere(service, store)
    service.elsewhere = service.repeats.elsewhere = elsewhere
    try:
        yield
    finally:
        await elsewhere.close()
        service.elsewhere = service.repeats.elsewhere = None


def _named(key: Key) -> str:
    """What the broker is told of a message: nothing that says from whom, to whom, or what it is."""
    return f"mail:{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"
