"""From connecting to 001: NICK, USER, PASS, CAP and SASL, then the application says whether the client may be here."""

import hmac
from typing import Any, Final

from interfaces.irc.gateway.greeting import NAME, USER
from interfaces.irc.gateway.session import ClientSession
from interfaces.irc.gateway.waits import ASKED
from interfaces.irc.numerics import ERR_PASSWDMISMATCH
from interfaces.shared.asgi import Event

__all__ = ["Registration"]

LINES: Final = 500
"""Of a client that is not registered; nobody needs so many."""
_NOT_IN_USER: Final = frozenset("!@:*?#,.")


class Registration:
    """What is known of a client that is none yet."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.nick: str = ""
        self.user: str = ""
        self.realname: str = ""
        self.password: str = ""
        self.negotiating: bool = False
        """CAP LS or REQ came, and END did not yet."""
        self.asked: bool = False
        """The application is asked."""
        self.lines: int = 0

    def __repr__(self) -> str:
        return f"<Registration of {self.nick or '*'}>"

    def named(self, user: str, realname: str) -> None:
        """USER said so: of its name that is left which may stand in a source."""
        kept = "".join(one for one in user if one.isprintable() and one not in _NOT_IN_USER and one != " ")
        self.user = f"~{kept or 'user'}"[:USER]
        self.realname = realname[:NAME]

    def counted(self) -> bool:
        """One more line; False when that is one too many."""
        self.lines += 1
        return self.lines <= LINES

    def go(self) -> None:
        """Ask the application, once all is said that has to be."""
        client = self.client
        if self.asked or self.negotiating or not self.nick or not self.user or client.login.busy:
            return
        options = client.gateway.options
        if options.password and not _same(self.password, options.password):
            client.fault(ERR_PASSWDMISMATCH)
            client.end("Password incorrect", 1008)
        elif options.auth_required and client.user.account is None:
            client.fail("*", "ACCOUNT_REQUIRED_TO_CONNECT", "You have to log in by SASL to connect")
            client.end("You have to log in by SASL to connect", 1008)
        else:
            self._ask()

    def _ask(self) -> None:
        self.asked = True
        client, gateway = self.client, self.client.gateway
        client.deadline = gateway.now + gateway.options.decide_timeout
        client.hold(ASKED)
        user = client.user
        user.user, user.realname = self.user, self.realname
        user.named(self.nick)
        session = ClientSession(
            gateway.app, gateway.scope(client), client, on_end=client.finished, on_room=client.room
        )
        client.begin(session, self._event())

    def _event(self) -> Event:
        client, gateway = self.client, self.client.gateway
        user = client.user
        return {
            "type": "irc.connect",
            "nick": user.nick,
            "user": user.user,
            "realname": user.realname,
            "host": user.host,
            "password": "" if gateway.options.password else self.password,
            "account": user.account,
            "resumed": False,
            "channels": [],
            **gateway.stamped(),
        }


def _same(said: str, secret: str) -> bool:
    return hmac.compare_digest(said.encode(errors="replace"), secret.encode(errors="replace"))
