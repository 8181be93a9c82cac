"""The opening handshake: RFC 6455 §4, §9.1, §10.2, §11.3."""

from urllib.parse import urlparse

import pytest
from channels.security.websocket import OriginValidator
from hypothesis import given
from hypothesis import strategies as st

from interfaces.http_ws.handshake import (
    Upgrade,
    accept_head,
    accept_value,
    origin_allowed,
    parse,
    parse_extensions,
)
from interfaces.shared.errors import ApplicationError, PeerError
from tests.http_ws.sections import proves

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
HEADERS = {
    b"host": b"server.example.com",
    b"upgrade": b"websocket",
    b"connection": b"Upgrade",
    b"sec-websocket-key": KEY,
    b"sec-websocket-version": b"13",
}
Headers = list[tuple[bytes, bytes]]


def headers(*more: tuple[bytes, bytes], **changed: bytes | None) -> Headers:
    """A client's headers, some of them changed or (None) left out."""
    values = HEADERS | {name.replace("_", "-").encode(): value for name, value in changed.items()}
    return [(name, value) for name, value in values.items() if value is not None] + list(more)


def refused(fields: Headers, method: bytes = b"GET") -> bytes:
    """The answer with which a handshake is refused; nothing of the client's is in it."""
    with pytest.raises(PeerError) as caught:
        parse(method, "1.1", fields)
    answer = caught.value.answer
    assert isinstance(answer, bytes)
    assert b"connection: close\r\n" in answer
    return answer


# --- §4.2.1: reading ---


@proves("RFC6455 4.2.1")
def test_the_handshake_of_the_rfc() -> None:
    """The example of §1.2 is read as it is meant."""
    more = ((b"origin", b"http://example.com"), (b"sec-websocket-protocol", b"chat, superchat"))
    assert parse(b"GET", "1.1", headers(*more)) == Upgrade(
        key=KEY, subprotocols=["chat", "superchat"], extensions=[], origin=b"http://example.com"
    )


@proves("RFC6455 4.2.1", "RFC6455 4.3")
@pytest.mark.parametrize(
    "connection", [b"upgrade", b"keep-alive, Upgrade", b"UPGRADE ,\tkeep-alive", b",upgrade"]
)
@pytest.mark.parametrize("upgrade", [b"websocket", b"WebSocket", b"h2c, websocket"])
def test_tokens_are_found_in_lists(connection: bytes, upgrade: bytes) -> None:
    """Connection and Upgrade are lists of words, in any case, over one line or two."""
    assert parse(b"GET", "1.1", headers(connection=connection, upgrade=upgrade)) is not None
    split = headers(
        (b"connection", connection), (b"upgrade", upgrade), connection=b"keep-alive", upgrade=b"h2c"
    )
    assert parse(b"GET", "1.1", split) is not None


@proves("RFC6455 4.2.1")
@pytest.mark.parametrize(
    "fields",
    [
        headers(upgrade=None),
        headers(connection=None),
        headers(upgrade=b"h2c"),
        headers(upgrade=b"websockets"),
        headers(connection=b"keep-alive"),
        headers(connection=b"upgraded"),
        [],
    ],
)
def test_plain_http(fields: Headers) -> None:
    """Without both words a request is plain HTTP, whatever its other headers."""
    assert parse(b"GET", "1.1", fields) is None
    assert parse(b"POST", "1.1", fields) is None


@proves("RFC6455 4.2.1")
def test_http_1_0_cannot_upgrade() -> None:
    """Upgrade in HTTP/1.0 is ignored (RFC 9110 §7.8)."""
    assert parse(b"GET", "1.0", headers()) is None


@proves("RFC6455 4.2.1")
@pytest.mark.parametrize("method", [b"POST", b"HEAD", b"PUT", b"OPTIONS", b"CONNECT", b"get"])
def test_only_get_upgrades(method: bytes) -> None:
    """Another method is refused with 400."""
    assert refused(headers(), method).startswith(b"HTTP/1.1 400 ")


