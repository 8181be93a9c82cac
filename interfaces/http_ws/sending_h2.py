"""The part of HTTP/2's wire that writes: blocks, data as the windows allow, what is given back, and ends. Pure.

RFC 9113 §5.2 (flow control), §6.1 (DATA), §6.2 (HEADERS), §6.4 (RST_STREAM), §6.8 (GOAWAY), §6.9 (WINDOW_UPDATE), §8.1
(trailers; RST_STREAM behind an answer that left the rest of a body unread).

What waits for the connection's window gets it by turns, a frame each.
"""

from collections import deque
from typing import Any, Final

from interfaces.http_ws import flows_h2 as flows
from interfaces.http_ws import frames_h2 as frames
from interfaces.http_ws.events_h2 import Event, Limits, Room
from interfaces.http_ws.flows_h2 import Flow
from interfaces.http_ws.hpack_encoder import Encoder

__all__ = ["Sender"]

FREE: Final = 3
"""Frames that the peer may answer one of ours with, window updates and a PING, and that are no flood."""
TINY: Final = 256
"""Octets: a frame below that, although more waits, is what a peer with tiny windows asks for."""
SHARE: Final = 4
"""Of a window that was taken, before the peer is told."""


class Sender:
    """What is written collects in ``out``, which whoever writes it empties.

    ``flows`` are the streams that are not over, ``last`` is the latest that the peer began. ``closing``: a GOAWAY
    with an error is in ``out``; nothing is read any more. ``reason`` is that of the latest error, of a stream or of
    all. ``encoder`` follows the peer's settings. ``limited`` are the limits that were reached, of LIMITED, which
    whoever counts them empties.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.out: list[Any] = []
        self.flows: dict[int, Flow] = {}
        self.last: int = 0
        self.closing: bool = False
        self.reason: str = ""
        self.limited: list[str] = []
        self.encoder: Encoder = Encoder()
        self._events: deque[Event] = deque()
        self._window: int = frames.WINDOW
        self._peer_window: int = frames.WINDOW
        self._frame: int = frames.FRAME
        self._room: int = frames.WINDOW
        self._stream_room: int = max(frames.WINDOW, limits.window)  # until the peer knows ours
        self._credit: int = 0
        self._waiting: dict[int, Flow] = {}
        self._reset: dict[int, int] = {}
        self._resets_kept: int = max(256, 4 * limits.streams)
        self._away: int = frames.MOST
        self._free: int = 0
        self._due: int = limits.window // SHARE
        self._connection_due: int = limits.connection_window // SHARE

    # --- what a stream says -----------------------------------------------------------------------

    def respond(self, flow: Flow, block: bytes, end: bool) -> None:
        """HEADERS: an answer's, interim or final, or trailers. Behind data that waits, if ``end``."""
        if flow.state != flows.OPEN and flow.state != flows.HALF_REMOTE:
            return
        if flow.pending is not None:
            flow.trailers = block
            flow.ending = True
            return
        self._write_block(flow, block, end)
        if end:
            self._sent_end(flow)

    def _write_block(self, flow: Flow, block: bytes, end: bool) -> None:
        """A block, as it leaves: what is due of the table's size stands in the first that does (RFC 7541 §4.2)."""
        if self.encoder.due:
            block = self.encoder.updates() + block
        self.out.append(frames.headers(flow.id, block, end, self._frame))

    def send(self, flow: Flow, data: bytes, end: bool) -> bool:
        """DATA as far as the windows allow; whether that is all of it. What is left waits, and Room tells its end."""
        if (flow.state != flows.OPEN and flow.state != flows.HALF_REMOTE) or flow.ending:
            return True
        size = len(data)
        if flow.pending is not None or size > self._frame or size > flow.window or size > self._window:
            return self._queue(flow, data, end)
        if size or end:
            self.out.append(frames.data_head(flow.id, size, end))
        if size:
            self.out.append(data)
            flow.window -= size
            self._window -= size
            self._free += FREE
        if end:
            self._sent_end(flow)
        return True

    def _queue(self, flow: Flow, data: bytes, end: bool) -> bool:
        if flow.pending is None:
            flow.pending = deque()
        if data:
            flow.pending.append(memoryview(data))
            flow.pending_size += len(data)
        flow.ending = end
        while self._framed(flow):
            pass
        return flow.pending is None

    def _framed(self, flow: Flow) -> bool:
        """A frame of what waits; whether more may follow at once."""
        pending: Any = flow.pending
        if pending:
            most = min(self._frame, flow.window, self._window)
            if most <= 0:
                if flow.window > 0:
                    self._waiting[flow.id] = flow
                return False
            self._part(flow, pending, most)
            if pending:
                return True
        elif flow.ending and not flow.trailers:
            self.out.append(frames.data_head(flow.id, 0, True))
        self._emptied(flow)
        return False

    def _part(self, flow: Flow, pending: deque[Any], most: int) -> None:
        """The first of what waits, or as much of it as there may be."""
        part = pending.popleft()
        size = len(part)
        if size > most:
            pending.appendleft(part[most:])
            part = part[:most]
            size = most
        flow.window -= size
        self._window -= size
        flow.pending_size -= size
        end = flow.ending and not pending and not flow.trailers
        self.out += (frames.data_head(flow.id, size, end), part)
        if size >= TINY or not pending:
            self._free += FREE

    def _emptied(self, flow: Flow) -> None:
        """All data has left; what stands behind it does, too."""
        flow.pending = None
        if flow.ending:
            if flow.trailers:
                self._write_block(flow, flow.trailers, True)
            self._sent_end(flow)
            if flow.cut:
                self.reset(flow, frames.NO_ERROR)

    def _resume(self, flow: Flow) -> None:
        """A stream's own window has opened."""
        while self._framed(flow):
            pass
        if flow.pending is None:
            self._waiting.pop(flow.id, None)
            self._events.append(Room(flow))

    def _pump(self) -> None:
        """The connection's window has opened: a frame for each that waits, again and again."""
        waiting = self._waiting
        while waiting and self._window > 0:
            stream, flow = next(iter(waiting.items()))
            del waiting[stream]
            if self._framed(flow):
                waiting[stream] = flow
            elif flow.pending is None:
                self._events.append(Room(flow))

    def _sent_end(self, flow: Flow) -> None:
        flow.state = flows.STATES[flow.state][flows.SENT_END]
        if flow.state == flows.CLOSED:
            self._close(flow)

    # --- what a stream has taken ------------------------------------------------------------------

    def consumed(self, flow: Flow, size: int) -> None:
        """The application has taken ``size`` octets of Data: as many may come again."""
        size = min(size, flow.unread)
        if size <= 0:
            return
        flow.unread -= size
        if (flow.state == flows.OPEN or flow.state == flows.HALF_LOCAL) and not flow.cut:
            credit = flow.credit + size
            if (
                credit >= self._due and not 0 <= flow.length - flow.got <= flow.room
            ):  # it has room for the rest
                self.out.append(frames.window_update(flow.id, credit))
                flow.room += credit
                credit = 0
            flow.credit = credit

    def _came(self, size: int) -> None:
        """As many octets may come again on the connection, whoever takes these: each stream has a window of its own.

        Were they given back when they are taken, a few streams that nobody reads would leave nothing for the others.
        """
        self._room -= size
        self._credit += size
        if self._credit >= self._connection_due:
            self.out.append(frames.window_update(0, self._credit))
            self._room += self._credit
            self._credit = 0

    # --- ends -------------------------------------------------------------------------------------

    def reset(self, flow: Flow, code: int) -> None:
        """RST_STREAM. With NO_ERROR it comes behind an answer of which some still waits."""
        if flow.state >= flows.CLOSED:
            return
        if code == frames.NO_ERROR and flow.ending and flow.pending is not None:
            flow.cut = True
            self.consumed(flow, flow.unread)
            return
        self.out.append(frames.reset(flow.id, code))
        self._over(flow, flows.STATES[flow.state][flows.SENT_RESET])

    def refuse(self, flow: Flow) -> None:
        """Nothing was done for this request: it may be tried again."""
        self.reset(flow, frames.REFUSED_STREAM)

    def _over(self, flow: Flow, state: int) -> None:
        """A stream was reset, and that is remembered for a while."""
        flow.state = state
        self._remember(flow.id, state)
        self._close(flow)

    def _remember(self, stream: int, state: int) -> None:
        if len(self._reset) >= self._resets_kept:
            del self._reset[next(iter(self._reset))]
        self._reset[stream] = state

    def _close(self, flow: Flow) -> None:
        del self.flows[flow.id]
        flow.pending = None
        flow.pending_size = 0
        flow.unread = 0
        self._waiting.pop(flow.id, None)

    def goaway(self, last: int, code: int, text: str = "") -> None:
        """GOAWAY: streams above ``last`` are refused from now on. With an error, nothing is read any more."""
        self._away = min(last, self._away)  # what was refused is not taken any more
        self.out.append(frames.goaway(self._away, code, text))
        if code:
            self.closing = True
            self.reason = text

    def ping(self, data: bytes) -> None:
        """PING with eight octets; Pong answers it."""
        self.out.append(frames.ping(data, False))
