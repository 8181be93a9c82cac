"""HTTP/1.1 on the wire: RFC 9112 and 9110 by section, any split, any history, an oracle, noise."""

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interfaces.http_ws import wire_h1
from interfaces.http_ws.wire_h1 import CHUNKED, Chunked, HeadLimits, HeadParser, refusal, status_line
from interfaces.shared.errors import PeerError
from tests.http_ws.sections import proves

HOST = b"Host: a\r\n"


def parsed(head: bytes, parser: HeadParser | None = None) -> HeadParser:
    """The parser after ``head``."""
    parser = parser or HeadParser(HeadLimits())
    parser.parse(head)
    return parser


def get(fields: bytes = HOST, line: bytes = b"GET / HTTP/1.1") -> HeadParser:
    """The parser after a head of this request line and these field lines."""
    return parsed(line + b"\r\n" + fields + b"\r\n")


def status(head: bytes, parser: HeadParser | None = None) -> int:
    """The status with which ``head`` is refused, 0 when it is not; the answer is ours alone, and closes."""
    try:
        parsed(head, parser)
    except PeerError as error:
        return answered(error)
    return 0


def answered(error: PeerError) -> int:
    """The status that ``error`` has the peer told."""
    answer = error.answer
    assert isinstance(answer, bytes)
    assert b"\r\nconnection: close\r\n" in answer
    assert answer == refusal(int(answer[9:12]), str(error))
    return int(answer[9:12])


def field(line: bytes) -> int:
    """The status for a request with one more field line, 0 when it is taken."""
    return status(b"GET / HTTP/1.1\r\n" + HOST + line + b"\r\n\r\n")


def said(parser: HeadParser) -> tuple[object, ...]:
    """All that a parser tells of its last head."""
    flags = (parser.length, parser.keep_alive, parser.expects, parser.upgrade)
    return parser.method, parser.target, parser.minor, list(parser.headers), *flags


# --- RFC 9112 §2 and §3: the request line ---


@proves("RFC9112 2.3", "RFC9112 3")
def test_the_parts_of_a_head() -> None:
    """Method, target, version and fields come as they are, names in lower case."""
    head = get(b"Host: a\r\nX-Y: Z\r\n", b"GET /a?b HTTP/1.1")
    assert said(head) == (b"GET", b"/a?b", 1, [(b"host", b"a"), (b"x-y", b"Z")], 0, True, False, b"")
    assert get(b"", b"GET / HTTP/1.0").minor == 0


@proves("RFC9112 2.3", "RFC9110 15.6.6")
@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.2", b"HTTP/3.0", b"HTTP/9.9"])
def test_other_versions_are_refused(version: bytes) -> None:
    """A version that is one, but none of ours, is answered with 505."""
    assert status(b"GET / " + version + b"\r\n" + HOST + b"\r\n") == 505


@proves("RFC9112 2.3", "RFC9112 3")
@pytest.mark.parametrize(
    "line",
    [
        b"GET /", b"GET", b"GET / http/1.1", b"GET / HTTP/1.1 ", b" GET / HTTP/1.1", b"GET  / HTTP/1.1",
        b"GET /  HTTP/1.1", b"GET\t/ HTTP/1.1", b"GET /\tHTTP/1.1", b"GET / HTTP/1.10", b"GET / HTTP/11",
        b"GET HTTP/1.1",
        b"GET / HTTP/2", b"GET / HTTP/1,1", b"GET / HTTPS/1.1", b"GET / HTTP/1.1\x00", b"/ HTTP/1.1",
        b" / HTTP/1.1",
        b"GET / x HTTP/1.1", b"GET /\nX HTTP/1.1", b"GET\r/ HTTP/1.1", b"\xff / HTTP/1.1", b"", b" HTTP/1.1",
    ],
)  # fmt: skip
def test_malformed_request_lines_are_refused(line: bytes) -> None:
    """Blanks around the parts, missing parts and versions that are none are answered with 400."""
    assert status(line + b"\r\n" + HOST + b"\r\n") == 400


@proves("RFC9112 3.1", "RFC9110 9.1")
@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND"]
)
def test_methods(method: str) -> None:
    """The methods of the registry come as they are."""
    assert get(line=method.encode() + b" / HTTP/1.1").method == method.encode()


