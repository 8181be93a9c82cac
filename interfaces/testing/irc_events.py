"""What a network or a gateway tells an application, made without either. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["NOW", "IrcEvents"]

NOW = 1_700_000_000.0
_CHANTYPES = "#&+!"


@dataclass(slots=True)
class IrcEvents:
    """The events of one connection; each is a second after the one before."""

    network: str
    nick: str
    gateway: bool
    account: str | None = None
    count: int = 0

    def scope(self) -> dict[str, Any]:
        """What does not change as long as it lasts."""
        mode = "gateway" if self.gateway else "client"
        peer = ("192.0.2.1", 6697)
        return {
            "type": "irc", "mode": mode, "network": self.network, "tls": None, "nick": self.nick,
            "server": ("127.0.0.1", 6667) if self.gateway else peer, "client": peer if self.gateway else None,
            "account": f"{self.network}/{self.account}" if self.account and self.gateway else None,
            "caps": ["draft/chathistory", "message-tags", "server-time"],
            "isupport": {"CASEMAPPING": "rfc1459", "CHANTYPES": "#", "PREFIX": "(ov)@+", "STATUSMSG": "@+"},
            "path": f"{mode}/{self.network}",
            "conversation": f"{self.network}/{self.nick}" if self.gateway else self.network, "extensions": {},
        }  # fmt: skip

    def event(self, kind: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """Any event, with what every one has."""
        self.count += 1
        found = {
            "type": f"irc.{kind}",
            "id": f"m{self.count}",
            "attempt": 1,
            "received_at": NOW + self.count,
            **said,
        }
        return {"dedupe_key": f"irc:{self.network}:{found['id']}", **found}

    def connect(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """It is registered, or somebody wants to be."""
        found: dict[str, Any] = {"nick": self.nick, "resumed": False, "channels": []}
        if self.gateway:
            host = f"{self.nick}.example"
            found |= {
                "user": self.nick,
                "realname": self.nick,
                "host": host,
                "password": "",  # nosec B105 - none said
                "account": self.account,
            }
        else:
            found["welcome"] = f"Welcome to {self.network}, {self.nick}"
        return self.event("connect", {**found, **said})

    def by(
        self, kind: str, source: str | Mapping[str, Any] | None, said: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What somebody did; None: who this connection is of."""
        who = self._source(self.nick if source is None else source)
        found = self.event(kind, {"source": who, "is_history": False, **said})
        found.setdefault("time", found["received_at"])
        found["tags"] = {"msgid": found["id"], **found.get("tags", {})}
        return found

    def message(
        self, text: str, target: str, source: str | Mapping[str, Any] | None, said: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Somebody says something to a channel, also as a STATUSMSG, or to a nick."""
        bare = target.lstrip("~&@%+") or target
        channel = bare if bare[:1] in _CHANTYPES else target if target[:1] in _CHANTYPES else None
        found = {
            "command": "PRIVMSG", "target": target, "channel": channel, "is_private": channel is None, "text": text,
            "ctcp": None, "raw": None,
        }  # fmt: skip
        made = self.by("message", source, {**found, **said})
        made.setdefault("is_echo", not self.gateway and made["source"]["nick"] == self.nick)
        return made

    def _source(self, said: str | Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(said, str):
            return {"user": None, "host": None, "account": None, **said}
        nick, _, rest = said.partition("!")
        user, _, host = rest.partition("@")
        account = self.account if nick == self.nick else None
        return {"nick": nick, "user": user or nick, "host": host or f"{nick}.example", "account": account}
