"""What goes out for a request: framing, what is refused of an application, and h11 as the reader."""

from itertools import product

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.http_ws import answer as module
from interfaces.http_ws.answer import COMPLETE, NEW, STARTED, Answer
from interfaces.shared.errors import ApplicationError
from tests.http_ws.sections import proves

DATE = b"date: now\r\n"
HEADERS = [(b"x", b"y")]


def begun(minor: int = 1, head_only: bool = False, keep_alive: bool = True) -> Answer:
    """An answer to a request that came."""
    answer = Answer()
    answer.begin(minor, head_only, keep_alive)
    return answer


def started(status: int = 200, headers: object = (), trailers: bool = False, **request: bool) -> Answer:
    """An answer that was started."""
    answer = begun(**request)
    answer.start(status, headers, b"", trailers)  # type: ignore[arg-type]
    return answer


COMBINATIONS = list(
    product((0, 1), (False, True), (200, 204, 304), (False, True), (1, 2), (False, True), (False, True))
)


@proves(
    "RFC9112 6.1",
    "RFC9112 6.2",
    "RFC9112 6.3",
    "RFC9112 9.3",
    "RFC9110 6.4.1",
    "RFC9110 9.3.2",
    "RFC9110 8.6",
)
@pytest.mark.parametrize(
    ("minor", "head_only", "status", "sized", "parts", "trailers", "close"), COMBINATIONS
)
def test_every_combination_of_framing(  # noqa: PLR0917 - a table
    minor: int, head_only: bool, status: int, sized: bool, parts: int, trailers: bool, close: bool
) -> None:
    """Head, framing, trailers and persistence follow their rules for every kind of request and response."""
    answer = begun(minor, head_only, not close)
    answer.start(status, [(b"content-length", b"4")] if sized else [], DATE, trailers)
    out = answer.body(b"ab" if parts == 2 else b"abcd", parts == 2)
    if parts == 2:
        out += answer.body(b"cd", False)
    if trailers:
        out += answer.trailers([(b"t", b"u")], True)
    assert answer.phase == COMPLETE
    head, _, body = out.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")[1:]
    bodiless = head_only or status != 200
    one = parts == 1 and not trailers
    length = sized or one if status == 200 else sized if status == 304 else False
    chunked = status == 200 and not length and minor == 1
    to_the_end = status == 200 and not length and minor == 0
    assert (b"content-length: 4" in lines) == length
    assert (b"transfer-encoding: chunked" in lines) == chunked
    kept = not close and not to_the_end
    assert answer.keep_alive == kept
    assert (b"connection: close" in lines) == (not kept)
    assert (b"connection: keep-alive" in lines) == (kept and minor == 0)
    assert b"date: now" in lines
    if bodiless:
        assert body == b"" and answer.sent == 0
    else:
        data = b"4\r\nabcd\r\n" if parts == 1 else b"2\r\nab\r\n2\r\ncd\r\n"
        tail = b"0\r\nt: u\r\n\r\n" if trailers else b"0\r\n\r\n"
        assert body == (data + tail if chunked else b"abcd")
        assert answer.sent == 4


@proves("RFC9110 9.3.2")
def test_head_without_a_body_says_no_length() -> None:
    """An application that gives no body to a HEAD has not said how long the body of a GET would be."""
    assert started(head_only=True).body(b"", False) == b"HTTP/1.1 200 OK\r\n\r\n"


@proves("RFC9110 6.4.1")
def test_an_empty_body_has_a_length() -> None:
    """Without a body, the length of a response is 0."""
    assert started().body(b"", False) == b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


@proves("RFC9112 7.1")
def test_an_empty_part_is_no_last_chunk() -> None:
    """An empty part of a streamed body writes the head, and later nothing, but never the last chunk."""
    answer = started()
    assert answer.body(b"", True).endswith(b"chunked\r\n\r\n")
    assert answer.body(b"", True) == b""
    assert answer.body(b"", False) == b"0\r\n\r\n"


def test_pairs_of_any_kind_are_fields() -> None:
    """ASGI has them as two items each, which many applications and frameworks give as lists."""
    answer = started(headers=[[b"a", b"b"], (b"c", b"d")], trailers=True)
    assert answer.body(b"", False).startswith(b"HTTP/1.1 200 OK\r\na: b\r\nc: d\r\n")
    assert answer.trailers([[b"t", b"u"]], True).endswith(b"t: u\r\n\r\n")


