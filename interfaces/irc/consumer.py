"""A consumer of IRC: ``irc_message`` handles what people say, ``command_deploy`` handles "!deploy", and so on.

Each event has a handler of its name: ``irc_connect``, ``irc_join``, ``irc_kick``, ``irc_disconnect`` … Of messages some
go to a finer one: ``irc_notice`` NOTICE, ``irc_action`` what is done ("/me waves"), ``irc_ctcp`` all other CTCP,
``irc_tagmsg`` TAGMSG; actions without theirs go to ``irc_message``, the others to nobody.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from interfaces.irc.answering import handlers, mark, message_id, passed, place, spoken
from interfaces.irc.commands import Command, arguments, helped, read, usage
from interfaces.irc.view import View
from interfaces.shared.asgi import Event, Receive, Scope, Send
from interfaces.shared.consumer import Consumer

__all__ = ["IrcConsumer"]

HELP = "help"
"""The command that tells of the others, unless there is a handler for it."""


@dataclass(slots=True)
class _Handled:
    """The event that is handled, and how many answers it had, to each target."""

    event: Mapping[str, Any] = field(default_factory=dict)
    posts: Counter[str] = field(default_factory=Counter)


_HANDLED: ContextVar[_Handled] = ContextVar("interfaces.irc.handled")


class IrcConsumer(Consumer):
    """Subclass it and write ``async def irc_message(self, message)``, or a plain function, which may block.

    One instance lives as long as its connection, of which ``nick``, ``channels`` and the like tell how it stands. The
    methods are to be awaited, except in a plain function. ``wait``: for so many seconds for the ``irc.result``, which
    is given then; TimeoutError. Without it they return when the message waits to be written.

    Of a gateway, who asks to connect or to join is accepted when the handler returns without a word, or there is none;
    who asks for a history gets an empty one.
    """

    ignore_self: bool = True
    """Pass over what we have said ourselves, where the network echoes it."""
    ignore_history: bool = False
    """Pass over what a history tells: mostly what was said while we were away."""
    ignore_notices: bool = True
    """Keep notices from ``irc_message``: they are what programs say, and never to be answered."""
    prefix: str = "!"
    """What a command begins with; without any, commands are what is said to us by name, or privately."""
    relay_messages: bool = False
    """Gateway: pass all that is said on to those whom it names, before a handler has it."""
    mode: str = ""
    """"client" or "gateway"."""
    network: str = ""
    nick: str = ""
    """Ours at the moment; of a gateway that of its client."""

    def __init__(self, **initkwargs: Any) -> None:
        super().__init__(**initkwargs)
        self._view = View({})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3)."""
        self._view = View(scope)
        self.mode, self.network, self.nick = self._view.mode, str(scope.get("network", "")), self._view.nick

        async def said(event: Event) -> None:
            await send(event)
            self._view.said(event)
            self.nick = self._view.nick

        await super().__call__(scope, receive, said)

    @property
    def channels(self) -> set[str]:
        """The channels that we are in; of a gateway, its client."""
        return {*self._view.channels.values()}

    @property
    def user(self) -> Any:
        """Who it is: behind ``IdentityMiddleware`` the user of the project whose account it is."""
        return self.scope.get("user")

    async def dispatch(self, message: Event) -> None:
        """Call the finest handler there is; what nobody wants is passed over, and counted in ``UNKNOWN``."""
        kind = str(message.get("type", ""))
        if not kind.startswith("irc.") or kind == "irc.result":
            if hasattr(IrcConsumer, kind.replace(".", "_")):  # a method is no handler
                self._unknown(kind)
            else:
                await super().dispatch(message)
            return
        _HANDLED.set(_Handled(message))
        question = self._view.heard(message)
        self.nick = self._view.nick
        if why := passed(message, own=self.ignore_self, history=self.ignore_history):
            self._unknown(f"{kind} {why}")
        else:
            if self.relay_messages and self.mode == "gateway" and kind == "irc.message":
                await self.relay(message)
            await self._heard(message)
        if question is not None and self._view.unanswered(question):
            await (self.accept() if kind != "irc.history" else self.answer_history(message, ()))
        if kind == "irc.disconnect":
            self._view.channels.clear()

    async def _heard(self, message: Event) -> None:
        command = self._command(message)
        handler = getattr(self, f"command_{command.name}", None) if command else None
        if command and callable(handler):
            await self._run(handler, command, message)
            return
        if command and command.name == HELP and (every := self._commands()):
            await self._tell(message, helped(every, self.prefix, command.rest))
            return
        for name in handlers(message, notices=not self.ignore_notices):
            handler = getattr(self, name, None)
            if callable(handler):
                await self._handle(handler, message)
                return
        self._unknown(str(message["type"]))

    # --- commands ---------------------------------------------------------------------------------

    def _command(self, message: Event) -> Command | None:
        if not spoken(message):
            return None
        ours = self.nick if self.mode == "client" else ""
        private = bool(ours and message.get("is_private"))
        return read(message["text"], self.prefix, ours, fold=self._view.fold, private=private)

    async def _run(self, handler: Callable[..., Any], command: Command, message: Event) -> None:
        given = arguments(handler, command.rest)
        if given is None:
            await self._tell(message, f"usage: {usage(self.prefix, command.name, handler)}")
        else:
            await self._handle(handler, message, *given)

    def _commands(self) -> dict[str, Callable[..., Any]]:
        """The commands that there are."""
        names = [name for name in dir(type(self)) if name.startswith("command_")]
        return {
            name.removeprefix("command_"): found for name in names if callable(found := getattr(self, name))
        }

    async def _tell(self, message: Event, text: str) -> None:
        """By a notice to who has asked: nobody's program answers that, and nobody else has to read it."""
        await self.say(place(message)[1], text, notice=True)

    # --- what is said -----------------------------------------------------------------------------

    def reply(
        self, message: Mapping[str, Any], text: str, *, address: bool = False, wait: float = 0.0, **said: Any
    ) -> Any:
        """Answer: in the channel, or to the person where it was private.

        ``address``: by name, "dan: …". ``notice=True``, ``tags`` and all else of ``irc.send`` may be said.
        ApplicationError for a NOTICE, which is never answered.
        """
        target, nick = place(message)
        if address and target != nick and nick:
            text = f"{nick}: {text}"
        more = {"reply_to": message_id(message, self.mode), **said}
        return self._post("send", target, text, wait, more)

    def say(self, target: str, text: str, *, notice: bool = False, wait: float = 0.0, **said: Any) -> Any:
        """Say it to a channel or a nick; several lines, and long ones, become several messages."""
        return self._post("send", target, text, wait, {"notice": notice or None, **said})

    def action(self, target: str, text: str, *, wait: float = 0.0, **said: Any) -> Any:
        """Say what we do: "/me"."""
        return self._post("action", target, text, wait, said)

    # --- what is done -----------------------------------------------------------------------------

    def join(self, channel: str, key: str | None = None, *, wait: float = 0.0) -> Any:
        """Join a channel; a gateway: have its client join it."""
        return self._say("join", {}, wait, channel=channel, key=key)

    def part(self, channel: str, text: str | None = None, *, wait: float = 0.0) -> Any:
        """Leave a channel."""
        return self._say("part", {}, wait, channel=channel, text=text)

    def topic(self, channel: str, text: str, *, wait: float = 0.0) -> Any:
        """Give a channel a topic; "" takes it away."""
        return self._say("topic", {}, wait, channel=channel, text=text)

    def kick(self, channel: str, target: str, text: str | None = None, *, wait: float = 0.0) -> Any:
        """Put somebody out of a channel."""
        return self._say("kick", {}, wait, channel=channel, target=target, text=text)

    def set_mode(self, target: str, *modes: str | Sequence[str], wait: float = 0.0) -> Any:
        """Change modes of a channel or a nick: ``set_mode("#a", ("+o", "dan"), "-m")``."""
        every = [[one, ""] if isinstance(one, str) else [*one] for one in modes]
        return self._say("mode", {}, wait, target=target, modes=every)

    def set_nick(self, nick: str, *, wait: float = 0.0) -> Any:
        """Be called otherwise."""
        return self._say("nick", {}, wait, nick=nick)

    def away(self, text: str | None = None, *, wait: float = 0.0) -> Any:
        """Be away, for what is said; without a text be back."""
        return self._say("away", {"text": text}, wait)

    def invite(self, channel: str, target: str, *, wait: float = 0.0) -> Any:
        """Invite somebody."""
        return self._say("invite", {}, wait, channel=channel, target=target)

    def history(
        self, target: str, subcommand: str = "LATEST", *bounds: str, limit: int = 100, wait: float = 0.0
    ) -> Any:
        """Ask the network what was said: it comes as messages with ``is_history``.

        ``history("#a", "AFTER", "msgid=…")``, ``history("#a", "BETWEEN", "timestamp=…", "timestamp=…")``.
        """
        told = {"target": target, "subcommand": subcommand, "bounds": [*bounds] or ["*"], "limit": limit}
        return self._say("history", told, wait)

    def raw(self, verb: str, *params: str, wait: float = 0.0, **said: Any) -> Any:
        """Write any line: ``raw("WHO", "#a")``; ``tags`` and of a gateway ``source`` may be said."""
        return self._say("raw", said, wait, verb=verb, params=[*params])

    def close(self, reason: str | None = None) -> Any:
        """End the connection; of a client it is made anew."""
        return self._say("close", {}, reason=reason)

    # --- of a gateway -----------------------------------------------------------------------------

    def accept(self, **said: Any) -> Any:
        """Take who asks to connect (``nick``, ``account``, ``motd``, ``isupport``), or to join (``topic``), now."""
        return self._say("accept", said, channel=self._asked())

    def reject(self, text: str | None = None, code: int | None = None, **said: Any) -> Any:
        """Refuse who asks, with a numeric."""
        return self._say(
            "reject", said, text=text, code=code, channel=self._asked(), id=self._asked("irc.history")
        )

    def deliver(
        self,
        source: str | Mapping[str, Any],
        target: str,
        text: str,
        *,
        command: str = "PRIVMSG",
        **said: Any,
    ) -> Any:
        """Have the client of this connection read that ``source`` says something; ``ctcp``, ``tags``, ``time``."""
        who = source if isinstance(source, str) else dict(source)
        return self._say("deliver", said, source=who, target=target, text=text, command=command)

    def relay(self, message: Mapping[str, Any], text: str | None = None, **said: Any) -> Any:
        """Pass a message on to all whom it names, in the words of its author, or as ``text``."""
        tags = {key: value for key, value in (message.get("tags") or {}).items() if key.startswith("+")}
        if msgid := message_id(message, self.mode):
            tags["msgid"] = msgid
        more = {"ctcp": message.get("ctcp"), "tags": tags, "time": message.get("time"), "relay": True, **said}
        words = message.get("text", "") if text is None else text
        command = message.get("command", "PRIVMSG")
        return self.deliver(message["source"], message["target"], words, command=command, **more)

    def numeric(self, code: int | str, *params: str, text: str | None = None) -> Any:
        """Tell the client a numeric, or a standard reply: ``numeric("FAIL", "JOIN", "CLOSED", text="Not now")``."""
        return self._say("numeric", {}, code=code, params=[*params], text=text)

    def answer_history(self, message: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> Any:
        """Tell the client what it has asked for by ``irc.history``."""
        return self._say("history", {}, id=message["id"], messages=[dict(one) for one in messages])

    # --- how --------------------------------------------------------------------------------------

    def _say(self, word: str, said: Mapping[str, Any], wait: float = 0.0, **words: Any) -> Any:
        """Send ``irc.<word>`` with all that is not None; what a caller has said comes before ours."""
        given = {key: value for key, value in (*words.items(), *said.items()) if value is not None}
        message = {**given, "type": f"irc.{word}"}
        return self.call(message, wait) if wait else self.send(message)

    def _post(self, word: str, target: str, text: str, wait: float, said: dict[str, Any]) -> Any:
        """Say something that an event brought about; the same event, told again by a history, does it once."""
        handled = _HANDLED.get(_Handled())
        if "dedupe_key" not in said and (known := mark(handled.event, self.mode)):
            handled.posts[target] += 1
            said["dedupe_key"] = f"{known} {target} reply {handled.posts[target]}"
        return self._say(word, said, wait, target=target, text=text)

    def _asked(self, kind: str = "irc.join") -> str | None:
        """What tells the question apart that is being answered, where it is of this kind."""
        event = _HANDLED.get(_Handled()).event
        found = event.get("channel" if kind == "irc.join" else "id") if event.get("type") == kind else None
        return None if found is None else str(found)
