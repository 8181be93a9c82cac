"""HTTP/2: the library h2 takes and refuses the same, any split gives the same, what is told is sound and bounded."""

import random
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from interfaces.http_ws.flows_h2 import TUNNEL
from interfaces.http_ws.wire_h2 import Asked, Data, Ended, Limits, Reset, Wire

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
agree = import_module("tests.http_ws.h2_oracle").agree
conversation = import_module("tests.http_ws.h2_talk").conversation
frames = import_module("tests.http_ws.h2_frames")
told = frames.told

MODES = ((0, 0), (1, 3), (5, 1), (3, 0))
"""Which stream is answered at once, which is reset."""
NAME = re.compile(rb"[!#$%&'*+\-.^`|~0-9a-z]+")
VALUE = re.compile(rb"([!-~\x80-\xff]([\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
TARGET = re.compile(rb'/[!"$-~]*|\*')
STREAMS, WINDOW = 4, 65535
SEEDS = [
    b"\x00" + frames.headers(1) + frames.post(3) + frames.data(3, b"abc") + frames.headers(3, [(b"a", b"b")]),
    b"\x01" + frames.post(1) + frames.data(1, b"x") + frames.post(3, (b"content-length", b"5"))
    + frames.data(3, b"12345", True) + frames.data(1, b"y", True) + frames.data(1, b"z"),
    b"\x02" + frames.settings((4, 3)) + frames.headers(1) + frames.window(1, 9) + frames.settings((4, 9))
    + frames.reset(1) + frames.reset(1) + frames.headers(5) + frames.headers(3),
    b"\x0b" + frames.frame(1, 0x28, 1, b"\x02\0\0\0\0\7" + frames.block(frames.POST)[:20] + b"\0\0")
    + frames.frame(9, 4, 1, frames.block(frames.POST)[20:]) + frames.frame(0, 9, 1, b"\3abc\0\0\0"),
    b"\x13" + frames.frame(6, payload=b"12345678") + frames.frame(16, payload=b"\0\0\0\1u=1") + frames.window(0, 0),
    b"\x30" + frames.headers(1, [*frames.GET, (b"cookie", b"a"), (b"cookie", b"b"), (b"x_y", b"z")])
    + frames.headers(3, [*frames.GET, *[(b"a", b"b")] * 9]) + frames.headers(5, [*frames.GET, (b"x", b"\n")]),
    b"\x00" + frames.post(1) + frames.data(1, bytes(16384)) * 5,
    b"\x00" + frames.post(1) + frames.reset(1) + frames.data(1),
    b"\x00" + b"".join(frames.post(stream) for stream in (1, 3, 5, 7, 9, 11)) + frames.frame(7, payload=bytes(8)),
]  # fmt: skip


class Owner:
    """Who serves what a wire tells, and looks at it."""

    def __init__(self) -> None:
        self.wire = Wire(Limits(streams=STREAMS, fields=12, header_size=600, window=WINDOW, connect=True))
        self.told: list[Any] = []
        self.got: dict[int, int] = {}
        self.ended: set[int] = set()
        self.wire.begin(0.0)

    def feed(self, said: bytes) -> None:
        """Serve what comes of it."""
        self.wire.feed(said, 0.0)
        while (event := self.wire.next()) is not None:
            self.told.append(told(event))
            if isinstance(event, Asked):
                self.asked(event)
            elif isinstance(event, Data | Ended | Reset):
                self.streamed(event)

    def asked(self, event: Asked) -> None:
        """A request: it is what HTTP/1.1 could have said."""
        head, flow = event.head, event.flow
        names = [name for name, _ in head.headers]
        assert flow.id % 2 == 1
        assert flow.id not in self.got
        assert names[0] == b"host"
        assert names.count(b"host") == 1
        assert names.count(b"content-length") == (head.length >= 0)
        assert TARGET.fullmatch(head.target) or head.method == b"CONNECT"
        for name, value in head.headers:
            assert NAME.fullmatch(name)
            assert VALUE.fullmatch(value)
            assert name not in (b"connection", b"transfer-encoding", b"upgrade")
        assert len(self.wire.flows) <= STREAMS
        self.got[flow.id] = 0
        self.wire.respond(flow, b"\x88", False)
        self.wire.send(flow, bytes(10 * flow.id), flow.id % 4 == 1)
        if event.end:
            self.ended.add(flow.id)
            assert head.length <= 0

    def streamed(self, event: Data | Ended | Reset) -> None:
        """A part of a body, or its end: of a stream that is open, within its window, and as long as was said."""
        flow = event.flow
        assert flow.id in self.got
        if isinstance(event, Reset):
            assert flow.id not in self.wire.flows
            self.ended.add(flow.id)
            return
        assert flow.id not in self.ended
        if isinstance(event, Data):
            self.got[flow.id] += len(event.data)
            if flow.id % 8 == 3:
                self.wire.consumed(flow, len(event.data))
            else:
                assert self.got[flow.id] <= WINDOW
        if isinstance(event, Ended) or event.end:
            self.ended.add(flow.id)
            assert flow.length in (-1, TUNNEL, self.got[flow.id])


def one(data: bytes) -> None:
    """A byte that says which streams are answered and how the bytes are cut, then what comes behind the greeting."""
    if not data:
        return
    agree(data[1:], *MODES[data[0] & 3], Wire)
    said = frames.HELLO + data[1:]
    whole, cut = Owner(), Owner()
    whole.feed(said)
    size = 1 + (data[0] >> 2)
    for at in range(0, len(said), size):
        cut.feed(said[at : at + size])
    assert cut.told == whole.told
    written = b"".join(whole.wire.out)
    assert b"".join(cut.wire.out) == written
    answers: dict[int, int] = {}
    for kind, _, stream, payload in frames.frames(written):
        if kind == frames.HEADERS:
            answers.setdefault(stream, 0)
        elif kind == frames.DATA:
            assert stream in answers
            answers[stream] += len(payload)
    assert all(size <= 10 * stream for stream, size in answers.items())
    assert whole.got.keys() <= answers.keys()


def generate(rng: random.Random) -> bytes:
    """A conversation that is sound but for a few changes."""
    said: bytes = conversation(rng)
    return bytes((rng.randrange(256),)) + said[:4095]