@proves("RFC9112 6.2", "RFC9112 8")
@pytest.mark.parametrize(
    ("parts", "wrong"), [([b"abcd"], 0), ([b"ab"], 0), ([b"ab", b"cd"], 1), ([b"ab", b""], 1), ([b""], 0)]
)
def test_a_body_of_another_length_is_refused(parts: list[bytes], wrong: int) -> None:
    """The part that is too much, or the end that comes too early, raises and writes nothing."""
    answer = started(headers=[(b"content-length", b"3")])
    for at, part in enumerate(parts):
        more = at < len(parts) - 1
        sent, phase = answer.sent, answer.phase
        if at == wrong:
            with pytest.raises(ApplicationError, match="content-length"):
                answer.body(part, more)
            assert (answer.sent, answer.phase) == (sent, phase)
            assert answer.on_the_wire == (wrong > 0)
        else:
            answer.body(part, more)


@proves("RFC9112 11.1", "RFC9110 5.5")
@pytest.mark.parametrize("bad", [b"\r", b"\n", b"\0", b"\r\n", b"\r\nx: y", b"\n\n", b"a\r\n\r\n<html>"])
@pytest.mark.parametrize("where", [b"%b", b"a%b", b"%ba", b"a%bb"])
def test_no_line_ends_in_values(bad: bytes, where: bytes) -> None:
    """CR, LF and NUL anywhere in a value, a trailer or a link raise, and nothing is started."""
    value = where % bad
    answer = begun()
    with pytest.raises(ApplicationError, match="CR, LF or NUL"):
        answer.start(200, [(b"a", b"b"), (b"x", value)], DATE)
    with pytest.raises(ApplicationError, match="CR, LF or NUL"):
        answer.hint([b"<a>", value])
    assert answer.phase == NEW
    answer.start(200, [], DATE, True)
    answer.body(b"", False)
    with pytest.raises(ApplicationError, match="CR, LF or NUL"):
        answer.trailers([(b"x", value)], True)


@proves("RFC9112 11.1", "RFC9110 5.1")
@pytest.mark.parametrize(
    "name", [b"", b"a b", b"a:", b"a\r\nb", b"a\0", b"\xff", b" a", b"a ", b"a\n", b"a\t", b"(a)"]
)
def test_names_are_tokens(name: bytes) -> None:
    """A name that is no token raises, in the head and in trailers, asked for or not."""
    answer = begun()
    with pytest.raises(ApplicationError, match="token"):
        answer.start(200, [(name, b"x")], DATE)
    answer.start(200, [], DATE, True)
    answer.body(b"", False)
    for wanted in (True, False):
        with pytest.raises(ApplicationError, match="token"):
            answer.trailers([(name, b"x")], wanted)


@proves("RFC9110 6.5.1")
@pytest.mark.parametrize("name", [b"Content-Length", b"transfer-encoding", b"connection", b"date"])
def test_framing_is_no_trailer(name: bytes) -> None:
    """Fields about framing may not stand in trailers."""
    answer = started(trailers=True)
    answer.body(b"", False)
    with pytest.raises(ApplicationError, match="framing"):
        answer.trailers([(name, b"1")], True)


@proves("RFC9110 8.6")
@pytest.mark.parametrize(
    "values", [[b"5", b"5"], [b"5", b"6"], [b"+5"], [b"-5"], [b""], [b"5, 5"], [b" 5"], [b"\xb2"], [b"x"]]
)
def test_content_length_is_one_number(values: list[bytes]) -> None:
    """A length that is repeated or no number raises."""
    with pytest.raises(ApplicationError, match="one number"):
        begun().start(200, [(b"Content-Length", value) for value in values], DATE)


@proves("RFC9112 9.6", "RFC9112 6.1")
def test_the_servers_own_fields() -> None:
    """The application's "connection: close" counts; that field and transfer-encoding are ours to write."""
    answer = begun()
    answer.start(200, [(b"Connection", b"X, Close"), (b"Transfer-Encoding", b"chunked"), (b"A", b"b")], b"")
    assert (
        answer.body(b"x", False)
        == b"HTTP/1.1 200 OK\r\nA: b\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx"
    )
    assert not answer.keep_alive
    answer = started(headers=[(b"connection", b"keep-alive, upgrade")], keep_alive=False)
    assert answer.body(b"", False).endswith(b"connection: close\r\n\r\n")


