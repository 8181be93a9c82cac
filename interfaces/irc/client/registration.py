"""Becoming a user of a network: capabilities, password, login, nick, up to the end of the message of the day. Pure.

RFC 2812 §3.1, modern.ircdocs.horse ("Connection Registration"), IRCv3 capability-negotiation 302, sasl-3.2, sts. A
nick that is taken (433, 436, 437) or none there (432) is followed by the next. What a server refuses for good is
ConfigError: 464, 465, a nick or user name that is none, a login that has to be and is refused. Where it says that we
come too often, or cannot log in for now, it is NotNow.
"""

import re
from typing import Final

from interfaces.irc.client.capabilities import WANTED, Capabilities
from interfaces.irc.client.identity import Identity, candidates
from interfaces.irc.client.login import Login, Said, mechanisms
from interfaces.irc.client.sts import Policies
from interfaces.irc.line import Line
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.upstream_link import NotNow

__all__ = ["KEPT", "LATER", "LINES", "Registration", "ended"]

LINES: Final = 20_000
"""Lines of a server before we are registered; no message of the day is so long."""
LATER: Final = 60.0
"""Seconds to stay away when a server says that we come too often."""
_LATER: Final = re.compile(
    r"throttl|too (?:fast|many|quick)|try again|temporar|wait|reconnect|expire|limit", re.IGNORECASE
)
_TAKEN: Final = frozenset({"433", "436", "437"})
KEPT: Final = 1000
"""Lines from 001 on that are kept."""
_UNTOLD: Final = frozenset({"372", "375", "376", "422", "PING", "CAP"})
"""Those that say nothing of the state."""


def ended(reason: str) -> Unavailable:
    """The error for a server's ERROR."""
    said = f"the server has ended it: {reason}"
    return NotNow(said, LATER) if _LATER.search(reason) else Unavailable(said)


