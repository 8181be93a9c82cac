"""What an outbox, the store it takes from and the protocol it sends by say to each other. Pure."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Literal, Protocol

from interfaces.shared.asgi import Event
from interfaces.shared.tracing import tracer

__all__ = [
    "NOTHING",
    "Held",
    "Overtaken",
    "Record",
    "Sending",
    "Store",
    "Tried",
    "Way",
    "conversation",
    "digest",
    "moment",
    "traced",
]


@dataclass(slots=True, eq=False)
class Held:
    """A message that was taken from a store, and is held until it is settled there."""

    id: str
    message: Event
    attempt: int
    """1, 2 …: how often it was taken."""
    put_at: float
    """Unix seconds."""
    item: Any = field(default=None, repr=False)
    """The store's own."""
    conversation: str | None = None
    """Those of one are taken one after the other, in their order."""

    @property
    def due(self) -> float:
        """Unix seconds: when it could be sent first."""
        return max(self.put_at, moment(self.message.get("not_before")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of a message, under its ``dedupe_key`` or id."""

    number: int = 0
    """Attempts so far."""
    begun: bool = False
    """Whether the last one has become irrevocable, and its end is not known."""
    final: bool = False
    owner: str = ""
    """The id of what was settled last."""
    told: dict[str, Any] = field(default_factory=dict)
    """What the last result said."""

    def beginning(self, seen: int) -> "Record | None":
        """The record of an attempt that begins, after ``seen`` attempts; None when there has been another since."""
        if self.begun or self.number != seen:
            return None
        return replace(self, number=seen + 1, begun=True, final=False)

    def settled(self, by: "Record") -> "Record | None":
        """What it becomes by an attempt that has ended; None when that is not the one that was begun, or comes next."""
        if by.begun != self.begun or by.number - (not by.begun) != self.number:
            return None
        return replace(by, begun=False)


NOTHING = Record()
LATEST = 253_402_300_800
"""Unix seconds that are no time any more: the year 10000."""


def moment(value: Any) -> float:
    """``value`` of a message as Unix seconds; 0.0 for what is no time: it is for who sends it to refuse that."""
    return float(value) if isinstance(value, int | float) and 0 <= value < LATEST else 0.0


def conversation(message: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    """The name, of a bounded length, of what ``message`` is to be sent in the order of; None: of nothing.

    It is that of the values of ``keys``, when it has the last of them; of "a|b" that of a, else of b. Else it is of its
    ``dedupe_key``, so that the second with the same finds what became of the first. Those of one key in different
    conversations may be on their way side by side; then only one of them can begin (:meth:`Store.begin`), and the
    others are taken up again.
    """
    if keys and (last := _value(message, keys[-1])):
        return digest("\0".join(["in", *(_value(message, key) for key in keys[:-1]), last]))
    dedupe_key = message.get("dedupe_key")
    return digest(str(dedupe_key)) if dedupe_key else None


def _value(message: Mapping[str, Any], key: str) -> str:
    return next((str(message[one]) for one in key.split("|") if message.get(one) not in (None, "")), "")


def digest(text: str) -> str:
    """A name of bounded length for ``text``, whatever it is."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Store(Protocol):
    """Where messages wait. Everything may raise Unavailable; what a dead process held is given to another.

    Those of one conversation are held one after the other, in their order. Where conversations are named by keys, one
    that comes again later is waited for; one that is not to be sent before its time joins at that time.
    """

    @property
    def durable(self) -> bool:
        """Whether what waits outlives this process."""
        ...

    async def open(self) -> None:
        """Before all else. ConfigError when the broker keeps less than is asked for."""
        ...

    async def close(self) -> None:
        """Take nothing more; what is held goes back."""
        ...

    def leave(self) -> None:
        """The process is to end: :meth:`take` gives what can be had at once, then nothing."""
        ...

    def describe(self) -> str:
        """How well it keeps what waits: one line for the start."""
        ...

    async def take(self, n: int) -> list[Held]:
        """Wait for 1 to ``n`` messages, which are held from now on; may be cancelled. None after the last one."""
        ...

    async def done(self, held: Held) -> None:
        """It is dealt with."""
        ...

    async def retry(self, held: Held, delay: float, reason: str) -> None:
        """Give it again after so many seconds."""
        ...

    async def dead(self, held: Held, reason: str) -> None:
        """It is given up, and kept for somebody to look at, as far as the store can."""
        ...

    async def give_back(self, held: Held, delay: float = 0.0) -> None:
        """It was not begun: the next to take has it, after ``delay`` seconds, and that does not count."""
        ...

    async def read(self, key: str) -> Record:
        """What is known of ``key``."""
        ...

    async def begin(self, key: str, seen: int, keep: float) -> bool:
        """Record that attempt ``seen`` + 1 is irrevocable now; False when something has happened since ``seen``."""
        ...

    async def settle(self, key: str, record: Record, keep: float) -> bool:
        """Record what became of attempt ``record.number``; False when another was begun since, or has settled it.

        ``record.begun`` says whether it had become irrevocable.
        """
        ...


class Overtaken(Exception):  # noqa: N818 - no mistake
    """Another sender has the message by now: this one was stopped for longer than its lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of an attempt. ``told`` is the result's, beside type and id; the next attempt sees it.

    "later" is tried again, after ``delay`` seconds if that is said; ``down``: its destination could not be reached.
    What is "failed" or "uncertain" becomes a dead letter, unless ``letter`` is False. ``rest``: nothing more goes to
    its destination for so many seconds, although that is not down; ``rest_wide``: nor to the wider place it is in.
    "later" and ``quiet``: it goes on, and a part is done; that is neither counted nor told, until more is known.
    """

    state: Literal["sent", "later", "failed", "uncertain"]
    told: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    delay: float | None = None
    down: bool = False
    letter: bool = True
    rest: float = 0.0
    rest_wide: float = 0.0
    quiet: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class Sending:
    """One attempt: what a :class:`Way` is given."""

    id: str
    """The message's own ``id``, else one that was made for it."""
    message: Event
    number: int
    put_at: float
    """Unix seconds: when it was sent to the channel."""
    earlier: Mapping[str, Any]
    """What the result of the attempt before said."""
    again: bool = False
    """Whether somebody has put it back after its end: what failed, and what is uncertain, is to be tried, too."""
    place: str = ""
    """The destination whose turn it is: as :meth:`Way.place` said."""
    trace: str = ""
    """The traceparent of what sent the message, which is no part of it; "" for none."""
    begin: Callable[[], Awaitable[bool]] = field(repr=False)
    begun: bool = False

    async def commit(self) -> None:
        """To be called right before what cannot be undone. Raises Overtaken and Unavailable: then it is not done."""
        if not self.begun:
            if not await self.begin():
                raise Overtaken
            self.begun = True


class Way(Protocol):
    """How one protocol sends."""

    @property
    def name(self) -> str:
        """Of its counts and log lines, and its channel: "email.send"."""
        ...

    @property
    def result(self) -> str:
        """The type of its results: "email.result"."""
        ...

    def place(self, message: Event) -> str:
        """The destination that its pace is kept for; see ``wide`` of :class:`interfaces.shared.pacing.Pace`."""
        ...

    async def attempt(self, sending: Sending) -> Tried:
        """Try once; a message that cannot be sent is "failed". What it raises is logged, and "later" or "uncertain"."""
        ...

    def unknown(self, sending: Sending) -> Tried:
        """What to tell of an attempt that was begun and whose end nobody knows: "uncertain"."""
        ...

    def given_up(self, sending: Sending, reason: str) -> Tried:
        """What to tell of a message that is not tried (again): "failed"."""
        ...


async def traced(way: Way, sending: Sending) -> Tried:
    """The attempt, in a span that continues that of who sent the message, where somebody traces."""
    found = tracer()
    if found is None:
        return await way.attempt(sending)
    facts = {"id": sending.id, "number": sending.number, "place": sending.place}
    with found.sending(way.name, sending.trace, facts) as ended:
        tried = await way.attempt(sending)
        ended(tried.state, tried.reason)
    return tried
