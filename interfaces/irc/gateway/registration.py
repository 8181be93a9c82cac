"""From connecting to 001: NICK, USER, PASS, CAP and SASL, then the application says whether the client may be here."""

from typing import Any

from interfaces.irc.gateway.roster import User
from interfaces.irc.gateway.session import Member

__all__ = ["Registration"]


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

    def __repr__(self) -> str:
        return f"<Registration of {self.nick or '*'}>"

    def go(self) -> None:
        """Ask the application, once all is said that has to be."""
        if self.asked or self.negotiating or not self.nick or not self.user:
            return
        self.asked = True
        client, gateway = self.client, self.client.gateway
        options = gateway.options
        if options.password and self.password != options.password:
            client.numeric("464", "Password incorrect")
            client.end("Password incorrect", 1008)
            return
        client.deadline = gateway.now + options.decide_timeout
        user: User = client.user
        user.user, user.realname = self.user, self.realname
        user.named(self.nick)
        scope = gateway.scope(client)
        session = Member(gateway.app, scope, client, on_end=client.finished, on_room=client.room)
        first = {
            "type": "irc.connect",
            "nick": self.nick,
            "user": self.user,
            "realname": self.realname,
            "host": user.host,
            "password": "" if options.password else self.password,
            "account": user.account,
            "resumed": False,
            "channels": [],
            **gateway.stamped(),
        }
        client.begin(session, first)
