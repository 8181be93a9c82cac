"""One connection of SMPP, of either side: PDUs in and out, what waits for its response, signs of life.

What waits is found by its sequence number; deadlines stand in the order of asking, so the sweep looks at those that
are past, and at one more. A turn of the loop leaves in one write.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from interfaces.shared.errors import Unavailable
from interfaces.shared.serving import Serving
from interfaces.shared.stream import FOREVER, Stream
from interfaces.sms.pdus import ENQUIRE_LINK, GENERIC_NACK, RESPONSE, UNBIND, Pdu, pack
from interfaces.sms.wire_smpp import Wire

__all__ = ["NACKS", "WAIT", "Answered", "Talk"]

NACKS: Final = 100
"""PDUs of a peer that we had to refuse, after which it is hung up on."""
STALLED: Final = 30.0
"""Seconds in which nothing of what we write leaves, after which it is hung up on."""
PARTIAL: Final = 30.0
"""Seconds that a PDU may take to come."""
BLOCKED: Final = 1
WAIT: Final = 2
FAIR: Final = 4
"""Reasons not to read: the peer does not; something has to be known first; what came has not had its turn yet."""
TURN: Final = 64
"""PDUs in one turn of the loop: what they begin goes on before there are more."""
Answered = Callable[[Pdu | None], None]
"""Is told the response, or None: there will be none."""


class Talk(Stream):
    """A connection. ``quiet``: seconds in which nothing is heard, after which it is asked whether it is there.

    A subclass has ``asked``, which is given what the peer asks beside unbind and enquire_link.
    """

    def __init__(self, serving: Serving, *, smsc: bool, quiet: float, timeout: float) -> None:
        super().__init__(serving.loop)
        self.serving = serving
        self.wire = Wire(smsc=smsc)
        self.quiet = quiet
        self.timeout = timeout
        self.pending: dict[int, tuple[int, Answered, float]] = {}
        """The command, who is told, and until when, by the sequence number."""
        self.reason: str = ""
        """Why it has ended."""
        self.ended: asyncio.Future[None] = serving.loop.create_future()
        self.address: str = ""
        self._heard: float = serving.loop.time()
        self._asked: bool = False
        self._partial: float = 0.0
        self._more: bool = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.wire.state}, {len(self.pending)} wait for responses>"

    # --- the connection ---------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """asyncio: it is there."""
        self.transport = transport
        peer = transport.get_extra_info("peername")
        self.address = peer[0] if isinstance(peer, tuple) else ""
        self._heard = self.loop.time()
        if not self.serving.joined(self, self.address):
            self.end("too many connections of this address")

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it is gone; nobody gets a response any more."""
        if self.lost:
            return
        super().connection_lost(error)
        self.reason = self.reason or (str(error) if error else "the other side has closed it")
        self.wire.state = "closed"
        self.gone()
        pending, self.pending = self.pending, {}
        for _, answered, _ in pending.values():
            answered(None)
        if not self.ended.done():
            self.ended.set_result(None)
        self.serving.left(self, self.address)

    def gone(self) -> None:
        """It has ended: for a subclass."""

    def roomy(self) -> None:
        """The peer reads again, what waits may be written: for a subclass."""

    def pause_writing(self) -> None:
        """asyncio: the peer does not read; then we do not either."""
        super().pause_writing()
        self.hold(BLOCKED)

    def resume_writing(self) -> None:
        """asyncio: it reads again."""
        super().resume_writing()
        self.release(BLOCKED)
        self.roomy()

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        self.wire.feed(data)
        self.go()

    def go(self) -> None:
        """Take what the wire has, unless there is a reason not to read; say what it says."""
        wire, taken = self.wire, 0
        while taken < TURN and not self._held & WAIT and (pdu := wire.next()) is not None:
            taken += 1
            self._take(pdu)
        if taken:
            self._heard = self.loop.time()
            self._asked = False
        if taken == TURN and not self._more:
            self._more = True
            self.hold(FAIR)
            self.loop.call_soon(self._go_on)
        if wire.out:
            for said in wire.out:
                self.write(said)
            wire.out.clear()
            self.serving.count("sms.smpp.nacks")
        self._judge(taken > 0)

    def _judge(self, heard: bool) -> None:
        """Whether the wire has had enough, and until when the rest of a PDU has to come."""
        wire = self.wire
        if wire.closing:
            self.end(wire.closing)
        elif wire.nacks > NACKS:
            self.end(f"{wire.nacks} PDUs that nobody knows")
        elif not wire.waiting:
            self._partial = 0.0
        elif heard or not self._partial:
            self._partial = self.loop.time() + PARTIAL

    def _go_on(self) -> None:
        """What was begun has had its turn."""
        self._more = False
        if self.lost:  # what was not taken comes again
            return
        self.go()
        if not self._more:
            self.release(FAIR)

    def _take(self, pdu: Pdu) -> None:
        command = pdu.command
        if command & RESPONSE:
            asked = self.pending.get(pdu.sequence)
            if asked is None or (command != asked[0] | RESPONSE and command != GENERIC_NACK):
                self.wire.ignored += 1
                return
            del self.pending[pdu.sequence]
            asked[1](pdu)
        elif command == ENQUIRE_LINK:
            self.write(pack(ENQUIRE_LINK | RESPONSE, 0, pdu.sequence))
        elif command == UNBIND:
            self.write(pack(UNBIND | RESPONSE, 0, pdu.sequence))
            self.wire.state = "closed"
            self.unbound()
        else:
            self.asked(pdu)

    def asked(self, pdu: Pdu) -> None:
        """The peer asks something."""
        raise NotImplementedError

    def unbound(self) -> None:
        """The peer says good-bye: for a subclass, which may let something finish first."""
        self.end("the other side has unbound")

    # --- asking -----------------------------------------------------------------------------------

    def ask(self, command: int, body: bytes, answered: Answered) -> int:
        """Ask the peer; ``answered`` is told later, None where the connection has ended. The sequence number."""
        if self.lost:
            self.loop.call_soon(answered, None)
            return 0
        sequence = self.wire.sequence()
        while sequence in self.pending:  # one that is this old would long be past its deadline
            sequence = self.wire.sequence()
        self.pending[sequence] = (command, answered, self.loop.time() + self.timeout)
        self.write(pack(command, 0, sequence, body))
        return sequence

    async def request(self, command: int, body: bytes = b"") -> Pdu:
        """The response. Unavailable when there is none."""
        future: asyncio.Future[Pdu | None] = self.loop.create_future()

        def answered(pdu: Pdu | None) -> None:
            if not future.done():
                future.set_result(pdu)

        self.ask(command, body, answered)
        found = await future
        if found is None:
            raise Unavailable(self.reason or f"no response within {self.timeout:g} s")
        return found

    def answer(self, pdu: Pdu, status: int, body: bytes = b"") -> None:
        """Answer what it asked."""
        if not self.lost:
            self.write(pack(pdu.command | RESPONSE, status, pdu.sequence, body))

    # --- the end ----------------------------------------------------------------------------------

    def end(self, reason: str) -> None:
        """Close it once what was written has left."""
        self.reason = self.reason or reason
        self.wire.closing = self.wire.closing or reason
        self.close()

    async def bye(self, seconds: float) -> None:
        """Unbind, if it is bound, and close."""
        if not self.lost and self.wire.state not in ("open", "closed") and not self.transport.is_closing():
            try:
                async with asyncio.timeout(seconds):
                    await self.request(UNBIND)
            except (TimeoutError, Unavailable):
                pass
        self.end("closed from here")

    def sweep(self, now: float) -> None:
        """Give up what has waited long enough; ask a peer that is silent, hang up on one that stays so."""
        self._expire(now)
        if self.stalled(now, STALLED):
            self._cut("it reads nothing")
        elif self._partial and now >= self._partial:
            self._cut(f"a PDU was not whole after {PARTIAL:g} s")
        elif self.transport is None or not self.transport.is_closing():
            self._alive(now)
        elif self.deadline == FOREVER:
            self.deadline = now + self.timeout
        elif now >= self.deadline:
            self.abort()

    def _expire(self, now: float) -> None:
        late = []
        for sequence, (_, _, until) in self.pending.items():
            if until > now:
                break
            late.append(sequence)
        for sequence in late:
            entry = self.pending.pop(sequence, None)
            if entry is not None:
                self.serving.count("sms.smpp.unanswered")
                entry[1](None)

    def _cut(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.abort()

    def _alive(self, now: float) -> None:
        silence = now - self._heard
        if silence < self.quiet or self.wire.state == "open":
            return
        if not self._asked:
            self._asked = True
            self._heard = now - self.quiet
            self.ask(ENQUIRE_LINK, b"", _nothing)
        elif silence >= self.quiet + self.timeout:
            self._cut("no answer to enquire_link")


def _nothing(_pdu: Pdu | None) -> None:
    """Any PDU is a sign of life."""
