"""What comes of a WebSocket's frames: events, limits, close codes (RFC 6455 §5.5, §7.4, §10.4). Pure."""

from dataclasses import dataclass

from interfaces.shared.errors import ConfigError, PeerError

__all__ = ["Close", "Event", "Failed", "Limits", "Ping", "Pong", "Violation", "on_the_wire"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of what the peer may send. Beyond them: 1009. Raises ConfigError for one below 1."""

    max_message: int = 16 * 1024 * 1024
    """Bytes of a message, inflated."""
    max_frame: int = 16 * 1024 * 1024
    """Bytes of a frame's payload, as it is on the wire."""
    max_fragments: int = 131072
    """Frames of a message; small fragments cost time, not memory."""

    def __post_init__(self) -> None:
        if min(self.max_message, self.max_frame, self.max_fragments) < 1:
            raise ConfigError("max_message, max_frame and max_fragments must be at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """To be answered with :meth:`Wire.pong` and the same payload (§5.5.2)."""

    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    """Answers a ping of ours, or comes unasked (§5.5.3)."""

    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """The peer closes; ``code`` is 1005 when it gave none.

    ``answer`` (empty: ours has gone) is to be written when what came before has been answered; then call
    :meth:`Wire.end`.
    """

    code: int
    reason: str
    answer: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The peer broke the protocol or a limit. Write ``answer`` as for :class:`Close`, then hang up."""

    code: int
    reason: str
    answer: bytes


Event = str | bytes | Ping | Pong | Close | Failed


def on_the_wire(code: int) -> bool:
    """Whether a close frame may carry ``code`` (§7.4, IANA's registry)."""
    return 3000 <= code <= 4999 or (1000 <= code <= 1014 and not 1004 <= code <= 1006)


class Violation(PeerError):  # noqa: N818 - as RFC 6455 speaks of it
    """The peer broke the protocol or a limit; ``code`` is what the close frame says (RFC 6455 §7.4)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
