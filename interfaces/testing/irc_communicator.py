"""Run an application for IRC without a network and without a gateway: what happens goes in, what is said comes out.

One connection is one scope, as with ``interfaces serve irc``: a bot's on a network, or somebody's at a gateway.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from interfaces.irc.client.words import WORDS, Terms, drafted
from interfaces.irc.isupport import Isupport
from interfaces.layers.base import copied
from interfaces.shared.asgi import Application, Event
from interfaces.shared.errors import ApplicationError
from interfaces.testing.communicators import Communicator
from interfaces.testing.irc_events import IrcEvents

__all__ = ["IrcCommunicator", "IrcSaid"]

_KNOWN = (*WORDS, "irc.close", "irc.accept", "irc.reject", "irc.deliver", "irc.numeric")
_NO_RESULT = ("irc.accept", "irc.reject", "irc.deliver", "irc.numeric", "irc.close")

Source = str | Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class IrcSaid:
    """What an application said to one event."""

    sent: list[Event] = field(default_factory=list)
    """In order."""
    event: Event = field(default_factory=dict)

    def of(self, kind: str) -> list[Event]:
        """What it sent of one type: "irc.send"."""
        return [one for one in self.sent if one["type"] == kind]

    @property
    def texts(self) -> list[str]:
        """Of all that it sent."""
        return [one["text"] for one in self.sent if isinstance(one.get("text"), str)]

    @property
    def verdict(self) -> str | None:
        """Of a gateway's question "accept" or "reject"; None: it has said neither."""
        found = [
            one["type"].removeprefix("irc.")
            for one in self.sent
            if one["type"] in ("irc.accept", "irc.reject")
        ]
        return found[0] if found else None


class IrcCommunicator(Communicator):
    """``async with IrcCommunicator(Bot.as_asgi()) as irc: await irc.connect(); said = await irc.say("!ping")``.

    ``mode`` "client": the application is ``nick`` on a network, and others talk, ada in #test where nobody else is
    named. "gateway": somebody with an IRC client is ``nick``, and talks. Each method gives what was sent until the
    application only waited for the next event; what comes later is for :meth:`receive_output`. What the application
    raises is raised.
    What an application waits for it gets: an ``irc.result`` that is ok, with what ``results`` has for its type:
    ``irc.results["irc.send"] = {"ok": False, "error": "404 #ops: Cannot send to channel"}``.
    """

    def __init__(
        self,
        app: Application,
        *,
        mode: Literal["client", "gateway"] = "client",
        network: str = "test",
        nick: str = "",
        account: str | None = None,
        scope: Mapping[str, Any] | None = None,
    ) -> None:
        gateway = mode == "gateway"
        self.irc = IrcEvents(network, nick or ("ada" if gateway else "bot"), gateway, account)
        self.results: dict[str, Mapping[str, Any]] = {}
        self.timeout = 5.0
        """Seconds that a test may hang."""
        super().__init__(app, {**self.irc.scope(), **(scope or {})})

    @property
    def nick(self) -> str:
        """Whose connection it is."""
        return self.irc.nick

    # --- what happens -----------------------------------------------------------------------------

    async def connect(self, *channels: str, **said: Any) -> IrcSaid:
        """It is registered, and in ``channels``, if it was before; at a gateway somebody asks to be."""
        joined = [
            {"channel": one, "topic": None, "modes": "", "members": {self.nick: ""}} for one in channels
        ]
        return await self.given(self.irc.connect({"channels": joined, "resumed": bool(channels), **said}))

    async def say(self, text: str, target: str = "#test", source: Source = None, **said: Any) -> IrcSaid:
        """Somebody says ``text`` to a channel or a nick; further keys are those of ``irc.message``.

        ``source`` is a nick, "nick!user@host", or a mapping.
        """
        return await self.given(self.irc.message(text, target, self._who(source), said))

    async def notice(self, text: str, target: str = "#test", source: Source = None, **said: Any) -> IrcSaid:
        """The same as a NOTICE."""
        return await self.say(text, target, source, command="NOTICE", **said)

    async def action(self, text: str, target: str = "#test", source: Source = None, **said: Any) -> IrcSaid:
        """Somebody does something: "/me"."""
        return await self.say(text, target, source, ctcp="ACTION", **said)

    async def join(self, channel: str = "#test", source: str | None = None, **said: Any) -> IrcSaid:
        """Somebody joins, or who this connection is of; at a gateway that is asked."""
        own = source is None
        found = {
            "channel": channel,
            "is_self": own,
            **({"asked": True, "key": "", "realname": self.nick} if own and self.irc.gateway else {}),
        }
        return await self.given(self.irc.by("join", source, {**found, **said}))

    async def part(
        self, channel: str = "#test", source: str | None = None, text: str = "", **said: Any
    ) -> IrcSaid:
        """Somebody leaves, or who this connection is of."""
        found = {"channel": channel, "text": text, "is_self": source is None, **said}
        return await self.given(self.irc.by("part", source, found))

    async def event(self, kind: str, source: Source = None, **said: Any) -> IrcSaid:
        """Any other event: ``event("topic", "ada", channel="#test", text="Tea")``."""
        return await self.given(self.irc.by(kind, source, said))

    async def disconnect(self, code: int = 1000, reason: str = "") -> IrcSaid:
        """The connection ends, and so does the application."""
        event = self.irc.event("disconnect", {"code": code, "reason": reason})
        await self.finish(event, self.timeout)
        return self._taken(event)

    async def given(self, event: Event) -> IrcSaid:
        """Give an event as it is; TimeoutError when the application is not done with it in time."""
        await self.send_input(event)
        if not await self._settled(self.timeout):
            raise TimeoutError(f"{self.session!r} is not done with {event['type']}")
        return self._taken(event)

    # --- how --------------------------------------------------------------------------------------

    def _who(self, source: Source) -> Source:
        return source if source is not None or self.irc.gateway else "ada"

    def _taken(self, event: Event) -> IrcSaid:
        sent = [*self.outputs]
        self.outputs.clear()
        return IrcSaid(sent, event)

    async def _sent(self, event: Event) -> None:
        message = self._checked(event)
        await super()._sent(message)
        waits = message.get("id") and not message.get("reply_channel") and "messages" not in message
        if waits and message["type"] not in _NO_RESULT:
            result = {"id": message["id"], "ok": True, "final": True, "error": "", "status": "sent"}
            await self.session.put({"type": "irc.result", **result, **self.results.get(message["type"], {})})

    def _checked(self, event: Event) -> Event:
        """ApplicationError for what neither a network nor a gateway is told, as a client says it where it is one."""
        try:
            message = copied(dict(event))
        except TypeError as error:
            raise ApplicationError(f"{event.get('type')}: {error}") from None
        if self.irc.gateway:
            if message.get("type") not in _KNOWN:
                raise ApplicationError(f"{message.get('type')}: a gateway knows {', '.join(_KNOWN)}")
        elif message.get("type") != "irc.close":
            drafted(message, self._terms())
        return message

    def _terms(self) -> Terms:
        isupport = Isupport()
        tokens = (f"{name}={value}" for name, value in self.scope["isupport"].items())
        isupport.feed([self.nick, *tokens, "are supported"])
        source = f"{self.nick}!{self.nick}@{self.nick}.example"
        return Terms(self.scope["network"], source, isupport, {*self.scope["caps"]})
