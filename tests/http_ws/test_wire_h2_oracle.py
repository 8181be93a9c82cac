"""HTTP/2 beside the library h2: as its client sees our server, and as its server sees what a client says."""

from random import Random
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    DataReceived,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from hypothesis import given
from hypothesis import strategies as st

from interfaces.http_ws.wire_h2 import Asked, Data, Ended, Flow, Limits, Reset, Wire
from tests.http_ws.h2_frames import (
    CANCEL,
    CONTINUATION,
    END,
    END_HEADERS,
    GET,
    GOAWAY,
    HEADERS,
    PADDED,
    POST,
    PRIORITY,
    PRIORITY_UPDATE,
    PUSH_PROMISE,
    SETTINGS,
    Pairs,
    block,
    data,
    frame,
    headers,
    number,
    post,
    reset,
    settings,
    window,
)
from tests.http_ws.h2_oracle import ONLY_OURS, ONLY_OURS_OF, ONLY_THEIRS, OTHERWISE, agree
from tests.http_ws.h2_talk import conversation
from tests.http_ws.sections import proves

# --- both servers ---


@proves("RFC9113 4.1", "RFC9113 5.4.1", "RFC9113 5.4.2")
@given(st.randoms(use_true_random=False), st.sampled_from([(0, 0), (1, 3), (5, 1), (3, 0)]))
def test_both_servers_agree(rng: Random, streams: tuple[int, int]) -> None:
    """Of conversations, sound and changed, both tell the same and refuse the same, or there is a reason."""
    assert agree(conversation(rng), *streams)


SKIPPED = headers(3) + data(1, b"x")
ENDED = headers(1) + data(1, b"x")
BOMB = b"\x40\x01x\x7f\xd9\x06" + b"y" * 984 + b"\xbe" * 70
EXAMPLES: list[tuple[object, bytes]] = [
    ((("stream", 1), ("connection", 1)), headers(1, GET[1:])),
    ((("connection", 1), ("stream", 5)), SKIPPED),
    ((("stream", 3), ("connection", 3)), post(3) + data(3, bytes(16384)) * 4),
    ((("connection", 5), ("stream", 5)), ENDED),
    ((("connection", 5), ("connection", 1)), headers(1) + frame(HEADERS, PADDED | END_HEADERS, 1, b"\2\0\0")),
    ((("stream", 5), ("connection", 1)), headers(3) + frame(HEADERS, PADDED | END_HEADERS, 3, b"\2\0\0")),
    ((("connection", 9), ("connection", 1)), frame(HEADERS, END_HEADERS, 1, b"\x80")),
    ((("connection", 6), ("connection", 1)), frame(SETTINGS, 1, 0, bytes(6))),
    ((("connection", 1), ("connection", 6)), frame(PUSH_PROMISE, END_HEADERS, 1, b"")),
    ((("connection", 1), ("connection", 5)), headers(1) + post(3) + frame(CONTINUATION, END_HEADERS, 1, b"")),
    ((("stream", 6), ("connection", 6)), post(3) + frame(PRIORITY, 0, 3, bytes(4))),
    ("a body that is shorter than its Content-Length", headers(1, [*POST, (b"content-length", b"1")])),
    ("a value of a field is malformed", headers(1, [*GET[:2], (b":path", b"/a b"), GET[3]])),
    ("a name of a field is malformed", headers(1, [*GET, (b'x"', b"y")])),
    ("only OPTIONS asks about the server itself", headers(1, [*GET[:2], (b":path", b"*"), GET[3]])),
    ("a pseudo-header field is empty", headers(1, [*GET[:3], (b":authority", b"")])),
    ("CONNECT has a method and an authority", headers(1, [(b":method", b"CONNECT"), (b"host", b"a")])),
    ("Host is not one name", headers(1, [*GET[:3], (b"host", b"a b")])),
    ("Content-Length is not one number", post(1, (b"content-length", b"5"), (b"content-length", b"5"))),
    ("a protocol that was not offered", headers(1, [(b":method", b"CONNECT"), (b":protocol", b"x"), *GET[1:]])),
    (
        "trailers of what is no body",
        headers(3, [(b":method", b"CONNECT"), GET[3]], END_HEADERS) + headers(3, [(b"x", b"y")]),
    ),
    ("a setting that cannot be", settings((9, 2))),
    (PRIORITY_UPDATE, frame(PRIORITY_UPDATE, 0, 0, b"")),
    (3, headers(1) + reset(3)),
    (HEADERS, frame(HEADERS, 0, 2, block(GET))),
    (PUSH_PROMISE, frame(PUSH_PROMISE, 0, 1, number(2))),
    ("Frame data missing or invalid", frame(0xA)),
    ("in state ConnectionState.CLOSED", frame(GOAWAY, 0, 0, bytes(8)) + headers(1)),
    ("non-compliant data", headers(1) + window(1, 0)),
    ("invalid padding", post(3) + frame(HEADERS, PADDED | END_HEADERS | END, 3, b"\2\0\0")),
    ("Oversized header block", frame(HEADERS, END_HEADERS | END, 1, block(GET) + BOMB)),
    ("window shrunk below 0", post(3) + post(5) + (data(3, bytes(16384)) + data(5, bytes(16384))) * 2 + data(3, b"x")),
    ("mismatched :authority and Host", headers(1, [*GET, (b"host", b"A:443")])),
]  # fmt: skip
REASONS: dict[object, str] = {}
for table in (OTHERWISE, ONLY_OURS, ONLY_OURS_OF, ONLY_THEIRS):
    REASONS.update(table)  # type: ignore[arg-type]