@proves("RFC9110 6.6.1")
def test_the_applications_date_counts() -> None:
    """There is one Date, the application's where it gave one."""
    answer = begun()
    answer.start(200, [(b"Date", b"then")], DATE)
    assert answer.body(b"", False) == b"HTTP/1.1 200 OK\r\nDate: then\r\ncontent-length: 0\r\n\r\n"
    answer.begin(1, False, True)
    answer.start(200, [], DATE)
    assert answer.body(b"", False) == b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 0\r\n\r\n"


@proves("RFC9112 4")
@pytest.mark.parametrize("status", [0, 99, 100, 101, 103, 199, 1000, -200])
def test_only_final_statuses_start(status: int) -> None:
    """A status that is interim, or none, raises."""
    with pytest.raises(ApplicationError, match="final"):
        begun().start(status, [], DATE)


def test_what_is_out_of_order_is_refused() -> None:
    """Body before start, start twice, late hints, trailers unannounced, anything after the end: all raise."""
    answer = begun()
    with pytest.raises(ApplicationError, match="body"):
        answer.body(b"", False)
    with pytest.raises(ApplicationError, match="trailers"):
        answer.trailers([], True)
    answer.start(200, [], DATE)
    with pytest.raises(ApplicationError, match="twice"):
        answer.start(200, [], DATE)
    with pytest.raises(ApplicationError, match="early_hint"):
        answer.hint([b"<a>"])
    answer.body(b"", True)
    with pytest.raises(ApplicationError, match="trailers"):
        answer.trailers([], True)
    answer.body(b"", False)
    for act in (
        lambda: answer.body(b"", False),
        lambda: answer.start(200, [], DATE),
        lambda: answer.trailers([], True),
    ):
        with pytest.raises(ApplicationError):
            act()


def test_a_start_that_raised_can_be_made_good() -> None:
    """After a start that was refused, another is taken, and nothing of the first stays."""
    answer = begun()
    with pytest.raises(ApplicationError):
        answer.start(204, [(b"content-length", b"5"), (b"x", b"\n")], DATE, True)
    answer.start(200, [], b"")
    assert answer.body(b"ab", False) == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab"


def test_a_body_that_raised_can_be_made_good() -> None:
    """After a first part that was refused, nothing is on the wire, and another is taken."""
    answer = started(headers=[(b"content-length", b"2")])
    with pytest.raises(ApplicationError):
        answer.body(b"abc", False)
    assert answer.phase == STARTED and not answer.on_the_wire
    assert answer.body(b"ab", False).endswith(b"\r\n\r\nab")


@proves("RFC9112 7.1.2", "RFC9110 10.1.4")
def test_trailers() -> None:
    """Trailers of all events stand after the last chunk, for who asked for them; else they are left out."""
    answer = started(trailers=True)
    assert answer.body(b"x", False).endswith(b"\r\n\r\n1\r\nx\r\n")
    assert answer.trailers([(b"a", b"b")], True, True) == b""
    assert answer.trailers([(b"c", b"d")], True) == b"0\r\na: b\r\nc: d\r\n\r\n"
    answer = started(trailers=True)
    answer.body(b"x", False)
    assert answer.trailers([(b"a", b"b")], False) == b"0\r\n\r\n"
    assert answer.phase == COMPLETE


def test_sizes_of_files() -> None:
    """A size becomes the length, agrees with what was said, and is left out where there is none."""
    answer = started()
    answer.sized(5)
    assert b"content-length: 5\r\n" in answer.body(b"abc", True)
    answer = started(headers=[(b"content-length", b"5")])
    answer.sized(5)
    assert answer.body(b"abcde", False).count(b"content-length: 5\r\n") == 1
    with pytest.raises(ApplicationError, match="size"):
        started(headers=[(b"content-length", b"4")]).sized(5)
    with pytest.raises(ApplicationError, match="pathsend"):
        begun().sized(5)
    answer = started(204)
    answer.sized(5)
    assert answer.body(b"", False) == b"HTTP/1.1 204 No Content\r\n\r\n"


