"""What all clients of a gateway share: options, who is there, what is said at the beginning."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from secrets import token_hex
from typing import Any, Final

from interfaces.irc.gateway.accounts import Accounts
from interfaces.irc.gateway.cloak import Cloak
from interfaces.irc.gateway.greeting import CASEMAPPING, motd, tokens
from interfaces.irc.gateway.roster import Roster
from interfaces.irc.gateway.saying import Said, fitting
from interfaces.irc.line import form
from interfaces.irc.options import IrcOptions
from interfaces.shared.asgi import Application
from interfaces.shared.interface import Context
from interfaces.shared.serving import Serving, endpoint
from interfaces.shared.tls import tls_of

__all__ = ["Gateway", "log"]

log = logging.getLogger("interfaces.irc")
COUNTS: Final = (
    "app_errors", "connected", "malformed", "recvq", "refused", "sendq", "silent", "undecided", "unproved",
)  # fmt: skip
"""What is counted: told from the beginning."""
_TEXTS: Final = {"NICK": 1, "QUIT": 1, "TOPIC": 2, "PART": 2, "KICK": 3}
"""Commands with so many parameters of which the last is a text: simple clients such as ii look for its colon."""
_NONE: Final[Mapping[str, str]] = {}


class Latest:
    """The latest message that was said to a client, by its event, and its lines."""

    __slots__ = ("_event", "_source", "_tags", "_target", "_text", "lines")

    def __init__(self, event: Any, lines: list[Said]) -> None:
        self._event = event
        self._text = event.get("text")
        self._target = event["target"]
        self._source = event["source"]
        self._tags = event.get("tags")
        self.lines = lines

    def __repr__(self) -> str:
        return f"<Latest {self.lines!r}>"

    def is_of(self, event: Any) -> bool:
        """Whether it is the same event, and nobody has changed it since."""
        return (
            event is self._event
            and event.get("text") is self._text
            and event["target"] is self._target
            and event["source"] is self._source
            and event.get("tags") is self._tags
        )


class Gateway(Serving):
    """One network. ``clock`` gives Unix seconds."""

    def __init__(
        self,
        app: Application,
        options: IrcOptions,
        context: Context,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(context, asyncio.get_running_loop(), log)
        self.app = app
        self.options = options
        self.clock = clock
        self.per_address = options.per_address
        self.name = options.server_name
        self.source = f"{options.nick}!{options.nick}@{options.server_name}"
        self.roster = Roster(CASEMAPPING)
        self.cloak = Cloak(options.cloak_key or token_hex(16))
        self.created = clock()
        self.accounts = Accounts(options.auth)
        self.motd: list[str] = motd(options.motd)
        self.tokens: dict[str, str] = tokens(options)
        self.link: Any = None
        """Tells other containers, where there is a layer (:class:`interfaces.irc.gateway.linking.Link`)."""
        self.latest: Latest | None = None
        self._turns: deque[Callable[[], None]] = deque()
        self._ids = token_hex(6)
        self._number = 0
        for what in COUNTS:
            context.telemetry.count(f"irc.gateway.{what}", 0)

    def __repr__(self) -> str:
        return f"<Gateway {self.options.network}: {self.roster!r}>"

    def msgid(self) -> str:
        """A name for a message that no other has."""
        self._number += 1
        return f"{self._ids}-{self._number:x}"

    def is_own(self, nick: str) -> bool:
        """Whether it is the gateway's own, as which the application speaks."""
        return self.roster.fold(nick) == self.roster.fold(self.options.nick)

    def said(
        self,
        source: str,
        command: str,
        words: Sequence[str],
        *,
        tags: Mapping[str, str] = _NONE,
        account: str | None = None,
    ) -> Said:
        """A line to several."""
        body = form(command, words, source, text=_TEXTS.get(command) == len(words))
        return Said(fitting(body), self.clock(), account, tags)

    def in_turn(self, work: Callable[[], None]) -> None:
        """Do ``work``, a portion of a long answer, in a turn of the loop of its own, behind those of others."""
        self._turns.append(work)
        if len(self._turns) == 1:
            self.loop.call_soon(self._turn)

    def _turn(self) -> None:
        try:
            self._turns[0]()
        finally:
            self._turns.popleft()
            if self._turns:
                self.loop.call_soon(self._turn)

    def stamped(self) -> dict[str, Any]:
        """The keys that every event has."""
        name = self.msgid()
        return {
            "id": name,
            "dedupe_key": f"irc:{self.options.network}:{name}",
            "attempt": 1,
            "received_at": self.clock(),
        }

    def remember(self, event: Any, lines: list[Said]) -> "Latest":
        """The application may say the same to many, one after the other: until the end of the turn it is made once."""
        if self.latest is None:
            self.loop.call_soon(self._forget)
        self.latest = found = Latest(event, lines)
        return found

    def _forget(self) -> None:
        self.latest = None

    def scope(self, client: Any) -> dict[str, Any]:
        """The scope of a client."""
        network, user = self.options.network, client.user
        return {
            "type": "irc",
            "asgi": {"version": "3.0", "spec_version": "1.0"},
            "mode": "gateway",
            "network": network,
            "server": endpoint(client.transport.get_extra_info("sockname")),
            "client": client.peer,
            "tls": tls_of(client.transport),
            "nick": user.nick,
            "account": f"{network}/{user.account}" if user.account else None,
            "caps": sorted(client.caps),
            "isupport": dict(self.tokens),
            "path": f"gateway/{network}",
            "conversation": f"{network}/{user.nick}",
            "state": dict(self.context.state),
            "extensions": {},
        }