@proves("RFC9112 3.1", "RFC9110 9.1", "RFC9110 15.6.2")
@pytest.mark.parametrize("method", [b"FOO", b"get", b"GETT", b"G", b"X-Y", b"RTSP"])
def test_unknown_methods_are_refused(method: bytes) -> None:
    """A method that is a token, but unknown, is answered with 501; methods are case-sensitive."""
    assert status(method + b" / HTTP/1.1\r\n" + HOST + b"\r\n") == 501


@proves("RFC9112 3.1")
@pytest.mark.parametrize(
    "method", [b"G@T", b"G(T", b"", b"\xc3\xa9", b"G\x00T", b"G\x7fT", b"1GET", b'"GET"']
)
def test_malformed_methods_are_refused(method: bytes) -> None:
    """A method that is no token, or begins as no method does, is answered with 400."""
    assert status(method + b" / HTTP/1.1\r\n" + HOST + b"\r\n") == 400


@proves("RFC9112 3.2", "RFC9112 3.2.1")
@pytest.mark.parametrize(
    "target",
    [b"/", b"//x", b"/a/b?c=d&e", b"/?", b"/%c3%a9", b"/%zz", b"/%00", b"/a\\b", b'/<>"{}|^`', b"/a:b@c"],
)
def test_targets(target: bytes) -> None:
    """What lenient clients send unescaped in a path is passed on as it came."""
    assert get(line=b"GET " + target + b" HTTP/1.1").target == target


@proves("RFC9112 3.2")
@pytest.mark.parametrize(
    "target", [b"/a#b", b"#", b"/?a#b", b"foo", b"?x", b"", b"/\xc3\xa9", b"/\x80", b"/a b"]
)
def test_malformed_targets_are_refused(target: bytes) -> None:
    """A fragment, a relative path, raw UTF-8 and blanks in the target are answered with 400."""
    assert status(b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n") == 400


@proves("RFC9112 2.2", "RFC9112 3.2")
@pytest.mark.parametrize("byte", [*range(0x21), 0x7F])
def test_no_control_characters_in_targets(byte: int) -> None:
    """No control character, CR, LF, NUL or blank is taken within the target, first head or not."""
    head = b"GET /a" + bytes([byte]) + b"b HTTP/1.1\r\n" + HOST + b"\r\n"
    assert status(head) == 400
    assert status(head, get()) == 400


# --- RFC 9112 §5, RFC 9110 §5: fields ---


@proves("RFC9110 5.1", "RFC9112 5")
@pytest.mark.parametrize("byte", [*range(0x21), 0x7F, 0x80, 0xFF, *b'"(),/:;<=>?@[\\]{}'])
def test_names_are_tokens(byte: int) -> None:
    """No byte outside of a token is taken within a name; a colon ends it."""
    assert field(b"X" + bytes([byte]) + b"y: z") == (0 if byte == ord(":") else 400)


@proves("RFC9110 5.5", "RFC9112 2.2", "RFC9112 11.1")
@pytest.mark.parametrize("byte", [*range(0x20), 0x7F])
@pytest.mark.parametrize("line", [b"X: a%bb", b"X: %bb", b"X: b%b", b"X:%b"])
def test_no_control_characters_in_values(byte: int, line: bytes) -> None:
    """No control character but the tab is taken anywhere in a value, bare CR, LF and NUL among them."""
    assert field(line % bytes([byte])) == (0 if byte == 9 else 400)


@proves("RFC9110 5.5")
@pytest.mark.parametrize("byte", [0x80, 0x85, 0xA0, 0xFF])
def test_opaque_bytes_in_values(byte: int) -> None:
    """Bytes above 0x7f are passed on, also where text would call them blanks."""
    value = bytes([byte]) + b"a" + bytes([byte])
    assert get(HOST + b"X: " + value + b"\r\n").headers[1] == (b"x", value)


@proves("RFC9112 5.1", "RFC9110 5.5")
def test_blanks_around_values_are_no_part_of_them() -> None:
    """Spaces and tabs before and after a value are taken off, those within it are kept."""
    head = get(b"Host: a\r\nA:b\r\nC: \t d\te  f \t \r\nG:\t\r\n")
    assert head.headers[1:] == [(b"a", b"b"), (b"c", b"d\te  f"), (b"g", b"")]


@proves("RFC9112 5.1", "RFC9112 11.2")
@pytest.mark.parametrize("line", [b"X : y", b"X\t: y", b": y", b"X", b"X y", b" X: y"])
def test_malformed_field_lines_are_refused(line: bytes) -> None:
    """Blanks before the colon, an empty name and a line without a colon are answered with 400."""
    assert field(line) == 400


@proves("RFC9112 5.2", "RFC9112 2.2", "RFC9112 11.2")
@pytest.mark.parametrize("fold", [b"X: a\r\n b", b"X: a\r\n\tb", b"X:\r\n b", b"X: a\r\n "])
def test_folded_lines_are_refused(fold: bytes) -> None:
    """Obsolete line folding is answered with 400, and so is a blank before the first field."""
    assert field(fold) == 400
    assert status(b"GET / HTTP/1.1\r\n Host: a\r\n\r\n") == 400


@proves("RFC9112 2.2", "RFC9112 11.2")
@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n",
        b"GET / HTTP/1.1\rHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\n\nGET / HTTP/1.1\r\n\r\n",
        b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)  # fmt: skip
