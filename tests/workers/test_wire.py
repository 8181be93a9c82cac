"""Frames: what goes in comes out, whatever the bytes are split into, and nothing else passes."""

from http import HTTPStatus
from itertools import pairwise
from math import inf

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.shared.errors import PeerError
from interfaces.workers import wire
from interfaces.workers.wire import (
    EVENT,
    LONGEST,
    OPEN,
    SEND,
    VERSIONS,
    Reader,
    agreed,
    decode,
    encode,
    frame,
    landed,
    packed,
    travelling,
)  # fmt: skip

EVENTS = [
    {"type": "websocket.receive", "text": "é" * 40},
    {"type": "http.request", "body": b"\0" * 300},
    None,
]
SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.5"},
    "headers": [(b"host", b"test"), (b"a", b"1"), (b"a", b"2")],
    "client": ("127.0.0.1", 5),
    "server": ("/run/x", None),
    "path": "/é",
    "raw_path": b"/%c3%a9",
    "state": {"pool": object()},
    "extensions": {
        "http.response.trailers": {},
        "http.response.debug": {},
        "tls": {"tls_version": 772},
        "mine": {"a": 1},
    },
}


def frames(*parts: bytes) -> list[tuple[int, int, object]]:
    """What a reader makes of these reads."""
    reader = Reader()
    return [found[:3] for part in parts for found in reader.feed(part)]


@given(st.lists(st.integers(min_value=0, max_value=1000), max_size=12))
def test_any_split_of_the_bytes_gives_the_same_frames(cuts: list[int]) -> None:
    """Frames do not depend on how they are read."""
    data = b"".join(frame(EVENT, number, event) for number, event in enumerate(EVENTS))
    at = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    parts = [data[a:b] for a, b in pairwise(at)]
    assert frames(*parts) == [(EVENT, number, event) for number, event in enumerate(EVENTS)]


def test_a_frame_of_one_byte_reads_costs_no_more_than_its_bytes() -> None:
    """A long frame in small pieces is joined once."""
    data = frame(SEND, 1, {"body": b"x" * 100_000})
    reader = Reader()
    found = [one for at in range(0, len(data), 10) for one in reader.feed(data[at : at + 10])]
    assert len(found) == 1
    assert found[0][3] == len(data) - 4


@given(st.binary(max_size=200))
def test_hostile_bytes_are_one_error(data: bytes) -> None:
    """Whatever comes, nothing but PeerError is raised."""
    reader = Reader(limit=100)
    try:
        list(reader.feed(data))
    except PeerError:
        pass


@pytest.mark.parametrize(
    "body",
    [
        b"\x93\x01\x02",
        b"\xc1",
        b"\x80",
        b"\x92\x01\x02",
        b"\x93\xa1a\x00\x00",
        b"\x93\x01\x02\xd4\x01a",
        b"\x93\x01\x02" + b"\x91" * 5000,
        b"",
    ],
)
def test_what_is_no_array_of_a_frame_is_refused(body: bytes) -> None:
    """Cut, malformed, too deep, or of another shape."""
    with pytest.raises(PeerError):
        decode(body)


def test_a_frame_beyond_the_limit_is_refused_before_it_is_read() -> None:
    """Its length alone is enough."""
    with pytest.raises(PeerError, match="at most"):
        list(Reader(limit=10).feed(b"\0\0\0\x0b"))


def test_a_newer_peer_may_say_more() -> None:
    """Further elements of a frame and further kinds come out as what they are, to be passed over."""
    body = msgspec.msgpack.encode([OPEN, 3, {"new": 1}, "more", 5])
    assert decode(body)[:3] == (OPEN, 3, {"new": 1})


@pytest.mark.parametrize(("theirs", "version"), [((1, 1), 1), ([1, 2], 1), ([0, 1], 1), ((1, 2, "more"), 1)])
def test_the_highest_common_version_holds(theirs: object, version: int) -> None:
    """One older and one newer peer are spoken to."""
    assert agreed(theirs) == version


@pytest.mark.parametrize(
    "theirs",
    [(2, 3), (0, 0), None, "ab", [1], {}, "11", b"\1\1", (1.0, 1.0), (True, True), (inf, inf), {0: 1, 1: 1}],
)
def test_without_a_common_version_nobody_is_spoken_to(theirs: object) -> None:
    """Two versions apart is too far, and no version is none."""
    assert VERSIONS == (1, 1)
    with pytest.raises(PeerError):
        agreed(theirs)


class Safe(str):
    """As Django's SafeString."""

    __slots__ = ()

    def __str__(self) -> str:
        return self


def test_events_may_hold_what_applications_put_there() -> None:
    """Subclasses of str, enumerations, generators of headers, views of bytes."""
    event = {
        "type": Safe("http.response.start"),
        "status": HTTPStatus.OK,
        "headers": ((name, b"1") for name in (b"a", b"b")),
        "body": memoryview(b"abc"),
        "more": bytearray(b"d"),
    }
    kind, session, payload, _ = decode(encode(SEND, 7, event))
    assert (kind, session) == (SEND, 7)
    assert payload == {"type": "http.response.start", "status": 200, "headers": [[b"a", b"1"], [b"b", b"1"]],
                       "body": b"abc", "more": b"d"}  # fmt: skip


@pytest.mark.parametrize("value", [object(), 1 << 70, print])
def test_what_cannot_travel_is_the_senders_mistake(value: object) -> None:
    """RuntimeError there, not a broken connection for all."""
    with pytest.raises(RuntimeError, match="plain"):
        encode(SEND, 1, {"type": "x", "value": value})
    with pytest.raises(RuntimeError, match="plain"):
        packed({"value": value})


def test_an_event_that_is_too_long_is_the_senders_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other side would end the connection."""
    monkeypatch.setattr(wire, "LONGEST", 1000)
    with pytest.raises(RuntimeError, match="too long"):
        encode(SEND, 1, {"body": b"x" * 1000})
    assert LONGEST == 64 << 20


def test_a_scope_lands_in_its_shape() -> None:
    """Tuples where applications know tuples; the state is the worker's; extensions are those that work."""
    raw = travelling(SCOPE)
    state = {"mine": [1]}
    scope = landed(msgspec.msgpack.decode(bytes(raw)), state)
    assert scope["headers"] == SCOPE["headers"]
    assert scope["client"] == ("127.0.0.1", 5)
    assert scope["server"] == ("/run/x", None)
    assert scope["path"] == "/é"
    assert scope["state"] == state
    assert scope["state"] is not state
    assert scope["extensions"] == {
        "http.response.trailers": {},
        "tls": {"tls_version": 772},
        "mine": {"a": 1},
    }


def test_what_cannot_travel_of_a_scope_is_left_out() -> None:
    """A user object, a session: they belong to one process."""
    scope = msgspec.msgpack.decode(bytes(travelling({**SCOPE, "user": object(), "kept": 1})))
    assert "user" not in scope
    assert scope["kept"] == 1
    assert scope["extensions"]
