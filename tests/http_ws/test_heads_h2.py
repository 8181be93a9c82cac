"""A request's fields in HTTP/2: RFC 9113 §8 and RFC 8441 §4, what is malformed, and what is made of the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.http_ws import heads_h2
from interfaces.http_ws.frames_h2 import PROTOCOL_ERROR
from interfaces.http_ws.heads_h2 import Head, read_request, read_trailers
from interfaces.shared.errors import PeerError
from tests.http_ws.h2_frames import GET, POST, Pairs
from tests.http_ws.sections import proves

CONNECT: Pairs = [(b":method", b"CONNECT"), (b":authority", b"a:443")]
WEBSOCKET: Pairs = [(b":protocol", b"websocket"), (b":method", b"CONNECT"), *GET[1:]]


def read(*more: tuple[bytes, bytes], fields: Pairs = GET, connect: bool = False) -> Head:
    """The head of a request; twice, since what is remembered must not matter."""
    first = read_request([*fields, *more], connect)
    again = read_request([*fields, *more], connect)
    assert vars(first) == vars(again) if hasattr(first, "__dict__") else first.fields == again.fields
    return first


def malformed(*more: tuple[bytes, bytes], fields: Pairs = GET, connect: bool = False) -> bool:
    """Whether it is; always, or never."""
    found: set[object] = set()
    for _ in range(2):
        try:
            read_request([*fields, *more], connect)
        except PeerError as error:
            found.add(error.answer)
        else:
            found.add(None)
    assert found in ({PROTOCOL_ERROR}, {None})
    return None not in found


def changed(name: bytes, value: bytes | None, fields: Pairs = GET) -> Pairs:
    """A request with another pseudo-header field, or without it."""
    return [(n, value if n == name else v) for n, v in fields if n != name or value is not None]  # type: ignore[misc]


@proves("RFC9113 8.3.1", "RFC9113 8.8")
def test_a_request() -> None:
    """Pseudo-header fields say what the request line does, and Host is the authority."""
    head = read((b"accept", b"*/*"), fields=[*POST[:3], (b":authority", b"a.example:8443")])
    assert (head.method, head.target, head.scheme) == (b"POST", b"/", b"https")
    assert head.authority == b"a.example:8443"
    assert head.fields == [(b"host", b"a.example:8443"), (b"accept", b"*/*")]
    assert (head.length, head.minor, head.expects, head.protocol) == (-1, 2, False, b"")


@proves("RFC9113 8.3.1")
@pytest.mark.parametrize("name", [b":method", b":scheme", b":path"])
def test_what_a_request_needs(name: bytes) -> None:
    """Exactly one value of method, scheme and path, none of them empty."""
    assert malformed(fields=changed(name, None))
    assert malformed(fields=changed(name, b""))
    assert malformed(fields=[(name, dict(GET)[name]), *GET])


@proves("RFC9113 8.3")
@pytest.mark.parametrize("name", [b":status", b":", b":Path", b":version", b":foo", b"::path"])
def test_unknown_pseudo_header_fields(name: bytes) -> None:
    """Those of answers, and any that is not defined, make a request malformed."""
    assert malformed((name, b"200"), fields=[(name, b"200"), *GET])


@proves("RFC9113 8.3")
@pytest.mark.parametrize("name", [b":method", b":scheme", b":path", b":authority"])
def test_pseudo_header_fields_stand_before_the_others(name: bytes) -> None:
    """One behind another field makes a request malformed, be it the first of its name or a second."""
    assert malformed((b"x", b"y"), (name, dict(GET)[name]), fields=changed(name, None))
    assert malformed((b"x", b"y"), (name, dict(GET)[name]))


@proves("RFC9113 8.3.1")
@pytest.mark.parametrize(
    ("path", "fine"),
    [
        (b"/", True), (b"/a%20b?c=d&e", True), (b"//a", True), (b"/" + b"x" * 300, True), (b"*", False), (b"a", False),
        (b"http://a/", False), (b"/a b", False), (b"/a#b", False), (b"/\xc3\xa4", False), (b"/\x7f", False),
        (b"/\0", False), (b"?x", False), (b" /", False), (b"/ ", False), (b"**", False),
    ],
)  # fmt: skip
def test_paths(path: bytes, fine: bool) -> None:
    """A path begins with a slash and has no octet that HTTP/1.1's target may not have."""
    assert malformed(fields=changed(b":path", path)) is not fine


@proves("RFC9113 8.3.1")
def test_the_asterisk_is_for_options() -> None:
    """OPTIONS may ask about the server itself."""
    fields = changed(b":path", b"*", changed(b":method", b"OPTIONS"))
    assert read(fields=fields).target == b"*"


