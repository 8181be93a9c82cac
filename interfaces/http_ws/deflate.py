"""permessage-deflate: agreeing on it, compressing, and inflating within bounds. Pure.

RFC 7692 §5 (negotiation), §6 (messages), §7.1 (parameters), §7.2 (compression, BFINAL, empty messages).
An offer is declined, and the next one read, when it has an unknown, repeated or malformed parameter (§7.1),
or asks for a server window of 8 bits: zlib cannot compress with a window of 256 bytes. A client's window of
8 bits is agreed to, and inflated with 9, since zlib-based clients send that instead.

Memory decides the defaults. A compressor with zlib's own defaults holds 256 KiB as long as it lives, one of
12 bits and memory level 5 holds 38 KiB; a new one costs 3 µs a message. So no context is taken over (an idle
connection holds nothing), messages below ``compress_from`` go as they are, and level 3 takes 40 % of the
time of level 6 for 10 % more bytes.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from interfaces.http_ws.events_ws import Violation
from interfaces.shared.errors import ConfigError, PeerError

__all__ = ["Agreement", "Deflate", "DeflateOptions", "Offer", "confirm", "negotiate", "offer"]

Offer = tuple[str, tuple[tuple[str, str | None], ...]]  # an extension and its parameters

NAME = "permessage-deflate"
FINAL_BLOCKS = 64  # deflate streams that one message may end and begin anew with BFINAL (§7.2.3.4)
_TAIL = (
    b"\x00\x00\xff\xff"  # what a sender cuts off a flushed message, and a receiver puts back (§7.2.1, §7.2.2)
)
_BITS = re.compile(r"[89]|1[0-5]")
_FLAGS = ("server_no_context_takeover", "client_no_context_takeover")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeflateOptions:
    """How to compress. Raises ConfigError for what zlib cannot do."""

    enabled: bool = True
    """Agree to permessage-deflate when the client offers it."""
    takeover: bool = False
    """Keep both directions' windows from message to message: smaller messages, 10 to 300 KiB a connection."""
    window_bits: int = 12
    """Largest LZ77 window of either side, as a power of two: 9 to 15."""
    mem_level: int = 5
    """zlib's memory level of the compressor: 1 to 9."""
    level: int = 3
    """zlib's compression level: 1 to 9."""
    compress_from: int = 256
    """Smallest payload in bytes that is compressed."""

    def __post_init__(self) -> None:
        for name, least, most in (("window_bits", 9, 15), ("mem_level", 1, 9), ("level", 1, 9)):
            if not least <= getattr(self, name) <= most:
                raise ConfigError(f"deflate {name} must be {least} to {most}, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What both sides keep to; ``answer`` is the value of the server's Sec-WebSocket-Extensions."""

    server_takeover: bool = True
    client_takeover: bool = True
    server_bits: int = 15
    client_bits: int = 15
    answer: bytes = b""


def negotiate(offers: Sequence[Offer], options: DeflateOptions) -> Agreement | None:
    """The server's part: agree to the first offer that can be met; None: no compression (§5.1)."""
    if options.enabled:
        for name, parameters in offers:
            if name == NAME:
                asked = _read(parameters)
                if asked is not None and asked.get("server_max_window_bits") != "8":
                    return _agree(asked, options)
    return None


def _read(parameters: Sequence[tuple[str, str | None]]) -> dict[str, str | None] | None:
    """The parameters by name, None when one is unknown, repeated or has a wrong value (§7.1)."""
    asked: dict[str, str | None] = {}
    for name, value in parameters:
        if name in _FLAGS:
            good = value is None
        elif name == "client_max_window_bits":
            good = value is None or _BITS.fullmatch(value) is not None
        else:
            good = name == "server_max_window_bits" and _BITS.fullmatch(value or "") is not None
        if not good or name in asked:
            return None
        asked[name] = value
    return asked


def _agree(asked: dict[str, str | None], options: DeflateOptions) -> Agreement:
    words = [NAME]
    server_takeover = options.takeover and _FLAGS[0] not in asked
    client_takeover = options.takeover and _FLAGS[1] not in asked
    words += [flag for flag, kept in zip(_FLAGS, (server_takeover, client_takeover), strict=True) if not kept]
    server_bits = min(options.window_bits, int(asked.get("server_max_window_bits") or 15))
    if server_bits < 15 or "server_max_window_bits" in asked:
        words.append(f"server_max_window_bits={server_bits}")
    client_bits = 15
    if "client_max_window_bits" in asked:  # only then may the answer bound the client's window (§7.1.2.2)
        client_bits = min(options.window_bits, int(asked["client_max_window_bits"] or 15))
        words.append(f"client_max_window_bits={client_bits}")
    return Agreement(
        server_takeover=server_takeover,
        client_takeover=client_takeover,
        server_bits=server_bits,
        client_bits=client_bits,
        answer="; ".join(words).encode("ascii"),
    )


def offer(options: DeflateOptions) -> bytes:
    """The client's part: the value of its Sec-WebSocket-Extensions."""
    flags = () if options.takeover else _FLAGS
    return "; ".join((NAME, *flags, "client_max_window_bits")).encode("ascii")


def confirm(answers: Sequence[Offer], options: DeflateOptions) -> Agreement | None:
    """The client's part: what the server's answer to :func:`offer` means, None when it declined.

    Raises PeerError when the answer is none to this offer (§5.1, §7.1): the connection is to be failed.
    """
    if not answers:
        return None
    asked = _read(answers[0][1]) if len(answers) == 1 and answers[0][0] == NAME else None
    if asked is None or (not options.takeover and _FLAGS[0] not in asked):
        raise PeerError("the server answered with an extension that was not offered")
    client = asked.get("client_max_window_bits", "15")
    if client is None or client == "8":
        raise PeerError("the server asks for a window that cannot be kept")
    return Agreement(
        server_takeover=_FLAGS[0] not in asked,
        client_takeover=options.takeover and _FLAGS[1] not in asked,
        server_bits=int(asked.get("server_max_window_bits") or 15),
        client_bits=min(options.window_bits, int(client)),
    )


class Deflate:
    """Both directions of one connection. The zlib objects are made when first needed."""

    __slots__ = (
        "_ends",
        "_fed",
        "_in",
        "_in_bits",
        "_keep_in",
        "_keep_out",
        "_options",
        "_out",
        "_out_bits",
        "least",
    )

    def __init__(self, agreement: Agreement, options: DeflateOptions, *, client: bool = False) -> None:
        out_bits, in_bits = agreement.server_bits, agreement.client_bits
        keep_out, keep_in = agreement.server_takeover, agreement.client_takeover
        if client:
            out_bits, in_bits, keep_out, keep_in = in_bits, out_bits, keep_in, keep_out
        self.least: int = max(1, options.compress_from)
        self._options = options
        self._out_bits: int = out_bits
        self._in_bits: int = max(9, in_bits)
        self._keep_out: bool = keep_out
        self._keep_in: bool = keep_in
        self._out: Any = None
        self._in: Any = None
        self._fed: bool = False
        self._ends: int = 0

    def compress(self, data: bytes) -> bytes | None:
        """The payload of a compressed message, None when it is better sent as it is. No empty ``data``."""
        out = self._out
        if out is None:
            options = self._options
            out = zlib.compressobj(options.level, zlib.DEFLATED, -self._out_bits, options.mem_level)
            if self._keep_out:
                self._out = out
        shrunk: bytes = out.compress(data) + out.flush(zlib.Z_SYNC_FLUSH)
        # A kept window has seen the data, so the peer's must see it too, smaller or not.
        return shrunk[:-4] if self._keep_out or len(shrunk) < len(data) + 4 else None

    def inflate(self, data: bytes, most: int, last: bool) -> bytes:
        """The next part of a compressed message inflated; ``last`` when it ends the message.

        No more than ``most`` bytes (at least 1) come out, the rest is lost: leave room for one too many.
        Raises Violation (1007) when it is no deflate stream.
        """
        if data:
            self._fed = True
        # Some senders make nothing at all of an empty message, where §7.2.3.6 has a byte, nor of a flush
        # after BFINAL: the tail belongs to no block then.
        if last and self._fed and (data or self._in is not None):
            data += _TAIL
        parts: list[bytes] = []
        while data and most:
            inflater = self._in
            if inflater is None:
                self._in = inflater = zlib.decompressobj(-self._in_bits)
            try:
                part: bytes = inflater.decompress(data, most)
            except zlib.error:
                raise Violation(1007, "not a deflate stream") from None
            most -= len(part)
            parts.append(part)
            data = self._next_stream(inflater, last)
        if last:
            self._end_message()
        return b"".join(parts)

    def _end_message(self) -> None:
        self._fed = False
        self._ends = 0
        if not self._keep_in:
            self._in = None

    def _next_stream(self, inflater: Any, last: bool) -> bytes:
        """What follows a block with BFINAL, which ends a stream but not the message (§7.2.3.4)."""
        if not inflater.eof:
            return b""
        self._in = None
        self._ends += 1
        if self._ends > FINAL_BLOCKS:
            raise Violation(1007, "too many deflate streams in one message")
        rest: bytes = inflater.unused_data
        return b"" if last and rest == _TAIL else rest
