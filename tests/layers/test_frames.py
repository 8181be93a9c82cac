"""interfaces.layers.frames: numbers, credit, parts, and what hostile bytes do."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.layers import frames
from interfaces.layers.frames import (
    BARE,
    FRAME,
    SYNC,
    VERSION,
    FrameError,
    Incoming,
    Item,
    Outgoing,
    decode,
    decode_group,
    encode,
    encode_group,
    opened,
    sealed,
)

HUB = "0123456789abcdef"


def put(out: Outgoing, *items: object, kind: int = 0) -> None:
    """Queue items as mail does."""
    for item in items:
        data = encode(item)
        out.put(kind, data, 0 if 0 < kind < 16 else len(data))


def packed(out: Outgoing) -> list[bytes]:
    """What waits, as frames."""
    return list(out.frames(0, 0, 0))


def test_a_batch_is_one_frame_and_comes_out_as_it_went_in():
    """Kinds, items and sizes are the same on the other side, in order."""
    out, into = Outgoing(HUB, 1), Incoming()
    put(out, ["c!1", {"type": "x", "data": b"\0"}], {"a": [1, None, 2.5]})
    put(out, "join", kind=1)
    (data,) = packed(out)
    gap, items = into.feed(decode(data))
    assert gap == 0
    assert [(item.kind, item.item) for item in items] == [
        (0, ["c!1", {"type": "x", "data": b"\0"}]),
        (0, {"a": [1, None, 2.5]}),
        (1, "join"),
    ]
    assert items[2].size == 0
    assert sum(item.size for item in items) == out.spent == into.received


def test_nothing_waiting_makes_no_frame():
    """An idle pair publishes nothing."""
    assert packed(Outgoing(HUB, 1)) == []


@given(st.lists(st.integers(0, 3 * FRAME), max_size=12))
def test_every_frame_is_small_and_everything_arrives(sizes):
    """Batches are split, large items travel in parts, no frame is larger than FRAME."""
    out, into = Outgoing(HUB, 1), Incoming()
    put(out, *(bytes(size) for size in sizes))
    got = []
    for data in packed(out):
        assert len(data) <= FRAME
        gap, items = into.feed(decode(data))
        assert not gap
        got += items
    assert [len(item.item) for item in got] == sizes
    assert sum(item.size for item in got) == out.spent == into.received
    assert into.partial == into.held == 0


@given(st.data())
def test_any_loss_repetition_and_order_gives_the_right_counts(data):
    """What was not used was counted: missing or late; credit of what is lost comes back."""
    out, into = Outgoing(HUB, 1), Incoming()
    sent = []
    for number in range(data.draw(st.integers(1, 12))):
        put(out, number)
        sent += packed(out)
    arrivals = data.draw(st.lists(st.integers(0, len(sent) - 1), max_size=30))
    used, gaps = [], 0
    for arrival in arrivals:
        gap, items = into.feed(decode(sent[arrival]))
        gaps += gap
        for item in items:
            used.append(item.item)
            into.consume(item.size)
    assert used == sorted(set(used))  # in order, none twice
    assert into.late == len(arrivals) - len(used)
    gap, items = into.feed(decode(out.bare(0, 0, 0, 0)))  # the tail shows too
    assert items == []
    assert gaps + gap == into.missed == len(sent) - len(used)
    assert into.consumed == into.received == out.spent
    out.told(1, into.consumed, into.missed)
    assert out.returned == out.spent


@given(st.sets(st.integers(0, 5)))
def test_a_large_item_of_which_a_part_is_lost_is_lost_and_gives_its_credit_back(lost):
    """No broken item is ever given to anybody."""
    out, into = Outgoing(HUB, 1), Incoming()
    put(out, bytes(3 * FRAME), "small", bytes(FRAME))
    sent = packed(out)
    got = []
    for number, data in enumerate(sent):
        if number not in lost:
            got += into.feed(decode(data))[1]
    into.feed(decode(out.bare(0, 0, 0, 0)))
    for item in got:
        into.consume(item.size)
    assert into.consumed == out.spent
    assert into.partial == 0
    assert [
        item.item for item in got if isinstance(item.item, bytes) and len(item.item) not in (FRAME, 3 * FRAME)
    ] == []
    assert into.missed == len(lost & {*range(len(sent))})


def test_a_sender_that_starts_anew_is_a_gap_and_its_old_frames_are_late():
    """What was on its way in the old epoch is nobody's any more, and must not look new."""
    old, new, into = Outgoing(HUB, 1), Outgoing(HUB, 2), Incoming()
    put(old, "old")
    put(new, "new")
    (first,), (second,) = packed(old), packed(new)
    assert into.feed(decode(first))[0] == 0
    assert into.feed(decode(second)) == (1, [Item(0, "new", 4)])
    assert into.feed(decode(first)) == (0, [])
    assert into.late == 1


