"""One connection of Socket Mode: envelopes come, acknowledgements leave by it, pings show that it lives.

Slack sends each envelope to one of an app's connections, and an event that is not acknowledged again, to any of them,
as a new envelope with the same ``event_id``. So what is not taken is lost to nobody, and an acknowledgement is worth
something only on the connection that the envelope came by. Liveness is the age of the last frame of any kind, and
Slack pings: a quiet night without events is no reason to reconnect. Source: api.slack.com, "Using Socket Mode".
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol

from interfaces.shared.errors import Unavailable
from interfaces.shared.noise import Noise
from interfaces.shared.upstream import NotNow
from interfaces.slack.frames import SELDOM, Disconnect, Envelope, Heard, Hello, Unknown, acknowledgement, read
from interfaces.slack.service import Service

__all__ = ["COUNTS", "SocketLink", "Wire", "greeted"]

log = logging.getLogger("interfaces.slack")

COUNTS: Final = ("duplicates", "garbage", "late_acks", "payloads_unasked", "unknown", "untaken")
"""What is counted, behind "slack.socket."."""
MOST: Final = 10
"""Connections that Slack lets an app have."""


class Wire(Protocol):
    """A WebSocket, as :mod:`interfaces.slack.dialling` opens it."""

    async def receive(self) -> Heard:
        """Wait for the next frame; after the end it is the end again."""
        ...

    async def send(self, text: str) -> None:
        """Send a text; OSError when it is closed."""
        ...

    async def ping(self) -> None:
        """Ask for a sign of life; OSError when it is closed."""
        ...

    async def close(self) -> None:
        """End it; may be called again."""
        ...


class SocketLink:
    """Gives what comes by ``wire`` to ``service``; made by :func:`greeted`. ``name`` is for the log."""

    def __init__(self, wire: Wire, service: Service, name: str) -> None:
        self.name = name
        self._wire = wire
        self._service = service
        self._most = service.options.socket_in_flight
        self._silence = service.options.socket_silence
        self._running: dict[str, asyncio.Task[None]] = {}
        self._room: asyncio.Future[None] | None = None
        self._replace: Callable[[], None] = _nobody
        self._draining = False
        self._closed = False
        self._dead = ""
        """Why it was closed from here."""
        self._heard_at = 0.0
        self._garbage = Noise(service.count, "slack.socket.garbage", log.name)
        self._unknown = Noise(service.count, "slack.socket.unknown", log.name)

    def __repr__(self) -> str:
        return f"<SocketLink {self.name}: {len(self._running)} in flight>"

    # --- a link of an upstream --------------------------------------------------------------------

    async def run(self, replace: Callable[[], None]) -> None:
        """Take envelopes until it ends. Raises why, NotNow where somebody has to do something first."""
        self._replace = replace
        self._heard_at = self._now()
        watching = asyncio.ensure_future(self._watch())
        try:
            reason = await self._read()
        finally:
            self._closed = True
            watching.cancel()
        raise Unavailable(self._dead or reason)

    async def drain(self, seconds: float) -> None:
        """Take nothing more, and acknowledge what runs, within ``seconds``; it is read on meanwhile, for pings."""
        self._draining = True
        if self._running:
            await asyncio.wait(self._running.values(), timeout=seconds)

    async def close(self) -> None:
        """End it."""
        self._closed = True
        await self._wire.close()

    # --- reading ----------------------------------------------------------------------------------

    async def _read(self) -> str:
        """Read to the end, and why it ended; not while too many envelopes are in flight, so that Slack waits."""
        while True:
            if len(self._running) >= self._most:
                self._room = asyncio.get_running_loop().create_future()
                await self._room
            kind, text = await self._wire.receive()
            self._heard_at = self._now()
            if kind == "text":
                self._frame(text)
            elif kind == "binary":
                self._garbage("Slack sent a binary frame", text)
            elif kind == "end":
                return text

    async def _watch(self) -> None:
        """Ask for a sign of life after half of the silence that is allowed; at its end the connection is dead."""
        asked = float("-inf")
        while True:
            allowed = self._silence
            if self._room is not None:  # nothing is read: what is in flight has so long
                allowed += self._service.options.ack_deadline
            quiet = self._now() - self._heard_at
            if quiet >= allowed:
                self._dead = f"nothing was heard for {allowed:g} s, not even a ping"
                await self._wire.close()
                return
            if quiet >= allowed / 2 and asked < self._heard_at:
                asked = self._now()
                if not await self._asked(allowed - quiet):
                    return  # reading finds out
                continue
            await asyncio.sleep(max(0.01, (allowed if asked >= self._heard_at else allowed / 2) - quiet))

    async def _asked(self, seconds: float) -> bool:
        """Ask for a sign of life; False when it has ended."""
        try:
            async with asyncio.timeout(seconds):
                await self._wire.ping()
        except TimeoutError:
            pass  # nothing can be sent: it will not answer
        except OSError:
            return False
        return True

    def _frame(self, text: str) -> None:
        try:
            frame = read(text)
        except ValueError as error:
            self._garbage("Slack sent what cannot be read", error)
            return
        if isinstance(frame, Envelope):
            self._envelope(frame)
        elif isinstance(frame, Disconnect):
            self._told_to_go(frame.reason)
        elif isinstance(frame, Unknown):
            self._unknown("Slack sent what nobody here knows", f"type {frame.kind}")

    def _told_to_go(self, reason: str) -> None:
        log.info("%s: Slack will disconnect: %s", self.name, reason)
        error = _refusal(reason)
        if error is not None:
            raise error
        self._replace()

    # --- envelopes --------------------------------------------------------------------------------

    def _envelope(self, envelope: Envelope) -> None:
        name = envelope.name
        if self._draining:
            self._service.count("slack.socket.untaken")
        elif name in self._running:
            self._service.count("slack.socket.duplicates")
        else:
            task = asyncio.get_running_loop().create_task(self._take(envelope))
            self._running[name] = task
            task.add_done_callback(lambda _task: self._done(name))

    def _done(self, name: str) -> None:
        del self._running[name]
        if self._room is not None:
            if not self._room.done():
                self._room.set_result(None)
            self._room = None
            self._heard_at = self._now()

    async def _take(self, envelope: Envelope) -> None:
        """Have it decided, and acknowledge it; what is withheld Slack sends again."""
        try:
            reply = await self._service.take(envelope.posted, "socket")
            if reply.kind == "withhold":
                return
            payload = reply.payload if reply.kind == "ack" else None
            if payload is not None and not envelope.accepts:
                self._service.count("slack.socket.payloads_unasked")
                payload = None
            text = acknowledgement(envelope.name, payload)
        except Exception:
            log.exception("%s: an envelope is not acknowledged", self.name)
            return
        await self._acknowledge(text)

    async def _acknowledge(self, text: str) -> None:
        if not self._closed:
            try:
                await self._wire.send(text)
            except OSError as error:
                log.debug("%s: an acknowledgement did not leave: %s", self.name, error)
            else:
                return
        self._service.count("slack.socket.late_acks")  # Slack sends it again, and is told then

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


async def greeted(wire: Wire, service: Service, name: str) -> SocketLink:
    """The link of a connection that Slack has greeted with ``hello``. Unavailable; it is closed then."""
    try:
        kind, text = "alive", ""
        while kind == "alive":
            kind, text = await wire.receive()
        number = _hello(kind, text).connections
        if number >= MOST - 1:
            log.warning("%s: this app has %d connections, and Slack lets it have %d", name, number, MOST)
    except BaseException:
        await asyncio.shield(wire.close())
        raise
    return SocketLink(wire, service, name)


def _hello(kind: str, text: str) -> Hello:
    """What Slack says first. Unavailable when it is something else."""
    try:
        frame = read(text) if kind == "text" else None
    except ValueError:
        frame = None
    if isinstance(frame, Hello):
        return frame
    if isinstance(frame, Disconnect):
        raise _refusal(frame.reason) or Unavailable(f"Slack disconnects at once: {frame.reason}")
    raise Unavailable(text if kind == "end" else "Slack does not say hello")


def _refusal(reason: str) -> NotNow | None:
    """Why it is no use to connect again soon; None: it is."""
    if reason == "link_disabled":
        return NotNow(
            "Socket Mode is switched off for this app: switch it on at api.slack.com/apps, Socket Mode,"
            " or serve the Events API with --slack-transport http",
            SELDOM,
        )
    if reason == "too_many_websockets":
        return NotNow(
            f"this app has more than {MOST} connections: fewer --slack-socket-connections or containers,"
            " or --slack-socket-leader",
            SELDOM,
        )
    return None


def _nobody() -> None:
    """Before it runs, nobody replaces it."""