@pytest.mark.parametrize(("why", "said"), EXAMPLES, ids=[str(why) for why, _ in EXAMPLES])
def test_every_difference_is_real(why: object, said: bytes) -> None:
    """For each reason there is a conversation that needs it."""
    assert agree(said, ends=1) == REASONS[why]


def test_every_difference_has_an_example() -> None:
    """And none is listed that is not needed."""
    assert [why for why, _ in EXAMPLES] == [*REASONS]


# --- h2's client ---


class Pair:
    """A client of h2's and our server; both keep what they were told."""

    def __init__(self, window: int) -> None:
        self.client = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self.wire = Wire(Limits(window=1000, connection_window=65535, resets=10_000))
        self.flows: dict[int, Flow] = {}
        self.said: dict[int, bytes] = {}
        self.ended: set[int] = set()
        self.answers: dict[int, bytes] = {}
        self.finished: set[int] = set()
        self.gone: set[int] = set()
        self.heads: dict[int, list[Any]] = {}
        self.client.initiate_connection()
        self.client.update_settings({4: window})
        self.wire.begin(0.0)
        self.exchange()

    def exchange(self) -> None:
        """Until both have nothing more to say."""
        while True:
            sent = self.client.data_to_send()
            if sent:
                self.wire.feed(sent, 0.0)
            while (event := self.wire.next()) is not None:
                self.server_told(event)
            written = b"".join(self.wire.out)
            self.wire.out.clear()
            for told in self.client.receive_data(written) if written else []:
                self.client_told(told)
            if not sent and not written:
                assert not self.wire.closing, self.wire.reason
                return

    def server_told(self, event: object) -> None:
        """An event of ours."""
        if isinstance(event, Asked):
            self.flows[event.flow.id] = event.flow
            self.heads[event.flow.id] = [event.head.method, event.head.target, event.head.headers]
            self.said[event.flow.id] = b""
        if isinstance(event, Data):
            assert event.flow.id not in self.ended
            self.said[event.flow.id] += event.data
        if isinstance(event, Ended) or (isinstance(event, Asked | Data) and event.end):
            assert event.flow.id not in self.ended
            self.ended.add(event.flow.id)
        if isinstance(event, Ended):
            self.heads[event.flow.id].append(event.trailers)
        if isinstance(event, Reset):
            self.gone.add(event.flow.id)

    def client_told(self, event: object) -> None:
        """An event of h2's."""
        if isinstance(event, ResponseReceived):
            self.answers[event.stream_id] = b""
        if isinstance(event, DataReceived):
            self.answers[event.stream_id] += event.data
        if isinstance(event, StreamEnded):
            self.finished.add(event.stream_id)
        if isinstance(event, TrailersReceived):
            assert [*event.headers] == [(b"t", b"u")]
        if isinstance(event, InformationalResponseReceived):
            assert event.stream_id not in self.answers
        if isinstance(event, StreamReset):
            self.gone.add(event.stream_id)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.booleans(), st.integers(0, 3)),
        st.tuples(st.just("body"), st.integers(0, 5), st.integers(0, 2000)),
        st.tuples(st.just("pad"), st.integers(0, 5), st.integers(0, 255)),
        st.tuples(st.sampled_from(["end", "trailers", "cancel"]), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("read"), st.integers(0, 5), st.integers(1, 40_000)),
        st.tuples(st.just("settle"), st.sampled_from([0, 1, 500, 65535, 200_000]), st.just(0)),
        st.tuples(st.sampled_from(["take", "send"]), st.integers(0, 5), st.integers(0, 40_000)),
        st.tuples(st.sampled_from(["hint", "finish", "trail", "reset"]), st.integers(0, 5), st.just(0)),
    ),
    max_size=30,
)
EXTRA: tuple[Pairs, ...] = (
    [],
    [(b"x", b"y")],
    [(b"cookie", b"a=b"), (b"cookie", b"c=d")],
    [(b"long", b"z" * 3000)],
)


