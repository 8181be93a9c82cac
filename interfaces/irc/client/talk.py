"""A connection to a network: bytes, PING at once, how fast we speak, signs of life.

Reading never waits for the application. A line that is to be said waits in a queue for its turn; PONG, and QUIT at the
end, do not.
"""

import asyncio
import logging
from typing import Any, Final

from interfaces.irc.client.bucket import Bucket
from interfaces.irc.client.dialogue import Dialogue
from interfaces.irc.client.job import Draft, Job, Piece, Queue
from interfaces.irc.client.login import Said
from interfaces.irc.client.registration import Registration, ended
from interfaces.irc.line import Line, form
from interfaces.irc.networks import Network
from interfaces.irc.wire_irc import Refused, Wire
from interfaces.shared.errors import ApplicationError, Unavailable
from interfaces.shared.serving import Serving
from interfaces.shared.stream import Stream

__all__ = ["BODY", "STALLED", "TURN", "Talk"]

log = logging.getLogger("interfaces.irc")
BODY: Final = 8192
"""Octets of a line without its tags: servers may send longer ones than they take."""
TURN: Final = 64
"""Lines in one turn of the loop: what they begin goes on before there are more."""
SLICE: Final = 0.01
"""Seconds in which that turn ends, whatever its lines have cost."""
STALLED: Final = 30.0
"""Seconds in which nothing of what we write leaves, after which it is hung up."""
BLOCKED: Final = 1
FAIR: Final = 2
"""Reasons not to read: the network does not; what came has not had its turn yet."""


