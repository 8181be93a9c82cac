"""Who a client is: TLS, logging in, and a proxy that says who is behind it, among the commands of SMTP. Pure.

RFC 3207 (STARTTLS), RFC 4954 (AUTH). Refused: a second TLS or AUTH, either within a message; what a client sent in the
clear behind STARTTLS is dropped (RFC 3207 §6).
"""

from interfaces.email import replies as say
from interfaces.email.envelope import Mail
from interfaces.email.events_smtp import Auth, Event, KeyWanted, Limits, Tls
from interfaces.email.login import Login
from interfaces.email.scram import Key
from interfaces.email.wire_lines import COMMAND, HANDSHAKE, LOGIN, WAIT, Lines
from interfaces.email.xclient import xclient
from interfaces.shared.errors import PeerError

__all__ = ["Identity"]


class Identity(Lines):
    """What is known of the client. A subclass has the other commands.

    ``xclient``: the client is a proxy that may say who is behind it.
    """

    def __init__(self, host: str, limits: Limits, *, lmtp: bool = False, tls: bool = False) -> None:
        super().__init__(limits)
        self.host: bytes = host.encode("ascii")
        self.lmtp = lmtp
        self.secure = tls
        self.offer_tls: bool = False
        self.mechanisms: tuple[str, ...] = ()
        self.user: str = ""
        self.xclient: bool = False
        self.greeting: str = ""
        self.extended: bool = False
        self.mail: Mail | None = None
        self._open: bool = False  # content has been announced, and the message was not answered
        self._login: Login | None = None
        self.out.append(self._banner)

    @property
    def _banner(self) -> bytes:
        return b"220 %b %b\r\n" % (self.host, b"LMTP" if self.lmtp else b"ESMTP")

    def _starttls(self, words: bytes) -> Event | None:
        if words:
            return self._bad(say.SYNTAX)
        if self.secure or self.mail is not None or self._open:
            return self._bad(say.SEQUENCE)
        if not self.offer_tls:
            return self._bad(say.UNKNOWN)
        self.out.append(say.TLS_GO)
        self._drop(HANDSHAKE)
        return Tls()

    def secured(self) -> None:
        """The handshake is done: begin anew (RFC 3207 §4.2)."""
        self.secure, self.offer_tls = True, False
        self.greeting, self.extended, self.user = "", False, ""
        self._state = COMMAND

    def _xclient(self, words: bytes) -> Event | None:
        """Who is behind a proxy: the session begins anew, for that client."""
        if not self.xclient:
            return self._bad(say.UNKNOWN)
        if self.mail is not None or self._open:
            return self._bad(say.SEQUENCE)
        try:
            said = xclient(words)
        except PeerError as error:
            return self._bad(error.answer)
        self.greeting, self.extended = said.helo or "", bool(said.helo) and said.proto != "SMTP"
        if said.login is not None:
            self.user = said.login
        self._say(self._banner)
        return said

    def _auth(self, words: bytes) -> Event | None:
        if not self.mechanisms:
            return self._bad(say.UNKNOWN)
        if self.limits.require_tls and not self.secure:
            return self._bad(say.NEED_TLS)
        if self.mail is not None or self._open or self.user or not self.greeting:
            return self._bad(say.SEQUENCE)
        try:
            self._login = login = Login(words, self.mechanisms)
        except PeerError as error:
            return self._bad(error.answer)
        self._state = LOGIN
        return self._say(login.challenge) if login.initial is None else self._credential(login.initial)

    def _credential(self, line: bytes) -> Event | None:
        login = self._login
        assert login is not None  # noqa: S101 - there is one in this state
        try:
            if not login.said(line):
                return self._say(login.challenge)
        except PeerError as error:
            self._state, self._login = COMMAND, None
            return self._bad(error.answer)
        self._state = WAIT
        if login.needs_key:
            return KeyWanted(login.user)
        return Auth(login.mechanism, login.user, login.password, login.proven)

    def key(self, key: Key, nonce: str) -> None:
        """The key of who was asked for by :class:`KeyWanted`."""
        login = self._login
        if self._state == WAIT and login is not None:
            login.key(key, nonce)
            self._state = LOGIN
            self._say(login.challenge)
