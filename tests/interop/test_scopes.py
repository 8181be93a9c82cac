"""The same bytes to uvicorn and to us: the same scope, but for the differences that are written here."""

import json
import re
import sys

import pytest

from tests.abuse.server import HANDSHAKE, Client
from tests.process.server import Server

APP = "tests.interop.apps.scope_app:app"
HOST = b"host: example.org\r\n"


def get(target, *lines, method=b"GET", version=b"1.1", body=b""):
    """A request."""
    head = b"%b %b HTTP/%b\r\n" % (method, target, version) + HOST
    return head + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


REQUESTS = {
    "root": get(b"/"),
    "query": get(b"/a/b?x=1&y=%20+%C3%A4&x=2"),
    "empty query": get(b"/a?"),
    "two question marks": get(b"/a?b?c"),
    "UTF-8 in percents": get(b"/%C3%A4/%E2%82%AC"),
    "slash in percents": get(b"/a%2Fb"),
    "capitals in percents": get(b"/%7euser%7E"),
    "dots": get(b"/a/../b/./c"),
    "two slashes": get(b"//a//b"),
    "semicolon": get(b"/a;b=c"),
    "a colon": get(b"/a:b@c"),
    "odd but allowed": get(b'/a[b]{c}|d^e`"<>'),
    "headers": get(b"/", b"X-A: 1", b"x-b:2", b"X-Long:    three", b"x-a: again", b"x-empty:"),
    "latin-1": get(b"/", b"x: \xe4\xff"),
    "cookies": get(b"/", b"cookie: a=1; b=2", b"cookie: c=3"),
    "post": get(b"/p", b"content-length: 5", method=b"POST", body=b"hello"),
    "chunked": get(
        b"/p", b"transfer-encoding: chunked", method=b"POST", body=b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    ),
    "PUT": get(b"/p", b"content-length: 0", method=b"PUT"),
    "PROPFIND": get(b"/p", method=b"PROPFIND"),
    "OPTIONS": get(b"/p", method=b"OPTIONS"),
    "HTTP/1.0": get(b"/old", version=b"1.0"),
    "HTTP/1.0 kept": get(b"/old", b"connection: keep-alive", version=b"1.0"),
    "asked to close": get(b"/", b"connection: close"),
    "te": get(b"/", b"te: trailers", b"connection: te"),
    "expect": get(b"/p", b"expect: 100-continue", b"content-length: 5", method=b"POST", body=b"hello"),
    "no websocket": get(
        b"/", b"upgrade: h2c", b"connection: upgrade, http2-settings", b"http2-settings: AAAA"
    ),
    "forwarded by nobody we trust": get(b"/", b"forwarded: for=1.2.3.4;proto=https"),
    "websocket": HANDSHAKE % (b"/ws/%C3%A4?x=1", b"sec-websocket-protocol: a, b\r\norigin: http://x\r\n"),
}
INTENDED = {
    "asgi": "spec_version: ours is 2.5, uvicorn's 2.3 for HTTP and 2.4 for WebSocket",
    "extensions": "ours has trailers, pathsend, early hints; uvicorn has the denial response alone",
    "client": "each connection has a port of its own",
    "server": "as above",
}
HOSTED = ["host", "example.org"]
CHUNKED = b"transfer-encoding: chunked"
ONLY = {  # what ours does and uvicorn does not, and why
    "absolute": (get(b"http://other.org/a?b"), {"path": "/a", "raw_path": "/a"}, "RFC 9112 §3.2.2"),
    "underscore": (get(b"/", b"x_y: 1"), {"headers": [HOSTED]}, "CGI names cannot tell it from x-y"),
    "blanks": (get(b"/", b"x: 1 \t "), {"headers": [HOSTED, ["x", "1"]]}, "RFC 9110 §5.5"),
    "trailers": (
        get(b"/", CHUNKED, method=b"POST", body=b"1\r\na\r\n0\r\nhost: evil\r\n\r\n"),
        {"headers": [HOSTED, ["transfer-encoding", "chunked"]], "body": "a"},
        "RFC 9110 §6.5.1: trailers are no headers",
    ),
    "asterisk": (get(b"*", method=b"OPTIONS"), {"path": "*", "raw_path": "*"}, "RFC 9112 §3.2.4"),
    "no utf-8": (get(b"/%ff"), {"path": "/\ufffd", "raw_path": "/%ff"}, "the path is text, whatever came"),
}


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """Our server."""
    with Server(tmp_path_factory.mktemp("ours"), app=APP) as server:
        yield server.port


@pytest.fixture(scope="module")
def uvicorns(tmp_path_factory):
    """uvicorn's."""
    command = [sys.executable, "-m", "uvicorn", APP, "--port", "0", "--no-access-log", "--no-server-header"]
    with Server(tmp_path_factory.mktemp("uvicorn"), command=command) as server:
        yield int(server.wait_for(r"running on http://127\.0\.0\.1:(\d+)")[1])


def told(port, data):
    """What the application told of the scope."""
    with Client(port, data) as client:
        said = client.until(rb"\r\n\r\n.*\}$")
    return json.loads(re.search(rb'\{"type".*', said, re.DOTALL)[0])


@pytest.mark.parametrize("name", REQUESTS)
def test_the_scope_is_uvicorns(name, ours, uvicorns):
    """Every key of it, but for what is intended."""
    one, other = told(ours, REQUESTS[name]), told(uvicorns, REQUESTS[name])
    assert {key: one[key] for key in other if key not in INTENDED} == {
        key: value for key, value in other.items() if key not in INTENDED
    }
    assert set(one) - set(other) <= set(INTENDED)


@pytest.mark.parametrize("name", ONLY)
def test_the_scope_is_not_uvicorns(name, ours):
    """What we do otherwise, on purpose."""
    data, wanted, _why = ONLY[name]
    scope = told(ours, data)
    assert {key: scope[key] for key in wanted} == wanted


def test_a_state_is_a_scopes_own(ours):
    """The lifespan's state comes with each scope."""
    assert told(ours, REQUESTS["root"])["state"] == {"word": "from the lifespan"}
