"""HTTP/2 on the wire: frames in, events out. Pure.

RFC 9113 §3.4 (preface), §4 (frames, blocks), §5 (streams), §6.1 (DATA), §6.2 (HEADERS), §6.10 (CONTINUATION), §8.1
(requests, bodies, trailers). Other frames: control_h2. States of streams: flows_h2. What is written: sending_h2.

Ends the connection: all that the RFC has as a connection error; frames above our size; blocks of more than twice our
limit or of more than 64 frames; more than ``limits.control`` frames that bring nothing, or ``limits.resets`` streams
that come to nothing. A malformed request is reset with PROTOCOL_ERROR, one whose fields are too many gets a 431.
Nothing is read ahead: what the owner says to an event is said before the next frame is looked at.
"""

from typing import Final

from interfaces.http_ws import flows_h2 as flows
from interfaces.http_ws import frames_h2 as frames
from interfaces.http_ws.control_h2 import Controlled, fatal
from interfaces.http_ws.events_h2 import Asked, Away, Data, Ended, Event, Limits, Pong, Reset, Room, Settled
from interfaces.http_ws.flows_h2 import Flow
from interfaces.http_ws.heads_h2 import Head, malformed, read_request, read_trailers
from interfaces.http_ws.hpack import Block
from interfaces.http_ws.sending_h2 import FREE
from interfaces.shared.errors import PeerError

__all__ = [
    "Asked", "Away", "Data", "Ended", "Event", "Flow", "Limits", "Pong", "Reset", "Room", "Settled", "Wire",
]  # fmt: skip

BLOCK_FRAMES: Final = 64
BLOCK_SIZE: Final = 2
"""Times ``header_size``: octets of a block that is in several frames."""
SKIPS: Final = 64
"""Gaps between ids that are remembered."""


