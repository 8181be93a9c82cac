"""The part of HTTP/2's wire that reads frames about the connection and its streams, and answers errors. Pure.

RFC 9113 §5.4 (errors), §6.3 (PRIORITY), §6.4 (RST_STREAM), §6.5 (SETTINGS), §6.6 (PUSH_PROMISE), §6.7 (PING), §6.8
(GOAWAY), §6.9 (WINDOW_UPDATE), §5.5 (what is unknown is ignored); RFC 8441 §3, RFC 9218 §2.1 and §7.1: priorities are
read and checked, and not followed.
"""

from typing import Final

from interfaces.http_ws import flows_h2 as flows
from interfaces.http_ws import frames_h2 as frames
from interfaces.http_ws.events_h2 import Away, Event, Limits, Pong, Reset, Settled
from interfaces.http_ws.flows_h2 import Bucket
from interfaces.http_ws.hpack import Decoder
from interfaces.http_ws.sending_h2 import Sender
from interfaces.shared.errors import PeerError

__all__ = ["Controlled"]

CODE: Final = 0xFF
REFILL: Final = 10
"""Seconds until an empty bucket is full."""
TABLE: Final = 4096
_KINDS: Final = {frames.PING: "ping_flood", frames.PRIORITY_UPDATE: "priority_flood"}


def fatal(code: int, text: str) -> PeerError:
    """An error that ends the connection."""
    return PeerError(text, code)