def test_bare_line_ends_are_refused(head: bytes) -> None:
    """A line that ends with CR or LF alone is answered with 400."""
    assert status(head) == 400


@proves("RFC9110 5.1", "RFC9112 11.2")
def test_names_with_underscores_are_dropped_each_time() -> None:
    """A name with an underscore never arrives, the second time no more than the first."""
    for _ in range(2):
        head = get(b"Host: a\r\nX_Test_Y: 1\r\nContent_Length: 5\r\nX-Test-Y: 2\r\n")
        assert head.headers == [(b"host", b"a"), (b"x-test-y", b"2")]
        assert head.length == 0


@proves("RFC9110 5.3")
def test_fields_keep_their_order_and_their_doubles() -> None:
    """Repeated fields are neither joined nor sorted."""
    head = get(b"B: 1\r\nHost: a\r\nA: 2\r\nb: 3\r\n")
    assert head.headers == [(b"b", b"1"), (b"host", b"a"), (b"a", b"2"), (b"b", b"3")]


@proves("RFC9110 7.2", "RFC9112 3.2")
@pytest.mark.parametrize(
    "host", [b"", b"a", b"a:80", b"a:", b"[::1]", b"[::1]:8000", b"1.2.3.4", b"xn--a.b-c", b"a%20b"]
)
def test_hosts(host: bytes) -> None:
    """Names, addresses and ports, or nothing, are taken."""
    assert get(b"Host: " + host + b"\r\n").headers == [(b"host", host)]


@proves("RFC9110 7.2", "RFC9112 3.2")
@pytest.mark.parametrize(
    "fields",
    [
        b"", b"X: y\r\n", b"Host: a\r\nHost: a\r\n", b"Host: a\r\nhost: b\r\n", b"Host: a b\r\n",
        b"Host: a@b\r\n",
        b"Host: a/b\r\n", b"Host: a:x\r\n", b"Host: a:1:2\r\n", b"Host: a,b\r\n", b"Host: [::1\r\n",
        b"Host: ::1\r\n",
        b"Host: [x]\r\n", b"Host: \xff\r\n", b"Host: a?b\r\n", b"Host: a#b\r\n", b"Host: a\\b\r\n",
    ],
)  # fmt: skip
def test_wrong_hosts_are_refused(fields: bytes) -> None:
    """No Host, two and a malformed one are answered with 400."""
    assert status(b"GET / HTTP/1.1\r\n" + fields + b"\r\n") == 400


