"""What a connection of HTTP/2 is told by its wire, and what the wire is told of limits. Pure."""

from dataclasses import dataclass
from typing import Final

from interfaces.http_ws.flows_h2 import Flow
from interfaces.http_ws.frames_h2 import FRAME, FRAME_MOST, MOST, WINDOW
from interfaces.http_ws.heads_h2 import Head
from interfaces.shared.errors import ConfigError

__all__ = ["LIMITED", "Asked", "Away", "Data", "Ended", "Event", "Limits", "Pong", "Reset", "Room", "Settled"]

LIMITED: Final = (
    "continuation_flood", "empty_frame_flood", "frame_flood", "header_bytes", "ping_flood", "priority_flood",
    "rapid_reset", "refused_streams", "settings_flood", "too_many_fields", "window_overrun", "window_update_flood",
)  # fmt: skip
"""What a wire says has reached a limit: "too_many_fields" was answered with 431, the streams of "refused_streams"
may be tried again, "window_overrun" ended a stream or the connection; the others ended the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of what the peer may do. Raises ConfigError for what the protocol does not allow."""

    streams: int = 100
    """At a time (SETTINGS_MAX_CONCURRENT_STREAMS); further ones are refused."""
    fields: int = 128
    """Of a header, or of trailers."""
    header_size: int = 32768
    """Octets of a header's fields, 32 for each among them (SETTINGS_MAX_HEADER_LIST_SIZE)."""
    frame: int = FRAME
    """Octets of a frame's payload (SETTINGS_MAX_FRAME_SIZE)."""
    window: int = WINDOW
    """Octets of a stream that are sent to us before the application takes some (SETTINGS_INITIAL_WINDOW_SIZE)."""
    connection_window: int = 1048576
    """Of all streams, on their way at once; at least 65535. What has come is bounded by ``window`` alone."""
    resets: int = 200
    """Streams that the peer resets, or that fail, at once; a tenth of them a second after that."""
    control: int = 1000
    """Frames that bring nothing, at once; a tenth of them a second after that."""
    table: int = 4096
    """Octets of the table that the peer's encoder may fill (SETTINGS_HEADER_TABLE_SIZE)."""
    connect: bool = False
    """Take extended CONNECT (SETTINGS_ENABLE_CONNECT_PROTOCOL)."""

    def __post_init__(self) -> None:
        if min(self.streams, self.fields, self.header_size, self.window, self.resets, self.control) < 1:
            raise ConfigError("limits of HTTP/2 must be at least 1")
        if self.table < 0:
            raise ConfigError("a table of HTTP/2 has 0 octets or more")
        if not FRAME <= self.frame <= FRAME_MOST:
            raise ConfigError(f"a frame of HTTP/2 has {FRAME} to {FRAME_MOST} octets")
        if self.window > MOST or not WINDOW <= self.connection_window <= MOST:
            raise ConfigError(f"the window of a connection of HTTP/2 has {WINDOW} to {MOST} octets")


class Asked:
    """A request. ``end``: it has no body. ``head`` may be the next one's too, but its list of headers is not."""

    __slots__ = ("end", "flow", "head")

    def __init__(self, flow: Flow, head: Head, end: bool) -> None:
        self.flow: Flow = flow
        self.head: Head = head
        self.end: bool = end


class Data:
    """A part of a body, to be given back by ``consumed`` when it is taken."""

    __slots__ = ("data", "end", "flow")

    def __init__(self, flow: Flow, data: bytes, end: bool) -> None:
        self.flow: Flow = flow
        self.data: bytes = data
        self.end: bool = end


class Ended:
    """A body is complete; its trailers."""

    __slots__ = ("flow", "trailers")

    def __init__(self, flow: Flow, trailers: list[tuple[bytes, bytes]]) -> None:
        self.flow: Flow = flow
        self.trailers: list[tuple[bytes, bytes]] = trailers


class Reset:
    """A stream is no more: the peer has reset it, or what it sent was wrong, which it was told."""

    __slots__ = ("code", "flow")

    def __init__(self, flow: Flow, code: int) -> None:
        self.flow: Flow = flow
        self.code: int = code


class Room:
    """All that was sent on a stream has been framed."""

    __slots__ = ("flow",)

    def __init__(self, flow: Flow) -> None:
        self.flow: Flow = flow


class Away:
    """The peer will begin no more streams."""

    __slots__ = ("code", "last")

    def __init__(self, code: int, last: int) -> None:
        self.code: int = code
        self.last: int = last


class Settled:
    """The peer's first SETTINGS have come."""

    __slots__ = ()


class Pong:
    """The answer to a PING of ours."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data: bytes = data


Event = Asked | Data | Ended | Reset | Room | Away | Settled | Pong
