"""One message from outside, with one verdict: how the application gives it, and what stores have to do for it.

A store of any kind fits that has these methods; :mod:`interfaces.layers.dedupe` and ``durable`` have them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal, Protocol

from interfaces.shared.asgi import Application, Event, Scope
from interfaces.shared.errors import ApplicationError, PeerGone
from interfaces.shared.marks import about
from interfaces.shared.session import Session, report

__all__ = ["AtOnce", "Claim", "DedupeStore", "Delivery", "Inbox", "Verdict"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a delivery. ``detail`` is the protocol's: codes and texts, as msgpack can say them."""

    kind: Literal["accept", "reject", "defer"]
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def final(self) -> bool:
        """Whether it may be kept; "defer" (try again) never is."""
        return self.kind != "defer"


ACCEPTED, DEFERRED = Verdict("accept"), Verdict("defer")


async def _nowhere(_event: Event) -> None:
    """What a session sends goes to the interface; here it is a verdict, and stays."""


class Delivery(Session):
    """The scope of one message: it ends with a verdict, and a peer that hangs up does not end it.

    ``words``: the types of messages that are verdicts, and what makes each one; ``posted``: those of messages that are
    sent to somebody else.
    """

    def __init__(
        self,
        app: Application,
        scope: Scope,
        words: Mapping[str, Callable[[Event], Verdict]],
        on_end: Callable[[Any], None] | None,
        posted: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(app, scope, _nowhere, on_end=on_end)
        self.words = words
        self.posted = posted
        self.verdict: Verdict | None = None
        self.dedupe_key: str = ""
        """Of its event, for logs."""
        self.post: Any = None
        """Puts a message on its way, where there is a sender: see :class:`interfaces.layers.posting.Posting`."""
        self.unsent: str = "nobody sends here; a --layer URL where a sender is"
        """What the application is told where there is none."""
        self.results: list[Any] = []
        """Tasks for the results of messages that it waits for."""
        self._decided: float = 0.0

    async def send(self, event: Event) -> None:
        """Take a verdict; PeerGone after the session has ended."""
        if self.ended:
            raise PeerGone("the session has ended")
        self.meter.sent += 1
        await self._take(event)

    async def _take(self, event: Event) -> None:
        """What the application sends. Raises ApplicationError for what is unknown, and for a second verdict."""
        kind = event.get("type")
        if str(kind) in self.posted:
            await self._sent(event)
            return
        make = self.words.get(str(kind))
        if make is None:
            known = ", ".join([*self.words, *sorted(self.posted)])
            raise ApplicationError(f"{self.scope['type']} knows no message {kind!r}, but {known}")
        if self.verdict is not None:
            raise ApplicationError(f"{kind} after a verdict, which was {self.verdict.kind}")
        self.verdict = make(event)
        self._decided = monotonic()

    # --- what it sends to others ------------------------------------------------------------------

    async def _sent(self, event: Event) -> None:
        """Put a message on its way; one with an id has its result as an event."""
        if self.post is None:
            raise ApplicationError(f"{event['type']}: {self.unsent}")
        for key in getattr(self.post, "fills", ()):
            if self.scope.get(key) and not event.get(key):
                event = {**event, key: self.scope[key]}
        task = await self.post(event)
        if task is not None:
            self.results.append(task)
            task.add_done_callback(self._heard)

    def _heard(self, task: Any) -> None:
        self.results.remove(task)
        if not task.cancelled() and not self.ended:
            self._inbox.append(task.result())
        self.wake()

    def _release(self) -> None:
        """While results are waited for, asking does not end the delivery."""
        if not self.results:
            super()._release()

    def end(self) -> None:
        """It is over: results are waited for no more."""
        super().end()
        for task in self.results:
            task.cancel()

    def last(self, event: Event | None = None) -> None:
        """Put in the event."""
        if event is not None:
            self.dedupe_key = str(event.get("dedupe_key") or "")
        super().last(event)

    def about(self) -> dict[str, str]:
        """What logs say of it: the key of its message, too."""
        return about(self.scope, self.dedupe_key)

    # --- its end ----------------------------------------------------------------------------------

    def outcome(self, unrouted: Verdict) -> Verdict:
        """What became of it, once it has ended: the verdict given, or accept for a normal end without one.

        An error before a verdict is "defer", being cancelled too, and a missing route ``unrouted``; an error after
        one is logged.
        """
        if self.error is not None:
            report(self)
        if self.verdict is not None:
            return self.verdict
        if self.unrouted:
            return unrouted
        return DEFERRED if self._broken else ACCEPTED

    def fate(self, how: str) -> str:
        """What became of it, in a word for the figures: that of its verdict, or ``how`` it ended without one."""
        return self.verdict.kind if self.verdict is not None else how or "accept"

    def measured(self, how: str) -> None:
        """Its verdict, too, and how long that took."""
        super().measured(how)
        fate = self.fate(how)
        seconds = (self._decided or monotonic()) - self.started
        self.meter.verdict(fate)
        self.meter.decided.add(seconds)
        if self.meter.access is not None:
            self._log(fate, seconds)

    def _log(self, fate: str, seconds: float) -> None:
        """The line of a delivery among those of requests."""
        scope = self.scope
        line = {"protocol": scope["type"], "client": scope.get("client"), "path": scope.get("path", "")}
        self.meter.access({**line, "seconds": seconds, "verdict": fate, **self.about()})

    @property
    def _broken(self) -> bool:
        """Whether it neither returned nor was released; who is released has not ended yet."""
        task = self.task
        if task is None or not task.done():
            return self.error is not None
        return task.cancelled() or task.exception() is not None


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to who wants to run a delivery: it is ours, or it has a verdict, or another runs it (neither)."""

    key: str
    token: str = ""
    """What proves that it is ours; "" when it is not."""
    verdict: Verdict | None = None

    @property
    def ours(self) -> bool:
        """Whether we are to run it."""
        return bool(self.token)


class DedupeStore(Protocol):
    """Which deliveries run, and which have their final verdict. Everything may raise Unavailable."""

    async def claim(self, key: str, *, lease: float, wait: float = 0) -> Claim:
        """Run the delivery ``key`` for ``lease`` seconds, unless it runs or has its verdict.

        One that runs is waited for, ``wait`` seconds at most: for its verdict, or until it is free.
        """
        ...

    async def renew(self, claim: Claim, lease: float) -> bool:
        """Hold it for ``lease`` more seconds; False when it lapsed."""
        ...

    async def finish(self, claim: Claim, verdict: Verdict, keep: float) -> bool:
        """Say the verdict, kept for ``keep`` seconds; one that is not final frees the key at once.

        False, and nothing is kept, when the claim lapsed and another has made its own since.
        """
        ...


class AtOnce(Protocol):
    """What a :class:`DedupeStore` of this process has besides: it need not be waited for."""

    def claim_now(self, key: str, lease: float) -> str:
        """The token of a claim; "" where it is not ours, which ``claim`` tells more of."""
        ...

    def finish_now(self, key: str, token: str, verdict: Verdict, keep: float) -> bool:
        """As ``finish``."""
        ...


class Inbox(Protocol):
    """Where a message is kept before its acknowledgement leaves."""

    async def put(
        self,
        queue: str,
        message: dict[str, Any],
        *,
        id: str,
        dedupe_key: str = "",
        conversation: str | None = None,
    ) -> None:
        """Keep it, as well as was declared; see :meth:`interfaces.layers.durable.DurableQueues.put`."""
        ...