@proves("RFC9110 7.2")
def test_only_http_1_0_may_leave_out_its_host() -> None:
    """HTTP/1.0 needs no Host, but may not have two, nor a malformed one."""
    assert get(b"", b"GET / HTTP/1.0").headers == []
    assert status(b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n") == 400
    assert status(b"GET / HTTP/1.0\r\nHost: a b\r\n\r\n") == 400


# --- RFC 9112 §6: where the message ends ---


@proves("RFC9112 6.2", "RFC9110 8.6")
@pytest.mark.parametrize(
    ("value", "length"),
    [(b"0", 0), (b"5", 5), (b" 5", 5), (b"5 \t", 5), (b"05", 5), (b"1" * 19, int("1" * 19))],
)
def test_content_length(value: bytes, length: int) -> None:
    """A plain number, with blanks around it, is the length."""
    assert get(HOST + b"Content-Length:" + value + b"\r\n").length == length


@proves("RFC9112 6.2", "RFC9112 6.3", "RFC9110 8.6", "RFC9112 11.2")
@pytest.mark.parametrize(
    "value",
    [
        b"+5", b"-1", b"5, 5", b"5,5", b"5;", b"", b" ", b"5 5", b"5_0", b"0x5", b"5.0", b"1e3", b"\xb2",
        b"\xd9\xa5", b"five",
        b"18446744073709551616", b"9" * 200, b"\x0b5", b"5\x0c", b"5\r\nContent-Length: 5",
        b"5\r\nContent-Length: 6",
        b"0\r\nContent-Length: 0", b"5\r\ncontent-length: 0",
    ],
)  # fmt: skip
def test_other_lengths_are_refused(value: bytes) -> None:
    """Signs, lists, other digits, what overflows and repeated fields are answered with 400."""
    assert field(b"Content-Length: " + value) == 400


@proves("RFC9112 6.1", "RFC9112 7")
@pytest.mark.parametrize("value", [b"chunked", b"Chunked", b"CHUNKED", b" chunked "])
def test_chunked(value: bytes) -> None:
    """The one coding that is spoken here, in any case."""
    assert get(HOST + b"Transfer-Encoding:" + value + b"\r\n").length == CHUNKED


@proves("RFC9112 6.1", "RFC9112 6.3", "RFC9112 11.2")
@pytest.mark.parametrize(
    "value",
    [
        b"gzip, chunked", b"chunked, chunked", b"chunked,chunked", b"xchunked", b"chunkedx", b"chunked,",
        b",chunked",
        b"chunked;a=b", b"chunked, gzip", b"gzip", b"identity", b"chunked, identity", b"", b"\x0bchunked",
        b'"chunked"',
        b"chunked\r\nTransfer-Encoding: chunked", b"gzip\r\nTransfer-Encoding: chunked",
        b"chunked\r\nTransfer-Encoding: gzip",
        b"chunked\r\nTransfer-Encoding:", b"chunk\r\nTransfer-Encoding: ed",
    ],
)  # fmt: skip
def test_other_codings_are_refused(value: bytes) -> None:
    """Any list, parameter, repetition or other coding is answered with 400 or 501."""
    assert field(b"Transfer-Encoding: " + value) in (400, 501)


@proves("RFC9112 6.1", "RFC9112 6.3", "RFC9112 11.2")
@pytest.mark.parametrize("length", [b"5", b"0", b"x"])
def test_a_length_beside_a_coding_is_refused(length: bytes) -> None:
    """Content-Length and Transfer-Encoding in one message, in either order, are answered with 400."""
    lines = [b"Content-Length: " + length, b"Transfer-Encoding: chunked"]
    assert field(b"\r\n".join(lines)) == field(b"\r\n".join(reversed(lines))) == 400


@proves("RFC9112 6.1")
def test_no_codings_in_http_1_0() -> None:
    """Transfer-Encoding in HTTP/1.0 is answered with 400."""
    assert status(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400


@proves("RFC9110 10.1.1")
def test_expectations() -> None:
    """100-continue is known, in HTTP/1.1; any other expectation is answered with 417."""
    assert get(HOST + b"Expect: 100-Continue\r\n").expects
    assert not get(b"Expect: 100-continue\r\n", b"GET / HTTP/1.0").expects
    assert field(b"Expect: 200-ok") == field(b"Expect: 100-continue, x") == 417


@proves("RFC9112 9.3")
@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (b"close", (False, False)), (b"Close", (False, False)), (b"keep-alive, close", (False, False)),
        (b"close,", (False, False)),
        (b"close, keep-alive", (False, False)), (b"foo,  close\t,bar", (False, False)),
        (b"keep-alive\r\nConnection: close", (False, False)),
        (b"close\r\nConnection: keep-alive", (False, False)), (b"keep-alive", (True, True)), (b"Keep-Alive",
        (True, True)),
        (b"foo", (False, True)), (b"xclose", (False, True)), (b"foo, keep-alive", (True, True)), (b"",
        (False, True)),
    ],
)  # fmt: skip
def test_persistence(value: bytes, kept: tuple[bool, bool]) -> None:
    """The tokens of Connection decide, and "close" wins; HTTP/1.0 has to ask to be kept."""
    found = [
        get(HOST + b"Connection: " + value + b"\r\n", b"GET / HTTP/1.%d" % minor).keep_alive
        for minor in (0, 1)
    ]
    assert (found[0], found[1]) == kept


@proves("RFC9112 9.3")
def test_persistence_without_the_field() -> None:
    """HTTP/1.1 is kept, HTTP/1.0 is not."""
    assert get().keep_alive
    assert not get(b"", b"GET / HTTP/1.0").keep_alive


