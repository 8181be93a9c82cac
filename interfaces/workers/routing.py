r"""Routing: the event style as an ASGI application, and as what a worker calls for one event.

::

    application = Routing([
        route("websocket.connect", connect, path=r"^/chat/(?P<room>\w+)/$"),
        route("websocket.receive", receive),
        route("email.receive", ticket, to_address=r"support\+(?P<number>\d+)@"),
    ])
"""

import asyncio
import logging
from collections.abc import Mapping
from copy import copy
from importlib import import_module
from typing import Any, Literal

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.asgi import Application, Event, Receive, Scope, Send
from interfaces.shared.errors import InterfacesError, NoRoute, PeerError, Unavailable
from interfaces.shared.marks import about
from interfaces.workers.background import (
    FUNCTIONS,
    Background,
    consumer_failed,
    consumer_finished,
    consumer_started,
    worker_ready,
)
from interfaces.workers.calling import call
from interfaces.workers.channel_session import ChannelSession
from interfaces.workers.conversation import BODY, REPLY_TIMEOUT, Conversation
from interfaces.workers.formats import event_of
from interfaces.workers.message import Message, collecting, current_layer, using_layer
from interfaces.workers.names import DELIVERIES, is_event, misspelled
from interfaces.workers.outcome import ConsumeLater, DenyConnection, Outcome
from interfaces.workers.routes import Found, Include, Route, RouteClass, Table, include, route, route_class
from interfaces.workers.settings import routing_of

__all__ = ["Include", "Route", "RouteClass", "Routing", "find_routing", "from_settings", "include", "route",
           "route_class"]  # fmt: skip

log = logging.getLogger("interfaces.workers")

_FRAMES = ("interfaces.workers.", "interfaces.shared.", "asyncio.", "concurrent.")
"""Modules through which a consumer is called."""


