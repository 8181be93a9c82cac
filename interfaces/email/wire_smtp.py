"""SMTP and LMTP, the receiving side: bytes in, events and replies out. Pure.

RFC 5321 (§3.1 to §3.3, §4.1 commands, §4.2 replies, §4.3.2 sequences, §4.5.3 limits), RFC 2033 (LMTP), RFC 1870
(SIZE), RFC 2920 (PIPELINING), RFC 3030 (CHUNKING), RFC 2034 (enhanced codes), RFC 3207 (STARTTLS), RFC 4954 (AUTH).

Refused, although lenient peers take it: a bare CR or LF in a command, 8-bit characters outside of addresses, commands
before EHLO, DATA within BDAT, what a client sent in the clear behind STARTTLS (it is dropped: RFC 3207 §6), a second
TLS or AUTH. Whoever speaks HTTP to this port is told 421 and hung up on before its headers could pass for commands.

Whatever the split of the bytes, the events and replies are the same, but for where content is cut.
"""

import re
from collections.abc import Callable
from typing import Any

from interfaces.email import envelope
from interfaces.email import replies as say
from interfaces.email.content import Content
from interfaces.email.envelope import Mail, Recipient
from interfaces.email.events_smtp import Abandoned, Auth, Begun, Ended, Event, Limits, Piece, Rcpt, Tls
from interfaces.email.login import Login
from interfaces.email.replies import reply
from interfaces.shared.errors import PeerError

__all__ = ["Wire"]

LINE = 2048
"""Octets of a command with its CRLF (RFC 5321 §4.5.3.1.4 asks for 512, extensions for more)."""
COMMAND, DATA, CHUNK, LOGIN, WAIT, HANDSHAKE, CLOSED = range(7)

_GREETINGS = (b"EHLO", b"HELO", b"LHLO")
_HTTP = re.compile(rb"(?:GET|POST|PUT|HEAD|DELETE|OPTIONS|CONNECT|PATCH|PRI|TRACE) |[Hh][Oo][Ss][Tt]:")
_NAME = re.compile(rb"[!-~\x80-\xff]{1,255}")
_BDAT = re.compile(rb"[Bb][Dd][Aa][Tt] +(?P<size>[0-9]{1,15})(?P<last> +[Ll][Aa][Ss][Tt])? *")
_AUTH = re.compile(
    rb"[Aa][Uu][Tt][Hh] +(?P<mechanism>[A-Za-z0-9_-]{1,20})(?: +(?P<initial>[A-Za-z0-9+/=]+))? *"
)