@proves("RFC9110 7.8")
def test_upgrades_are_told() -> None:
    """The value of Upgrade is there for who wants it, and nothing of it stays for the next head."""
    parser = HeadParser(HeadLimits())
    parsed(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", parser)
    assert parser.upgrade == b"h2c"
    parsed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", parser)
    assert parser.upgrade == b""


# --- limits ---


@proves("RFC9110 15.5.15")
def test_the_limit_of_the_request_line() -> None:
    """A request line of the limit is taken, one byte more is answered with 414, whole or on its way."""
    limits = HeadLimits(line=30)
    fits = b"GET /" + b"x" * 16 + b" HTTP/1.1"
    assert len(fits) == 30
    assert status(fits + b"\r\n" + HOST + b"\r\n", HeadParser(limits)) == 0
    assert status(fits[:5] + b"x" + fits[5:] + b"\r\n" + HOST + b"\r\n", HeadParser(limits)) == 414
    parser = HeadParser(limits)
    assert parser.premature(fits + b"\r") is parser.premature(fits + b"\r\nHost") is None
    early = parser.premature(fits + b"xx")
    assert early is not None and answered(early) == 414


@proves("RFC6585 5")
def test_the_limit_of_the_head() -> None:
    """A head of the limit is taken, one byte more is answered with 431, whole or on its way."""
    fits = b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n\r\n"
    assert status(fits, HeadParser(HeadLimits(size=len(fits)))) == 0
    assert status(fits, HeadParser(HeadLimits(size=len(fits) - 1))) == 431
    early = HeadParser(HeadLimits(size=20)).premature(fits[:21])
    assert early is not None and answered(early) == 431


@proves("RFC6585 5")
def test_the_limit_of_fields() -> None:
    """As many fields as the limit are taken, one more is answered with 431, dropped or not."""
    head = b"GET / HTTP/1.1\r\n" + HOST + b"X_y: z\r\n" * 3 + b"\r\n"
    assert status(head, HeadParser(HeadLimits(fields=4))) == 0
    assert status(head, HeadParser(HeadLimits(fields=3))) == 431


@proves("RFC9110 15.5.15")
def test_a_line_that_is_too_long_in_a_head_that_is_too_large() -> None:
    """What is told is what would have been told on its way: the line comes first."""
    head = b"GET /" + b"x" * 99 + b" HTTP/1.1\r\n" + HOST + b"\r\n"
    assert status(head, HeadParser(HeadLimits(line=50, size=60))) == 414


@proves("RFC9112 2.2")
@pytest.mark.parametrize(
    "part", [b"\x16\x03\x01", b"\n", b" GET", b"\x00", b"{", b"\xff", b"GET / HTTP/1.1\nHo", b"GET\n"]
)
def test_what_becomes_no_head_is_refused_at_once(part: bytes) -> None:
    """The beginning of a TLS handshake, of no method, or a bare LF need not wait for the end of the head."""
    early = HeadParser(HeadLimits()).premature(part)
    assert early is not None and answered(early) == 400


@proves("RFC9112 2.2")
@given(st.integers(1, 60))
def test_a_good_head_is_never_refused_on_its_way(size: int) -> None:
    """No beginning of a right head is refused."""
    head = b"POST /a?b=c HTTP/1.1\r\nHost: a\r\nX-Y: \xff\tz\r\nContent-Length: 5\r\n\r\n"
    assert HeadParser(HeadLimits(line=20, size=len(head))).premature(head[:size]) is None


# --- what is remembered between heads ---

METHOD = st.sampled_from([b"GET", b"POST", b"FOO", b"G@T", b"PROPFIND", b"HEAD", b"CONNECT"])
TARGET = st.sampled_from([b"/", b"/a", b"*", b"http://b/", b"a:1", b"/\x00", b"/#", b"/\xc3\xa9", b""])
VERSION = st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0"])
FIELD = st.sampled_from([
    b"Host: a", b"Host: b", b"Content-Length: 5", b"Content-Length: 0", b"Transfer-Encoding: chunked",
    b"Connection: close",
    b"Connection: keep-alive", b"Connection: upgrade", b"Upgrade: websocket", b"Expect: 100-continue",
    b"X: y ", b"X_Y: z",
    b"X:", b"Z: " + b"z" * 5000, b"X: a\x00",
])  # fmt: skip
HEAD = st.builds(
    lambda method, target, version, fields: b" ".join((method, target,
    version)) + b"\r\n" + b"".join(f + b"\r\n" for f in fields) + b"\r\n",
    METHOD, TARGET, VERSION, st.lists(FIELD, max_size=4).map(lambda fields: [b"Host: a", *fields]),
)  # fmt: skip


@proves("RFC9112 9.2", "RFC9112 11.2")
@given(
    st.lists(HEAD, min_size=1, max_size=4).flatmap(
        lambda heads: st.lists(st.sampled_from(heads), min_size=2, max_size=8)
    )
)
@example([b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n"])
@example(
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ]
)
@example([b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET a:1 HTTP/1.1\r\nHost: a\r\n\r\n"])
@example([b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"])
def test_nothing_goes_from_one_head_to_the_next(heads: list[bytes]) -> None:
    """A parser with any history reads, or refuses, each head as a fresh one does."""
    old = HeadParser(HeadLimits())
    for head in heads:
        new = HeadParser(HeadLimits())
        refused = status(head, new)
        assert status(head, old) == refused
        if refused:
            return
        assert said(old) == said(new)
        old.headers.append((b"left", b"behind"))


@proves("RFC9112 11.2")
def test_names_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that clients make up fill a table of a fixed size, and are read all the same when it is full."""
    monkeypatch.setattr(wire_h1, "_known", {})
    for at in range(0, 1200, 100):
        names = [b"X-%d" % n for n in range(at, at + 100)]
        head = get(HOST + b"".join(name + b": y\r\n" for name in names))
        assert [name for name, _ in head.headers[1:]] == [name.lower() for name in names]
    get(HOST + b"X" * 65 + b": y\r\n")
    assert len(wire_h1._known) == 1024
    assert max(map(len, wire_h1._known)) <= 64


# --- RFC 9112 §7.1: chunked ---


def unchunked(data: bytes, size: int = 0, **limits: int) -> tuple[bytes, bool, bytes]:
    """Content, whether it ended, and the rest, of ``data`` in pieces of ``size``."""
    chunked, content, rest = Chunked(**limits), b"", b""
    size = size or len(data) or 1
    for at in range(0, len(data), size):
        piece = data[at : at + size]
        if chunked.done:
            rest += piece
        else:
            content += chunked.feed(piece)
    return content, chunked.done, chunked.rest + rest


def chunk_status(data: bytes, **limits: int) -> int:
    """The status with which ``data`` is refused whole; byte by byte it is the same."""
    found = set()
    for size in (0, 1):
        with pytest.raises(PeerError) as caught:
            unchunked(data, size, **limits)
        answer = caught.value.answer
        assert isinstance(answer, bytes)
        found.add(int(answer[9:12]))
    (one,) = found
    return one


@proves("RFC9112 7.1")
@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"0\r\n\r\n", b""), (b"3\r\nabc\r\n0\r\n\r\n", b"abc"), (b"1\r\na\r\n2\r\nbc\r\n00\r\n\r\n", b"abc"),
        (b"A\r\n" + b"x" * 10 + b"\r\n0\r\n\r\n", b"x" * 10), (b"a\r\n" + b"x" * 10 + b"\r\n0\r\n\r\n",
        b"x" * 10),
        (b"000000000000003\r\n\r\n\r\r\n0\r\n\r\n", b"\r\n\r"),
    ],
)  # fmt: skip
def test_chunks(data: bytes, content: bytes) -> None:
    """Sizes are hexadecimal in either case, up to 15 digits; the data may be anything."""
    assert unchunked(data + b"GET") == (content, True, b"GET")


@proves("RFC9112 7.1", "RFC9112 11.2")
@pytest.mark.parametrize(
    "line", [b"", b"0x3", b"+3", b"-3", b"3 ", b"3\t", b" 3", b"g", b"3,", b"3_0", b"3.", b"1" * 16,
    b"0" * 16, b"\xb2", b"3\r", b"\x003"]
)  # fmt: skip
def test_other_sizes_are_refused(line: bytes) -> None:
    """Signs, prefixes, blanks, other digits and more than 15 of them are answered with 400."""
    assert chunk_status(line + b"\r\nabc\r\n0\r\n\r\n") == 400


@proves("RFC9112 7.1", "RFC9112 2.2")
@pytest.mark.parametrize(
    "data", [b"3\nabc\r\n", b"3\r\nabc\n", b"3\r\nabcd\r\n", b"3\r\nabc0\r\n\r\n", b"0\n\n", b"0\r\n\n",
    b"0\r\nX: y\n\r\n", b"\n"]
)  # fmt: skip
def test_line_ends_of_chunks(data: bytes) -> None:
    """A bare LF, and data without a CRLF after it, are answered with 400."""
    assert chunk_status(data) == 400


@proves("RFC9112 7.1.1")
@pytest.mark.parametrize(
    "extension", [b";a", b";a=b", b" ; a = b", b";a;b=c", b'\t;a="b c"', b';a="\\""', b';a="\xff\t;"',
    b';a=""', b";a=!#$"]
)  # fmt: skip
def test_extensions_are_read_over(extension: bytes) -> None:
    """Extensions that follow the grammar, with blanks where it has them, are ignored."""
    assert unchunked(b"1" + extension + b"\r\nx\r\n0" + extension + b"\r\n\r\n") == (b"x", True, b"")


@proves("RFC9112 7.1.1", "RFC9112 11.2")
@pytest.mark.parametrize(
    "extension", [b";", b";=", b";a=", b";a b", b";a=b c", b';a="', b';a="b"c', b";a\x00", b";a;", b'="b"',
    b";\xff", b';a="\x01"', b";a=b ", b";a\rb"]
)  # fmt: skip
def test_malformed_extensions_are_refused(extension: bytes) -> None:
    """What does not follow the grammar is answered with 400."""
    assert chunk_status(b"1" + extension + b"\r\nx\r\n0\r\n\r\n") == 400


@proves("RFC9112 7.1.1")
def test_the_limits_of_extensions() -> None:
    """A line of the limit is taken, one byte more is refused; and all extensions together have a bound."""
    fits = b"1;a=" + b"b" * 16
    assert unchunked(fits + b"\r\nx\r\n0\r\n\r\n", line=20)[0] == b"x"
    assert chunk_status(fits + b"b\r\nx\r\n0\r\n\r\n", line=20) == 400
    assert unchunked((fits + b"\r\nx\r\n") * 16 + b"0\r\n\r\n", line=20)[1]
    assert chunk_status((fits + b"\r\nx\r\n") * 18, line=20) == 400


@proves("RFC9112 7.1.2", "RFC9110 6.5.1")
def test_trailers_are_read_over() -> None:
    """Trailers that are fields are taken and thrown away; what follows is the rest."""
    assert unchunked(b"0\r\nX: y\r\nContent-Length:5\r\n\r\nGET") == (b"", True, b"GET")


@proves("RFC9112 7.1.2")
@pytest.mark.parametrize(
    "line", [b"X", b": y", b"X : y", b" X: y", b"X: \x00", b"X: \x7f", b"X: a\rb", b"\xff: y", b"X y: z"]
)
def test_malformed_trailers_are_refused(line: bytes) -> None:
    """Trailers that are no fields, and folded ones, are answered with 400."""
    assert chunk_status(b"0\r\n" + line + b"\r\n\r\n") == 400


@proves("RFC9112 7.1.2", "RFC6585 5")
def test_the_limit_of_trailers() -> None:
    """Trailers of the limit are taken, one byte more is answered with 431, on their way too."""
    assert unchunked(b"0\r\nX: yyyyy\r\n\r\n", trailers=12)[1]
    assert chunk_status(b"0\r\nX: yyyyyy\r\n\r\n", trailers=12) == 431
    assert chunk_status(b"0\r\nX: " + b"y" * 99, trailers=12) == 431


CHUNKS = st.lists(
    st.tuples(st.binary(min_size=1, max_size=20), st.sampled_from([b"", b";a", b' ;a="b;c"']), st.booleans()),
    max_size=5,
)


@proves("RFC9112 7.1")
@given(CHUNKS, st.sampled_from([b"", b"X: y\r\n"]), st.binary(max_size=10), st.integers(1, 9))
def test_any_split_gives_the_same_content(
    chunks: list[tuple[bytes, bytes, bool]], trailer: bytes, rest: bytes, size: int
) -> None:
    """Content, end and rest of a chunked body do not depend on how it was cut."""
    body = b"".join(
        (b"%X" if upper else b"%x") % len(data) + extension + b"\r\n" + data + b"\r\n"
        for data, extension, upper in chunks
    )
    data = body + b"0\r\n" + trailer + b"\r\n" + rest
    assert unchunked(data) == unchunked(data, size) == (b"".join(data for data, _, _ in chunks), True, rest)


@given(st.binary(max_size=60) | st.text('0123aAfF\r\n; ="x:', max_size=60).map(str.encode), st.integers(1, 9))
def test_any_split_of_noise_is_judged_alike(data: bytes, size: int) -> None:
    """Noise gives the same content and end, or the same refusal and no other error, however it is cut."""
    results: list[object] = []
    for step in (0, size):
        try:
            results.append(unchunked(data, step))
        except PeerError as error:
            results.append(error.answer)
    assert results[0] == results[1]


# --- an oracle, and noise ---

LINES = [
    b"Host: a", b"Host: [::1]:80", b"Host: a b", b"Host:", b"Content-Length: 3", b"Content-Length: 3",
    b"Content-Length: +3",
    b"Content-Length: 3, 3", b"Content-Length: 03", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: xchunked",
    b"Connection: close", b"Connection: keep-alive", b"X:  y\t", b"X : y", b" folded", b"X: \x01",
    b"X: \xff", b"X: a\x00b", b"X",
    b"Expect: 100-continue", b"Upgrade: x", b"X\x00: y", b"X-Y: z",
]  # fmt: skip
MESSAGE = st.builds(
    lambda method, target, version, lines: (
        b" ".join((method, target, version)) + b"\r\n" + b"".join(x + b"\r\n" for x in lines) + b"\r\n"
    ),
    st.sampled_from([b"GET", b"POST", b"HEAD", b"OPTIONS", b"G T", b"G@T", b""]),
    st.sampled_from([b"/", b"/a?b", b"*", b"http://a/", b"/\x00", b"/\xff", b"/a b", b""]),
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"http/1.1"]),
    st.lists(st.sampled_from(LINES), max_size=4).flatmap(lambda lines: st.permutations([b"Host: b", *lines])),
)
BODIES = st.sampled_from(
    [
        b"",
        b"abc",
        b"3\r\nabc\r\n0\r\n\r\n",
        b"3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n",
        b"x\r\n",
        b"0\n\n",
        b"3\r\nabcX\r\n",
    ]
)


def oracle(data: bytes) -> tuple[h11.Request, bytes] | None:
    """The request that h11 reads, with its body so far; None where it refuses."""
    peer = h11.Connection(h11.SERVER)
    peer.receive_data(data)
    request, body = None, b""
    while True:
        try:
            event = peer.next_event()
        except h11.RemoteProtocolError:
            return None
        if isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        else:
            return None if request is None else (request, body)


@proves("RFC9112 6.3", "RFC9112 11.2")
@given(MESSAGE, BODIES)
def test_what_h11_refuses_is_refused(head: bytes, body: bytes) -> None:
    """Whatever h11 refuses is refused here, and what both take is the same request with the same body."""
    theirs = oracle(head + body)
    parser = HeadParser(HeadLimits())
    if status(head, parser):
        return
    try:
        ours = Chunked().feed(body) if parser.length == CHUNKED else body[: parser.length]
    except PeerError:
        return
    assert theirs is not None
    request, content = theirs
    assert (request.method, request.target, request.http_version) == (
        parser.method,
        parser.target,
        b"1.%d" % parser.minor,
    )
    assert sorted(request.headers) == sorted(
        (n, b"chunked" if n == b"transfer-encoding" else v) for n, v in parser.headers
    )
    assert content == ours


@given(st.binary(max_size=200) | MESSAGE.flatmap(lambda head: st.builds(
    lambda at, noise: head[:at] + noise + head[at:], st.integers(0, len(head)),
    st.binary(max_size=4))))  # fmt: skip
def test_noise_raises_nothing_but_peer_error(data: bytes) -> None:
    """Random bytes, or some in a message, are read or refused with an answer."""
    parser = HeadParser(HeadLimits(line=100, size=300, fields=5))
    end = data.find(b"\r\n\r\n")
    parser.premature(data)
    status(data[: end + 4] if end >= 0 else data + b"\r\n\r\n", parser)


# --- what is written ---


@proves("RFC9112 4")
def test_status_lines() -> None:
    """Statuses of the registry have their phrase, others none."""
    assert status_line(200) == b"HTTP/1.1 200 OK\r\n"
    assert status_line(299) == b"HTTP/1.1 299 \r\n"


@proves("RFC9112 9.6")
def test_refusals_are_whole_answers() -> None:
    """A refusal has a type, its length, says that the connection ends, and is read by h11 as it is meant."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("host", "a")]))
    client.receive_data(refusal(426, "so", b"upgrade: websocket\r\n"))
    response = client.next_event()
    assert isinstance(response, h11.Response)
    assert dict(response.headers)[b"upgrade"] == b"websocket"
    assert dict(response.headers)[b"connection"] == b"close"
    data = client.next_event()
    assert isinstance(data, h11.Data) and bytes(data.data) == b"so\n"