class Routing:
    """``routes`` are a list of ``route()``, ``route_class()``, ``include()``; a dict of channel → consumer; or a path.

    ``layer``: instead of the one in use. ``fallback``: an ASGI application for requests that have no route.
    ``limits``: bytes of a request's body (413 beyond), and seconds that a request waits for somebody else's
    answer when its consumer has given none. ``run_background``: whether functions on the application's own channels
    run in this process too; "auto" says yes where the layer reaches no other.

    Raises ConfigError for routes that are none.
    """

    def __init__(
        self,
        routes: Any,
        *,
        layer: Any = None,
        fallback: Application | None = None,
        run_background: bool | Literal["auto"] = "auto",
        limits: tuple[int, float] = (BODY, REPLY_TIMEOUT),
    ) -> None:
        self.table = Table.of(routes)
        self.fallback = fallback
        self.limits = limits
        self._layer = layer
        self._run_background = run_background

    def __repr__(self) -> str:
        return f"Routing({', '.join(self.table.entries)})"

    @property
    def channels(self) -> set[str]:
        """All channels that have a consumer."""
        return {*self.table.entries, *FUNCTIONS}

    @property
    def layer(self) -> Any:
        """Its own, or the one in use."""
        return self._layer or current_layer()

    @property
    def application_mapping(self) -> dict[str, Application]:
        """What it takes, by scope type, as Channels' ProtocolTypeRouter says it."""
        kinds = {channel.partition(".")[0] for channel in self.table.entries if is_event(channel)}
        found: dict[str, Application] = dict.fromkeys(kinds, self)
        if self.fallback is not None:
            found.setdefault("http", self.fallback)
        return found

    def background_channels(self) -> set[str]:
        """The application's own channels: those that no protocol speaks on."""
        return {channel for channel in self.channels if not is_event(channel)}

    def only(self, kind: str) -> "Routing | None":
        """The same for scopes of type ``kind``, which has no fallback unless that is for them; None without routes."""
        if not any(channel.startswith(f"{kind}.") for channel in self.table.entries):
            return None
        if self.fallback is None or kind == "http":
            return self
        found = copy(self)
        found.fallback = None
        return found

    def check(self) -> list[str]:
        """A line for each channel that looks like a mistake."""
        return misspelled(self.channels)

    def speaks(self, scope: Scope) -> bool:
        """Whether a route could match events of ``scope``; what it does not is the fallback's, or nobody's."""
        return self._knows(scope["type"], event_of(scope, {}, "", 0))

    # --- one event --------------------------------------------------------------------------------

    def match(self, channel: str, event: Mapping[str, Any]) -> Found | None:
        """The route of a message; None when no consumer is to see it. NoRoute when one should, and none does."""
        found = self.table.match(channel, event)
        if found is None and channel in FUNCTIONS:
            return Found(FUNCTIONS[channel], {}, {})
        if found is not None or self._may_pass(channel, event):
            return found
        raise NoRoute(f"no route for {channel} {event.get('path', '')}".strip())

    async def handle(self, event: dict[str, Any], session: Mapping[str, Any], channel: str = "") -> Outcome:
        """Have one event handled, on ``channel`` or that of its type; what the consumer raises is raised.

        NoRoute, ApplicationError. ConsumeLater is no error but the outcome "later".
        """
        channel = channel or event["type"]
        found = self.match(channel, event)
        if found is None:
            return Outcome()
        kept = ChannelSession(session, event["reply_channel"]) if event.get("reply_channel") else None
        message = Message(event | found.values, channel, kept)
        with using_layer(self.layer), collecting() as buffer:
            consumer_started.send(message=message)
            try:
                await call(found.consumer, message, found.kwargs)
            except ConsumeLater:
                return Outcome(error="later")
            except DenyConnection:
                buffer.take(["channel", event["reply_channel"], {"accept": False}])
            except PeerError as error:
                if not isinstance(error.answer, dict) or kept is None:
                    raise
                buffer.groups.clear()
                buffer.sends[:] = [["channel", event["reply_channel"], error.answer]]
            except Exception as error:
                consumer_failed.send(message=message, error=error)
                raise
            finally:
                consumer_finished.send(message=message)
        outcome = buffer.outcome()
        if kept is not None:
            outcome.changed, outcome.removed = kept.changes()
        return outcome

    async def attempt(self, event: dict[str, Any], session: Mapping[str, Any], channel: str = "") -> Outcome:
        """As :meth:`handle`, for other processes: what is raised is logged, and named in the outcome."""
        try:
            return await self.handle(event, session, channel)
        except NoRoute as error:
            return Outcome(error="no-route", reason=str(error))
        except Unavailable as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            where = channel or event["type"]
            log.warning("%s %s: unavailable: %s", where, event.get("path", ""), reason, extra=about(event))
            return Outcome(error="unavailable", reason=reason)
        except Exception as error:
            where = channel or event["type"]
            _strip(error)
            path = event.get("path", "")
            log.error("%s %s: the consumer raised", where, path, exc_info=error, extra=about(event))  # noqa: TRY400
            return Outcome(error="raised", reason=f"{type(error).__name__}: {error}")

    def _may_pass(self, channel: str, event: Mapping[str, Any]) -> bool:
        """Whether an event without a route is simply not heard: a connection that has other routes goes on."""
        protocol, _, word = channel.partition(".")
        if word == "connect":
            return channel not in self.table.entries and self._knows(protocol, event)
        return bool(event.get("order", 0)) and (
            protocol not in DELIVERIES or word in ("result", "disconnect")
        )

    def _knows(self, protocol: str, event: Mapping[str, Any]) -> bool:
        return self.table.may_match(lambda channel: channel.partition(".")[0] == protocol, event)

    # --- ASGI -------------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3). NoRoute when no route can match it."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif not self.speaks(scope):
            if self.fallback is None or scope["type"] != "http":
                raise NoRoute(f"no route for {scope['type']} {scope.get('path', '')}".strip())
            await self.fallback(scope, receive, send)
        else:
            conversation = Conversation(
                scope, receive, send, self.handle, layer=self.layer, limits=self.limits
            )
            try:
                await conversation.run()
            except Exception as error:
                _strip(error)
                raise

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """From the first connection to the last; consumers of ``lifespan.startup`` and ``.shutdown`` are heard."""
        for line in self.check():
            log.warning("%s", line)
        work: asyncio.Task[None] | None = None
        try:
            while True:
                event = await receive()
                if event["type"] == "lifespan.shutdown":
                    await _stop(work)
                if not await self._step(event, send) or event["type"] != "lifespan.startup":
                    return
                if self._works_here():
                    background = Background(self.attempt, self.background_channels, self.layer)
                    work = asyncio.ensure_future(background.run())
                    worker_ready.send()
        finally:
            await _stop(work)

    async def _step(self, event: Event, send: Send) -> bool:
        """Whether it went well."""
        kind = event["type"]
        if kind in self.table.entries:
            outcome = await self.attempt(dict(event), {})
            if outcome.error:
                await send({"type": f"{kind}.failed", "message": outcome.reason or outcome.error})
                return False
        await send({"type": f"{kind}.complete"})
        return True

    def _works_here(self) -> bool:
        if not self.background_channels() or self.layer is None:
            return False
        return (
            isinstance(self.layer, LocalChannelLayer)
            if self._run_background == "auto"
            else self._run_background
        )


def _strip(error: Exception) -> None:
    """Leave ``error`` the consumer's frames, as a log should have them; ours only where there are no others.

    What this package raises for a reason says it in words.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(_FRAMES):
        trace = trace.tb_next
    if trace is not None or isinstance(error, InterfacesError):
        error.__traceback__ = trace


async def _stop(work: asyncio.Task[None] | None) -> None:
    """Let what was taken be finished, and no more be taken."""
    if work is not None:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def find_routing(app: Any, kind: str) -> Routing | None:
    """The Routing that ``app`` has for scopes of type ``kind``, with nothing in between that would have to run."""
    seen: set[int] = set()
    while app is not None and id(app) not in seen:
        if isinstance(app, Routing):
            return app.only(kind)
        seen.add(id(app))
        mapping = getattr(app, "application_mapping", None)
        app = mapping.get(kind) if isinstance(mapping, Mapping) else None
    return None


def from_settings(alias: str = "default") -> Routing:
    """The application of a Django project as in 2016: CHANNEL_LAYERS names the layer and its ROUTING.

    Requests without a route go to Django's views. ConfigError without the setting.
    """
    views = import_module("django.core.asgi").get_asgi_application()  # sets Django up
    return Routing(routing_of(alias), fallback=views)