class Wire:
    """One connection. :meth:`feed` it, take events by :meth:`next`, write what is in ``out``, :meth:`answer`.

    ``closing``: nothing more is taken; the connection ends when ``out`` has left. ``busy``: no new message now.
    """

    def __init__(self, host: str, limits: Limits, *, lmtp: bool = False, tls: bool = False) -> None:
        self.host: bytes = host.encode("ascii")
        self.limits = limits
        self.lmtp = lmtp
        self.secure = tls
        self.offer_tls: bool = False
        self.mechanisms: tuple[str, ...] = ()
        self.user: str = ""
        self.busy: bool = False
        self.out: list[bytes] = [b"220 %b %b\r\n" % (self.host, b"LMTP" if lmtp else b"ESMTP")]
        self.closing: bool = False
        self.greeting: str = ""
        self.extended: bool = False
        self.mail: Mail | None = None
        self.recipients: list[Recipient] = []
        self._content = Content(0, 0)
        self._open: bool = False  # content has been announced, and the message was not answered
        self._state = COMMAND
        self._buffer: bytes = b""
        self._at: int = 0
        self._more: list[bytes] = []
        self._fresh: bool = True  # a line begins here, behind a CRLF
        self._left: int = 0  # of this chunk
        self._last: bool = False
        self._begun: bool = False
        self._errors: int = 0
        self._junk: int = 0
        self._asked: Recipient | None = None
        self._login = Login("")
        self._others: dict[bytes, Callable[[bytes], Event | None]] = {
            b"QUIT": self._quit,
            b"RSET": self._rset,
            b"NOOP": lambda _: self._say(say.OK),
            b"VRFY": self._vrfy,
            b"HELP": lambda _: self._say(say.RFC),
            b"STARTTLS": self._starttls,
        }

    # --- in ----------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        """Bytes from the client; what is fed behind ``closing`` or while TLS is due is dropped."""
        if self._state < HANDSHAKE:
            self._more.append(data)

    @property
    def pending(self) -> int:
        """Bytes that were fed and not read yet."""
        return len(self._buffer) - self._at + sum(map(len, self._more))

    def next(self) -> Event | None:
        """The next event, or None when there is none before more is fed or answered."""
        if self._state == WAIT:
            return None
        if self._more:
            rest = self._buffer[self._at :]
            self._buffer = b"".join([rest, *self._more]) if rest or len(self._more) > 1 else self._more[0]
            self._at = 0
            self._more.clear()
        event: Event | None = None
        while event is None and (self._at < len(self._buffer) or (self._state == CHUNK and not self._left)):
            if self._state == DATA:
                before = self._at
                if (event := self._data()) is None and self._at == before:
                    break
            elif self._state == CHUNK:
                event = self._chunk()
            elif self._state <= LOGIN:
                line = self._line()
                if line is None:
                    break
                event = self._command(line) if self._state == COMMAND else self._credential(line)
            else:
                break
        return event

    def _line(self) -> bytes | None:
        """The next command without its CRLF; None when it is not there yet. A bad one is answered here."""
        while self._state < WAIT:
            end = self._buffer.find(b"\n", self._at, self._at + LINE)
            if end < 0:
                if len(self._buffer) - self._at >= LINE:
                    self._close(say.LONG)
                return None
            line = self._buffer[self._at : end + 1]
            self._at = end + 1
            if line.endswith(b"\r\n") and line.count(b"\r") == 1 and b"\0" not in line:
                return line[:-2]
            self._bad(say.LINE)
        return None

    # --- commands ----------------------------------------------------------------------------------

    def _command(self, line: bytes) -> Event | None:
        verb = line[:4].upper()
        if verb == b"RCPT":
            return self._rcpt(line)
        if verb == b"MAIL":
            return self._mail(line)
        if line[:5].upper() == b"BDAT ":
            return self._bdat(line)
        verb, _, words = line.partition(b" ")
        verb = verb.upper()
        if verb == b"DATA":
            return self._go(words)
        self._junk += 1
        if self._junk > self.limits.max_junk:
            return self._close(say.JUNK)
        if verb in _GREETINGS:
            return self._greet(verb, words.strip(b" "))
        if verb == b"AUTH":
            return self._auth(line)
        do = self._others.get(verb)
        if do is not None:
            return do(words)
        return self._close(say.WEB) if _HTTP.match(line) else self._bad(say.UNKNOWN)

    def _quit(self, words: bytes) -> Event | None:
        return self._bad(say.SYNTAX) if words else self._close(say.BYE)

    def _rset(self, words: bytes) -> Event | None:
        if words:
            return self._bad(say.SYNTAX)
        self.out.append(say.OK)
        return self._forget()

    def _vrfy(self, words: bytes) -> Event | None:
        return self._bad(say.SYNTAX) if not words else self._say(say.TRY)

    def _say(self, answer: bytes) -> Event | None:
        self.out.append(answer)
        return None

    def _greet(self, verb: bytes, name: bytes) -> Event | None:
        if (verb == b"LHLO") != self.lmtp:
            return self._bad(say.UNKNOWN)
        if not _NAME.fullmatch(name):
            return self._bad(say.SYNTAX)
        self.greeting = name.decode("utf-8", "replace")
        self.extended = verb != b"HELO"
        lines = [self.host, *(self._extensions() if self.extended else ())]
        self.out += [b"250-%b\r\n" % line for line in lines[:-1]]
        self.out.append(b"250 %b\r\n" % lines[-1])
        return self._forget()

    def _extensions(self) -> list[bytes]:
        found = [b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"CHUNKING", b"ENHANCEDSTATUSCODES", b"DSN"]
        found.append(b"SIZE %d" % self.limits.max_size if self.limits.max_size else b"SIZE")
        if self.offer_tls:
            found.append(b"STARTTLS")
        if self.secure:
            found.append(b"REQUIRETLS")
        if self.mechanisms and not self.user:
            found.append(b"AUTH " + " ".join(self.mechanisms).encode("ascii"))
        return found

    def _mail(self, line: bytes) -> Event | None:
        if self.limits.require_tls and not self.secure:
            return self._bad(say.NEED_TLS)
        if self.limits.require_auth and not self.user:
            return self._bad(say.NEED_AUTH)
        if not self.greeting:
            return self._bad(say.GREET)
        if self.mail is not None:
            return self._bad(say.SEQUENCE)
        if self.busy:
            return self._say(say.STORAGE)
        try:
            self.mail = envelope.mail(
                line, extended=self.extended, max_size=self.limits.max_size, tls=self.secure
            )
        except PeerError as error:
            return self._bad(error.answer)
        self._junk = 0
        return self._say(say.SENDER_OK)

    def _rcpt(self, line: bytes) -> Event | None:
        if self.mail is None or self._open:
            return self._bad(say.SEQUENCE)
        utf8 = "SMTPUTF8" in self.mail.parameters
        try:
            recipient = envelope.recipient(line, extended=self.extended, utf8=utf8)
        except PeerError as error:
            return self._bad(error.answer)
        if len(self.recipients) >= self.limits.max_recipients:
            self.out.append(say.FULL)
        elif self.limits.ask_recipients:
            self._asked = recipient
            self._state = WAIT
            return Rcpt(recipient)
        else:
            self.recipients.append(recipient)
            self.out.append(say.RECIPIENT_OK)
        return None

    def _go(self, words: bytes) -> Event | None:
        if words:
            return self._bad(say.SYNTAX)
        if not self.recipients or self._open:
            return self._bad(say.SEQUENCE)
        self.out.append(say.GO)
        self._state = DATA
        return self._begin()

    def _begin(self) -> Event:
        self._open = self._begun = self._fresh = True
        limits = self.limits
        self._content = Content(limits.max_size, limits.max_line, normalise=limits.normalise)
        return Begun()

    def _bdat(self, line: bytes) -> Event | None:
        found = _BDAT.fullmatch(line)
        if found is None:  # how many bytes are no commands nobody can know
            return self._close(say.SYNTAX)
        self._left, self._last = int(found["size"]), found["last"] is not None
        self._state = CHUNK
        if not self._open:
            event = self._begin()
            if self.recipients:
                return event
            self._content.fault, self._begun = say.SEQUENCE, False
        return None if self._left else self._chunk()

    # --- content -----------------------------------------------------------------------------------

    def _data(self) -> Event | None:
        """Whole lines up to the end of data or of what there is; None when no line is complete."""
        content, buffer, at = self._content, self._buffer, self._at
        if self._fresh and buffer.startswith(b".\r\n", at):
            self._at = at + 3
            return self._end(b"")
        end = buffer.find(b"\r\n.\r\n", at)
        cut = end + 2 if end >= 0 else buffer.rfind(b"\n", at) + 1
        if cut <= at:
            if content.overlong(len(buffer) - at):
                self._at, self._fresh = len(buffer) - 1, False  # that byte may be the CR of an end
            return self._faulty()
        piece = content.data(buffer[at:cut], fresh=self._fresh)
        if end >= 0:
            self._at = end + 5
            return self._end(piece)
        self._at, self._fresh = cut, buffer.endswith(b"\r\n", at, cut)
        return Piece(piece) if piece else self._faulty()

    def _chunk(self) -> Event | None:
        content = self._content
        piece = self._buffer[self._at : self._at + self._left]
        self._at += len(piece)
        self._left -= len(piece)
        last = self._last and not self._left
        piece = content.chunk(piece, last=last)
        if last:
            return self._end(piece)
        if not self._left:
            self._state = COMMAND
            self.out.append(content.fault or reply(250, "2.0.0", "Ok, go on"))
        return Piece(piece) if piece else self._faulty()

    def _end(self, rest: bytes) -> Event | None:
        """The content is complete: it has a fault, or needs an answer."""
        content = self._content
        if content.fault:
            self.out.append(content.fault * (max(1, len(self.recipients)) if self.lmtp else 1))
            self._state = COMMAND
            return self._forget()
        self._state = WAIT
        return Ended(rest)

    def _faulty(self) -> Event | None:
        """Give up a message that has a fault; what is left of it is read and dropped."""
        if self._begun and self._content.fault:
            self._begun = False
            return Abandoned()
        return None

    def _forget(self) -> Event | None:
        """No transaction any more."""
        begun, self._begun = self._begun, False
        self._open, self.mail = False, None
        self.recipients = []
        return Abandoned() if begun else None

    # --- who, and in secret ------------------------------------------------------------------------

    def _starttls(self, words: bytes) -> Event | None:
        if words:
            return self._bad(say.SYNTAX)
        self.out.append(reply(220, "2.0.0", "Ready to start TLS"))
        self._state = HANDSHAKE
        self._buffer, self._at = b"", 0
        self._more.clear()
        self._forget()
        return Tls()

    def secured(self) -> None:
        """The handshake is done: begin anew (RFC 3207 §4.2)."""
        self.secure, self.offer_tls = True, False
        self.greeting, self.user = "", ""
        self._state = COMMAND

    def _auth(self, line: bytes) -> Event | None:
        found = _AUTH.fullmatch(line)
        if found is None:
            return self._bad(say.SYNTAX)
        mechanism = found["mechanism"].decode("ascii").upper()
        if self.mail is not None or self.user or not self.greeting:
            return self._bad(say.SEQUENCE)
        if mechanism not in self.mechanisms:
            return self._bad(reply(504, "5.5.4", "There is no such mechanism"))
        self._login, self._state = Login(mechanism), LOGIN
        if found["initial"] is not None:
            return self._credential(found["initial"])
        return self._say(self._login.challenge)

    def _credential(self, line: bytes) -> Event | None:
        login = self._login
        try:
            if not login.said(line):
                return self._say(login.challenge)
        except PeerError as error:
            self._state = COMMAND
            return self._bad(error.answer)
        self._state = WAIT
        return Auth(login.mechanism, login.user, login.password)

    # --- out ---------------------------------------------------------------------------------------

    def answer(self, *replies: bytes) -> None:
        """Answer what waits: a recipient, who somebody is, or a message (in LMTP one reply for each recipient)."""
        self._state = COMMAND
        if self._open:
            one_for_all = self.lmtp and len(replies) == 1
            self.out += replies * len(self.recipients) if one_for_all else replies
            self._begun = False
            self._forget()
        elif self._asked is not None:
            self.out += replies
            if replies[0].startswith(b"2"):
                self.recipients.append(self._asked)
            self._asked = None
        elif replies[0].startswith(b"2"):
            self.out += replies
            self.user = self._login.user
        else:
            self._bad(replies[0])

    def stop(self, answer: bytes) -> Event | None:
        """End the connection with ``answer``: 421 and why. A message that has begun is abandoned."""
        return None if self.closing else self._close(answer)

    def _bad(self, answer: Any) -> Event | None:
        self._errors += 1
        if self._errors > self.limits.max_errors:
            return self._close(say.ERRORS)
        self.out.append(answer)
        return None

    def _close(self, answer: bytes) -> Event | None:
        self.out.append(answer)
        self.closing, self._state = True, CLOSED
        self._buffer, self._at = b"", 0
        self._more.clear()
        return self._forget()
