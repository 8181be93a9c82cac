"""What all clients of a gateway share: options, who is there, what is said at the beginning."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from secrets import token_hex
from typing import Any, Final

from interfaces.irc.gateway.cloak import Cloak
from interfaces.irc.gateway.roster import Roster, User
from interfaces.irc.gateway.saying import MESSAGE_TAGS, Said
from interfaces.irc.isupport import params
from interfaces.irc.line import form
from interfaces.irc.options import IrcOptions
from interfaces.shared.asgi import Application
from interfaces.shared.interface import Context
from interfaces.shared.serving import Serving

__all__ = ["CASEMAPPING", "Gateway", "log"]

log = logging.getLogger("interfaces.irc")
CASEMAPPING: Final = "ascii"
COUNTS: Final = ("connected", "refused", "sendq", "recvq", "flood", "silent", "malformed", "app_errors")


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
        self.link: Any = None
        self.latest: Any = None
        self.latest_said: Said | None = None
        self._ids = token_hex(4)
        self._number = 0
        for what in COUNTS:
            context.telemetry.count(f"irc.gateway.{what}", 0)

    def __repr__(self) -> str:
        return f"<Gateway {self.options.network}: {self.roster!r}>"

    def msgid(self) -> str:
        """A name for a message that no other has."""
        self._number += 1
        return f"{self._ids}-{self._number:x}"

    def said(
        self, source: str, command: str, words: Sequence[str], *, tags: Mapping[str, str] = {}, account: str | None = None
    ) -> Said:
        """A line to several."""
        found = Said(form(command, words, source), self.clock(), account, tags)
        return found

    def stamped(self) -> dict[str, Any]:
        """The keys that every event has."""
        name = self.msgid()
        return {
            "id": name,
            "dedupe_key": f"irc:{self.options.network}:{name}",
            "attempt": 1,
            "received_at": self.clock(),
        }

    def remember(self, event: Any, said: Said) -> None:
        """The application may send the same message to many, one after the other: until the end of the turn it is one line."""
        if self.latest is None:
            self.loop.call_soon(self._forget)
        self.latest, self.latest_said = event, said

    def _forget(self) -> None:
        self.latest = self.latest_said = None

    def scope(self, client: Any) -> dict[str, Any]:
        """The scope of a client."""
        return {
            "type": "irc",
            "asgi": {"version": "3.0", "spec_version": "1.0"},
            "mode": "gateway",
            "network": self.options.network,
            "nick": client.user.nick,
            "path": f"gateway/{self.options.network}",
            "state": dict(self.context.state),
            "extensions": {},
        }
