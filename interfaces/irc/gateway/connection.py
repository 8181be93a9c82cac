"""A client of the gateway: its bytes, deadlines and limits, and its application."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from interfaces.irc.gateway import commands
from interfaces.irc.gateway.cloak import block
from interfaces.irc.gateway.labels import Answer, label_of
from interfaces.irc.gateway.login import Login
from interfaces.irc.gateway.registration import Registration
from interfaces.irc.gateway.roster import User
from interfaces.irc.gateway.saying import MESSAGE_TAGS, client_tags
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.gateway.session import ClientSession
from interfaces.irc.gateway.waits import ASKED, Waits
from interfaces.irc.gateway.words import words
from interfaces.irc.line import Line, form
from interfaces.irc.numerics import ERR_INPUTTOOLONG, text_of
from interfaces.irc.wire_irc import Refused, Wire
from interfaces.shared.asgi import Event
from interfaces.shared.serving import endpoint
from interfaces.shared.session import Instance, report
from interfaces.shared.stream import FOREVER, Stream

__all__ = ["Client"]

INBOX: Final = 1
LAG: Final = 2
"""Reasons not to read: the application is behind; it has said too much of late."""
TURN: Final = 64
"""Lines in one turn of the loop."""
TAGS: Final = 4096
"""Octets of tags that a client may send (message-tags)."""
_NONE: Final[Mapping[str, str]] = {}


class Client(Stream):
    """One connection."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway.loop)
        self.gateway = gateway
        self.wire = Wire(tags=TAGS)
        self.user = User("*", "", "")
        self.registration: Registration | None = Registration(self)
        self.login: Login = Login(self)
        self.session: ClientSession | None = None
        self.proxied: Any = None
        self.peer: tuple[str, int | None] | None = None
        self.address: str = ""
        self.secure: Any = None
        self.caps: set[str] = set()
        self.bits: int = 0
        self.extended_join: bool = False
        self.labels: bool = False
        self.answer: Answer | None = None
        self.waits: Waits = Waits(self)
        self.asks: Any = None
        """What it has asked of its application and waits for (:mod:`interfaces.irc.gateway.commands.history`)."""
        self.motd: list[str] | None = None
        """Its own, of irc.accept."""
        self.quit: str = ""
        self.code: int = 1006
        self.tokens: float = float(gateway.options.burst)
        self._counted_at: float = gateway.now
        self._heard: float = gateway.now
        self._pinged: bool = False
        self._more: bool = False
        self.gone: bool = False

    def __repr__(self) -> str:
        return f"<Client {self.user.nick} of {self.address or 'a unix socket'}>"

    # --- the connection ---------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """asyncio: it is there."""
        self.transport = transport
        gateway = self.gateway
        proxied = self.proxied
        self.peer = endpoint(transport.get_extra_info("peername"))
        if proxied is not None and proxied.source is not None:
            self.peer = proxied.source
        self.address = self.peer[0] if self.peer and self.peer[1] is not None else ""
        self.secure = transport.get_extra_info("ssl_object")
        self.deadline = gateway.now + gateway.options.register_timeout
        self.user.host = gateway.cloak.host(self.address)
        if not gateway.joined(self, block(self.address)):
            gateway.count("irc.gateway.refused")
            self.end("Too many connections from your address", 1008)
        elif gateway.draining:
            self.end("Server restarting", 1012)

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it is gone."""
        if self.lost:
            return
        super().connection_lost(error)
        self.leave(self.quit or (f"Connection lost: {error}" if error else "Connection closed"))
        self.gateway.left(self, block(self.address))

    def resume_writing(self) -> None:
        """asyncio: the client reads on."""
        super().resume_writing()
        self.waits.written()

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        self._heard = self.gateway.now
        self._pinged = False
        self.wire.feed(data)
        self.go()

    def go(self) -> None:
        """Take what has come, unless there is a reason not to."""
        if self.quit:
            return
        wire, taken = self.wire, 0
        self.waits.renew()
        while taken < TURN and not self._held & (INBOX | ASKED) and self._may():
            line = wire.next()
            if line is None:
                break
            taken += 1
            if isinstance(line, Refused):
                self._refused(line)
            else:
                self.handle(line)
            if self.lost or self.quit:
                return
        if wire.waiting:
            self._later(taken)
        elif self._held & LAG:
            self.release(LAG)

    def _later(self, taken: int) -> None:
        """There is more than may be taken now."""
        if self.tokens < 1.0 and self.wire.pending > self.gateway.options.recvq:
            self.gateway.count("irc.gateway.recvq")
            self.end("Excess Flood", 1008)
        elif taken == TURN and not self._more:
            self._more = True
            self.hold(LAG)
            self.loop.call_soon(self.go_on)

    def go_on(self) -> None:
        """Take what waits, once the loop has done all else."""
        self._more = False
        if not self.lost:
            self.go()

    def _may(self) -> bool:
        """Whether it has a token for a line; else it waits for the sweep."""
        rate = self.gateway.options.rate
        if not rate:
            return True
        now = self.gateway.now
        if now > self._counted_at:
            most = float(self.gateway.options.burst)
            self.tokens = min(most, self.tokens + (now - self._counted_at) * rate)
            self._counted_at = now
        if self.tokens < 1.0:
            if self.wire.waiting:
                self.hold(LAG)
            return False
        self.tokens -= 1.0
        return True

    def _refused(self, line: Refused) -> None:
        self.gateway.count("irc.gateway.malformed")
        if line.why == "long":
            self.fault(ERR_INPUTTOOLONG)

    def handle(self, line: Line) -> None:
        """Do what a line says."""
        label = ""
        if line.tags:
            label = label_of(line.tags.get("label", "")) if self.labels else ""
            line.tags = client_tags(line.tags) if self.bits & MESSAGE_TAGS else _NONE
        if not label:
            commands.handle(self, line)
            return
        batch = self.gateway.msgid() if "batch" in self.caps else ""
        answer = self.answer = Answer(label, self._put, self.gateway.name, batch)
        try:
            commands.handle(self, line)
        finally:
            if self.answer is answer:
                self.answer = None
                if not answer.kept:
                    answer.close()

    # --- to the client ----------------------------------------------------------------------------

    def put(self, data: bytes) -> None:
        """Write a line; what there is none of is passed over."""
        if self.answer is not None and data:
            self.answer.add(data)
        elif data:
            self.write(data)
            if self.blocked:
                self._limit()

    def _put(self, data: bytes) -> None:
        """Write a line of an answer."""
        self.write(data)
        if self.blocked:
            self._limit()

    def _limit(self) -> None:
        """A client that does not read is hung up on when too much waits for it."""
        if self.quit or self.lost:
            return
        waits = self._size + self.transport.get_write_buffer_size()
        if waits > self.gateway.options.sendq:
            self.gateway.count("irc.gateway.sendq")
            self.quit, self.code = "Max SendQ exceeded", 1008
            self.abort()

    def say(self, command: str, *params: str, source: str = "") -> None:
        """Write a line of the server."""
        said = self.gateway.said(source or self.gateway.name, command, params)
        self.put(said.line(self.bits))

    def numeric(self, code: str, *params: str) -> None:
        """Write a numeric."""
        self.say(code, self.user.nick, *params)

    def fault(self, code: str, *params: str) -> None:
        """Write a numeric with the text that it always has."""
        self.say(code, self.user.nick, *params, text_of(code))

    def fail(self, command: str, code: str, *words: str) -> None:
        """Write a standard reply that says what could not be done; the last of ``words`` is a sentence."""
        self.say("FAIL", command, code, *words)

    # --- answers that have a label ----------------------------------------------------------------

    def keep(self) -> Answer | None:
        """The answer to the line that is being handled, where its end comes later; None where it has no label."""
        answer = self.answer
        if answer is not None:
            answer.kept = True
        return answer

    def resume(self, answer: Answer | None, function: Callable[..., Any], *args: Any) -> Any:
        """Call ``function``: what is put to the client meanwhile is part of ``answer``."""
        before, self.answer = self.answer, answer
        try:
            return function(*args)
        finally:
            self.answer = before

    def done(self, answer: Answer | None) -> None:
        """A kept answer is whole."""
        if answer is not None and not self.lost and not self.quit:
            answer.close()

    # --- the application --------------------------------------------------------------------------

    def begin(self, session: ClientSession, first: Event) -> None:
        """Call the application: it is asked whether the client may be here."""
        self.session = session
        self.gateway.sessions.add(session)
        session.start(self.loop)
        session.offer(first)

    def tell(self, event: Event, size: int = 0) -> None:
        """Tell the application."""
        session = self.session
        if session is not None and not session.offer(event, size):
            self.hold(INBOX)

    def room(self) -> None:
        """The application has taken what waited."""
        self.release(INBOX)
        self.loop.call_soon(self.go_on)

    def said(self, event: Event) -> None:
        """The application says something."""
        words(self, event)

    def finished(self, session: Instance) -> None:
        """The application has ended."""
        gateway = self.gateway
        gateway.sessions.discard(session)
        if session.error is not None:
            gateway.count("irc.gateway.app_errors")
            report(session)
        if self.session is session and not self.lost:
            self.session = None
            self.end(_why(session), 1011)
        gateway.check_idle()

    # --- the end ----------------------------------------------------------------------------------

    def end(self, reason: str, code: int = 1000) -> None:
        """Say why, and close."""
        if self.quit or self.lost:
            return
        self.say("ERROR", f"Closing Link: {self.user.host or '*'} ({reason})")
        answer, self.answer = self.answer, None
        if answer is not None:
            answer.close()
        self.quit, self.code = reason, code
        self.leave(reason)
        self.deadline = self.gateway.now + self.gateway.options.ping_timeout
        self.close()

    def leave(self, reason: str) -> None:
        """It is no user any more."""
        if self.gone:
            return
        self.gone = True
        commands.left(self, reason)
        session, self.session = self.session, None
        if session is not None:
            session.last(
                {"type": "irc.disconnect", "code": self.code, "reason": reason, **self.gateway.stamped()}
            )

    def sweep(self, now: float) -> None:
        """Look at the deadlines."""
        options = self.gateway.options
        if self.stalled(now, options.ping_timeout):
            self.gateway.count("irc.gateway.silent")
            self.quit = self.quit or "It reads nothing"
            self.abort()
        elif now >= self.deadline:
            self._late()
        elif not self.quit:
            self._sweep(now)

    def _late(self) -> None:
        registration = self.registration
        if self.quit:
            self.abort()
        elif registration is not None and registration.asked:
            self.gateway.count("irc.gateway.undecided")
            self.end("The server is too slow today, try again later", 1011)
        else:
            self.end("Registration timed out", 1008)

    def _sweep(self, now: float) -> None:
        if self.registration is None:
            self._alive(now)
            if self.asks is not None:
                self.asks.sweep(now)
            self.waits.sweep(now)
        if self._held & LAG and not self._more:
            self.go()

    def _alive(self, now: float) -> None:
        options = self.gateway.options
        silence = now - self._heard
        if self._held:
            self._heard = now  # nobody listens: its silence is ours
        elif silence >= options.ping_interval + options.ping_timeout:
            self.gateway.count("irc.gateway.silent")
            self.end(f"Ping timeout: {int(silence)} seconds", 1006)
        elif silence >= options.ping_interval and not self._pinged:
            self._pinged = True
            self.put(form("PING", [self.gateway.name]))

    def welcomed(self) -> None:
        """It is registered."""
        self.registration = None
        self.deadline = FOREVER

    def drain(self) -> None:
        """The server stops."""
        self.end("Server restarting", 1012)


def _why(session: Instance) -> str:
    """What a client is told whose application has ended."""
    if session.unavailable:
        return "The server cannot take you for now, try again later"
    return "Closed by the application" if session.error is None else "Internal error, try again later"
