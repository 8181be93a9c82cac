"""What happens on a connection of SMTP or LMTP, and the bounds it has. Pure."""

from dataclasses import dataclass, field

from interfaces.email.envelope import Recipient
from interfaces.email.xclient import XClient

__all__ = [
    "ABANDONED",
    "BEGUN",
    "Abandoned",
    "Auth",
    "Begun",
    "Ended",
    "Event",
    "KeyWanted",
    "Limits",
    "Piece",
    "Rcpt",
    "Tls",
]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one connection, and what it is offered."""

    max_size: int = 52_428_800
    max_line: int = 1000
    max_recipients: int = 1000
    max_errors: int = 20
    max_junk: int = 100
    """Commands in a row that bring no mail."""
    normalise: bool = False
    require_tls: bool = False
    require_auth: bool = False
    ask_recipients: bool = False
    """Whether each RCPT is an event of its own, to be answered."""

    def offers(self, secure: bool, offer_tls: bool, mechanisms: tuple[str, ...]) -> list[bytes]:
        """The words of EHLO: what a client may make use of."""
        found = [b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"CHUNKING", b"ENHANCEDSTATUSCODES", b"DSN"]
        found.append(b"SIZE %d" % self.max_size if self.max_size else b"SIZE")
        if offer_tls:
            found.append(b"STARTTLS")
        if secure:
            found.append(b"REQUIRETLS")
        if mechanisms and (secure or not self.require_tls):
            found.append(b"AUTH " + " ".join(mechanisms).encode("ascii"))
        return found


@dataclass(frozen=True, slots=True)
class Rcpt:
    """A recipient to be answered; it counts when the answer begins with 2."""

    recipient: Recipient


@dataclass(frozen=True, slots=True)
class Begun:
    """Content follows: ``mail``, ``recipients`` and ``greeting`` of the wire say whose."""


@dataclass(slots=True, init=False)
class Piece:
    """Content, and there is more."""

    content: bytes

    def __init__(self, content: bytes) -> None:
        self.content = content


@dataclass(slots=True, init=False)
class Ended:
    """The rest of the content: the message is to be answered, to each recipient in LMTP."""

    content: bytes

    def __init__(self, content: bytes) -> None:
        self.content = content


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The message that had begun has been refused or given up; the client knows, or knows why."""


@dataclass(frozen=True, slots=True)
class Auth:
    """Somebody says who they are; to be answered with 235 or 535. ``proven``: whether that is so, where it is known."""

    mechanism: str
    user: str
    password: str = field(repr=False)
    proven: bool | None = None


@dataclass(frozen=True, slots=True)
class KeyWanted:
    """Somebody is going to prove who they are: :meth:`Wire.key` goes on, or an answer of 4xx ends it."""

    user: str


@dataclass(frozen=True, slots=True)
class Tls:
    """The client waits for a TLS handshake, once what is in ``out`` has left; then :meth:`Wire.secured`."""


Event = Rcpt | Begun | Piece | Ended | Abandoned | Auth | KeyWanted | Tls | XClient
ABANDONED, BEGUN = Abandoned(), Begun()
