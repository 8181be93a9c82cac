"""Drives one scope in event style: its events go one at a time through a runner, here or in any worker.

What makes a scope lasting stays here: the session, the reply channel, its memberships, and the order. A runner sees one
event and the session, and gives an outcome. An event is asked for when the one before it is settled.

What others send to the reply channel, directly or through groups, reaches the peer without a runner if it is on the
list of the protocol (formats.WIRE), and only once the connection is accepted.
"""

import asyncio
import logging
from collections import Counter
from typing import Any

from interfaces.layers.base import ChannelFull
from interfaces.shared.asgi import Event, Receive, Scope, Send
from interfaces.shared.errors import ApplicationError, InterfacesError, NoRoute, PeerGone, Unavailable
from interfaces.workers.echoes import Echoes
from interfaces.workers.formats import WIRE, answered, event_of, questions, replies
from interfaces.workers.message import NO_LAYER, perform
from interfaces.workers.outcome import Outcome, Runner

__all__ = ["BODY", "LATER", "REPLY_TIMEOUT", "SKIPPED", "Conversation"]

log = logging.getLogger("interfaces.workers")

BODY = 2_621_440
"""Bytes of a request's body, as Django's DATA_UPLOAD_MAX_MEMORY_SIZE; beyond them 413."""
REPLY_TIMEOUT = 120.0
"""Seconds that a request waits for somebody else's answer once its consumer has ended without one."""
LATER = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds before an event whose consumer raised ConsumeLater is tried again; after the last the peer is to."""
FULL = 2.0
"""Seconds for which a full channel is tried again."""
SKIPPED: Counter[str] = Counter()
"""What was sent to reply channels and could not reach a peer: "websocket unknown" and the like → count."""
BACKLOG = 64
"""Results that may wait for their turn."""
_PAUSE = 0.02


class Conversation:
    """``await Conversation(scope, receive, send, runner, layer=layer).run()`` is an application's call.

    ``limits``: bytes of a request's body, and seconds that it waits for somebody else's answer. Raises what the runner
    raises, and NoRoute, ApplicationError or Unavailable for outcomes that say so.
    """

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        runner: Runner,
        *,
        layer: Any = None,
        limits: tuple[int, float] = (BODY, REPLY_TIMEOUT),
    ) -> None:
        self.scope = scope
        self.kind: str = scope["type"]
        self.receive = receive
        self.runner = runner
        self.layer: Any = layer or NO_LAYER
        self.session: dict[str, Any] = {}
        self.reply_channel = ""
        self.order = 0
        self.open = not self._asks()
        """Whether the peer may be sent something: from the accept to the end."""
        self.complete = False
        """Whether the response to a request is."""
        self._send = send
        self._body_limit, self._reply_timeout = limits
        self._joined: set[str] = set()
        self._echoes = Echoes()
        self._denied = False
        self._begun = False
        self._turn = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None
        self._results: set[asyncio.Task[None]] = set()
        self._main: asyncio.Task[Any] | None = None
        self._failure: BaseException | None = None

    def __repr__(self) -> str:
        return f"<Conversation {self.kind} {self.scope.get('path', '')} event {self.order}>"

    async def run(self) -> None:
        """Until the peer has gone, the response is complete, or a consumer has raised."""
        self.reply_channel = await self.layer.new_channel(f"{self.kind}.send")
        self._main = asyncio.current_task()
        try:
            if self.kind == "http":
                await self._request()
            else:
                await self._converse()
        except asyncio.CancelledError:
            if self._failure is None:
                raise
            if self._main is not None:
                self._main.uncancel()
            raise self._failure from None
        finally:
            await self._leave()

    # --- events -----------------------------------------------------------------------------------

    async def _converse(self) -> None:
        if self.open:
            self._listen()
        while True:
            event = await self.receive()
            gone = event["type"].endswith(".disconnect")
            if gone:
                self.open = False
            async with self._turn:
                await self._settle(event)
            if gone or self._denied:
                return

    async def _settle(self, event: Event) -> None:
        """Have one event handled, and do what its consumer said."""
        outcome = await self._handled(event_of(self.scope, event, self.reply_channel, self.order))
        self.order += 1
        outcome.merge(self.session)
        if self._asks() and self.order == 1:
            await self._answer(outcome)
        else:
            await self._join(outcome.groups)
            await self._say(self._answering(event, outcome.sends))

    def _answering(self, event: Event, sends: list[list[Any]]) -> list[list[Any]]:
        """What a consumer said, after what answers a question of which it said nothing."""
        silent = questions(event)
        if silent is None:
            return sends
        found: list[list[Any]] = []
        told = False
        for how, name, message in sends:
            own = how == "channel" and name == self.reply_channel
            for word in self._meant(message) if own else [message]:
                answer = answered(silent, word) if own else None
                told = told or answer is not None
                found.append([how, name, answer or word])
        return found if told else [["channel", self.reply_channel, silent], *found]

    async def _handled(self, event: dict[str, Any]) -> Outcome:
        for pause in (*LATER, None):
            outcome = await self.runner(event, self.session)
            if outcome.error != "later" or pause is None:
                break
            await asyncio.sleep(pause)
        if outcome.error == "no-route":
            raise NoRoute(outcome.reason or f"no route for {event['type']}")
        if outcome.error == "later":
            raise Unavailable(f"{event['type']}: the consumer asked for later once too often")
        if outcome.error == "unavailable":
            raise Unavailable(outcome.reason)
        if outcome.error:
            raise ApplicationError(outcome.reason)
        return outcome

    # --- the handshake ----------------------------------------------------------------------------

    def _asks(self) -> bool:
        """Whether the first event asks for an accept."""
        return self.kind == "websocket" or (self.kind == "irc" and self.scope.get("mode") == "gateway")

    async def _answer(self, outcome: Outcome) -> None:
        """Accept, unless the consumer has refused: who returns, with or without a word, has not."""
        own = [
            message for how, name, message in outcome.sends if how == "channel" and name == self.reply_channel
        ]
        words = [word for message in own for word in self._meant(message)]
        accepts = f"{self.kind}.accept"
        first = next((word for word in words if word["type"] != accepts), None)
        accept = next((word for word in words if word["type"] == accepts), None)
        if accept is None and first is not None and first["type"] in _REFUSALS:
            self._denied = True
            await self._join([one for one in outcome.groups if one[2] != self.reply_channel])
            await self._say(outcome.sends)
            return
        await self._join(outcome.groups)
        await self._wire(accept or {"type": accepts})
        self.open = True
        self._listen()
        await self._say(outcome.sends)

    # --- what a consumer said ---------------------------------------------------------------------

    async def _join(self, groups: list[list[str]]) -> None:
        for how, group, channel in groups:
            await perform([how, group, channel], self.layer)
            if channel == self.reply_channel:
                if how == "add":
                    self._joined.add(group)
                else:
                    self._joined.discard(group)
                    self._echoes.left(group)

    async def _say(self, sends: list[list[Any]]) -> None:
        """Send, in order."""
        for how, name, message in sends:
            if how == "channel" and name == self.reply_channel:
                if self.open and not await self._echoes.settled():
                    SKIPPED[f"{self.kind} order"] += 1
                for word in self._words(message):
                    await self._wire(word)
                continue
            mine = how == "group" and name in self._joined and self._reader is not None
            await self._deliver([how, name, self._echoes.marked(name, message) if mine else message])
            # Who receives it here gets a turn: a member that is full would be left out.
            await asyncio.sleep(0)

    def _words(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """The consumer's own, without an accept of the connection, which is given by now."""
        accept = f"{self.kind}.accept" if self._asks() else ""
        return [word for word in self._meant(message) if word["type"] != accept or "channel" in word]

    def _meant(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            return replies(self.kind, message)
        except ValueError as error:
            raise ApplicationError(f"{self!r}: {error}") from None

    async def _deliver(self, operation: list[Any]) -> None:
        """Send it through the layer; a full channel is tried again for a while."""
        loop = asyncio.get_running_loop()
        until = loop.time() + FULL
        while True:
            try:
                await perform(operation, self.layer)
            except ChannelFull:
                if loop.time() >= until:
                    raise Unavailable(f"channel {operation[1]} is full") from None
                await asyncio.sleep(_PAUSE)
            else:
                return

    async def _wire(self, word: dict[str, Any]) -> None:
        """Give it to the peer, if there is one."""
        if self.complete:
            return
        try:
            await self._send(word)
        except PeerGone:
            self.open = False  # the last event is on its way
        self._begun = True
        if word["type"] == "http.response.body" and not word.get("more_body", False):
            self.complete = True

    # --- what others sent -------------------------------------------------------------------------

    def _listen(self) -> None:
        self._reader = asyncio.ensure_future(self._read())
        self._reader.add_done_callback(self._helper_ended)

    def _helper_ended(self, task: asyncio.Task[None]) -> None:
        """What it raised is raised by run()."""
        error = None if task.cancelled() else task.exception()
        if error is not None and self._main is not None:
            self._failure = error
            self._main.cancel()

    async def _read(self) -> None:
        while True:
            await self._arrived(await self.layer.receive(self.reply_channel))

    async def _arrived(self, message: dict[str, Any]) -> None:
        """Pass on what came to the reply channel; what cannot be is counted."""
        self._echoes.heard(message)
        try:
            words = replies(self.kind, message)
        except ValueError:
            SKIPPED[f"{self.kind} malformed"] += 1
            return
        for word in words:
            if word["type"] in WIRE.get(self.kind, ()):
                await self._pass_on(word)
            elif word["type"] == f"{self.kind}.result":
                self._result(word)
            elif word["type"] != f"{self.kind}.accept":
                SKIPPED[f"{self.kind} unknown"] += 1

    def _result(self, event: dict[str, Any]) -> None:
        """Have it handled when it is its turn; reading goes on, as that may have to wait for what is read."""
        if len(self._results) >= BACKLOG:
            SKIPPED[f"{self.kind} results"] += 1
            return
        task = asyncio.ensure_future(self._settle_result(event))
        self._results.add(task)
        task.add_done_callback(self._results.discard)
        task.add_done_callback(self._helper_ended)

    async def _settle_result(self, event: dict[str, Any]) -> None:
        async with self._turn:
            await self._settle(event)

    async def _pass_on(self, word: dict[str, Any]) -> None:
        """Give the peer what others sent; what the interface refuses is not this scope's mistake."""
        if not self.open:
            return
        try:
            await self._wire(word)
        except (RuntimeError, TypeError, ValueError, LookupError, AttributeError) as error:
            SKIPPED[f"{self.kind} malformed"] += 1
            log.warning("%r: what came to the reply channel was refused: %s", self, error)

    # --- requests ---------------------------------------------------------------------------------

    async def _request(self) -> None:
        """Answer; what is not available for now is a 503, as long as nothing else was said."""
        try:
            await self._respond()
        except Unavailable as error:
            if self._begun:
                raise
            log.warning("%r: %s", self, error)
            await self._refuse(503, b"Service Unavailable\n", [[b"retry-after", b"1"]])

    async def _refuse(self, status: int, body: bytes, headers: list[list[bytes]]) -> None:
        headers.append([b"content-type", b"text/plain"])
        await self._wire({"type": "http.response.start", "status": status, "headers": headers})
        await self._wire({"type": "http.response.body", "body": body})

    async def _respond(self) -> None:
        """One event with the whole body; the answer is the consumer's, or comes from somebody it has asked."""
        body = await self._body()
        if body is None:
            return
        await self._settle({"type": "http.request", "body": body})
        if self.complete:
            return
        gone = asyncio.ensure_future(_gone(self.receive))
        answered = asyncio.ensure_future(self._answered())
        try:
            await asyncio.wait(
                {gone, answered}, timeout=self._reply_timeout, return_when=asyncio.FIRST_COMPLETED
            )
            if answered.done():
                answered.result()
            elif not gone.done():
                raise Unavailable(f"no answer in {self._reply_timeout:g} s")
        finally:
            gone.cancel()
            answered.cancel()
            await asyncio.gather(gone, answered, return_exceptions=True)

    async def _answered(self) -> None:
        while not self.complete:
            await self._arrived(await self.layer.receive(self.reply_channel))

    async def _body(self) -> bytes | None:
        """The body; None when the client has gone or was told that it is too long."""
        parts: list[bytes] = []
        size = 0
        while True:
            event = await self.receive()
            if event["type"] != "http.request":
                return None
            parts.append(event.get("body", b""))
            size += len(parts[-1])
            if size > self._body_limit:
                await self._refuse(413, b"Content Too Large\n", [])
                return None
            if not event.get("more_body", False):
                return b"".join(parts)

    # --- the end ----------------------------------------------------------------------------------

    async def _leave(self) -> None:
        """Stop reading, and take the reply channel out of its groups."""
        self.open = False
        helpers = [task for task in (self._reader, *self._results) if task is not None]
        self._main = None
        for task in helpers:
            task.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
        for group in self._joined:
            try:
                await self.layer.group_discard(group, self.reply_channel)
            except InterfacesError as error:  # it expires by itself
                log.warning("%r could not leave the group %s: %s", self, group, error)


_REFUSALS = frozenset({"websocket.close", "websocket.http.response.start", "irc.reject", "irc.close"})
"""With which a handshake ends that was not accepted."""


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
