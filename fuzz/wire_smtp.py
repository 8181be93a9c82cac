"""SMTP and LMTP: no input raises, any split gives the same, replies are replies, every message ends once."""

import random
import re
from base64 import b64encode
from dataclasses import dataclass, field

from interfaces.email.events_smtp import Abandoned, Auth, Begun, Ended, Event, KeyWanted, Limits, Piece, Rcpt
from interfaces.email.scram import parsed, stored
from interfaces.email.wire_smtp import LINE, Wire

LMTP, NORMALISE, ASK, TLS, LOGIN, REQUIRE, SPOIL, PROXY = (1 << bit for bit in range(8))
REPLY = re.compile(rb"(?:[2-5][0-9]{2}(?:-[ -~]*\r\n[2-5][0-9]{2})*(?: [ -~]*)?\r\n)*")
MAX_LINE = 60
KEY = parsed(stored("secret", b"salt", 1))
COMMANDS = (
    b"EHLO a.example",
    b"HELO a.example",
    b"LHLO a.example",
    b"MAIL FROM:<>",
    b"MAIL FROM:<a@b.example> SIZE=10 BODY=8BITMIME",
    b"mail from: <@r:a@b.example> RET=HDRS ENVID=x+2B AUTH=<>",
    "MAIL FROM:<ä@ö.example> SMTPUTF8".encode(),
    b"MAIL FROM:<a@b.example> SIZE=99999999999",
    b"RCPT TO:<postmaster>",
    b"RCPT TO:<c@d.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c@d.example",
    b'RCPT TO:<"no \\" such"@[127.0.0.1]>',
    b"RCPT TO:<>",
    b"DATA",
    b"RSET",
    b"NOOP x",
    b"VRFY x",
    b"EXPN x",
    b"HELP",
    b"QUIT",
    b"STARTTLS",
    b"AUTH PLAIN AGEAc2VjcmV0",
    b"AUTH PLAIN",
    b"AUTH SCRAM-SHA-256 " + b64encode(b"n,,n=a,r=b"),
    b"AUTH SCRAM-SHA-256",
    b64encode(b"n,,n=a,r=b"),
    b64encode(b"c=biws,r=bc,p=" + b64encode(bytes(32))),
    b"AUTH LOGIN",
    b"YQ==",
    b"c2VjcmV0",
    b"=",
    b"*",
    b"BDAT 0",
    b"BDAT 0 LAST",
    b"BDAT 99999",
    b"XCLIENT NAME=c.example ADDR=192.0.2.7 PORT=25 HELO=c.example PROTO=ESMTP LOGIN=me",
    b"XCLIENT ADDR=IPV6:::1 NAME=[UNAVAILABLE] LOGIN=+41",
    b"XCLIENT ADDR=x",
    b"GET / HTTP/1.1",
    b"Host: x",
    b"",
)
ENDS = (b"\r\n",) * 12 + (b"\n", b"\r", b"\r\r\n", b"\0\r\n", b"")
BITS = (
    b"\r\n", b"\r\n", b".", b"..", b"\r", b"\n", b"\0", b"a", b"Subject: x\r\n", b"\r\n.\r\n", b"\n.\n",
    b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"x" * 59, b"x" * 70, b"\xc3\xa4",
)  # fmt: skip
SEEDS = [
    b"\x00\x03EHLO a\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\nx: y\r\n\r\n..z\r\n.\r\nQUIT\r\n",
    b"\x01\x00LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<d@e.f>\r\nRCPT TO:<g@e.f>\r\nDATA\r\n\n.\n\r\n.\r\nQUIT\r\n",
    b"\x04\x01EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<d@e.f>\r\nBDAT 3\r\na\r\nBDAT 0 LAST\r\nRSET\r\n",
    b"\x38\x00EHLO a\r\nAUTH LOGIN\r\nYQ==\r\nc2VjcmV0\r\nSTARTTLS\r\nEHLO a\r\n",
]


@dataclass
class Talk:
    """What became of a conversation."""

    out: bytes = b""
    events: list[object] = field(default_factory=list)
    most: int = 0
    open: bool = False
    kept: list[bytes] = field(default_factory=list)

    def take(self, wire: Wire, event: Event) -> None:
        """One event; content is kept together, and dropped with what is abandoned."""
        if isinstance(event, Begun):
            assert not self.open
            self.open, self.kept = True, []
            self.events.append((wire.mail, list(wire.recipients)))
        elif isinstance(event, Piece):
            assert self.open and event.content
            self.kept.append(event.content)
        elif isinstance(event, Abandoned):
            assert self.open
            self.open = False
            self.events.append(event)
        elif isinstance(event, Ended):
            assert self.open
            self.open = False
            self.events.append(b"".join([*self.kept, event.content]))
        else:
            self.events.append(event)