class Wire(Controlled):
    """A server's end of one connection: ``feed`` it, ask ``next`` until there is none, write ``out``."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._buffer: bytes = b""
        self._at: int = 0
        self._parts: list[bytes] = []
        self._size: int = 0
        self._need: int = len(frames.PREFACE)
        self._greeted: bool = False
        self._next: int = 1
        self._block: list[bytes] = []
        self._block_size: int = 0
        self._block_stream: int = 0
        self._block_flags: int = 0
        self._block_own: bool = False

    # --- bytes ------------------------------------------------------------------------------------

    def feed(self, data: bytes, now: float) -> None:
        """Bytes came."""
        self._now = now
        if self.closing:
            return
        if self._size:
            self._parts.append(data)
            self._size += len(data)
            if self._size < self._need:
                return
            data = b"".join(self._parts)
            self._parts = []
            self._size = 0
        elif self._at < len(self._buffer):
            data = self._buffer[self._at :] + data
        self._buffer = data
        self._at = 0

    def next(self) -> Event | None:
        """What came next; None when more bytes are needed."""
        if self._events:
            return self._events.popleft()
        if self.closing:
            return None
        try:
            event = self._read()
        except PeerError as error:
            code = error.answer
            self.goaway(self.last, code if isinstance(code, int) else frames.PROTOCOL_ERROR, str(error))
            self._buffer = b""
            self._at = 0
            event = self._events.popleft() if self._events else None
        return event

    def _read(self) -> Event | None:
        """Frames, until one brings something."""
        if not self._greeted and not self._greet():
            return None
        while True:
            buffer = self._buffer
            at = self._at
            left = len(buffer) - at
            if left < frames.HEAD:
                self._wait(left, frames.HEAD)
                return None
            # Compiled, octets are read faster than a struct is.
            size = buffer[at] << 16 | buffer[at + 1] << 8 | buffer[at + 2]
            kind = buffer[at + 3]
            flags = buffer[at + 4]
            stream = (
                (buffer[at + 5] & 0x7F) << 24 | buffer[at + 6] << 16 | buffer[at + 7] << 8 | buffer[at + 8]
            )
            if size > self.limits.frame:
                raise fatal(frames.FRAME_SIZE_ERROR, "a frame is too large")
            at += frames.HEAD
            if left < frames.HEAD + size:
                self._wait(left, frames.HEAD + size)
                return None
            self._at = stop = at + size
            if self._strict:
                self._fits(kind, flags, stream)
            if kind == frames.HEADERS:
                event = self._headers(stream, flags, at, stop)
            elif kind == frames.DATA:
                event = self._data(stream, flags, at, stop)
            else:
                event = self._other(kind, stream, flags, buffer[at:stop])
            if event is not None:
                return event
            if self._events:
                return self._events.popleft()

    def _wait(self, left: int, need: int) -> None:
        """For the rest of a frame; pieces are put together when it is there, not before."""
        if left:
            self._parts = [self._buffer[self._at :]]
            self._size = left
            self._need = need
            self._buffer = b""
            self._at = 0

    def _greet(self) -> bool:
        """The preface (§3.4); whether it is there."""
        left = len(self._buffer) - self._at
        if not frames.PREFACE.startswith(self._buffer[self._at : self._at + len(frames.PREFACE)]):
            raise fatal(frames.PROTOCOL_ERROR, "no preface")
        if left < len(frames.PREFACE):
            self._wait(left, 1)
            return False
        self._at += len(frames.PREFACE)
        self._greeted = True
        return True

    def _fits(self, kind: int, flags: int, stream: int) -> None:
        """Whether a frame may come first (§3.4), or while a block is open (§6.10)."""
        if self._block_stream:
            if kind != frames.CONTINUATION or stream != self._block_stream:
                raise fatal(frames.PROTOCOL_ERROR, "a frame within a block")
        elif kind != frames.SETTINGS or flags & frames.ACK:
            raise fatal(frames.PROTOCOL_ERROR, "SETTINGS come first")

    def _other(self, kind: int, stream: int, flags: int, data: bytes) -> Event | None:
        if kind == frames.WINDOW_UPDATE:
            self._window_update(stream, data)
        elif kind == frames.CONTINUATION:
            return self._continuation(stream, flags, data)
        elif kind == frames.RST_STREAM:
            self._reset_stream(stream, data)
        elif kind == frames.PRIORITY:
            self._priority(stream, data)
        else:
            return self._of_connection(kind, stream, flags, data)
        return None

    # --- HEADERS, CONTINUATION --------------------------------------------------------------------

    def _unpadded(self, at: int, stop: int) -> int:
        """Where the payload of a padded frame ends; it begins one behind ``at``."""
        if at == stop:
            raise fatal(frames.FRAME_SIZE_ERROR, "no length of the padding")
        stop -= self._buffer[at]
        if stop <= at:
            raise fatal(frames.PROTOCOL_ERROR, "more padding than there is of the frame")
        return stop

    def _headers(self, stream: int, flags: int, at: int, stop: int) -> Event | None:
        if not stream & 1:
            raise fatal(frames.PROTOCOL_ERROR, "a request on a stream that is not the client's")
        own = False
        if flags & (frames.PADDED | frames.PRIORITIZED):
            if flags & frames.PADDED:
                stop = self._unpadded(at, stop)
                at += 1
            if flags & frames.PRIORITIZED:
                if at + 5 > stop:
                    raise fatal(frames.FRAME_SIZE_ERROR, "a priority is cut")
                own = int.from_bytes(self._buffer[at : at + 4], "big") & frames.MOST == stream
                at += 5
        block = self._buffer[at:stop]
        if flags & frames.END_HEADERS:
            return self._fields(stream, block, flags & frames.END_STREAM != 0, own)
        self._block = [block]
        self._block_size = len(block)
        self._block_stream = stream
        self._block_flags = flags
        self._block_own = own
        self._strict = True
        return None

    def _continuation(self, stream: int, flags: int, block: bytes) -> Event | None:
        if not self._block_stream:
            raise fatal(frames.PROTOCOL_ERROR, "CONTINUATION without a block")
        self._block.append(block)
        self._block_size += len(block)
        if self._block_size > BLOCK_SIZE * self.limits.header_size or len(self._block) > BLOCK_FRAMES:
            self.limited.append("continuation_flood")
            raise fatal(frames.ENHANCE_YOUR_CALM, "a block is too large")
        if not flags & frames.END_HEADERS:
            return None
        block = b"".join(self._block)
        self._block = []
        self._block_stream = 0
        self._strict = False
        return self._fields(stream, block, self._block_flags & frames.END_STREAM != 0, self._block_own)

    def _fields(self, stream: int, block: bytes, end: bool, own: bool) -> Event | None:
        """A whole block; it is read whatever becomes of it, since the tables are the connection's (§4.3).

        ``own``: the stream depends on itself, as RFC 7540 forbids.
        """
        decoded = self._decoded(block)
        flow = self.flows.get(stream)
        state = flow.state if flow is not None else self._state(stream)
        found = flows.STATES[state][flows.HEADERS_END if end else flows.HEADERS]
        if found >= flows.STREAM:
            if flow is None:
                self._wasted("empty_frame_flood")
            self._wrong(stream, found)
            return None
        if flow is None and not self._fresh(stream, decoded, found):
            return None
        try:
            if own:
                raise malformed("a stream that depends on itself")
            if flow is None:
                return self._asked(stream, decoded, found, end)
            return self._trailed(flow, decoded, found)
        except PeerError as error:
            self._broken(stream, frames.PROTOCOL_ERROR, str(error))
            return None

    def _decoded(self, block: bytes) -> Block:
        try:
            return self._decoder.decode(block)
        except PeerError as error:
            if error.answer == frames.ENHANCE_YOUR_CALM:
                self.limited.append("header_bytes")
            raise

    def _fresh(self, stream: int, decoded: Block, state: int) -> bool:
        """A stream begins (§5.1.1); whether it may."""
        if stream != self._next and len(self._skips) < SKIPS:
            self._skips.append((self._next, stream))
        self.last = stream
        self._next = stream + 2
        if len(self.flows) >= self.limits.streams or stream > self._away:
            if stream <= self._away:
                self.limited.append("refused_streams")
            self._broken(stream, frames.REFUSED_STREAM, "more streams than there may be")
        elif decoded.too_large:  # (§10.5.1)
            self.limited.append("too_many_fields")
            flow = self._begun(stream, -1, state)
            self.respond(flow, self.encoder.head(431, ()).data, True)
            self.reset(flow, frames.NO_ERROR)
            self._lost()
        else:
            return True
        return False

    def _begun(self, stream: int, length: int, state: int) -> Flow:
        flow = Flow(stream, self._peer_window, self._stream_room, length, state)
        self.flows[stream] = flow
        return flow

    def _asked(self, stream: int, decoded: Block, state: int, end: bool) -> Event:
        head = decoded.note
        if not isinstance(head, Head):
            head = decoded.note = read_request(decoded.fields, self.limits.connect)
        if end and head.length > 0:
            raise malformed("a body that is shorter than its Content-Length")
        head.headers = head.fields.copy()  # the application may change its own
        self._free += FREE
        length = flows.TUNNEL if head.method == b"CONNECT" else head.length
        return Asked(self._begun(stream, length, state), head, end)

    def upgraded(self, head: Head, settings: bytes) -> Asked | None:
        """The request of HTTP/1.1 that asked for HTTP/2 is stream 1, and its ``settings`` hold (RFC 7540 §3.2).

        None where they cannot be. The client's preface is still to come.
        """
        try:
            self._peer_window = self._taken(settings)
        except PeerError as error:
            self.goaway(
                0, error.answer if isinstance(error.answer, int) else frames.PROTOCOL_ERROR, str(error)
            )
            return None
        self.last = 1
        self._next = 3
        head.headers = head.fields.copy()
        return Asked(self._begun(1, head.length, flows.HALF_REMOTE), head, True)

    def _trailed(self, flow: Flow, decoded: Block, state: int) -> Event | None:
        if decoded.too_large:
            raise malformed("too many trailers")
        if flow.length == flows.TUNNEL:
            raise malformed("trailers of what is no body")
        if flow.length >= 0 and flow.length != flow.got:
            raise malformed("a body that is shorter than its Content-Length")
        trailers = read_trailers(decoded.fields)
        self._became(flow, state)
        return None if flow.cut else Ended(flow, trailers)

    def _became(self, flow: Flow, state: int) -> None:
        flow.state = state
        if state == flows.CLOSED:
            self._close(flow)

    # --- DATA -------------------------------------------------------------------------------------

    def _data(self, stream: int, flags: int, at: int, stop: int) -> Event | None:
        size = stop - at
        if size > self._room:
            self.limited.append("window_overrun")
            raise fatal(frames.FLOW_CONTROL_ERROR, "more than the connection's window")
        self._came(size)
        if flags & frames.PADDED:
            stop = self._unpadded(at, stop)
            at += 1
        end = flags & frames.END_STREAM != 0
        flow = self.flows.get(stream)
        wrong = self._data_wrong(stream, flow, size, stop - at, end)
        if flow is None or wrong:
            if not size:
                self._wasted("empty_frame_flood")
            self._wrong(stream, wrong)
            return None
        flow.got += stop - at
        flow.room -= size
        flow.unread += size
        if end:
            self._became(flow, flows.STATES[flow.state][flows.DATA_END])
        if stop - at != size or flow.cut:
            self.consumed(flow, size if flow.cut else size - stop + at)
        if at < stop:
            return None if flow.cut else Data(flow, self._buffer[at:stop], end)
        return self._empty(flow, end)

    def _empty(self, flow: Flow, end: bool) -> Event | None:
        if not end:
            self._wasted("empty_frame_flood")
        return Ended(flow, []) if end and not flow.cut else None

    def _data_wrong(self, stream: int, flow: Flow | None, size: int, got: int, end: bool) -> int:
        """What is wrong with DATA, as STATES has it; 0 for nothing."""
        state = self._state(stream) if flow is None else flow.state
        found = flows.STATES[state][flows.DATA_END if end else flows.DATA]
        if flow is None or found >= flows.STREAM:
            return found
        if size > flow.room:
            self.limited.append("window_overrun")
            return flows.STREAM | frames.FLOW_CONTROL_ERROR
        if flow.length >= 0:
            got += flow.got
            if got > flow.length or (end and got != flow.length):
                return flows.STREAM | frames.PROTOCOL_ERROR
        return 0
