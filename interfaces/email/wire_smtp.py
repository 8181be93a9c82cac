"""SMTP and LMTP, the receiving side: bytes in, events and replies out. Pure.

RFC 5321 (§3.1 to §3.3, §4.1 commands, §4.2 replies, §4.3.2 sequences, §4.5.3 limits), RFC 2033 (LMTP), RFC 1870
(SIZE), RFC 2920 (PIPELINING), RFC 3030 (CHUNKING), RFC 2034 (enhanced codes), RFC 3207 (STARTTLS), RFC 4954 (AUTH).

Refused, although lenient peers take it: a bare CR or LF in a command, 8-bit characters outside of addresses, commands
before EHLO, DATA within BDAT, what a client sent in the clear behind STARTTLS (it is dropped: RFC 3207 §6), a second
TLS or AUTH, TLS or AUTH within a message. Whoever speaks HTTP to this port is told 421 and hung up on before its
headers could pass for commands.

Whatever the split of the bytes, the events and replies are the same, but for where content is cut.
"""

import re
from collections.abc import Callable, Sequence

from interfaces.email import envelope
from interfaces.email import replies as say
from interfaces.email.content import Content
from interfaces.email.envelope import Recipient
from interfaces.email.events_smtp import ABANDONED, BEGUN, Ended, Event, Limits, Piece, Rcpt
from interfaces.email.login import Login
from interfaces.email.wire_identity import Identity
from interfaces.email.wire_lines import CHUNK, COMMAND, DATA, LINE, WAIT
from interfaces.email.xclient import OFFER
from interfaces.shared.errors import PeerError

__all__ = ["LINE", "Wire"]

_ENVELOPE = envelope.COMMAND
_HTTP = re.compile(rb"(?:GET|POST|PUT|HEAD|DELETE|OPTIONS|CONNECT|PATCH|PRI|TRACE) |[Hh][Oo][Ss][Tt]:")
_NAME = re.compile(rb"[!-~]{1,255}")
_BDAT = re.compile(rb"[Bb][Dd][Aa][Tt] +(?P<size>[0-9]{1,15})(?P<last> +[Ll][Aa][Ss][Tt])? *")