@proves("RFC6455 4.2.1")
@pytest.mark.parametrize(
    "field", [(b"content-length", b"5"), (b"transfer-encoding", b"chunked"), (b"content-length", b"00")]
)
def test_a_handshake_has_no_body(field: tuple[bytes, bytes]) -> None:
    """A body would be taken for frames, so a request that announces one is refused."""
    assert refused(headers(field)).startswith(b"HTTP/1.1 400 ")
    assert parse(b"GET", "1.1", headers((b"content-length", b"0"))) is not None


@proves("RFC6455 4.2.1", "RFC6455 11.3.1")
@pytest.mark.parametrize(
    "key",
    [
        None,
        b"",
        b"dGhlIHNhbXBsZSBub25jZQ",
        b"dGhlIHNhbXBsZSBub25jZQ=",
        b"dGhlIHNhbXBsZSBub25jZQ== ",
        b"dGhlIHNhbXBsZSBub25jZQ==\n",
        b"c2hvcnQ=",
        b"dGhlIHNhbXBsZSBub25jZSBpcyBsb25n",
        b"dGhlIHNhbXBsZSBub25j_Q==",
        b"=" * 24,
    ],
)
def test_the_key_is_16_bytes(key: bytes | None) -> None:
    """A missing key, or one that is not base64 of 16 bytes, is refused with 400."""
    assert refused(headers(sec_websocket_key=key)).startswith(b"HTTP/1.1 400 ")


@proves("RFC6455 11.3.1")
def test_there_is_one_key() -> None:
    """Two keys are refused, also equal ones."""
    assert refused(headers((b"sec-websocket-key", KEY))).startswith(b"HTTP/1.1 400 ")


@proves("RFC6455 4.4", "RFC6455 11.3.5")
@pytest.mark.parametrize("version", [None, b"", b"8", b"14", b"013", b"13, 8"])
def test_other_versions_are_told_ours(version: bytes | None) -> None:
    """Another version than 13 gets 426, with the version that is spoken and Upgrade (RFC 9110 §15.5.22)."""
    answer = refused(headers(sec_websocket_version=version))
    assert answer.startswith(b"HTTP/1.1 426 Upgrade Required\r\n")
    assert b"\r\nsec-websocket-version: 13\r\n" in answer
    assert b"\r\nupgrade: websocket\r\n" in answer


@proves("RFC6455 11.3.4", "RFC6455 4.3")
@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([], []),
        ([b"chat"], ["chat"]),
        ([b"chat,superchat"], ["chat", "superchat"]),
        ([b"a", b" b ,\tc"], ["a", "b", "c"]),
        ([b"v1.json!x"], ["v1.json!x"]),
        ([b"Chat, chat"], ["Chat", "chat"]),
        ([b"a,, b,"], ["a", "b"]),
    ],
)
def test_subprotocols(values: list[bytes], names: list[str]) -> None:
    """Names come in the client's order, over several lines; case tells them apart."""
    upgrade = parse(b"GET", "1.1", headers(*((b"sec-websocket-protocol", value) for value in values)))
    assert upgrade is not None
    assert upgrade.subprotocols == names


@proves("RFC6455 11.3.4", "RFC6455 4.3")
@pytest.mark.parametrize(
    "values", [[b""], [b"a,a"], [b"a", b"b, a"], [b"a b"], [b"a/b"], [b"\xc3\xa4"], [b'"a"']]
)
def test_subprotocols_that_are_refused(values: list[bytes]) -> None:
    """No name at all, a repeated one, and what is no token are refused with 400."""
    fields = headers(*((b"sec-websocket-protocol", value) for value in values))
    assert refused(fields).startswith(b"HTTP/1.1 400 ")


@proves("RFC6455 9.1", "RFC6455 11.3.2")
@pytest.mark.parametrize(
    ("values", "offers"),
    [
        ([], []),
        ([b"foo"], [("foo", ())]),
        ([b"foo,\tbar; baz=2"], [("foo", ()), ("bar", (("baz", "2"),))]),
        ([b"foo", b"bar; baz=2"], [("foo", ()), ("bar", (("baz", "2"),))]),
        ([b"foo;a; b = c ;d"], [("foo", (("a", None), ("b", "c"), ("d", None)))]),
        ([rb'foo; a="b"; c="d\e"'], [("foo", (("a", "b"), ("c", "de")))]),
        ([b",foo,, bar ,"], [("foo", ()), ("bar", ())]),
        ([b"foo; a=1; a=2"], [("foo", (("a", "1"), ("a", "2")))]),
    ],
)
def test_extensions(values: list[bytes], offers: list[object]) -> None:
    """Offers and their parameters are read in order, quoted values among them."""
    assert parse_extensions(values) == offers
    upgrade = parse(b"GET", "1.1", headers(*((b"sec-websocket-extensions", value) for value in values)))
    assert upgrade is not None
    assert upgrade.extensions == offers