def test_a_receiver_that_begins_in_the_middle_reports_what_it_has_not_seen():
    """Better a gap too many than one that nobody hears of."""
    out, into = Outgoing(HUB, 7), Incoming()
    for number in range(3):
        put(out, number)
        last = packed(out)[0]
    assert into.feed(decode(last)) == (2, [Item(0, 2, 1)])


def test_credit_stops_a_sender_until_it_is_returned():
    """The window bounds what is on the way; one item that is larger than it may go alone."""
    out = Outgoing(HUB, 3, window=100)
    assert out.fits(1000)
    out.put(0, encode("x" * 58), 60)
    assert out.fits(40)
    assert not out.fits(41)
    assert out.told(2, 60, 0) == 0  # speaks of another epoch
    assert not out.fits(41)
    assert out.told(3, 60, 0) == 0
    assert out.fits(1000)
    assert out.told(3, 10**9, 0) == 0
    assert out.returned == 60


def test_a_bare_frame_tells_where_both_halves_stand():
    """It takes no number, and what the peer missed is told once."""
    out, into = Outgoing(HUB, 3), Incoming()
    put(out, 1)
    frame = decode(out.bare(SYNC, 9, 8, 7))
    assert (frame.flags, frame.sequence, frame.offset) == (SYNC | BARE, 0, 0)
    assert (frame.heard, frame.consumed, frame.missed) == (9, 8, 7)
    assert into.feed(frame) == (0, [])
    assert into.feed(decode(packed(out)[0])) == (0, [Item(0, 1, 1)])
    assert out.told(3, 0, 2) == 2
    assert out.told(3, 0, 2) == 0


def test_what_was_consumed_is_told_from_half_a_window_on():
    """Acknowledgements are cumulative, and need no frame each."""
    out, into = Outgoing(HUB, 1), Incoming()
    put(out, "x" * 60)
    ((*_, size),) = into.feed(decode(packed(out)[0]))[1]
    assert not into.owes(100)
    into.consume(size)
    assert into.owes(100)
    assert into.report() == (1, size, 0)
    assert not into.owes(100)
    into.consume(1000)
    assert into.consumed == into.received


def test_a_newer_version_is_refused_and_newer_fields_kinds_and_flags_are_not():
    """Interface N works with worker N±1."""
    out = Outgoing(HUB, 1)
    put(out, "x", kind=99)
    (data,) = packed(out)
    with pytest.raises(FrameError) as caught:
        decode(bytes((VERSION + 1,)) + data[1:])
    assert caught.value.reason == "version"
    fields = msgspec.msgpack.decode(data[1:])
    newer = bytes((VERSION,)) + msgspec.msgpack.encode([64, *fields[1:], "new", {"more": 1}])
    assert Incoming().feed(decode(newer)) == (0, [Item(99, "x", 2)])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01",
        b"\x01\xc1",
        b"\x01\x90",
        b"\x01" + b"\x91" * 5000,
        b"\x01" + encode([0, HUB, 0, 0, 0, 0, 0, 0, [0], [], ["x"]]),
        b"\x01" + encode([0, HUB, -1, 0, 0, 0, 0, 0, [], [], []]),
        b"\x01" + encode([0, HUB, 0, 1 << 63, 0, 0, 0, 0, [], [], []]),
        b"\x01" + encode([0, "", 0, 0, 0, 0, 0, 0, [], [], []]),
        b"\x01" + encode([0, HUB, 0, 0, 0, 0, 0, 0, [0], [1]])[:-1] + b"\x91\x81\x80\x01",
    ],
)
def test_damage_raises_one_error(data):
    """Whatever comes, there is one class to catch."""
    for read in (decode, decode_group):
        with pytest.raises(FrameError) as caught:
            read(data)
        assert caught.value.reason == "damaged"