class History:
    """Steps of both sides, those left out that are not theirs to take; and what must have come of them."""

    def __init__(self, window: int) -> None:
        self.pair = Pair(window)
        self.next = 1
        self.sending: set[int] = set()
        self.answering: set[int] = set()
        self.sent: dict[int, bytes] = {}
        self.answered: dict[int, bytes] = {}
        self.unread: dict[int, int] = {}

    def pick(self, streams: set[int], number_: int) -> int | None:
        """One of these that is still there."""
        there = sorted(streams - self.pair.gone)
        return there[number_ % len(there)] if there else None

    def step(self, what: str, first: Any, second: int) -> None:
        """One step, and what comes of it."""
        getattr(self, what)(first, second)
        self.pair.exchange()
        for stream, got in self.pair.answers.items():
            assert self.answered[stream].startswith(got)
        for stream, said in self.pair.said.items():
            assert stream in self.pair.gone or said == self.sent[stream]

    def ask(self, end: bool, extra: int) -> None:
        """A request."""
        fields = [*POST[:2], (b":path", b"/%d" % self.next), *POST[3:], *EXTRA[extra]]
        self.pair.client.send_headers(self.next, fields, end_stream=end)
        if not end:
            self.sending.add(self.next)
        self.answering.add(self.next)
        self.sent[self.next] = self.answered[self.next] = b""
        self.next += 2

    def body(self, number_: int, size: int, pad: int | None = None) -> None:
        """As much of a body as has room."""
        stream = self.pick(self.sending, number_)
        if stream is not None:
            size = min(
                size, self.pair.client.local_flow_control_window(stream) - (0 if pad is None else pad + 1)
            )
            if size >= 0:
                self.pair.client.send_data(stream, b"b" * size, pad_length=pad)
                self.sent[stream] += b"b" * size

    def pad(self, number_: int, pad: int) -> None:
        """The same with padding."""
        self.body(number_, 10, pad)

    def end(self, number_: int, _: int) -> None:
        """The end of a body."""
        stream = self.pick(self.sending, number_)
        if stream is not None:
            self.pair.client.end_stream(stream)
            self.sending.remove(stream)

    def trailers(self, number_: int, _: int) -> None:
        """The same, with trailers."""
        stream = self.pick(self.sending, number_)
        if stream is not None:
            self.pair.client.send_headers(stream, [(b"a", b"b")], end_stream=True)
            self.sending.remove(stream)

    def cancel(self, number_: int, _: int) -> None:
        """The client gives up."""
        stream = self.pick(self.answering, number_)
        if stream is not None:
            self.pair.client.reset_stream(stream, CANCEL)
            self.forget(stream)

    def forget(self, stream: int) -> None:
        """A stream was reset."""
        self.pair.gone.add(stream)
        self.sending.discard(stream)
        self.answering.discard(stream)

    def read(self, number_: int, size: int) -> None:
        """The client takes some of an answer."""
        stream = self.pick(set(self.answered) - self.pair.finished, number_)
        if stream is not None:
            self.pair.client.increment_flow_control_window(size, stream)
        self.pair.client.increment_flow_control_window(size)

    def settle(self, window: int, _: int) -> None:
        """The client has another initial window."""
        self.pair.client.update_settings({4: window})

    def take(self, number_: int, size: int) -> None:
        """Our application takes some of a body."""
        stream = self.pick(set(self.pair.flows), number_)
        if stream is not None:
            self.pair.wire.consumed(self.pair.flows[stream], size)

    def send(self, number_: int, size: int) -> None:
        """It sends some of an answer."""
        stream = self.pick(self.answering & set(self.pair.flows), number_)
        if stream is not None:
            flow = self.pair.flows[stream]
            self.begin(stream)
            self.pair.wire.send(flow, b"a" * size, False)
            self.answered[stream] += b"a" * size

    def begin(self, stream: int) -> None:
        """The head of an answer, once."""
        flow = self.pair.flows[stream]
        if flow.owner is None:
            flow.owner = self
            self.pair.wire.respond(flow, self.pair.wire.encoder.head(200, [(b"x", b"y" * 99)]).data, False)

    def hint(self, number_: int, _: int) -> None:
        """An early hint."""
        stream = self.pick(self.answering & set(self.pair.flows), number_)
        if stream is not None and self.pair.flows[stream].owner is None:
            self.pair.wire.respond(self.pair.flows[stream], self.pair.wire.encoder.head(103, ()).data, False)

    def finish(self, number_: int, _: int, trailers: bool = False) -> None:
        """The end of an answer."""
        stream = self.pick(self.answering & set(self.pair.flows), number_)
        if stream is not None:
            self.begin(stream)
            flow, wire = self.pair.flows[stream], self.pair.wire
            if trailers:
                wire.respond(flow, wire.encoder.trailers([(b"t", b"u")]), True)
            else:
                wire.send(flow, b"", True)
            self.answering.remove(stream)

    def trail(self, number_: int, _: int) -> None:
        """The same, with trailers."""
        self.finish(number_, 0, True)

    def reset(self, number_: int, _: int) -> None:
        """We give up."""
        stream = self.pick(self.answering & set(self.pair.flows), number_)
        if stream is not None:
            self.pair.wire.reset(self.pair.flows[stream], CANCEL)
            self.forget(stream)


@proves("RFC9113 5.2", "RFC9113 6.9.2", "RFC9113 8.1", "RFC9113 5.1")
@given(STEPS, st.sampled_from([0, 10, 65535]))
def test_a_client_and_our_server_agree(steps: list[tuple[str, Any, int]], first_window: int) -> None:
    """Whatever both do, each is told what the other said, in order, and neither finds anything wrong."""
    history = History(first_window)
    for what, first, second in steps:
        history.step(what, first, second)
    for stream in sorted(history.answering - history.pair.gone):
        history.begin(stream)
        history.pair.wire.send(history.pair.flows[stream], b"", True)
    history.pair.client.increment_flow_control_window(2**21)
    for stream in sorted(set(history.answered) - history.pair.gone - history.pair.finished):
        history.pair.client.increment_flow_control_window(2**21, stream)
    history.pair.exchange()
    for stream in set(history.sent) - history.pair.gone:
        assert history.pair.answers[stream] == history.answered[stream]
        assert history.pair.heads[stream][:2] == [b"POST", b"/%d" % stream]
        assert stream in history.pair.finished
        assert (stream in history.pair.ended) != (stream in history.sending)
    assert set(history.pair.wire.flows) == history.sending - history.pair.gone