class Registration:
    """One of them. ``nonce`` is for SCRAM; ``policies`` may have it go elsewhere (:class:`sts.Upgrade`)."""

    def __init__(self, identity: Identity, nonce: str, policies: Policies) -> None:
        self.identity = identity
        wanted = [one for one in (*WANTED, "sasl") if one not in identity.without]
        self._logs_in = bool(mechanisms(identity)) and "sasl" in wanted
        self.caps = Capabilities(wanted if self._logs_in else wanted[:-1])
        self.done = False
        self.nick = ""
        self.welcome = ""
        self.lines: list[Line] = []
        """From 001 on: what :class:`interfaces.irc.state.State` is to know."""
        self.login: Login | None = None
        self._nonce = nonce
        self._logins = 0
        self._policies = policies
        self._nicks = candidates(identity.nicks)
        self._nick = next(self._nicks)
        self._unfit = 0
        self._negotiating = True
        self._seen = 0

    def __repr__(self) -> str:
        return f"<Registration at {self.identity.name} as {self._nick}{', done' if self.done else ''}>"

    def begin(self) -> list[Said]:
        """The first lines."""
        who = self.identity
        password = [("PASS", who.password)] if who.password else []
        user = ("USER", who.user, "0", "*", who.realname)
        return [("CAP", "LS", "302"), *password, ("NICK", self._nick), user]

    def feed(self, line: Line) -> list[Said]:
        """A line of the server, and what to say to it. Raises what makes it impossible."""
        self._seen += 1
        if self._seen > LINES:
            raise Unavailable(f"no end of registration within {LINES} lines")
        if self.welcome:
            return self._welcomed(line)
        command = line.command
        if command == "PING":
            return [("PONG", line.param(0))]
        if command == "CAP":
            return self._capabilities(line)
        if self.login is not None and self.login.knows(line):
            return self._logged_in(self.login.feed(line))
        if command == "001":
            self._registered()
            return self._welcomed(line)
        if command in ("421", "451", "410") and line.param(1).upper() == "CAP":
            self._no_capabilities()
            return []
        return self._refused(line)

    def another(self) -> Login:
        """A login later on, where there was none."""
        self._logins += 1
        return Login(self.identity, f"{self._nonce}{self._logins}", self.caps.offer.values.get("sasl", ""))

    # --- capabilities and login -------------------------------------------------------------------

    def _capabilities(self, line: Line) -> list[Said]:
        said = self.caps.feed(line)
        sts = self.caps.offer.values.get("sts") if self.caps.listed else None
        if sts is not None and not self.identity.secure:
            self._policies.plain(sts)
        return said or self._go_on()

    def _go_on(self) -> list[Said]:
        if not self._negotiating or not self.caps.settled or self.login is not None:
            return []
        if self._logs_in and "sasl" in self.caps.agreed:
            self.login = self.another()
            return self._logged_in(self.login.begin())
        return self._end()

    def _logged_in(self, said: list[Said]) -> list[Said]:
        if self.login is None or not self.login.over or not self._negotiating:
            return said
        return [*said, *self._end()]

    def _end(self) -> list[Said]:
        self._check_login()
        self._negotiating = False
        return [("CAP", "END")]

    def _no_capabilities(self) -> None:
        """The server does not know what CAP is."""
        if self._negotiating and not self.caps.listed:
            self._check_login()
            self._negotiating = False

    def _check_login(self) -> None:
        """Raise where we are to be logged in, and are not."""
        login = self.login
        if not self.identity.sasl_required or (login is not None and login.account is not None):
            return
        where = f"irc.networks {self.identity.name}"
        if login is not None and login.refused:
            raise ConfigError(
                f"{where}: the login of {self.identity.account!r} is refused: {login.error};"
                " account and account_password, or cert_file, have to be what the network knows"
            )
        why = login.error if login is not None else "the server offers no SASL"
        raise NotNow(f"we cannot log in: {why}", LATER)

    # --- the rest ---------------------------------------------------------------------------------

    def _registered(self) -> None:
        self._no_capabilities()
        if self._negotiating:  # a server that does not wait for CAP END
            self._check_login()
            self._negotiating = False

    def _welcomed(self, line: Line) -> list[Said]:
        """From 001 to the end of the message of the day."""
        command = line.command
        if command not in _UNTOLD and len(self.lines) < KEPT:
            self.lines.append(line)
        if command == "PING":
            return [("PONG", line.param(0))]
        if command == "001":
            self.nick = line.param(0)
            self.welcome = line.params[-1] if len(line.params) > 1 else "Welcome"
        elif command in ("376", "422"):
            self.done = True
        elif command == "ERROR":
            raise ended(line.param(0))
        elif command == "CAP":
            return self.caps.feed(line)
        return []

    def _refused(self, line: Line) -> list[Said]:
        """What a server says to those who do not become users."""
        command = line.command
        where = f"irc.networks {self.identity.name}"
        said = f"{command} {line.params[-1] if line.params else ''}".strip()
        if command in _TAKEN or command == "432":
            return self._next_nick(line, said)
        if command == "ERROR":
            raise ended(line.param(0))
        if command == "464":
            have = "is refused" if self.identity.password else "is wanted"
            raise ConfigError(f"{where}: a password {have}: {said}; it is that of the server, password = …")
        if command == "465" and not _LATER.search(said):
            raise ConfigError(f"{where}: we are banned: {said}; the network has to be asked to lift that")
        if command == "465":
            raise NotNow(said, LATER)
        if command == "468":
            raise ConfigError(f"{where}: user {self.identity.user!r} is refused: {said}")
        return []

    def _next_nick(self, line: Line, said: str) -> list[Said]:
        if line.command == "432":
            self._unfit += 1
            if self._unfit >= len(self.identity.nicks) + 2:
                nicks = ", ".join(self.identity.nicks)
                raise ConfigError(f"irc.networks {self.identity.name}: nick {nicks} is none there: {said}")
        nick = next(self._nicks, "")
        if not nick:
            raise NotNow(f"all nicks are taken: {said}", LATER)
        self._nick = nick
        return [("NICK", nick)]