@proves("RFC6455 9.1", "RFC6455 11.3.2", "RFC6455 4.3")
@pytest.mark.parametrize(
    "value",
    [
        b"",
        b",",
        b";a",
        b"foo;",
        b"foo; ; a",
        b"foo; a=",
        b'foo; a="',
        b'foo; a=""',
        b'foo; a="b c"',
        b'foo; a="b,c"',
        b'foo; a="b"c',
        b"foo; a=b=c",
        b"foo bar",
        b"foo=1",
        b'"foo"',
        b"foo; \xe4",
        b"foo\n",
        b"foo; a=b\n",
        b'e;r=e;r=" "',  # raised SystemError while groups were possessive
    ],
)
def test_extensions_that_are_refused(value: bytes) -> None:
    """What does not follow the grammar of §9.1 fails the handshake; a quoted value must be a token too."""
    assert refused(headers((b"sec-websocket-extensions", value))).startswith(b"HTTP/1.1 400 ")


@proves("RFC6455 9.1", "RFC6455 10.7")
@given(
    st.lists(st.sampled_from([b"foo", b"a", b";", b",", b"=", b" ", b"\t", b'"', b"\\", b"\xff"])).map(
        b"".join
    )
)
def test_extensions_never_raise_anything_else(value: bytes) -> None:
    """Any bytes are offers, or refused."""
    try:
        offers = parse_extensions([value])
    except PeerError:
        return
    assert offers


@proves("RFC6455 10.1", "RFC6455 10.2")
def test_origin_is_told() -> None:
    """Origin comes as it is, None from a client that is no browser; two are refused."""
    upgrade = parse(b"GET", "1.1", headers())
    assert upgrade is not None
    assert upgrade.origin is None
    twice = headers((b"origin", b"http://a.example"), (b"origin", b"http://b.example"))
    assert refused(twice).startswith(b"HTTP/1.1 400 ")


# --- §4.2.2: answering ---


@proves("RFC6455 4.2.2", "RFC6455 11.3.3")
def test_the_answer_of_the_rfc() -> None:
    """The answer to the example of §1.2 is the one that stands there."""
    assert accept_value(KEY) == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert accept_head(KEY, "chat") == (
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nsec-websocket-protocol: chat\r\n\r\n"
    )


