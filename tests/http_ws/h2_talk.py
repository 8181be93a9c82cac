"""What a client of HTTP/2 says, by chance: sound conversations, and such with a few changes."""

from random import Random

import hpack

from tests.http_ws.h2_frames import (
    ACK,
    CONTINUATION,
    DATA,
    END,
    GET,
    HEADERS,
    PING,
    POST,
    PRIORITY,
    PRIORITY_UPDATE,
    SETTINGS,
    Pairs,
    block,
    frame,
    number,
    reset,
    settings,
    window,
)  # fmt: skip

HEADS = (
    GET, POST, [*POST, (b"content-length", b"5")], [*GET, (b"cookie", b"a=b"), (b"x", b"y"), (b"cookie", b"c=d")],
    [*GET[:3], (b"host", b"a")], [*GET, (b"host", b"a")], [*GET, (b"te", b"trailers"), (b"x_y", b"z")],
    [(b":method", b"OPTIONS"), GET[1], (b":path", b"*"), GET[3]], [(b":method", b"CONNECT"), (b":authority", b"a:1")],
)  # fmt: skip
TRAILERS: Pairs = [(b"a", b"b"), (b"c", b"")]
ODD_HEADS: tuple[Pairs, ...] = (
    [], TRAILERS, GET[1:], GET[:3], [*GET, GET[0]], [(b"x", b"y"), *GET], [*GET, (b":status", b"200")],
    [*GET, (b"connection", b"x")], [*GET, (b"te", b"gzip")], [*GET, (b"host", b"b")], [*GET[:3], (b"host", b"a b")],
    [*GET, (b"host", b"A:443")], [*GET, (b"X", b"y")], [*GET, (b"x y", b"z")], [*GET, (b'x"', b"z")],
    [*GET, (b"x", b" y")], [*GET, (b"x", b"y\n")], [*GET, (b"x_y", b"y\n")], [*GET, (b"x", b"\x01")],
    [*POST, (b"content-length", b"5"), (b"content-length", b"5")], [*POST, (b"content-length", b"+5")],
    [*GET[:2], (b":path", b"*"), GET[3]], [*GET[:2], (b":path", b""), GET[3]], [*GET[:2], (b":path", b"a"), GET[3]],
    [(b":method", b""), *GET[1:]], [GET[0], (b":scheme", b""), *GET[2:]], [*GET[:3], (b":authority", b"")],
    [(b":method", b"CONNECT"), *GET[1:]], [(b":method", b"CONNECT"), (b"host", b"a")], [(b":protocol", b"x"), *GET],
    [(b":method", b"CONNECT"), (b":protocol", b"x"), *GET[1:]], [*GET, (b"x", b"y" * 100)] * 3,
)  # fmt: skip
VALUES = (0, 1, 2, 100, 16384, 65535, 2**24 - 1, 2**24, 2**31 - 1, 2**31)


class Talk:
    """What a client says: sound, until it is changed."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.encoder = hpack.Encoder()
        self.open: dict[int, int] = {}
        self.next = 1

    def part(self) -> bytes:
        """One frame, or a block in several."""
        rng = self.rng
        what = rng.randrange(10)
        if self.open and what < 4:
            return self.body(rng.choice(list(self.open)))
        if what < 7 or not self.open:
            stream = self.next
            self.next += rng.choice((2, 2, 2, 4))
            return self.asks(stream, rng.choice(HEADS))
        stream = rng.choice([0, *self.open])
        size = rng.choice((1, 100, 65535))
        if what == 7 and stream:
            del self.open[stream]
            return reset(stream)
        return rng.choice(
            (
                window(stream, size),
                frame(PING, rng.choice((0, ACK)), 0, bytes(8)),
                frame(0xEE, 0xFF, stream, b"grease"),
                frame(PRIORITY, 0, self.next + 2, number(0) + b"\7"),
                frame(PRIORITY_UPDATE, 0, 0, number(1) + b"u=1"),
                settings((rng.choice((1, 2, 3, 4, 5, 6, 8, 9, 0x0A0A)), rng.choice(VALUES))),
                frame(SETTINGS, ACK),
            )
        )

    def block(self, fields: Pairs) -> bytes:
        """In one of two ways."""
        return self.encoder.encode(fields) if self.rng.random() < 0.6 else block(fields)

    def asks(self, stream: int, fields: Pairs, flags: int | None = None) -> bytes:
        """HEADERS, padded or not, in one frame or two."""
        rng = self.rng
        end = rng.choice((0, END)) if flags is None else flags
        if flags is None and (b"content-length", b"5") in fields:
            end = 0
        if not end:
            self.open[stream] = 5 if (b"content-length", b"5") in fields else 500
        said = self.block(fields)
        way = rng.randrange(8)
        if way == 0:
            cut = rng.randrange(len(said) + 1)
            return frame(HEADERS, end, stream, said[:cut]) + frame(CONTINUATION, 4, stream, said[cut:])
        if way == 1:
            return frame(HEADERS, end | 0xC, stream, b"\2" + said + b"\0\0")
        if way == 2:
            return frame(HEADERS, end | 0x24, stream, number(0) + b"\7" + said)
        return frame(HEADERS, end | 4, stream, said)

    def body(self, stream: int) -> bytes:
        """DATA, or trailers."""
        rng = self.rng
        left = self.open[stream]
        size = rng.choice((0, left, min(left, 3)))
        end = size == left or (left > 5 and rng.random() < 0.3)
        self.open[stream] -= size
        if end:
            del self.open[stream]
        if end and not size and rng.random() < 0.5:
            return self.asks(stream, TRAILERS, END)
        if rng.random() < 0.2:
            return frame(DATA, 8 | end, stream, b"\3" + bytes(size + 3))
        return frame(DATA, end, stream, bytes(size))


def conversation(rng: Random) -> bytes:
    """Some frames, most of them as they should be."""
    talk = Talk(rng)
    said = [talk.part() for _ in range(rng.randrange(1, 16))]
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        at = rng.randrange(len(said))
        changed = bytearray(said[at] or bytes(9))
        how = rng.randrange(6)
        if how == 0:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        elif how == 1:
            changed[rng.choice((3, 4, 8))] ^= 1 << rng.randrange(8)
        elif how == 2:
            changed = bytearray(rng.choice(said))
        elif how == 3:
            changed = bytearray(talk.asks(talk.next, rng.choice(ODD_HEADS)))
        elif how == 4:
            changed += frame(
                rng.randrange(18), rng.randrange(256), rng.randrange(8), bytes(rng.choice((0, 4, 5, 8)))
            )
        else:
            changed.clear()
        said[at] = bytes(changed)
    return b"".join(said)