class Wire(Identity):
    """One connection. :meth:`feed` it, take events by :meth:`next`, write what is in ``out``, :meth:`answer`.

    ``closing``: nothing more is taken; the connection ends when ``out`` has left. ``busy``: no new message now.
    ``xclient``: the client is a proxy that may say who is behind it.
    """

    def __init__(self, host: str, limits: Limits, *, lmtp: bool = False, tls: bool = False) -> None:
        super().__init__(host, limits, lmtp=lmtp, tls=tls)
        self.busy: bool = False
        self.recipients: list[Recipient] = []
        self._content = Content(0, 0)
        self._begun: bool = False  # Begun has been said, and no end of it
        self._junk: int = 0
        self._asked: Recipient | None = None

    # --- in ----------------------------------------------------------------------------------------

    def _step(self, state: int) -> Event | None:
        """Read on, or stay where the buffer is when there is too little."""
        if state == DATA:
            return self._data()
        if state == CHUNK:
            return self._chunk()
        at, buffer = self._at, self._buffer
        if state == COMMAND:  # the two of every message: one look takes the line and its syntax
            found = _ENVELOPE.match(buffer, at)
            if found is not None and found.end() - at <= LINE:
                self._at = found.end()
                return self._rcpt(found) if found.start(1) < 0 else self._mail(found)
            if buffer.startswith(b"DATA\r\n", at):
                self._at = at + 6
                return self._go(b"DATA")
        return self._line(state)

    def _line(self, state: int) -> Event | None:
        """Any other command, or a line of a login."""
        at, buffer = self._at, self._buffer
        end = buffer.find(b"\n", at, at + LINE)
        if end < 0:
            return self._close(say.LONG) if len(buffer) - at >= LINE else None
        line = buffer[at : end + 1]
        self._at = end + 1
        if not line.endswith(b"\r\n") or line.count(b"\r") != 1 or line.find(b"\0") >= 0:
            self._state = COMMAND  # this was no credential either
            return self._close(say.WEB) if _HTTP.match(line) else self._bad(say.LINE)
        return self._command(line[:-2]) if state == COMMAND else self._credential(line[:-2])

    # --- commands ----------------------------------------------------------------------------------

    def _command(self, line: bytes) -> Event | None:
        do = _MAILING.get(line[:4].upper())
        if do is not None:
            return do(self, line)
        self._junk += 1
        if self._junk > self.limits.max_junk:
            return self._close(say.JUNK)
        if not line.isascii():
            return self._bad(say.SYNTAX)
        verb, _, words = line.partition(b" ")
        verb = verb.upper()
        do = _OTHERS.get(verb)
        if do is not None:
            return do(self, words)
        if verb in _FIXED:
            return self._say(_FIXED[verb])
        return self._close(say.WEB) if _HTTP.match(line) else self._bad(say.UNKNOWN)

    def _quit(self, words: bytes) -> Event | None:
        return self._bad(say.SYNTAX) if words else self._close(say.BYE)

    def _rset(self, words: bytes) -> Event | None:
        if words:
            return self._bad(say.SYNTAX)
        self.out.append(say.OK)
        return self._forget()

    def _helo(self, words: bytes) -> Event | None:
        return self._bad(say.UNKNOWN) if self.lmtp else self._greet(words, extended=False)

    def _ehlo(self, words: bytes) -> Event | None:
        return self._bad(say.UNKNOWN) if self.lmtp else self._greet(words, extended=True)

    def _lhlo(self, words: bytes) -> Event | None:
        return self._greet(words, extended=True) if self.lmtp else self._bad(say.UNKNOWN)

    def _greet(self, words: bytes, *, extended: bool) -> Event | None:
        name = words.strip(b" ")
        if not _NAME.fullmatch(name):
            return self._bad(say.SYNTAX)
        self.greeting, self.extended = name.decode("ascii"), extended
        tls, mechanisms = (self.secure, self.offer_tls), () if self.user else self.mechanisms
        lines = [self.host, *(self.limits.offers(*tls, mechanisms) if extended else ())]
        if self.xclient and extended:
            lines.append(OFFER)
        self.out += [b"250-%b\r\n" % line for line in lines[:-1]]
        self.out.append(b"250 %b\r\n" % lines[-1])
        return self._forget()

    def _malformed(self, line: bytes) -> Event | None:
        """MAIL or RCPT that is none, as soon as it would be its turn."""
        return self._mail(None) if line[:1] in b"Mm" else self._rcpt(None)

    def _mail(self, found: re.Match[bytes] | None) -> Event | None:
        limits = self.limits
        if limits.require_tls and not self.secure:
            return self._bad(say.NEED_TLS)
        if limits.require_auth and not self.user:
            return self._bad(say.NEED_AUTH)
        if not self.greeting:
            return self._bad(say.GREET)
        if self.mail is not None or self._open:
            return self._bad(say.SEQUENCE)
        if self.busy:
            return self._say(say.STORAGE)
        if found is None:
            return self._bad(envelope.MAIL_SYNTAX)
        try:
            self.mail = envelope.sender(
                found, extended=self.extended, max_size=limits.max_size, tls=self.secure
            )
        except PeerError as error:
            return self._bad(error.answer)
        return self._say(say.SENDER_OK)

    def _rcpt(self, found: re.Match[bytes] | None) -> Event | None:
        mail = self.mail
        if mail is None or self._open:
            return self._bad(say.SEQUENCE)
        if found is None:
            return self._bad(envelope.RCPT_SYNTAX)
        try:
            recipient = envelope.receiver(found, extended=self.extended, utf8="SMTPUTF8" in mail.parameters)
        except PeerError as error:
            return self._bad(error.answer)
        if len(self.recipients) >= self.limits.max_recipients:
            return self._say(say.FULL)
        if self.limits.ask_recipients:
            self._asked, self._state = recipient, WAIT
            return Rcpt(recipient)
        self.recipients.append(recipient)
        return self._say(say.RECIPIENT_OK)

    def _go(self, line: bytes) -> Event | None:
        if line[4:].strip(b" "):
            return self._bad(say.SYNTAX)
        if not self.recipients or self._open:
            return self._bad(say.SEQUENCE)
        self.out.append(say.GO)
        self._state = DATA
        return self._begin()

    def _begin(self) -> Event | None:
        """Content comes, the first of a message; without recipients it is read, too, but of no message."""
        limits = self.limits
        fault = b"" if self.recipients else say.SEQUENCE
        self._content = Content(limits.max_size, limits.max_line, normalise=limits.normalise, fault=fault)
        self._open = True
        self._begun = not fault
        return None if fault else BEGUN

    def _bdat(self, line: bytes) -> Event | None:
        found = _BDAT.fullmatch(line)
        if found is None:  # how many bytes are no commands nobody can know
            return self._close(say.SYNTAX)
        event = None if self._open else self._begin()
        self._content.expect(int(found["size"]), last=found["last"] is not None)
        self._state = CHUNK
        return event

    # --- content -----------------------------------------------------------------------------------

    def _data(self) -> Event | None:
        piece, self._at = self._content.data(self._buffer, self._at)
        if self._content.ended:
            return self._end(piece)
        return Piece(piece) if piece else self._faulty()

    def _chunk(self) -> Event | None:
        content = self._content
        piece, self._at = content.chunk(self._buffer, self._at)
        if content.ended:
            return self._end(piece)
        event = Piece(piece) if piece else self._faulty()
        if not content.left:
            self._state = COMMAND
            _ = self._bad(content.fault) if content.fault else self._say(say.CHUNK_OK)
        return event

    def _end(self, rest: bytes) -> Event | None:
        """The content is complete: it has a fault, or needs an answer."""
        fault = self._content.fault
        if not fault:
            self._state = WAIT
            return Ended(rest)
        self._state = COMMAND
        times = max(1, len(self.recipients)) if self.lmtp else 1
        event = self._forget()
        self._bad(fault * times)
        return event

    def _faulty(self) -> Event | None:
        """Give up a message that has a fault; what is left of it is read and dropped."""
        if self._begun and self._content.fault:
            self._begun = False
            return ABANDONED
        return None

    def _forget(self) -> Event | None:
        """No transaction any more."""
        begun, self._begun = self._begun, False
        self._open, self.mail, self._asked = False, None, None
        self.recipients = []
        return ABANDONED if begun else None

    # --- out ---------------------------------------------------------------------------------------

    def answer(self, *replies: bytes) -> None:
        """Answer what waits: a recipient, who somebody is, or a message (in LMTP one reply for each recipient).

        Nothing waits any more once the connection is ``closing``: then nothing is said.
        """
        self.decide(replies)

    def decide(self, replies: Sequence[bytes]) -> None:
        """As :meth:`answer`."""
        if self._state != WAIT:
            return
        if len(replies) != 1 and not (self._open and self.lmtp and len(replies) == len(self.recipients)):
            raise ValueError(f"{len(replies)} replies are too few or too many")
        self._state = COMMAND
        asked, login = self._asked, self._login
        self._asked = self._login = None
        if asked is None and login is None:
            self._decided(replies)
        else:
            self._told(replies[0], asked, login)

    def _told(self, answer: bytes, asked: Recipient | None, login: Login | None) -> None:
        """A recipient that was asked about, or a login, has its answer."""
        good = answer.startswith(b"2")
        if not good and (login is not None or answer.startswith(b"5")):
            self._bad(answer)  # who tries many addresses, or passwords, is no friend
            return
        self.out.append(answer)
        if asked is not None and good:
            self.recipients.append(asked)
        elif login is not None:
            self.user = login.user

    def _decided(self, replies: Sequence[bytes]) -> None:
        """The message has its answer."""
        good = replies[0].startswith(b"2") or any(answer.startswith(b"2") for answer in replies)
        self.out += [replies[0]] * len(self.recipients) if self.lmtp and len(replies) == 1 else replies
        self._begun = False
        self._forget()
        if good:
            self._errors = self._junk = 0

    @property
    def fault(self) -> bytes:
        """What the message that comes in, or came last, will be told; b"" while nothing is wrong with it."""
        return self._content.fault

    def spoil(self, answer: bytes) -> None:
        """Refuse the message that comes in: :class:`Abandoned` comes with more of it, ``answer`` at its end."""
        self._content.fault = self._content.fault or answer


_Do = Callable[[Wire, bytes], Event | None]
# What a transaction is made of takes the line; anything else takes what follows its verb.
# fmt: off
_MAILING: dict[bytes, _Do] = {
    b"MAIL": Wire._malformed, b"RCPT": Wire._malformed, b"DATA": Wire._go, b"BDAT": Wire._bdat,  # noqa: SLF001 - its own table
}
_OTHERS: dict[bytes, _Do] = {
    b"HELO": Wire._helo, b"EHLO": Wire._ehlo, b"LHLO": Wire._lhlo, b"QUIT": Wire._quit,  # noqa: SLF001
    b"RSET": Wire._rset, b"STARTTLS": Wire._starttls, b"AUTH": Wire._auth,  # noqa: SLF001
    b"XCLIENT": Wire._xclient,  # noqa: SLF001
}
# fmt: on
_FIXED: dict[bytes, bytes] = {b"NOOP": say.OK, b"HELP": say.RFC, b"VRFY": say.TRY, b"EXPN": say.EXPAND}
