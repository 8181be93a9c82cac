"""Frames between processes: no input raises but FrameError, what is sent can be read, counts add up."""

import random

from interfaces.layers.frames import (
    FrameError,
    Incoming,
    Outgoing,
    decode,
    decode_group,
    encode,
    encode_group,
)

HUB = "0123456789abcdef"
VALUES = (
    None,
    True,
    -1,
    1 << 40,
    2.5,
    "é",
    b"\xff\0",
    [1, [2]],
    {"type": "x", "a": {"b": [b"c"]}},
    "y" * 300,
)


def sound() -> list[bytes]:
    """Frames of one sender, a bare one among them."""
    out = Outgoing(HUB, 1)
    made: list[bytes] = []
    for number, value in enumerate(VALUES):
        data = encode(value)
        out.put(number, data, len(data))
        if number % 3 == 2:
            made += out.frames(1, 2, 3)
    return [*made, out.bare(8, 0, 0, 0)]


SEEDS = [*sound(), encode_group({"type": "x", "n": [1]}), b"\x02\x90", b"\x01" + b"\x91" * 2000]


def one(data: bytes) -> None:
    """One payload: read as a frame by a new receiver, twice, and as a message of a group."""
    try:
        frame = decode(data)
    except FrameError:
        pass
    else:
        into = Incoming()
        gap, items = into.feed(frame)
        for item in items:
            into.consume(item.size)
        if gap != frame.sequence or into.consumed > into.received:
            raise AssertionError(f"{frame!r}: {gap} missing, {into.consumed} of {into.received} consumed")
        if into.feed(decode(data))[1] and not frame.flags & 4:
            raise AssertionError(f"{frame!r} was used twice")
    try:
        decode_group(data)
    except FrameError:
        pass


def generate(rng: random.Random) -> bytes:
    """A sound frame, with bytes changed, or noise after a sound beginning."""
    data = bytearray(rng.choice(SEEDS))
    for _ in range(rng.randrange(4)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    if rng.random() < 0.2:
        data = data[: rng.randrange(len(data))] + rng.randbytes(rng.randrange(20))
    return bytes(data)