@proves("RFC8297 2")
def test_early_hints() -> None:
    """Links leave in a 103 before the response, and never in HTTP/1.0 or without a link."""
    answer = begun()
    assert answer.hint([b"</a>; rel=preload", b"</b>"]) == (
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\nlink: </b>\r\n\r\n"
    )
    assert answer.hint([]) == b""
    assert begun(0).hint([b"</a>"]) == b""


def test_names_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that an application makes up fill a bounded table, and are written when it is full."""
    monkeypatch.setattr(module, "_kinds", {})
    answer = begun()
    answer.start(200, [(b"x-%d" % n, b"y") for n in range(1100)] + [(b"content-length", b"0")], b"")
    assert answer.body(b"", False).count(b": y\r\n") == 1100
    assert len(module._kinds) == 1024


def test_lines_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values that an application makes up fill a bounded table, long ones none, and all of them are written."""
    monkeypatch.setattr(module, "_lines", {})
    values = [b"%d" % n for n in range(2500)]
    answer = begun()
    answer.start(200, [(b"x", value) for value in [*values, *values[:10], b"l" * 300]], b"")
    lines = answer.body(b"", False).split(b"\r\n")[1:-3]
    assert lines == [b"x: " + value for value in [*values, *values[:10], b"l" * 300]]
    assert 0 < len(module._lines) <= 1024
    assert max(len(line) for line in module._lines.values()) <= 256


def test_a_bad_value_is_refused_again_and_again() -> None:
    """What is remembered of lines is only what was found sound, whatever kind of bytes it came as."""
    for value in (b"a\r\nb", b"good", b"a\r\nb", bytearray(b"a\nb"), bytearray(b"good"), memoryview(b"a\0")):
        answer = begun()
        if b"good" in bytes(value):
            answer.start(200, [(b"x-kind", value)], b"")
            assert b"x-kind: good\r\n" in answer.body(b"", False)
        else:
            with pytest.raises(ApplicationError, match="CR, LF or NUL"):
                answer.start(200, [(b"x-kind", value)], b"")


TOKEN = st.text("abcXYZ019-_!#$", min_size=1, max_size=8).map(str.encode)
VALUE = st.from_regex(rb"(?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]{0,8}[!-~\x80-\xff])?)?", fullmatch=True)
FIELDS = st.lists(st.tuples(TOKEN.map(lambda name: b"x-" + name), VALUE), max_size=4)


@proves("RFC9112 6.3", "RFC9112 7.1", "RFC9112 11.1")
@given(
    status=st.sampled_from([200, 204, 299, 304, 404, 500]),
    fields=FIELDS,
    parts=st.lists(st.binary(max_size=20), min_size=1, max_size=4),
    minor=st.integers(0, 1),
    head_only=st.booleans(),
    keep_alive=st.booleans(),
    sized=st.booleans(),
    trailers=st.none() | FIELDS,
)
def test_h11_reads_what_was_meant(
    *,
    status: int,
    fields: list[tuple[bytes, bytes]],
    parts: list[bytes],
    minor: int,
    head_only: bool,
    keep_alive: bool,
    sized: bool,
    trailers: list[tuple[bytes, bytes]] | None,
) -> None:
    """Status, fields, body and trailers come out of h11's client as they went in, with nothing left over."""
    body = b"".join(parts)
    answer = begun(minor, head_only, keep_alive)
    length = [(b"Content-Length", b"%d" % len(body))] if sized and status != 304 else []
    answer.start(status, [*fields, *length], b"", trailers is not None)
    out = b"".join(answer.body(part, at < len(parts) - 1) for at, part in enumerate(parts))
    if trailers is not None:
        out += answer.trailers(trailers, True)
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="HEAD" if head_only else "GET", target="/", headers=[("host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(out)
    if not answer.keep_alive:
        client.receive_data(b"")
    response, content = client.next_event(), b""
    assert isinstance(response, h11.Response)
    while isinstance(event := client.next_event(), h11.Data):
        content += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage)
    assert client.trailing_data[0] == b""
    assert response.status_code == status
    assert [(n, v) for n, v in response.headers if n.startswith(b"x-")] == [(n.lower(), v) for n, v in fields]
    bodiless = head_only or status in (204, 304)
    assert content == (b"" if bodiless else body)
    assert answer.sent == len(content)
    chunked = (b"transfer-encoding", b"chunked") in response.headers
    assert list(event.headers) == (
        [(n.lower(), v) for n, v in trailers or ()] if chunked and not bodiless else []
    )
