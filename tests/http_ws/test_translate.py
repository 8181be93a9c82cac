"""From a head to a scope: forms of the target, paths, and what a scope shares with others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.http_ws.translate import Place, http_scope, websocket_scope
from interfaces.http_ws.wire_h1 import HeadLimits, HeadParser
from interfaces.shared.errors import PeerError
from tests.http_ws.sections import proves

HERE = Place(("1.2.3.4", 5), ("6.7.8.9", 80))


def scope(
    target: bytes = b"/",
    fields: bytes = b"Host: a\r\n",
    method: bytes = b"GET",
    place: Place = HERE,
    minor: int = 1,
) -> dict:
    """The scope of a request with this target."""
    parser = HeadParser(HeadLimits())
    parser.parse(b"%b %b HTTP/1.%d\r\n%b\r\n" % (method, target, minor, fields))
    return dict(http_scope(parser, place, {}))


def status(*request: bytes) -> int:
    """The status with which a request is refused."""
    with pytest.raises(PeerError) as caught:
        scope(*request)
    answer = caught.value.answer
    assert isinstance(answer, bytes)
    return int(answer[9:12])


def test_the_scope_of_a_request() -> None:
    """Every key of the specification is there, with its type."""
    assert scope(b"/a?b", b"Host: x\r\nX-Y: z\r\n", b"POST") == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/a",
        "raw_path": b"/a",
        "query_string": b"b",
        "root_path": "",
        "headers": [(b"host", b"x"), (b"x-y", b"z")],
        "client": ("1.2.3.4", 5),
        "server": ("6.7.8.9", 80),
        "state": {},
        "extensions": {
            "http.response.trailers": {},
            "http.response.pathsend": {},
            "http.response.early_hint": {},
        },
    }
    assert scope(minor=0)["http_version"] == "1.0"


def test_the_scope_of_a_websocket() -> None:
    """A WebSocket has subprotocols, the extension for denials, and a scheme of its own."""
    parser = HeadParser(HeadLimits())
    parser.parse(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
    found = websocket_scope(parser, HERE, {"x": 1}, ["chat"])
    assert (found["type"], found["scheme"], found["path"], found["subprotocols"]) == (
        "websocket",
        "ws",
        "/a",
        ["chat"],
    )
    assert found["extensions"] == {"websocket.http.response": {}}
    assert found["state"] == {"x": 1}
    assert "method" not in found
    secure = Place(None, None, secure=True)
    assert websocket_scope(parser, secure, {}, [])["scheme"] == "wss"
    assert http_scope(parser, secure, {})["scheme"] == "https"


@proves("RFC9112 3.2.1")
@pytest.mark.parametrize(
    ("target", "path", "raw", "query"),
    [
        (b"/", "/", b"/", b""), (b"/a/b?c=d&e", "/a/b", b"/a/b", b"c=d&e"), (b"/?", "/", b"/", b""),
        (b"//a", "//a", b"//a", b""),
        (b"/?a?b", "/", b"/", b"a?b"), (b"/%C3%A9%20", "/\xe9 ", b"/%C3%A9%20", b""), (b"/a%2Fb", "/a/b",
        b"/a%2Fb", b""),
        (b"/%ff", "/\ufffd", b"/%ff", b""), (b"/%zz%2", "/%zz%2", b"/%zz%2", b""), (b"/%00", "/\x00",
        b"/%00", b""), (b"/a+b", "/a+b", b"/a+b", b""),
        (b"/a?%C3%A9", "/a", b"/a", b"%C3%A9"), (b"/../a", "/../a", b"/../a", b""), (b"/%3F%23", "/?#",
        b"/%3F%23", b""),
    ],
)  # fmt: skip
def test_paths(target: bytes, path: str, raw: bytes, query: bytes) -> None:
    """The path is decoded, once, as UTF-8; raw_path and query_string are as they came."""
    found = scope(target)
    assert (found["path"], found["raw_path"], found["query_string"]) == (path, raw, query)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_text_comes_through_a_path(text: str) -> None:
    """What was percent-encoded as UTF-8 arrives as the same text."""
    target = b"/" + b"".join(b"%%%02X" % byte for byte in text.encode())
    found = scope(target)
    assert found["path"] == "/" + text
    assert found["raw_path"] == target


@proves("RFC9112 3.2.2", "RFC9110 7.2")
@pytest.mark.parametrize(
    ("target", "path", "query", "host"),
    [
        (b"http://b/c?d", "/c", b"d", b"b"), (b"HTTP://b:80/", "/", b"", b"b:80"), (b"https://[::1]:8/x",
        "/x", b"", b"[::1]:8"),
        (b"http://b", "/", b"", b"b"), (b"http://b?d/e", "/", b"d/e", b"b"), (b"ws://b/c", "/c", b"", b"b"),
        (b"http://b/http://c/", "/http://c/", b"", b"b"),
    ],
)  # fmt: skip
def test_absolute_targets(target: bytes, path: str, query: bytes, host: bytes) -> None:
    """Path and query are taken out of an absolute target; its host replaces Host, or is added."""
    for fields, minor in ((b"X: y\r\nHost: a\r\n", 1), (b"X: y\r\n", 0)):
        found = scope(target, fields, minor=minor)
        assert (found["path"], found["query_string"], found["scheme"]) == (path, query, "http")
        assert sorted(found["headers"]) == [(b"host", host), (b"x", b"y")]


@proves("RFC9112 3.2.2")
@pytest.mark.parametrize(
    "target", [b"ftp://b/", b"http://", b"http:///a", b"http://u@b/", b"http:/b", b"http://b:x/",
    b"http://[::1/", b"http://u:p@b/", b"x://b"]
)  # fmt: skip
def test_malformed_absolute_targets_are_refused(target: bytes) -> None:
    """Other schemes, no host, user information and malformed hosts are answered with 400."""
    assert status(target) == 400


@proves("RFC9112 3.2.3", "RFC9110 9.3.6")
@pytest.mark.parametrize(
    ("target", "code"), [(b"a:443", 400), (b"a", 400), (b"/", 405), (b"http://a/", 405), (b"*", 400)]
)
def test_connect_is_refused(target: bytes, code: int) -> None:
    """An authority as target is answered with 400, and CONNECT to anything else with 405."""
    assert status(target, b"Host: a\r\n", b"CONNECT") == code


@proves("RFC9112 3.2.4")
def test_the_asterisk_is_for_options() -> None:
    """OPTIONS may ask about the server, other methods may not."""
    assert scope(b"*", method=b"OPTIONS")["path"] == "*"
    assert status(b"*") == 400


def test_the_root_path_is_part_of_the_path() -> None:
    """path and raw_path begin with root_path, as the specification has it."""
    found = scope(b"/a%20b?c", place=Place(None, None, root_path="/r\xe9"))
    assert (found["root_path"], found["path"], found["raw_path"]) == (
        "/r\xe9",
        "/r\xe9/a b",
        b"/r\xc3\xa9/a%20b",
    )


def test_scopes_share_nothing_that_they_may_change() -> None:
    """state and extensions are copied for each scope, shallowly; headers are its own."""
    parser, state, place = HeadParser(HeadLimits()), {"list": []}, Place(None, None, tls={"tls_version": 772})
    scopes = []
    for _ in range(2):
        parser.parse(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        scopes.append(http_scope(parser, place, state))
    one, two = scopes
    assert one["extensions"]["tls"] == {"tls_version": 772}
    one["state"]["new"] = 1
    one["state"]["list"].append(1)
    one["extensions"]["new"] = 1
    one["headers"].append(1)
    assert two["state"] == {"list": [1]}
    assert state == {"list": [1]}
    assert "new" not in two["extensions"]
    one["extensions"]["tls"]["new"] = one["extensions"]["http.response.trailers"]["new"] = 1
    assert two["extensions"]["http.response.trailers"] == {}
    assert place.tls == two["extensions"]["tls"] == {"tls_version": 772}
    assert two["headers"] == [(b"host", b"a")]
    socket = websocket_scope(parser, place, state, [])
    assert socket["extensions"]["tls"] == {"tls_version": 772}
