"""The ways of the desk's own people beside the browser: Slack, and IRC."""

from typing import Any
from uuid import uuid4

from django.conf import settings

from interfaces.demo import desk, store, ways
from interfaces.demo.words import SLUG_RE, TEXT_MAX, Refused, author, fit, key_of
from interfaces.irc.consumer import IrcConsumer
from interfaces.shared.asgi import Event
from interfaces.slack.consumer import SlackConsumer

__all__ = ["Bot", "Lounge"]

SHOWN = 20
"""Messages that somebody on IRC reads of a room when they come."""


class Bot(SlackConsumer):
    """The channel of the desk in Slack: a message that has buttons for each ticket, and its thread is the room."""

    def slack_message(self, message: Event) -> None:
        """Say in the room what somebody says in its thread."""
        slug = desk.thread_room(message.get("thread_ts"))
        text = fit(ways.read_slack(message["text"]), TEXT_MAX, lines=True)
        if message["channel"] != settings.DESK_SLACK_CHANNEL or slug is None or not text:
            return
        ways.filed(self.scope, slug)
        store.opened(slug)
        who = author("slack", message["user"], self._name(message["user"]))
        desk.say(slug, who, text, "slack", key_of(message["dedupe_key"]))

    def action_take(self, message: Event) -> None:
        """The button Take."""
        ways.filed(self.scope, f"ticket-{message['value']}")
        desk.take(int(message["value"]), self._name(message["user"]))

    def action_close(self, message: Event) -> None:
        """The button Close."""
        ways.filed(self.scope, f"ticket-{message['value']}")
        desk.close(int(message["value"]), self._name(message["user"]))

    def _name(self, user: str) -> str:
        result = self.call_method("users.info", user=user)
        return str(result["response"]["user"]["name"]) if result["ok"] else user


class Lounge(IrcConsumer):
    """IRC clients of the desk: a channel a room. What they say to each other the gateway passes on."""

    relay_messages = True

    def __init__(self, **initkwargs: Any) -> None:
        super().__init__(**initkwargs)
        self.id = uuid4().hex
        self.entered: set[str] = set()

    async def dispatch(self, message: Event) -> None:
        """Handle an event; one in a channel belongs to its room."""
        ways.filed(self.scope, _slug(message.get("channel") or ""))
        await super().dispatch(message)

    async def irc_connect(self, message: Event) -> None:
        """Say where one goes from here."""
        await self.accept(
            motd="/join #desk, and #ticket-1 for a ticket: what is said there the customer reads."
        )

    def irc_join(self, message: Event) -> None:
        """Be there, and read what was said before."""
        channel = message["channel"]
        if not (slug := _slug(channel)):
            return
        try:
            self._enter(slug)
        except Refused as refusal:
            self.say(channel, str(refusal), notice=True)
            return
        for said in store.history(slug)[-SHOWN:]:
            for word in ways.to_irc(slug, said):
                self.deliver(word["source"], channel, word["text"], time=word["time"])

    def irc_part(self, message: Event) -> None:
        """Be there no more."""
        self._leave(_slug(message["channel"]))

    irc_kick = irc_part

    def irc_nick(self, _message: Event) -> None:
        """Be there under another name."""
        for slug in self.entered:
            self._enter(slug)

    def irc_disconnect(self, _message: Event) -> None:
        """Leave all rooms."""
        for slug in [*self.entered]:
            self._leave(slug)

    def irc_message(self, message: Event) -> None:
        """Say it in the room."""
        slug, text = _slug(message["channel"] or ""), fit(message["text"], TEXT_MAX)
        if slug in self.entered and text:
            who = author("irc", self.nick, self.nick)
            desk.say(slug, who, text, "irc", key_of(message["dedupe_key"]))

    # --- commands ---------------------------------------------------------------------------------

    def command_tickets(self, message: Event) -> None:
        """Tells which tickets are open."""
        lines = [
            f"#ticket-{one.number} {one.subject} ({one.customer}, {one.state})" for one in desk.open_tickets()
        ]
        self.reply(message, "\n".join(lines) or "none")

    def command_take(self, message: Event, number: str = "") -> None:
        """Takes a ticket: that of the channel, unless its number is given."""
        self._done(message, desk.take(_number(message, number), self.nick))

    def command_close(self, message: Event, number: str = "") -> None:
        """Closes a ticket: that of the channel, unless its number is given."""
        self._done(message, desk.close(_number(message, number), self.nick))

    def _done(self, message: Event, done: bool) -> None:
        if not done or _slug(message["channel"] or "") == ways.LOBBY:
            self.reply(message, "done" if done else "there is nothing to be done")

    def _enter(self, slug: str) -> None:
        who = author("irc", self.nick, self.nick)
        desk.tell(slug, "people", store.enter(slug, f"irc.{self.id}.{slug}", **who, stays=store.STAYS))
        self.entered.add(slug)

    def _leave(self, slug: str) -> None:
        if slug in self.entered:
            self.entered.remove(slug)
            desk.tell(slug, "people", store.leave(slug, f"irc.{self.id}.{slug}"))


def _slug(channel: str) -> str:
    """The room of a channel; "" of a channel that none can be called after."""
    found = SLUG_RE.fullmatch(channel.removeprefix("#").lower())
    return found[0] if found else ""


def _number(message: Event, given: str) -> int:
    """The ticket that is meant; 0 is none."""
    found = (given or message["channel"] or "").lower().removeprefix("#").removeprefix("ticket-")
    return int(found) if found.isascii() and found.isdigit() and len(found) < 10 else 0
