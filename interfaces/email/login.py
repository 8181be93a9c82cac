"""AUTH as a dialogue: what is asked, what is said (RFC 4954 §4, RFC 4616 PLAIN, LOGIN, RFC 7677 SCRAM). Pure.

Refused, although lenient peers take it: a NUL in a name or a password, an empty name, a PLAIN that acts as another.
"""

import base64
import binascii
import re

from interfaces.email.replies import AUTH_WRONG, reply
from interfaces.email.scram import MECHANISM as SCRAM
from interfaces.email.scram import Exchange, Key
from interfaces.shared.errors import PeerError

__all__ = ["MECHANISMS", "Login"]

MECHANISMS = ("PLAIN", "LOGIN")
"""By a password that is said."""
_AUTH = re.compile(rb" *(?P<mechanism>[A-Za-z0-9_-]{1,20})(?: +(?P<initial>[A-Za-z0-9+/=]+))? *")
_SYNTAX = reply(501, "5.5.4", "Syntax: AUTH mechanism [base64]")
_OTHER = reply(504, "5.5.4", "There is no such mechanism")
_BASE64 = reply(501, "5.5.2", "That is no base64")
_CANCELLED = reply(501, "5.7.0", "Authentication cancelled")


class Login:
    """One attempt, begun by what follows AUTH. Raises PeerError when it is none of ``mechanisms``.

    ``initial``: what the client said with the command, or None. ``user`` and ``password`` are there once :meth:`said`
    was True; of SCRAM ``user`` first, while it ``needs_key``, and in the end whether it has ``proven`` the password.
    """

    def __init__(self, words: bytes, mechanisms: tuple[str, ...]) -> None:
        found = _AUTH.fullmatch(words)
        if found is None:
            raise PeerError("malformed AUTH", _SYNTAX)
        self.mechanism: str = found["mechanism"].decode("ascii").upper()
        if self.mechanism not in mechanisms:
            raise PeerError("unknown mechanism", _OTHER)
        initial = found["initial"]
        self.initial: bytes | None = b"" if initial == b"=" else initial
        self.user: str = ""
        self.password: str = ""
        self.needs_key: bool = False
        self.proven: bool | None = None
        self._words: list[str] = []
        self._exchange: Exchange | None = None
        self._next: str = ""  # of SCRAM

    @property
    def challenge(self) -> bytes:
        """The reply that asks for the next words."""
        if self.mechanism == "LOGIN":
            asked = (b"Username:", b"Password:")[len(self._words)]
        else:
            asked = self._next.encode("ascii")
        return b"334 %b\r\n" % base64.b64encode(asked)

    def said(self, line: bytes) -> bool:
        """The client's words, whether they were the last. Raises PeerError."""
        if line == b"*":
            raise PeerError("cancelled", _CANCELLED)
        try:
            words = base64.b64decode(line, validate=True).decode()
        except (binascii.Error, ValueError):
            raise PeerError("no base64", _BASE64) from None
        if self.mechanism == SCRAM:
            return self._scram(words)
        if self.mechanism == "PLAIN":
            act_as, *self._words = words.split("\0")
            if len(self._words) != 2 or act_as not in ("", self._words[0]):
                raise PeerError("malformed PLAIN", AUTH_WRONG)
        else:
            self._words.append(words)
        if not self._words[0] or ("\0" in words and self.mechanism != "PLAIN"):
            raise PeerError("no name, or a NUL", AUTH_WRONG)
        if len(self._words) < 2:
            return False
        self.user, self.password = self._words
        return True

    def key(self, key: Key, nonce: str) -> None:
        """The key of SCRAM's ``user``, and a nonce: the :attr:`challenge` is there."""
        if self._exchange is not None and self.needs_key:
            self.needs_key = False
            self._next = self._exchange.challenge(key, nonce)

    def _scram(self, words: str) -> bool:
        if self._exchange is None:
            self._exchange = Exchange(words)
            self.user, self.needs_key = self._exchange.user, True
            return True
        if self.proven:  # and our own signature is acknowledged
            if words:
                raise PeerError("words behind the proof", AUTH_WRONG)
            return True
        self._next = self._exchange.proven(words)
        self.proven = self._next != ""
        return not self.proven
