"""A message that the application gets while it comes in, with ``--email-stream``; the last piece says what it was.

The application is called once the header is whole. What it does not take waits, up to a bound; then the client waits.
What a message is known by is known at its end, so a repeat is called for, too, and told with ``email.disconnect`` that
its verdict is known, or that another call is about to give it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from interfaces.email import replies as say
from interfaces.email.calls import UNROUTED, prepared
from interfaces.email.deliveries import Run
from interfaces.email.delivery import MailDelivery
from interfaces.email.headers import Headers, split
from interfaces.email.service import Service
from interfaces.email.translate import Key, Transaction
from interfaces.shared.asgi import Event, Scope

__all__ = ["Flow"]

LONGEST_HEADER: Final = 262_144
"""Bytes after which the application is called although the header goes on."""
_END = b"\r\n\r\n"


class _Call(MailDelivery):
    """The call of the application. ``run`` is there once the message is whole, for the recipients at ``places``."""

    def __init__(self, service: Service, scope: Scope, on_room: Callable[[], None]) -> None:
        super().__init__(service.app, scope, None)
        self.post = service.post
        self.service = service
        self.run: Run | None = None
        self.places: Sequence[int] = ()
        self.given: bool = False  # nobody waits for its verdict
        self._on_room = on_room

    async def receive(self) -> Event:
        """The next event; what was taken is no more in flight."""
        event = await super().receive()
        self.service.in_flight -= len(event.get("body", b""))
        return event

    def end(self) -> None:
        """The application is done with the message, at its end or before."""
        first = not self.ended
        super().end()
        self._on_room = None
        if first:
            self.service.in_flight -= sum(len(event.get("body", b"")) for event in self._inbox)
            self._inbox.clear()
            self.service.sessions.discard(self)
            self.tell()
            self.service.check_idle()

    def tell(self) -> None:
        """Give the verdicts to who waits for them, once both are there."""
        run, self.run = self.run, None
        if run is not None:
            verdicts = self.outcomes(UNROUTED)
            run.decided([verdicts[place] for place in self.places])
        elif self.given:
            _ = self.outcome(UNROUTED)  # which logs what it raised


class Flow:
    """A message on its way in: :meth:`add` pieces, then :meth:`finish` or :meth:`stop` it."""

    def __init__(self, service: Service, transaction: Transaction, on_room: Callable[[], None]) -> None:
        self.service = service
        self.transaction = transaction
        self.headers: Headers | None = None
        self._on_room = on_room
        self._call: _Call | None = None
        self._parts: list[bytes] = [transaction.body.whole]
        self._size: int = 0
        self._tail: bytes = transaction.body.whole[-3:]
        if not service.before_message:  # they look at all of it
            service.in_flight -= transaction.body.held
            transaction.body.flow()

    @property
    def full(self) -> bool:
        """Whether the client has to wait."""
        return self._call is not None and self._call.full and not self._call.ended

    def add(self, piece: bytes) -> bytes:
        """A piece of the content; b"", or the reply when there is something wrong with it."""
        if self._call is not None:
            self._offer(
                self._call,
                {"type": "email.receive", "id": self.transaction.id, "body": piece, "more_body": True},
            )
            return b""
        self._parts.append(piece)
        self._size += len(piece)
        whole = (self._tail + piece).find(_END) >= 0 or self._size > LONGEST_HEADER
        self._tail = (self._tail + piece)[-3:]
        return self._begin() if whole else b""

    def _begin(self) -> bytes:
        """Call the application: the header is there."""
        service, transaction = self.service, self.transaction
        content = b"".join(self._parts)
        self._parts = []
        most = service.options.max_headers
        headers = split(content, most)
        if len(headers.fields) > most:
            return say.FIELDS
        self.headers = headers
        call = self._call = _Call(service, transaction.scope(service.context.state, headers), self._on_room)
        service.sessions.add(call)
        call.start(service.loop)
        self._offer(call, transaction.beginning(headers, content))
        return b""

    def _offer(self, call: _Call, event: Event) -> None:
        if not call.ended:
            size = len(event["body"])
            self.service.in_flight += size
            call.offer(event, size)

    def whole(self) -> Headers | None:
        """The content is complete: its header, None when that has too many fields."""
        if self._call is None:
            self._begin()
        return self.headers

    def finish(self, keys: Sequence[Key], places: Sequence[int]) -> Run:
        """Tell the application that this was all, and for which of its recipients it is to decide."""
        run, service, call = Run(keys), self.service, self._call
        assert call is not None  # noqa: S101 - there is one, since whole()
        assert self.headers is not None  # noqa: S101 - as it found
        call.places = places
        part = self.transaction.only(places)
        if service.before_message:
            service.run(self._prepared(call, part, self.headers, run))
        else:
            self._last(call, part, run, {})
        return run

    async def _prepared(self, call: _Call, part: Transaction, headers: Headers, run: Run) -> None:
        more: dict[str, Any] = {}
        said = await prepared(self.service, part, headers, more)
        if said is None:
            self._last(call, part, run, more)
        else:
            self.service.let_go(part.body)
            self._give_up(call, said.detail.get("code", 451))
            run.decided([said] * len(run.keys))

    def _last(self, call: _Call, part: Transaction, run: Run, more: dict[str, Any]) -> None:
        event = part.ending()
        for one in more.pop("events", ()):  # what a report tells comes in front of its end
            if one["type"] != "email.receive":
                call.offer({**one, **more})
        event.update(more)
        self.service.let_go(part.body)
        call.run = run
        if call.ended:
            self.service.loop.call_soon(call.tell)  # nobody waits for the run yet
        else:
            call.last(event)

    def stop(self, code: int) -> None:
        """It comes to nothing, or its verdict is known: ``code`` is what the client is told, 421 where it has gone.

        0: another call is about to give it.
        """
        call = self._call
        self._parts = []
        if call is not None:
            self._give_up(call, code)

    def _give_up(self, call: _Call, code: int) -> None:
        call.given = True
        if call.ended:
            call.tell()
        else:
            call.last({"type": "email.disconnect", "code": code})