@proves("RFC9113 8.3.1")
@pytest.mark.parametrize(
    ("name", "value", "fine"),
    [
        (b":method", b"PATCH", True), (b":method", b"M-SEARCH", True), (b":method", b"g t", False),
        (b":method", b"1GET", False), (b":method", b"G\xff", False), (b":scheme", b"HTTP", True),
        (b":scheme", b"coap+tcp", True), (b":scheme", b"ht tp", False), (b":scheme", b"1http", False),
        (b":authority", b"[::1]:80", True), (b":authority", b"A.b", True), (b":authority", b"u@a", False),
        (b":authority", b"a b", False), (b":authority", b"a/b", False), (b":authority", b"a:b", False),
        (b":authority", b"", False), (b":authority", b"[::1", False),
    ],
)  # fmt: skip
def test_the_grammar_of_the_others(name: bytes, value: bytes, fine: bool) -> None:
    """Methods are tokens, schemes and authorities as URIs have them, without user information."""
    assert malformed(fields=changed(name, value)) is not fine


@proves("RFC9113 8.3.1", "RFC9110 7.2")
@pytest.mark.parametrize(
    ("authority", "host", "found"),
    [
        (b"a", None, b"a"), (None, b"a", b"a"), (None, None, None), (b"a", b"a", b"a"), (b"a", b"A", b"a"),
        (b"a", b"b", None), (b"a:443", b"a", b"a:443"), (b"a", b"a:443", b"a"), (b"a:444", b"a", None),
        (b"a", b"", None), (None, b"", None), (None, b"a b", None), (b"a", b"a@b", None), (b"a", b"a:80", None),
    ],
)  # fmt: skip
def test_host_and_authority(authority: bytes | None, host: bytes | None, found: bytes | None) -> None:
    """One of them there must be, and both must name the same; only one Host is left, the first of all fields."""
    fields = changed(b":authority", authority)
    more = [] if host is None else [(b"x", b"y"), (b"host", host)]
    if found is None:
        assert malformed(*more, fields=fields)
    else:
        head = read(*more, fields=fields)
        assert head.fields == [(b"host", found), *more[:1]]
        assert head.authority == found


@proves("RFC9113 8.3.1")
def test_two_hosts() -> None:
    """A second Host is malformed, also when both say the same."""
    assert malformed((b"host", b"a"), (b"host", b"a"))


@proves("RFC9113 8.2.1", "RFC9113 8.2", "RFC9113 10.3")
@pytest.mark.parametrize(
    "name", [b"", b"X", b"x y", b"x:y", b"x\xff", b"x\0", b"x\r\ny", b"\x7f", b'x"', b"Host"]
)
def test_names(name: bytes) -> None:
    """A name that is no token of lower case makes a request malformed."""
    assert malformed((name, b"y"))


@proves("RFC9113 8.2.1", "RFC9113 10.3")
@pytest.mark.parametrize(
    "value",
    [b"a\0", b"a\rb", b"a\nb", b"\n", b" a", b"a ", b"\ta", b"a\t", b" ", b"a\x01b", b"\x7f", b"a\x1f"],
)
def test_values(value: bytes) -> None:
    """A value with a control character, or with blanks around it, makes a request malformed."""
    assert malformed((b"x", value))
    assert malformed((b"cookie", value))
    assert malformed((b"x_y", value))
    assert malformed((b"x" * 400, value))


@proves("RFC9113 8.2.1")
@given(st.text("abc-.!#$%&'*+^`|~019", min_size=1), st.binary(max_size=30))
def test_what_else_a_name_and_a_value_may_be(name: str, value: bytes) -> None:
    """All other tokens, and all other octets, are taken as they are."""
    value = bytes(byte for byte in value if byte == 0x09 or 0x20 <= byte != 0x7F).strip(b" \t")
    assert read((name.encode(), value)).fields[1:] == [(name.encode(), value)]


@proves("RFC9113 8.2.2", "RFC9110 7.8")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"connection", b"close"), (b"keep-alive", b"1"), (b"proxy-connection", b"x"), (b"te", b"gzip"),
        (b"transfer-encoding", b"chunked"), (b"upgrade", b"h2c"), (b"te", b"trailers, deflate"), (b"te", b""),
    ],
)  # fmt: skip
def test_fields_about_a_connection(name: bytes, value: bytes) -> None:
    """They make a request malformed, and so does TE with anything but "trailers"."""
    assert malformed((name, value))


@proves("RFC9113 8.2.2", "RFC9110 10.1.4")
def test_te() -> None:
    """Who wants trailers may say so."""
    assert read((b"te", b"trailers")).fields[1:] == [(b"te", b"trailers")]
    assert read((b"te", b"Trailers")).fields[1:] == [(b"te", b"Trailers")]