@given(st.binary(max_size=200))
def test_noise_raises_one_error_or_is_a_frame(data):
    """No input raises anything else."""
    reasons = set()
    for read in (decode, decode_group):
        for payload in (data, b"\x01" + data):
            try:
                read(payload)
            except FrameError as error:
                reasons.add(error.reason)
    assert reasons <= {"version", "damaged"}


def test_parts_that_make_no_item_are_let_go():
    """A last part that completes to no msgpack is dropped with its credit given back."""
    into = Incoming()
    frame = decode(b"\x01" + encode([0, HUB, 1, 0, 0, 0, 0, 0, [0], [5], [b"\xc1"]]))
    frame.flags = frames.MORE
    assert into.feed(frame) == (0, [])
    frame = decode(b"\x01" + encode([0, HUB, 1, 1, 5, 0, 0, 0, [0], [5], [b"\xc1"]]))
    frame.flags = frames.REST
    assert into.feed(frame) == (0, [])
    assert into.consumed == 10


def test_an_endless_item_is_let_go(monkeypatch):
    """Parts beyond MESSAGE_LIMIT are not kept."""
    into = Incoming()
    sent = [
        b"\x01" + encode((0, HUB, 1, number, number * 2, 0, 0, 0, [0], [2], [b"ab"])) for number in range(3)
    ]
    monkeypatch.setattr(frames, "MESSAGE_LIMIT", 3)
    for number, data in enumerate(sent):
        frame = decode(data)
        frame.flags = frames.MORE | (frames.REST if number else 0)
        assert into.feed(frame) == (0, [])
        assert into.partial <= 3
    with pytest.raises(ValueError, match="more than 3"):
        encode("abcd")


@pytest.mark.parametrize("item", [object(), 1 << 70, {"a": {1j}}])
def test_what_msgpack_cannot_say_is_a_type_error(item):
    """The sender hears of it, not the receiver."""
    with pytest.raises(TypeError):
        encode(item)


def test_a_group_message_comes_out_as_it_went_in():
    """And newer fields after it do no harm; a question for the members is no message."""
    message = {"type": "chat", "n": [1, {"a": b"b"}]}
    assert decode_group(encode_group(message)) == (message, None)
    assert decode_group(encode_group({}, (HUB, 7))) == ({}, (HUB, 7))
    assert decode_group(b"\x01" + encode([message, None, 1, "x"])) == (message, None)


class Mark:
    """A cipher for tests: a word in front."""

    def seal(self, data: bytes, /) -> bytes:
        return b"!" + data

    def open(self, data: bytes, /) -> bytes | None:
        if not data:
            raise ValueError
        return data[1:] if data[:1] == b"!" else None


def test_a_seal_holds_for_one_name():
    """What was sealed for one group cannot be published to another."""
    assert sealed(None, b"g", b"x") == opened(None, b"g", b"x") == b"x"
    data = sealed(Mark(), b"g", b"x")
    assert opened(Mark(), b"g", data) == b"x"
    for name, other in ((b"h", data), (b"g", b"x"), (b"g", b""), (b"g\0", data)):
        assert opened(Mark(), name, other) is None
