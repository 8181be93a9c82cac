"""The fake Slack: its state, its server, and what it sends."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.testing.slack.application import App
from interfaces.testing.slack.calls import Call
from interfaces.testing.slack.clock import Clock
from interfaces.testing.slack.delivery import Delivery
from interfaces.testing.slack.envelope import event_callback
from interfaces.testing.slack.faults import Faults
from interfaces.testing.slack.limits import Limits, Throttle
from interfaces.testing.slack.posting import Poster
from interfaces.testing.slack.server import SlackApplication
from interfaces.testing.slack.serving import Connections, serving
from interfaces.testing.slack.signing import Forged
from interfaces.testing.slack.sockets import Sockets
from interfaces.testing.slack.web import WebApi
from interfaces.testing.slack.world import World, make_world

__all__ = ["FakeSlack"]


class FakeSlack:
    """``async with FakeSlack() as slack:`` serves a Slack on 127.0.0.1; ``slack.api_url`` is its Web API.

    It has a workspace T1 with the people U1 and U2, the channels C1 and C2, and an app A1 whose bot is UBOT1.
    ``limits`` turns rate limits on (a :class:`Limits`). ``clock`` or ``scale``: its seconds pass ``scale`` times
    as fast as real ones: those of limits and Retry-After, of repeats, of scheduled messages, of tokens' ends.
    A Retry-After is told in ITS seconds: a client that shall wait in them gets ``slack.clock.sleep`` in place of
    its sleep, or intervals of ``slack.clock.real(seconds)``. The 3 seconds in which an app has to answer, and a
    trigger is good, are real ones whatever the scale (``slack.world.ack_seconds`` has them in its own).
    """

    def __init__(
        self, *, app: App | None = None, limits: Limits | None = None, scale: float = 1.0, clock: Clock | None = None,
        port: int = 0, ping_interval: float = 20.0,
    ) -> None:  # fmt: skip
        self.app = app or App()
        self.clock = clock or Clock(scale)
        self.world: World = make_world(self.clock, self.app)
        self.faults = Faults()
        self.throttle = Throttle(limits) if limits is not None else None
        self.web = WebApi(self.world, self.faults, self.throttle)
        self.socket = Sockets(self.world, self.faults)
        self.poster = Poster(self.world, self.faults)
        self.bot_token: str = self.world.install("T1").value
        self.deliveries: list[Delivery] = []
        """All that was sent to the app, oldest first."""
        self._application = SlackApplication(self.web, self.socket)
        self._connections = Connections()
        self._port = port
        self._ping_interval = ping_interval
        self._stack = AsyncExitStack()

    def __repr__(self) -> str:
        return f"FakeSlack({self.world.base or 'not entered'}, {len(self.calls)} calls)"

    async def __aenter__(self) -> Self:
        address = await self._stack.enter_async_context(
            serving(self, self._port, self._connections, self._ping_interval)
        )
        self.world.base = f"http://{address.host}:{address.port}"
        await self._stack.enter_async_context(self.poster)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one WebSocket (ASGI 3)."""
        await self._application(scope, receive, send)

    @property
    def api_url(self) -> str:
        """What a client takes as its base_url: "http://127.0.0.1:PORT/api/"."""
        return f"{self.world.base}/api/"

    @property
    def app_token(self) -> str:
        """The token for Socket Mode (xapp)."""
        return self.app.app_token

    @property
    def signing_secret(self) -> str:
        """What requests are signed with."""
        return self.app.signing_secret

    @property
    def calls(self) -> list[Call]:
        """All calls of the Web API, oldest first: method, args, token, at, status, answer."""
        return self.web.calls

    @property
    def limited(self) -> dict[tuple[str, str], int]:
        """(method, channel, team or end of the token) → how often it was answered with 429 by a limit."""
        return dict(self.throttle.limited) if self.throttle else {}

    def called(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.method == method]

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """What stands in a conversation, oldest first."""
        self.world.settle()
        return self.world.channel(channel).messages

    async def post_event(
        self, url: str, event: dict[str, Any], *, team_id: str | None = None, event_id: str | None = None,
        retries: bool = True, forged: Forged | None = None,
    ) -> Delivery:  # fmt: skip
        """Send an event over HTTP, as Slack does: signed, and again at once, after a minute and after five.

        Returns when it is acknowledged, or given up.
        """
        payload = event_callback(self.world, event, team_id, event_id)
        delivery = self._record(Delivery(kind="event", id=payload["event_id"], payload=payload))
        return await self.poster.post_event(delivery, url, retries=retries, forged=forged)

    async def send_event(
        self, event: dict[str, Any], *, team_id: str | None = None, event_id: str | None = None, retries: bool = True
    ) -> Delivery:  # fmt: skip
        """Send an event over Socket Mode, to one of the connections, and again while it is not acknowledged."""
        payload = event_callback(self.world, event, team_id, event_id)
        delivery = self._record(Delivery(kind="event", id=payload["event_id"], payload=payload))
        return await self.socket.send_event(delivery, retries=retries)

    def _record(self, delivery: Delivery) -> Delivery:
        self.deliveries.append(delivery)
        return delivery