@proves("RFC9113 8.2.3")
def test_crumbs_are_joined() -> None:
    """The application sees one Cookie, where the first was."""
    head = read((b"cookie", b"a=b"), (b"x", b"y"), (b"cookie", b"c=d"), (b"cookie", b"e=f"))
    assert head.fields[1:] == [(b"cookie", b"a=b; c=d; e=f"), (b"x", b"y")]
    assert read((b"cookie", b"a=b")).fields[1:] == [(b"cookie", b"a=b")]


@proves("RFC9110 5.1")
def test_names_with_an_underscore_are_dropped() -> None:
    """CGI-style names cannot tell an underscore from a dash."""
    assert read((b"x_y", b"z"), (b"content_length", b"5")).fields[1:] == []


@proves("RFC9113 8.1.1", "RFC9110 8.6")
@pytest.mark.parametrize(
    ("value", "length"),
    [(b"0", 0), (b"17", 17), (b"017", 17), (b"9" * 18, 10**18 - 1)]
    + [(value, None) for value in (b"9" * 19, b"", b"-1", b"+1", b"1,1", b"1 1", b"0x1", b"1_0", b"\xb2")],
)
def test_content_length(value: bytes, length: int | None) -> None:
    """Digits, and once."""
    field = (b"content-length", value)
    if length is None:
        assert malformed(field)
    else:
        assert read(field).length == length
        assert malformed(field, field)


@proves("RFC9110 10.1.1")
def test_expect() -> None:
    """100-continue is noted in any case; what else is expected is the application's."""
    assert read((b"expect", b"100-Continue")).expects
    assert not read((b"expect", b"tea")).expects


@proves("RFC9113 8.5", "RFC9113 10.5.2")
def test_connect() -> None:
    """CONNECT has an authority and nothing else; that is its target."""
    head = read(fields=CONNECT)
    assert (head.method, head.target, head.scheme, head.protocol) == (b"CONNECT", b"a:443", b"", b"")
    assert head.fields == [(b"host", b"a:443")]
    assert malformed(fields=CONNECT[:1])
    assert malformed((b"host", b"a"), fields=CONNECT[:1])
    for more in GET[1:3]:
        assert malformed(fields=[*CONNECT, more])


@proves("RFC8441 4", "RFC8441 3", "RFC8441 5")
def test_extended_connect() -> None:
    """Where it was offered, CONNECT with a protocol has scheme, path and authority as other requests."""
    head = read(fields=WEBSOCKET, connect=True)
    assert (head.method, head.protocol, head.target) == (b"CONNECT", b"websocket", b"/")
    assert (head.scheme, head.authority) == (b"https", b"a")
    assert malformed(fields=WEBSOCKET)
    for name in (b":scheme", b":path", b":authority"):
        assert malformed(fields=changed(name, None, WEBSOCKET), connect=True)


@proves("RFC8441 4")
@pytest.mark.parametrize("protocol", [b"", b"web socket", b"a\0", b"\xff"])
def test_a_protocol_that_is_none(protocol: bytes) -> None:
    """A protocol is a token, and belongs to CONNECT."""
    assert malformed(fields=changed(b":protocol", protocol, WEBSOCKET), connect=True)
    assert malformed(fields=[(b":protocol", b"websocket"), *GET], connect=True)


@proves("RFC9113 8.1", "RFC9113 8.3")
def test_trailers() -> None:
    """Fields as any, but no pseudo-header fields, and none about a connection."""
    assert read_trailers([(b"x", b"y"), (b"z_z", b"1")]) == [(b"x", b"y")]
    assert read_trailers([]) == []
    assert read_trailers([(b"cookie", b"a"), (b"x", b"y"), (b"cookie", b"b")]) == [
        (b"cookie", b"a; b"),
        (b"x", b"y"),
    ]
    for field in (GET[0], (b"X", b"y"), (b"x", b"a\n"), (b"connection", b"x"), (b":status", b"200")):
        with pytest.raises(PeerError):
            read_trailers([(b"x", b"y"), field])
        with pytest.raises(PeerError):
            read_trailers([field])


@proves("RFC9113 10.5")
def test_what_is_remembered_is_bounded() -> None:
    """Names and fields are remembered for all connections: few of them, no long ones, and no secrets."""
    for number in range(5000):
        read_request([*GET, (b"x-%d" % number, b"%d" % number)], False)
    secrets = [
        (b"cookie", b"a=b"),
        (b"authorization", b"Basic eA=="),
        (b"proxy-authorization", b"Basic eA=="),
    ]
    read_request([*GET, *secrets, (b"x", b"y" * 1000), (b"n" * 1000, b"y")], False)
    known = heads_h2._fields
    assert len(known) <= 2048
    assert len(heads_h2._KINDS) <= 1024
    assert not {*secrets} & {*known}
    assert all(len(name) + len(value) <= 256 for name, value in known)
