"""AUTH as a dialogue: what is asked, what is said (RFC 4954 §4, RFC 4616 PLAIN, LOGIN as clients know it). Pure."""

import base64
import binascii

from interfaces.email.replies import reply
from interfaces.shared.errors import PeerError

__all__ = ["MECHANISMS", "Login"]

MECHANISMS = ("PLAIN", "LOGIN")
_BASE64 = reply(501, "5.5.2", "That is no base64")
_CANCELLED = reply(501, "5.7.0", "Authentication cancelled")
_INVALID = reply(535, "5.7.8", "Authentication credentials invalid")


class Login:
    """One attempt. ``user`` and ``password`` are there once :meth:`said` was True."""

    def __init__(self, mechanism: str) -> None:
        self.mechanism = mechanism
        self.user: str = ""
        self.password: str = ""
        self._words: list[str] = []

    @property
    def challenge(self) -> bytes:
        """The reply that asks for the next words."""
        asked = b"" if self.mechanism == "PLAIN" else (b"Username:", b"Password:")[len(self._words)]
        return b"334 %b\r\n" % base64.b64encode(asked)

    def said(self, line: bytes) -> bool:
        """The client's words, whether they were the last. Raises PeerError."""
        if line == b"*":
            raise PeerError("cancelled", _CANCELLED)
        try:
            words = base64.b64decode(b"" if line == b"=" else line, validate=True).decode()
        except (binascii.Error, ValueError):
            raise PeerError("no base64", _BASE64) from None
        if self.mechanism == "PLAIN":
            parts = words.split("\0")  # an identity to act as is taken only if it is one's own
            if len(parts) != 3 or not parts[1] or parts[0] not in ("", parts[1]):
                raise PeerError("malformed PLAIN", _INVALID)
            self._words = parts[1:]
        else:
            self._words.append(words)
        if len(self._words) < 2:
            return False
        self.user, self.password = self._words
        return True