class Talk(Stream):
    """The connection; first ``registration``, then a ``dialogue``, which :meth:`begin` is given."""

    def __init__(self, serving: Serving, network: Network, registration: Registration) -> None:
        super().__init__(serving.loop)
        self.serving = serving
        self.network = network
        self.registration = registration
        self.registered: asyncio.Future[None] = serving.loop.create_future()
        self.ended: asyncio.Future[None] = serving.loop.create_future()
        self.dialogue: Dialogue | None = None
        self.wire = Wire(BODY)
        self.queue = Queue()
        self.bucket = Bucket(network.rate, network.burst)
        self.error: Unavailable | None = None
        """Why it has ended."""
        self.code = 1006
        """As irc.disconnect says it."""
        self.draining = False
        self._room: list[asyncio.Future[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._beginning: asyncio.Task[None] | None = None
        self._heard = serving.loop.time()
        self._asked = False
        self._more = False

    def __repr__(self) -> str:
        return f"<Talk {self.network.called} {self.queue!r}>"

    # --- the connection ---------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """asyncio: it is there."""
        self.transport = transport
        self.serving.joined(self, "")
        for words in self.registration.begin():
            self.write(form(words[0], words[1:]))

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it is gone."""
        if self.lost:
            return
        super().connection_lost(error)
        if self.error is None:
            self.error = Unavailable(str(error) if error else "the server has closed it")
        if self._timer is not None:
            self._timer.cancel()
        if not self.registered.done():
            self.registered.set_exception(self.error)
        if self.dialogue is not None:
            self.dialogue.asks.lost(str(self.error))
        for job in self.queue.clear():
            job.lost(str(self.error))
        self._wake()
        if not self.ended.done():
            self.ended.set_result(None)
        self.serving.left(self, "")

    def pause_writing(self) -> None:
        """asyncio: the network does not read; then we do not either."""
        super().pause_writing()
        self.hold(BLOCKED)

    def resume_writing(self) -> None:
        """asyncio: it reads again."""
        super().resume_writing()
        self.release(BLOCKED)
        if not self.lost:
            self.pump()

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        self._heard = self.loop.time()
        self._asked = False
        self.wire.feed(data)
        self.go()

    def go(self) -> None:
        """Take some of the lines that there are."""
        until = self.loop.time() + SLICE
        for _ in range(TURN):
            dialogue = self.dialogue
            if dialogue is None and self.registered.done():
                break  # it begins in a moment
            line = self.wire.next()
            if line is None or self.lost:
                return
            if isinstance(line, Refused):
                self.serving.count("irc.client.lines_refused")
            elif dialogue is not None:
                self._line(line, dialogue)
            else:
                self._registering(line)
            if self.loop.time() >= until:
                break
        if not self._more:
            self._more = True
            self.hold(FAIR)
            self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._more = False
        if not self.lost:
            self.go()
            if not self._more:
                self.release(FAIR)

    # --- lines ------------------------------------------------------------------------------------

    def _registering(self, line: Line) -> None:
        try:
            said = self.registration.feed(line)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is why there is no connection
            self.registered.set_exception(error)
            self.end(Unavailable(str(error)))
            return
        for words in said:
            self.write(form(words[0], words[1:]))
        if self.registration.done:
            self.registered.set_result(None)

    def begin(self, dialogue: Dialogue) -> None:
        """We are registered: speak, and listen."""
        self.dialogue = dialogue
        dialogue.say = self.own
        dialogue.begin(self.loop.time())
        self.go()

    def _line(self, line: Line, dialogue: Dialogue) -> None:
        if line.command == "PING":
            try:
                self.write(form("PONG", line.params[:1]))
            except ApplicationError:  # a NUL or the like: no answer is possible
                self.serving.count("irc.client.lines_refused")
        elif line.command == "ERROR":
            if self.error is None:
                self.error, self.code = ended(line.param(0)), 1000
            self.close()
        else:
            dialogue.feed(line, self.loop.time())

    # --- speaking ---------------------------------------------------------------------------------

    def add(self, job: Job) -> None:
        """Have it said in its turn."""
        self.queue.add(job)
        self.pump()

    def own(self, words: Said) -> None:
        """Have a line of our own said in its turn."""
        try:
            draft = Draft([Piece(words, form(words[0], words[1:]))], {}, frozenset())
        except ApplicationError:  # of a channel or nick that the network calls what no line can say
            self.serving.count("irc.client.unsaid")
            return
        if not self.queue.add_own(Job(draft)):
            self.serving.count("irc.client.unsaid")
        self.loop.call_soon(self.pump)

    async def room(self, most: int) -> None:
        """Wait while so many lines wait."""
        while self.queue.lines >= most and not self.lost:
            future: asyncio.Future[None] = self.loop.create_future()
            self._room.append(future)
            await future

    def pump(self) -> None:
        """Say what has its turn now."""
        dialogue = self.dialogue
        if dialogue is None or self.lost or self.transport.is_closing():
            return
        wrote = False
        while not self.blocked and (job := self.queue.head()) is not None:
            if not job.begun:
                self._begin_job(job)
                break
            now = self.loop.time()
            wait = self.bucket.wait(now)
            if wait > 0:
                if self._timer is None:
                    self._timer = self.loop.call_later(wait, self._woken)
                break
            self.queue.took(job)
            self.write(dialogue.asks.write(job, now))
            self.bucket.took(now)
            wrote = True
        if wrote:
            self._behind(dialogue)
            self._wake()

    def _behind(self, dialogue: Dialogue) -> None:
        """Ask whether what was written has worked, where nothing else says that."""
        words = dialogue.asks.barrier()
        if words is not None:
            self.write(form(words[0], words[1:]))
            self.bucket.took(self.loop.time())

    def _woken(self) -> None:
        self._timer = None
        self.pump()

    def _begin_job(self, job: Job) -> None:
        if self._beginning is None:
            self._beginning = self.loop.create_task(self._begun(job))

    async def _begun(self, job: Job) -> None:
        """Have it recorded that the first line leaves now."""
        try:
            await job.begin()
        finally:
            self._beginning = None
            self.pump()

    def _wake(self) -> None:
        """Let those look again who wait for room."""
        waiting, self._room = self._room, []
        for one in waiting:
            if not one.done():
                one.set_result(None)

    # --- the end ----------------------------------------------------------------------------------

    def end(self, error: Unavailable) -> None:
        """Close it once what was written has left."""
        self.error = self.error or error
        self.close()

    def leave(self, reason: str, code: int) -> None:
        """Say QUIT; the network closes it then."""
        if self.lost or self.transport.is_closing() or self.code != 1006:
            return
        self.error, self.code = Unavailable(f"closed from here: {reason}"), code
        self.write(form("QUIT", [reason] if reason else []))
        self.deadline = self.loop.time() + STALLED

    def sweep(self, now: float) -> None:
        """Ask a network that is silent, hang up on one that stays so."""
        if self.dialogue is not None:
            late = self.dialogue.sweep(now)
            if late:
                self.serving.context.telemetry.count("irc.client.unanswered", late)
            state = self.dialogue.state
            if state.dropped:
                self.serving.context.telemetry.count("irc.client.untracked", state.dropped)
                state.dropped = 0
        if self.stalled(now, STALLED):
            self._cut("it reads nothing")
        elif now >= self.deadline:
            self._cut("it does not close")
        elif self.dialogue is not None:
            self._alive(self.dialogue, now)

    def excuse(self, seconds: float) -> None:
        """The loop itself was late by so much: the network was not silent for that time."""
        super().excuse(seconds)
        self._heard += seconds

    def _alive(self, dialogue: Dialogue, now: float) -> None:
        silence = now - self._heard
        interval, timeout = self.network.ping_interval, self.network.ping_timeout
        if self._held & FAIR or silence < interval:
            return
        if not self._asked:
            self._asked = True
            self._heard = now - interval
            words = dialogue.asks.alive()
            self.write(form(words[0], words[1:]))
        elif silence >= interval + timeout:
            self._cut(f"no answer to PING within {timeout:g} s")

    def _cut(self, reason: str) -> None:
        self.error = self.error or Unavailable(reason)
        self.abort()
