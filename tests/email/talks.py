"""A client's conversation with the wire of SMTP: what it says, what it is told, what becomes of its messages."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from interfaces.email.envelope import Mail, Recipient
from interfaces.email.events_smtp import Abandoned, Auth, Begun, Ended, Event, Limits, Piece, Rcpt
from interfaces.email.wire_smtp import Wire

GREETING = b"EHLO client.example\r\n"
ENVELOPE = b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n"
OK, LATER = b"250 2.0.0 Ok\r\n", b"451 4.3.0 Later\r\n"
REPLY = re.compile(rb"(?:[2-5][0-9]{2}(?:-[ -~]*\r\n[2-5][0-9]{2})*(?: [ -~]*)?\r\n)*")


@dataclass
class Message:
    """A message whose content came to its end, or which was ``abandoned`` (then its content is not kept)."""

    mail: Mail | None
    recipients: list[Recipient]
    content: bytes = b""
    abandoned: bool = False
    ended: bool = False


@dataclass
class Talk:
    """A wire and all that happened on it. Messages get ``verdict``, recipients that begin with "no" a 550."""

    limits: Limits = field(default_factory=Limits)
    lmtp: bool = False
    tls: bool = False
    offer_tls: bool = False
    mechanisms: tuple[str, ...] = ()
    verdict: tuple[bytes, ...] = (OK,)
    happened: list[Any] = field(default_factory=list)
    out: bytes = b""

    def __post_init__(self) -> None:
        self.wire = Wire("mx.example", self.limits, lmtp=self.lmtp, tls=self.tls)
        self.wire.offer_tls = self.offer_tls
        self.wire.mechanisms = self.mechanisms
        self._take()
        self.out = b""

    def say(self, *pieces: bytes) -> list[str]:
        """Feed the pieces one by one; the replies to them, "250-a" and "250 b" joined as "250 a|b"."""
        before = len(self.out)
        for piece in pieces:
            self.wire.feed(piece)
            self._take()
        return replies(self.out[before:])

    def codes(self, *pieces: bytes) -> list[int]:
        """As ``say``, the codes alone."""
        return [int(reply[:3]) for reply in self.say(*pieces)]

    def stop(self) -> list[str]:
        """End the connection from this side."""
        before = len(self.out)
        event = self.wire.stop(b"421 4.3.2 Shutting down\r\n")
        if event is not None:
            self._happen(event)
        self._take()
        return replies(self.out[before:])

    @property
    def messages(self) -> list[Message]:
        """The messages that had begun, in their order."""
        return [each for each in self.happened if isinstance(each, Message)]

    @property
    def taken(self) -> list[bytes]:
        """The contents of the messages that came to their end."""
        return [each.content for each in self.messages if each.ended]

    @property
    def now(self) -> Message | None:
        """The message that has begun and not ended."""
        open_ = [each for each in self.messages if not (each.ended or each.abandoned)]
        assert len(open_) <= 1, "two messages at once"
        return open_[0] if open_ else None

    def _take(self) -> None:
        while (event := self.wire.next()) is not None:
            self._happen(event)
            self._answer(event)
        self.out += b"".join(self.wire.out)
        self.wire.out.clear()

    def _happen(self, event: Event) -> None:
        now = self.now
        if isinstance(event, Begun):
            assert now is None, "a message within another"
            self.happened.append(Message(self.wire.mail, list(self.wire.recipients)))
        elif isinstance(event, Piece | Ended):
            assert now is not None, "content of no message"
            now.content += event.content
            now.ended = isinstance(event, Ended)
            assert now.ended or event.content, "an empty piece"
        elif isinstance(event, Abandoned):
            assert now is not None, "abandoned without a message"
            now.abandoned, now.content = True, b""
        else:
            self.happened.append(event)

    def _answer(self, event: Event) -> None:
        if isinstance(event, Ended):
            self.wire.answer(*self.verdict)
        elif isinstance(event, Rcpt):
            known = not event.recipient.address.local.startswith("no")
            self.wire.answer(b"250 2.1.5 Ok\r\n" if known else b"550 5.1.1 No such address\r\n")
        elif isinstance(event, Auth):
            right = event.password == "secret"
            self.wire.answer(b"235 2.7.0 Welcome\r\n" if right else b"535 5.7.8 No\r\n")


def replies(out: bytes) -> list[str]:
    """Replies one by one; each must be one, of printable ASCII, in lines of at most 512 octets."""
    assert REPLY.fullmatch(out), out
    assert all(len(line) <= 510 for line in out.split(b"\r\n"))
    found, lines = [], []
    for line in out.decode("ascii").split("\r\n")[:-1]:
        lines.append(line[4:])
        if line[3:4] != "-":
            found.append(f"{line[:3]} {'|'.join(lines)}")
            lines.clear()
    return found


def greeted(**options: Any) -> Talk:
    """A conversation behind EHLO, or LHLO."""
    talk = Talk(**options)
    assert talk.codes(b"LHLO client.example\r\n" if talk.lmtp else GREETING) == [250]
    return talk


def ready(**options: Any) -> Talk:
    """A conversation with a sender and a recipient."""
    talk = greeted(**options)
    assert talk.codes(ENVELOPE) == [250, 250]
    return talk


def bytewise(data: bytes) -> list[bytes]:
    """One byte at a time."""
    return [data[at : at + 1] for at in range(len(data))]


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """``data`` in pieces, cut at ``places``."""
    ends = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[start:end] for start, end in pairwise(ends)]