def settle(wire: Wire, event: Event) -> None:
    """Answer what waits, always alike."""
    if isinstance(event, Rcpt):
        wire.answer(
            b"550 5.1.1 No\r\n" if event.recipient.address.local.startswith('"') else b"250 2.1.5 Ok\r\n"
        )
    elif isinstance(event, KeyWanted):
        wire.key(KEY, "c")
    elif isinstance(event, Auth):
        wire.answer(b"235 2.7.0 Ok\r\n" if event.password == "secret" else b"535 5.7.8 No\r\n")
    elif isinstance(event, Ended):
        count = len(wire.recipients) if wire.lmtp else 1
        wire.answer(*[b"250 2.0.0 Ok\r\n", b"451 4.0.0 Later\r\n", b"550 5.0.0 No\r\n"][:count])


def talk(flags: int, pieces: list[bytes]) -> Talk:
    """One conversation, which the server ends."""
    limits = Limits(
        max_size=300,
        max_line=MAX_LINE,
        max_recipients=3,
        max_errors=6,
        max_junk=20,
        normalise=bool(flags & NORMALISE),
        ask_recipients=bool(flags & ASK),
        require_auth=bool(flags & REQUIRE),
    )
    wire = Wire("mx.example", limits, lmtp=bool(flags & LMTP))
    wire.offer_tls = bool(flags & TLS)
    wire.xclient = bool(flags & PROXY)
    wire.mechanisms = ("SCRAM-SHA-256", "PLAIN", "LOGIN") if flags & LOGIN else ()
    told = Talk()
    for piece in pieces:
        wire.feed(piece)
        while (event := wire.next()) is not None:
            told.take(wire, event)
            settle(wire, event)
            if flags & SPOIL and isinstance(event, Begun) and len(told.events) % 2:
                wire.spoil(b"452 4.3.1 No room\r\n")
        told.most = max(told.most, wire.pending)
    told.out = b"".join(wire.out)
    event = wire.stop(b"421 4.3.2 Bye\r\n")
    if (event is not None) != told.open:
        raise AssertionError(f"open {told.open}, and stop() says {event!r}")
    if not wire.closing or wire.next() is not None or wire.pending:
        raise AssertionError("not closed")
    return told


def one(data: bytes) -> None:
    """A byte of flags, a byte that says how to cut, then what the client sends."""
    if len(data) < 2:
        return
    flags, size, data = data[0], data[1] + 1, data[2:]
    whole = talk(flags, [data])
    pieces = talk(flags, [data[at : at + size] for at in range(0, len(data), size)])
    if (whole.out, whole.events) != (pieces.out, pieces.events):
        raise AssertionError(f"{whole!r} in one read, {pieces!r} in reads of {size}")
    if not REPLY.fullmatch(whole.out):
        raise AssertionError(f"no replies: {whole.out!r}")
    if len(whole.out) > 1000 + 64 * len(data):
        raise AssertionError(f"{len(whole.out)} bytes of replies to {len(data)}")
    if max(whole.most, pieces.most) > max(LINE, MAX_LINE):
        raise AssertionError(f"{whole.most} or {pieces.most} bytes are kept")


def generate(rng: random.Random) -> bytes:
    """Conversations, most of them sound as far as their order goes, some with bytes changed."""
    flags = rng.randrange(256)
    out = bytearray((flags, rng.choice((0, 1, 2, 6, 50))))
    out += (b"LHLO a" if flags & LMTP else b"EHLO a") + b"\r\n"
    if flags & LOGIN:
        out += b"AUTH PLAIN AGEAc2VjcmV0\r\n"
    for _ in range(rng.randrange(1, 4)):
        for line in rng.choices(COMMANDS, k=rng.choice((0, 0, 1, 3))):
            out += line + rng.choice(ENDS)
        out += rng.choice(COMMANDS[3:6]) + b"\r\n" + b"RCPT TO:<c@d.example>\r\n" * rng.randrange(1, 4)
        for _ in range(rng.choice((0, 0, 1, 2))):
            body = b"".join(rng.choices(BITS, k=rng.randrange(6)))
            out += b"BDAT %d%b\r\n" % (len(body), rng.choice((b"", b"", b" LAST"))) + body
        if rng.random() < 0.7:
            out += b"DATA\r\n" + b"".join(rng.choices(BITS, k=rng.randrange(12))) + b"\r\n.\r\n"
    if rng.random() < 0.3:
        for _ in range(rng.randrange(1, 4)):
            out[rng.randrange(2, len(out))] = rng.choice((rng.randrange(256), 10, 13, 46))
    return bytes(out)