class Controlled(Sender):
    """What the peer's frames of control do. Those that end the connection raise PeerError with the code."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._decoder: Decoder = Decoder(limits.header_size, limits.fields)
        self._now: float = 0.0
        self._settled: bool = False
        self._strict: bool = True
        """Not every frame may come now: the first is still to, or a block is open."""
        self._acks: int = 0
        self._skips: list[tuple[int, int]] = []
        self._prioritized: set[int] = set()
        self._resets: Bucket = Bucket(limits.resets, limits.resets / REFILL)
        self._control: Bucket = Bucket(limits.control, limits.control / REFILL)

    def begin(self, now: float) -> None:
        """Our SETTINGS, and the connection's window."""
        limits = self.limits
        self._now = now
        values = [
            (frames.MAX_CONCURRENT_STREAMS, limits.streams),
            (frames.MAX_HEADER_LIST_SIZE, limits.header_size),
            (frames.NO_RFC7540_PRIORITIES, 1),
        ]
        if limits.table != TABLE:
            values.append((frames.HEADER_TABLE_SIZE, limits.table))
        if limits.window != frames.WINDOW:
            values.append((frames.INITIAL_WINDOW_SIZE, limits.window))
        if limits.frame != frames.FRAME:
            values.append((frames.MAX_FRAME_SIZE, limits.frame))
        if limits.connect:
            values.append((frames.ENABLE_CONNECT_PROTOCOL, 1))
        self.out.append(frames.settings(values))
        self._acks = 1
        more = limits.connection_window - self._room
        if more > 0:
            self.out.append(frames.window_update(0, more))
            self._room += more

    # --- errors -----------------------------------------------------------------------------------

    def _wasted(self, kind: str) -> None:
        """A frame that brings nothing; of which ``kind`` too many would be."""
        if self._free:
            self._free = min(self._free, self.limits.control) - 1
        elif not self._control.take(self._now):
            self.limited.append(kind)
            raise fatal(frames.ENHANCE_YOUR_CALM, "too many frames that bring nothing")

    def _lost(self) -> None:
        """A stream that came to nothing."""
        if not self._resets.take(self._now):
            self.limited.append("rapid_reset")
            raise fatal(frames.ENHANCE_YOUR_CALM, "too many streams were reset")

    def _broken(self, stream: int, code: int, text: str) -> None:
        """An error of a stream (§5.4.2)."""
        self.reason = text
        self.out.append(frames.reset(stream, code))
        flow = self.flows.get(stream)
        if flow is not None:
            self._over(flow, flows.RESET_HERE)
            self._events.append(Reset(flow, code))
        else:
            self._remember(stream, flows.RESET_HERE)
        self._lost()

    def _state(self, stream: int) -> int:
        """Of a stream that is not among the flows."""
        if not stream & 1 or stream > self.last:
            return flows.IDLE
        known = self._reset.get(stream)
        if known is not None:
            return known
        for first, behind in self._skips:
            if first <= stream < behind:
                return flows.SKIPPED
        return flows.CLOSED

    def _wrong(self, stream: int, found: int) -> None:
        """What STATES says of a frame that may not come."""
        text = "a frame that its stream's state does not allow"
        if found & flows.CONNECTION:
            raise fatal(found & CODE, text)
        if found & flows.STREAM:
            self._broken(stream, found & CODE, text)

    # --- frames -----------------------------------------------------------------------------------

    def _window_update(self, stream: int, data: bytes) -> None:
        if len(data) != 4:
            raise fatal(frames.FRAME_SIZE_ERROR, "WINDOW_UPDATE has four octets")
        self._wasted("window_update_flood")
        more = int.from_bytes(data, "big") & frames.MOST
        if not stream:
            if not more or self._window + more > frames.MOST:
                code = frames.FLOW_CONTROL_ERROR if more else frames.PROTOCOL_ERROR
                raise fatal(code, "a window that cannot be")
            self._window += more
            self._pump()
            return
        flow = self.flows.get(stream)
        if flow is None:
            self._wrong(stream, flows.STATES[self._state(stream)][flows.WINDOW])
        elif not more or flow.window + more > frames.MOST:
            code = frames.FLOW_CONTROL_ERROR if more else frames.PROTOCOL_ERROR
            self._broken(stream, code, "a window that cannot be")
        else:
            flow.window += more
            if flow.pending is not None and flow.window > 0:
                self._resume(flow)

    def _reset_stream(self, stream: int, data: bytes) -> Event | None:
        if len(data) != 4:
            raise fatal(frames.FRAME_SIZE_ERROR, "RST_STREAM has four octets")
        flow = self.flows.get(stream)
        if flow is None:
            self._wasted("rapid_reset")
            self._wrong(stream, flows.STATES[self._state(stream)][flows.RESET])
            return None
        self._over(flow, flows.STATES[flow.state][flows.RESET])
        self._events.append(Reset(flow, int.from_bytes(data, "big")))
        self._lost()
        return None

    def _priority(self, stream: int, data: bytes) -> None:
        if not stream:
            raise fatal(frames.PROTOCOL_ERROR, "a priority of no stream")
        self._wasted("priority_flood")
        code = frames.FRAME_SIZE_ERROR
        if len(data) == 5:
            if int.from_bytes(data[:4], "big") & frames.MOST != stream:
                return
            code = frames.PROTOCOL_ERROR
        if stream not in self.flows and self._state(stream) == flows.IDLE:
            raise fatal(code, "a malformed priority")
        self._broken(stream, code, "a malformed priority")

    def _of_connection(self, kind: int, stream: int, flags: int, data: bytes) -> Event | None:
        """A frame that belongs to no stream, or is unknown."""
        if kind == frames.PUSH_PROMISE:
            raise fatal(frames.PROTOCOL_ERROR, "a client that pushes")
        if kind == frames.SETTINGS:
            return self._settings(stream, flags, data)
        self._wasted(_KINDS.get(kind, "frame_flood"))
        if stream and kind in (frames.PING, frames.GOAWAY, frames.PRIORITY_UPDATE):
            raise fatal(frames.PROTOCOL_ERROR, "a frame of the connection on a stream")
        if kind == frames.PING:
            return self._ping(flags, data)
        if kind == frames.GOAWAY:
            if len(data) < 8:
                raise fatal(frames.FRAME_SIZE_ERROR, "GOAWAY has eight octets")
            return Away(int.from_bytes(data[4:8], "big"), int.from_bytes(data[:4], "big") & frames.MOST)
        if kind == frames.PRIORITY_UPDATE:
            self._priority_update(data)
        return None

    def _priority_update(self, data: bytes) -> None:
        """Not followed. Which streams that are still to come have one is kept, since their number has a limit."""
        if len(data) < 4:
            raise fatal(frames.FRAME_SIZE_ERROR, "PRIORITY_UPDATE has four octets")
        stream = int.from_bytes(data[:4], "big") & frames.MOST
        if not stream & 1:  # 0, or a push of ours, and we push nothing
            raise fatal(frames.PROTOCOL_ERROR, "a priority of no stream")
        if stream > self.last:
            self._prioritized = {idle for idle in self._prioritized if idle > self.last} | {stream}
            if len(self._prioritized) + len(self.flows) > self.limits.streams:
                raise fatal(frames.PROTOCOL_ERROR, "priorities of more streams than there may be")

    def _ping(self, flags: int, data: bytes) -> Event | None:
        if len(data) != 8:
            raise fatal(frames.FRAME_SIZE_ERROR, "PING has eight octets")
        if flags & frames.ACK:
            return Pong(data)
        self.out.append(frames.ping(data, True))
        return None

    # --- SETTINGS ---------------------------------------------------------------------------------

    def _settings(self, stream: int, flags: int, data: bytes) -> Event | None:
        if stream:
            raise fatal(frames.PROTOCOL_ERROR, "a frame of the connection on a stream")
        if flags & frames.ACK:
            if data:
                raise fatal(frames.FRAME_SIZE_ERROR, "an acknowledgement with settings")
            self._acknowledged()
            return None
        if len(data) % frames.SETTING.size:
            raise fatal(frames.FRAME_SIZE_ERROR, "SETTINGS have six octets each")
        window = self._taken(data)
        self.out.append(frames.SETTINGS_ACK)
        if self._settled:
            self._wasted("settings_flood")
        if window != self._peer_window:
            self._opened(window)
        if self._settled:
            return None
        self._settled = True
        self._strict = False
        return Settled()

    def _taken(self, data: bytes) -> int:
        """Take the values; that of the window is for whoever asks, once the frame is acknowledged."""
        window = self._peer_window
        for name, value in frames.SETTING.iter_unpack(data):
            if name == frames.INITIAL_WINDOW_SIZE:
                if value > frames.MOST:
                    raise fatal(frames.FLOW_CONTROL_ERROR, "a window that cannot be")
                window = value
            else:
                self._set(name, value)
        return window

    def _set(self, name: int, value: int) -> None:
        """One of the peer's."""
        if name == frames.HEADER_TABLE_SIZE:
            self.encoder.limit(value)
        elif name == frames.MAX_FRAME_SIZE:
            if not frames.FRAME <= value <= frames.FRAME_MOST:
                raise fatal(frames.PROTOCOL_ERROR, "a size of frames that cannot be")
            self._frame = min(value, self.limits.frame)
        elif value > 1 and name in frames.SWITCHES:
            raise fatal(frames.PROTOCOL_ERROR, "a setting that cannot be")

    def _opened(self, window: int) -> None:
        """Another window for all streams (§6.9.2)."""
        change = window - self._peer_window
        self._peer_window = window
        for flow in list(self.flows.values()):
            flow.window += change
            if flow.window > frames.MOST:
                raise fatal(frames.FLOW_CONTROL_ERROR, "a window that cannot be")
            if flow.pending is not None and flow.window > 0:
                self._resume(flow)

    def _acknowledged(self) -> None:
        """The peer has our settings."""
        if not self._acks:
            self._wasted("settings_flood")
            return
        self._acks = 0
        self._decoder.limit(self.limits.table)
        less = self._stream_room - self.limits.window
        if less > 0:
            self._stream_room -= less
            for flow in self.flows.values():
                flow.room -= less
