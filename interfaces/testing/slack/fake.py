"""The fake Slack: its state, its server, and what it sends."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.testing.fakes.clock import Clock
from interfaces.testing.fakes.faults import Faults
from interfaces.testing.fakes.serving import Connections, serving
from interfaces.testing.slack.application import App
from interfaces.testing.slack.calls import Call
from interfaces.testing.slack.limits import Limits, Throttle
from interfaces.testing.slack.link import Link
from interfaces.testing.slack.oauth import Approval
from interfaces.testing.slack.payloads import events
from interfaces.testing.slack.person import Person
from interfaces.testing.slack.posting import Poster
from interfaces.testing.slack.sending import Sending
from interfaces.testing.slack.server import SlackApplication
from interfaces.testing.slack.sockets import Sockets
from interfaces.testing.slack.web import WebApi
from interfaces.testing.slack.world import make_world

__all__ = ["FakeSlack"]


class FakeSlack(Sending):
    """``async with FakeSlack() as slack:`` serves a Slack on 127.0.0.1; ``slack.api_url`` is its Web API.

    It has a workspace T1 with the people U1 and U2, the channels C1 and C2, and an app A1 whose bot is UBOT1;
    ``slack.world`` is its state, and adds to it. It lives as long as a test, and forgets nothing: messages, calls
    and deliveries are kept to be looked at. ``limits`` turns rate limits on (a :class:`Limits`).

    ``scale`` (or a ``clock``): its seconds pass so many times as fast as real ones: those of limits and
    Retry-After, of repeats, scheduled messages, codes and tokens. A Retry-After and an expires_in are told in
    ITS seconds: a client that shall wait in them is given ``slack.clock.sleep`` and ``slack.clock.time`` in
    place of its own, or intervals of ``slack.clock.real(seconds)``; one that waits in real seconds waits too
    long, never too short. The 3 seconds that an app has to answer, and a trigger is good, are real ones
    whatever the scale: ``slack.world.ack_seconds`` has them in the fake's. Signatures have real time.
    """

    def __init__(
        self, *, app: App | None = None, limits: Limits | None = None, scale: float = 1.0, clock: Clock | None = None,
        port: int = 0, ping_interval: float = 20.0,
    ) -> None:  # fmt: skip
        self.app = app or App()
        self.clock = clock or Clock(scale)
        self.faults = Faults()
        world = make_world(self.clock, self.app)
        super().__init__(world, Poster(world, self.faults), Sockets(world, self.faults))
        self.throttle = Throttle(limits) if limits is not None else None
        self.web = WebApi(world, self.faults, self.throttle)
        self.oauth = Approval()
        """Who installs the app, and where; what they say."""
        self.bot_token: str = world.install("T1").value
        self._connections = Connections()
        self._application = SlackApplication(self.web, self.socket, self.oauth, self._connections.cut)
        self._listen = (port, ping_interval)
        self._stack = AsyncExitStack()

    def __repr__(self) -> str:
        return f"FakeSlack({self.world.base or 'not entered'}, {len(self.calls)} calls)"

    async def __aenter__(self) -> Self:
        address = await self._stack.enter_async_context(serving(self, self._connections, *self._listen))
        self.world.base = f"http://{address.host}:{address.port}"
        await self._stack.enter_async_context(self.poster)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for link in self.socket.links:
            self.drop(link)
        await self._stack.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one WebSocket (ASGI 3); for servers of a test's own."""
        await self._application(scope, receive, send)

    @property
    def api_url(self) -> str:
        """What a client takes as its base_url: "http://127.0.0.1:PORT/api/"."""
        return f"{self.world.base}/api/"

    @property
    def authorize_url(self) -> str:
        """Where an installation begins, in place of https://slack.com/oauth/v2/authorize."""
        return f"{self.world.base}/oauth/v2/authorize"

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

    @property
    def views(self) -> dict[str, dict[str, Any]]:
        """The views that are open, modals and homes, by id, oldest first."""
        return self.world.views.all

    @property
    def ephemerals(self) -> list[dict[str, Any]]:
        """What was shown to one person, ``to`` whom, oldest first."""
        return self.world.ephemerals

    def called(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.method == method]

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """What stands in a conversation, oldest first."""
        self.world.settle()
        return self.world.channel(channel).messages

    def person(self, user_id: str = "U1") -> Person:
        """Somebody who says, presses and submits things: gives the payloads that tell the app."""
        return Person(self.world, user_id)

    def home(self, user_id: str = "U1") -> dict[str, Any]:
        """What a person sees in the App Home; KeyError when nothing was published."""
        return self.views[self.world.views.homes[self.world.user(user_id).team_id, user_id]]

    def uninstall(self, team_id: str = "T1") -> list[dict[str, Any]]:
        """Take the app away from a workspace: its tokens are good no more.

        Gives the two events that tell of it: tokens_revoked and app_uninstalled, to be sent with ``team_id``.
        """
        gone = self.world.uninstall(team_id)
        users, bots = ([token.user_id for token in gone if token.kind == kind] for kind in ("user", "bot"))
        return [events.tokens_revoked(oauth=users, bot=bots), events.app_uninstalled()]

    def drop(self, link: Link | None = None) -> None:
        """Cut a connection of Socket Mode (the oldest), without a word: a network that fails."""
        self._connections.cut((link or self.socket.links[0]).client)

    def silence(self, link: Link | None = None) -> None:
        """Read no more of a connection of Socket Mode: it stays open, and answers neither pings nor anything."""
        self._connections.transport((link or self.socket.links[0]).client).pause_reading()