@proves("RFC6455 4.2.2", "RFC6455 9.1")
def test_headers_and_an_extension_are_added() -> None:
    """The application's headers and the extension stand in the answer, in order."""
    head = accept_head(
        KEY, None, [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=\xe4")], b"permessage-deflate"
    )
    assert head.endswith(
        b"\r\nsec-websocket-extensions: permessage-deflate\r\nset-cookie: a=1\r\nset-cookie: b=\xe4\r\n\r\n"
    )
    assert b"sec-websocket-protocol" not in head


@proves("RFC6455 4.2.2")
@pytest.mark.parametrize(
    "name",
    [
        b"connection",
        b"Upgrade",
        b"sec-websocket-accept",
        b"Sec-WebSocket-Extensions",
        b"sec-websocket-protocol",
        b"sec-websocket-version",
        b"content-length",
        b"transfer-encoding",
    ],
)
def test_headers_of_the_handshake_are_ours(name: bytes) -> None:
    """The application cannot set what the handshake sets, nor what a 101 cannot have."""
    with pytest.raises(ApplicationError, match="handshake"):
        accept_head(KEY, None, [(name, b"x")])


@proves("RFC6455 4.2.2")
@pytest.mark.parametrize(
    "header",
    [
        (b"x", b"a\r\nset-cookie: b"),
        (b"x", b"a\nb"),
        (b"x", b"a\rb"),
        (b"x", b"a\0b"),
        (b"x", b"a\n"),
        (b"x\r\ny", b"a"),
        (b"x\n", b"a"),
        (b"", b"a"),
        (b"x y", b"a"),
        (b":status", b"200"),
        ("x", b"a"),
        (b"x", "a"),
    ],
)
def test_headers_cannot_break_the_answer(header: tuple[bytes, bytes]) -> None:
    """CR, LF, NUL, names that are no tokens and text instead of bytes are the application's mistake."""
    with pytest.raises(ApplicationError, match="header"):
        accept_head(KEY, None, [header])


@proves("RFC6455 4.2.2", "RFC6455 11.3.4")
@pytest.mark.parametrize("name", ["", "a b", "a\r\nb", "a,b", "ä", "\ud800"])
def test_subprotocols_are_tokens(name: str) -> None:
    """A subprotocol that would break the answer is the application's mistake."""
    with pytest.raises(ApplicationError, match="token"):
        accept_head(KEY, name)


@proves("RFC6455 4.2.2")
def test_a_subprotocol_is_one_of_those_offered() -> None:
    """With the client's offers given, another subprotocol is the application's mistake."""
    assert b"\r\nsec-websocket-protocol: b\r\n" in accept_head(KEY, "b", offered=["a", "b"])
    with pytest.raises(ApplicationError, match="offered"):
        accept_head(KEY, "c", offered=["a", "b"])


# --- §10.2: Origin ---


@proves("RFC6455 10.2")
@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("example.com", "https://example.com http://EXAMPLE.com:8000", "https://a.example.com https://example.com.evil"),
        (".example.com", "https://example.com https://a.b.example.com", "https://badexample.com"),
        ("*.example.com", "https://a.example.com", "https://example.com https://badexample.com"),
        ("example.com:8443", "https://example.com:8443", "https://example.com https://example.com:443"),
        ("https://example.com", "https://example.com https://example.com:443", "http://example.com https://example.com:8443"),
        ("http://example.com:8000", "http://example.com:8000", "http://example.com"),
        ("http://localhost:*", "http://localhost http://localhost:5173", "https://localhost http://localhost.evil:1"),
        ("https://.example.com", "https://example.com https://a.example.com", "http://a.example.com"),
        ("http://[::1]:8000", "http://[::1]:8000", "http://[::1] http://[::2]:8000"),
        ("[::1]", "http://[::1]:8000 https://[::1]", "http://[::2]"),
        ("HTTPS://Example.COM", "https://example.com", "https://example.org"),
    ],
)  # fmt: skip
def test_patterns_of_origins(pattern: str, yes: str, no: str) -> None:
    """Hosts, subdomains, ports and schemes match as documented."""
    for origin in yes.split():
        assert origin_allowed(origin.encode(), ["other.example", pattern])
    for origin in no.split():
        assert not origin_allowed(origin.encode(), ["other.example", pattern])


@proves("RFC6455 10.1", "RFC6455 10.2")
@pytest.mark.parametrize(
    "origin", [None, b"", b"null", b"file://", b"example.com", b"\xff", b"http://[", b"http://a:port"]
)
def test_no_origin_needs_the_star(origin: bytes | None) -> None:
    """Without an Origin that names a host, only ``*`` lets a client in."""
    assert not origin_allowed(origin, ["example.com", ".com", "null"])
    assert origin_allowed(origin, ["example.com", "*"])


PATTERNS = [
    "*",
    "example.com",
    ".example.com",
    "https://example.com",
    "http://example.com:80",
    "https://.example.com:444",
]
ORIGINS = [
    "http://example.com",
    "https://example.com",
    "https://a.example.com:444",
    "https://example.com:8443",
    "null",
]


@proves("RFC6455 10.2")
@given(st.none() | st.sampled_from(ORIGINS), st.lists(st.sampled_from(PATTERNS), max_size=2))
def test_channels_judges_alike(origin: str | None, allowed: list[str]) -> None:
    """For what Channels' validator knows, the verdicts are the same."""
    validator = OriginValidator(None, allowed)
    theirs = validator.valid_origin(None if origin is None else urlparse(origin, allow_fragments=False))
    assert origin_allowed(None if origin is None else origin.encode(), allowed) == theirs
