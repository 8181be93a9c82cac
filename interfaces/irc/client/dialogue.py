"""What a network and we say to each other, from the end of registration on. Pure.

Every line of the network passes here: answers to what was said, batches, the state, events for the application, and
what we say ourselves because of it: JOIN, the nick, history, capabilities.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from interfaces.irc.client.asks import Asks
from interfaces.irc.client.batches import Batch, Batches
from interfaces.irc.client.channels import Channels
from interfaces.irc.client.events import Events
from interfaces.irc.client.history import History
from interfaces.irc.client.job import Draft
from interfaces.irc.client.login import Login, Said
from interfaces.irc.client.nicks import Regain
from interfaces.irc.client.registration import Registration
from interfaces.irc.client.words import Terms, drafted
from interfaces.irc.line import Line
from interfaces.irc.modes import read
from interfaces.irc.names import read_source
from interfaces.irc.state import State
from interfaces.irc.texts import clipped
from interfaces.irc.times import moment
from interfaces.shared.asgi import Event

__all__ = ["LOGINS", "Dialogue", "Memory", "Settings"]

LOGINS = 10
"""Logins in one connection, of a server that offers them again and again."""
_LONGEST_USER, _LONGEST_HOST = "u" * 11, "h" * 63
"""For our own source, as long as the network does not tell it."""
_LONGEST = 250
"""Octets of it: what is told to be longer would leave no room for what we say."""


@dataclass(slots=True)
class Memory:
    """What is kept of a network from one connection to the next."""

    channels: Channels
    history: History
    regain: Regain


@dataclass(frozen=True, slots=True)
class Settings:
    """Of a network, for its dialogues."""

    network: str
    fallback: str
    answer_timeout: float
    rejoin: float


class Dialogue:
    """Of one connection. ``tell(event)`` is for the application; ``say(words)`` puts a line of ours behind others.

    ``now`` is the loop's time, ``clock()`` gives Unix seconds, ``names()`` ids.
    """

    def __init__(
        self,
        registration: Registration,
        memory: Memory,
        settings: Settings,
        clock: Callable[[], float],
        names: Callable[[], str],
    ) -> None:
        self.registration = registration
        self.caps = registration.caps
        self.memory = memory
        self.settings = settings
        self.clock = clock
        self.tell: Callable[[Event], None] = _nobody
        self.say: Callable[[Said], None] = _nobody
        self.state = State(registration.nick)
        self.state.caps = self.caps.agreed
        self.events = Events(settings.network, self.state, names, settings.fallback)
        for line in registration.lines:
            self.state.feed(line)
        isupport = self.state.isupport
        self.asks = Asks(labeled=self._labeled, fold=isupport.fold, timeout=settings.answer_timeout)
        self._batches = Batches()
        self._rejoin = 0.0
        self._login: Login | None = None
        self._logins = 0
        self._logged_in = registration.login is not None and registration.login.account is not None
        memory.channels.begin(isupport)

    def __repr__(self) -> str:
        return f"<Dialogue with {self.settings.network} as {self.state.nick}>"

    # --- the application --------------------------------------------------------------------------

    def connected(self, *, resumed: bool) -> Event:
        """The first event of an instance."""
        more: dict[str, Any] = {"nick": self.state.nick, "welcome": self.registration.welcome}
        channels = self.state.snapshots() if resumed else []
        return self.events.plain("irc.connect", self.clock(), **more, resumed=resumed, channels=channels)

    def draft(self, event: Event) -> Draft:
        """What the application says, as lines. ApplicationError."""
        draft = drafted(event, self.terms)
        if event["type"] == "irc.join":
            self.memory.channels.asked(event["channel"], event.get("key") or "")
        elif event["type"] == "irc.nick":
            self.memory.regain.wants(event["nick"])
        return draft

    @property
    def terms(self) -> Terms:
        """What lines depend on now."""
        me = self.state.me
        source = f"{me.nick}!{me.user or _LONGEST_USER}@{me.host or _LONGEST_HOST}"
        return Terms(self.settings.network, clipped(source, _LONGEST), self.state.isupport, self.caps.agreed)

    @property
    def _labeled(self) -> bool:
        return {"labeled-response", "batch", "message-tags"} <= self.caps.agreed

    # --- time -------------------------------------------------------------------------------------

    def begin(self, now: float) -> None:
        """Say what is to be said first."""
        memory, state = self.memory, self.state
        memory.regain.begin(state.nick, state.isupport.fold, now)
        self._join(now)
        self._say(memory.history.begin(self.caps.agreed, state.isupport, self.clock()))

    def sweep(self, now: float) -> int:
        """Look at what is due; how many lines have got no answer."""
        self._say(self.memory.regain.due(now))
        if self.settings.rejoin and now >= self._rejoin:
            self._join(now)
        return self.asks.expire(now)

    def _join(self, now: float) -> None:
        self._rejoin = now + self.settings.rejoin
        self._say(self.memory.channels.missing(self.state.channels, self.state.isupport))

    def _say(self, lines: list[Said]) -> None:
        for one in lines:
            self.say(one)

    # --- lines ------------------------------------------------------------------------------------

    def feed(self, line: Line, now: float) -> None:
        """A line of the network."""
        batch = self._batches.of(line)
        if line.command == "NICK":
            self._owned(line, batch)
        source = read_source(line.source).nick
        own = self.state.is_me(source)
        name = self.asks.name(line, batch)
        answer = self.asks.feed(line, batch, own=own)
        if line.command == "BATCH":
            self._batch(line)
        elif not answer and not self._ours(line):
            self._told(line, batch, name)
            if batch is None or batch.within("chathistory") is None:
                self._changed(line, source, now)

    def _owned(self, line: Line, batch: Batch | None) -> None:
        """InspIRCd 3 answers a NICK with a label as if it came from the new one: it is ours all the same."""
        said = self.asks.said(line, batch)
        if said is not None and said == ("NICK", line.param(0)):
            _, bang, rest = line.source.partition("!")
            line.source = f"{self.state.nick}{bang}{rest}"

    def _batch(self, line: Line) -> None:
        ended = self._batches.feed(line)
        if ended is not None:
            self.asks.ended(ended)
            self._say(self.memory.history.ended(ended))

    def _ours(self, line: Line) -> bool:
        """Whether it is between the network and us alone."""
        command = line.command
        if command == "CAP":
            self._say(self.caps.feed(line))
            self.asks.labeled = self._labeled
            self._log_in()
        elif command == "CHATHISTORY":
            self._say(self.memory.history.target(line.params))
        elif self._login is not None and not self._login.over and self._login.knows(line):
            self._say(self._login.feed(line))
            self._logged_in = self._login.account is not None
            self.state.feed(line)
        else:
            return self.memory.regain.refused(line, self.state.isupport.fold)
        return True

    def _log_in(self) -> None:
        """Log in where that was not possible before."""
        idle = self._login is None or self._login.over
        if "sasl" in self.caps.agreed and not self._logged_in and idle and self._logins < LOGINS:
            self._logins += 1
            self._login = self.registration.another()
            self._say(self._login.begin())

    def _told(self, line: Line, batch: Batch | None, name: str) -> None:
        event = self.events.of(line, batch, self.clock())
        if event is not None and self.memory.history.seen(event):
            if name and event["type"] == "irc.message":
                event["label"] = name
            self.tell(event)

    def _changed(self, line: Line, source: str, now: float) -> None:
        """Have the state follow, and do what that asks for."""
        state, memory = self.state, self.memory
        fold, before = state.isupport.fold, state.nick
        self._say(memory.regain.feed(line, source, before, fold))
        own = state.is_me(source)
        state.feed(line)
        if state.isupport.fold is not fold:
            self.asks.fold = state.isupport.fold
        if state.nick != before:
            memory.regain.begin(state.nick, state.isupport.fold, now)
        if own and line.command in ("JOIN", "PART"):
            self._moved(line)
        elif line.command == "KICK" and state.is_me(line.param(1)):
            memory.channels.left(line.param(0), kicked=True)
        elif line.command == "MODE" and line.param(0)[:1] in state.isupport.chantypes:
            self._keyed(line)
        elif line.command == "366":
            self._names(line.param(1))

    def _moved(self, line: Line) -> None:
        """We have joined a channel, or left it."""
        channel, memory = line.param(0), self.memory
        if line.command == "PART":
            memory.channels.left(channel)
            memory.history.left(channel)
        else:
            memory.channels.joined(channel)
            when = moment(line.tags.get("time", "")) or self.clock()
            self._say(memory.history.joined(channel, when))

    def _keyed(self, line: Line) -> None:
        for change in read(line.param(1), line.params[2:], self.state.isupport):
            if change.letter == "k":
                self.memory.channels.keyed(line.param(0), change.arg if change.sign == "+" else "")

    def _names(self, name: str) -> None:
        channel = self.state.channel(name)
        if channel is not None:
            members = channel.names()
            self.tell(self.events.plain("irc.names", self.clock(), channel=channel.name, members=members))


def _nobody(_what: Any) -> None:
    """Until somebody listens."""
