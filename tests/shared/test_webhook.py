"""interfaces.shared.webhook: a POST is checked, read within limits, and answered."""

import asyncio
import base64

import pytest

from interfaces.shared.errors import Unavailable
from interfaces.shared.webhook import (
    Answer,
    Mounts,
    Once,
    Request,
    Room,
    Webhook,
    basic,
    fresh,
    hmac_hex,
    refusal,
    same,
)

JSON = [(b"content-type", b"application/json; charset=utf-8")]


def post(app, *pieces, method="POST", headers=JSON, scheme="https", path="/hook", gone=False):
    """The answer of an ASGI application to a request: status, headers, body; None when nothing was said."""
    events = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]
    if events and not gone:
        events[-1]["more_body"] = False
    events.append({"type": "http.disconnect"})
    said = []

    async def receive():
        return events.pop(0)

    async def send(event):
        said.append(event)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"a=1", "headers": headers,
             "client": ("192.0.2.1", 5), "scheme": scheme}  # fmt: skip
    asyncio.run(_called(app, scope, receive, send))
    if not said:
        return None
    return said[0]["status"], dict(said[0]["headers"]), b"".join(one.get("body", b"") for one in said[1:])


async def _called(app, *arguments):
    await app(*arguments)


class Hook(Webhook):
    """Notes its requests; ``answer`` is given, or raised."""

    def __init__(self, answer=None, most=100, room=1000):
        super().__init__(self.noted, types=["application/json"], max_body=most, room=Room(room))
        self.answer, self.requests, self.held = answer or Answer(200, "fine"), [], []

    async def noted(self, request):
        self.requests.append(request)
        self.held.append(self.room.held)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_request_is_read_whole_and_answered():
    """However it comes: the body in one piece, the first of each header, where it is from."""
    hook = Hook(Answer(201, "näh", ((b"x-more", b"1"),)))
    status, headers, body = post(hook, b"{", b"", b"}", headers=[*JSON, (b"x", b"1"), (b"x", b"2")])
    assert (status, body) == (201, "näh\n".encode()) and headers[b"x-more"] == b"1"
    assert headers[b"content-length"] == b"5" and b"retry-after" not in headers
    (request,) = hook.requests
    assert request.body == b"{}" and request.header(b"x") == "1" and request.header(b"y") == ""
    assert (request.path, request.query, request.client, request.secure) == (
        "/hook",
        b"a=1",
        ("192.0.2.1", 5),
        True,
    )
    assert hook.room.held == 0 and hook.held == [2]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"method": "GET"}, 405),
        ({"headers": []}, 415),
        ({"headers": [(b"content-type", b"text/html")]}, 415),
        ({"headers": [*JSON, (b"content-length", b"101")]}, 413),
        ({"headers": [(b"content-type", b"Application/JSON")]}, 200),
    ],
)
def test_what_is_no_such_request_is_refused_before_its_body_is_read(asked, status):
    """Method, media type, and a length that is too large."""
    hook = Hook()
    assert post(hook, b"{}", **asked)[0] == status
    assert len(hook.requests) == (status == 200)


def test_get_is_taken_where_it_is_among_the_types():
    """All is in its query, and it has no media type; other methods are refused, and told which are not."""
    hook = Hook()
    hook.types = frozenset({"", "application/json"})
    assert post(hook, b"", method="GET", headers=[])[0] == 200
    assert (hook.requests[0].query, hook.requests[0].body) == (b"a=1", b"")
    status, headers, _ = post(hook, b"", method="PUT")
    assert (status, headers[b"allow"]) == (405, b"GET, POST")
    status, _, said = post(hook, b"", headers=[(b"content-type", b"text/html")])
    assert (status, said) == (415, b"Content-Type has to be application/json\n")


def test_a_body_without_a_length_ends_at_the_limit():
    """It is not read any further, and nothing stays held."""
    hook = Hook(most=10)
    assert post(hook, b"12345", b"678901", b"never read")[0] == 413
    assert post(hook, b"12345", b"67890")[0] == 200
    assert hook.room.held == 0


def test_all_bodies_share_their_room():
    """Whoever finds it full is to try again; one alone always has room, however small that is."""
    hook = Hook(room=10)
    assert hook.room.take(6)
    status, headers, _ = post(hook, b"12345")
    assert (status, headers[b"retry-after"]) == (503, b"30")
    assert post(hook, b"1234")[0] == 200
    hook.room.give(6)
    assert post(hook, b"x" * 50)[0] == 200 and hook.room.held == 0


def test_what_is_announced_is_not_held():
    """Who announces all the room, and sends a byte now and then, keeps nobody out."""
    hook, seen = Hook(room=100), []

    async def receive():
        seen.append(hook.room.held)
        return {"type": "http.request", "body": b"x", "more_body": len(seen) < 3}

    async def send(_event):
        pass

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [*JSON, (b"content-length", b"90")]}
    asyncio.run(hook(scope, receive, send))
    assert seen == [0, 1, 2] and hook.room.held == 0


def test_one_alone_has_room_in_pieces_too():
    """However large it is against the room, as long as it is the only one."""
    hook = Hook(room=10)
    assert post(hook, b"x" * 8, b"x" * 8)[0] == 200
    assert hook.room.take(1)
    assert post(hook, b"x" * 8, b"x" * 8)[0] == 503
    assert hook.room.held == 1


def test_a_client_that_goes_is_told_nothing():
    """Its body is not handed on, and no longer held."""
    hook = Hook()
    assert post(hook, b"{", gone=True) is None
    assert hook.requests == [] and hook.room.held == 0


@pytest.mark.parametrize(("error", "status"), [(refusal(401, "no"), 401), (Unavailable("away"), 503)])
def test_an_error_of_the_peer_or_of_a_provider_is_an_answer(error, status):
    """PeerError has its own; what is unavailable is to be tried again."""
    hook = Hook(error)
    assert post(hook, b"{}")[0] == status
    assert hook.room.held == 0


def test_an_error_that_nobody_expects_is_the_servers():
    """It is not hidden; nothing stays held."""
    hook = Hook(KeyError("x"))
    with pytest.raises(KeyError):
        post(hook, b"{}")
    assert hook.room.held == 0


def test_signatures():
    """HMAC over all parts; equal texts and bytes are the same, nothing else is, and nothing raises."""
    assert hmac_hex("key", b"what do ya ", b"want for nothing?") == hmac_hex(
        "key", b"what do ya want for nothing?"
    )
    assert hmac_hex("Jefe", b"what do ya want for nothing?").startswith("5bdcc146bf60754e")  # RFC 4231
    assert same("ä", "ä".encode()) and same(b"", "")
    assert not same("a", "b") and not same("a", "aa") and not same("\udcff", "a")


@pytest.mark.parametrize(
    ("said", "right"),
    [("900", True), ("899", False), ("1300", True), ("1301", False), ("", False), ("-5", False), ("9e2", False),
     ("1000.5", False), ("٩٠٠", False), ("9" * 13, False)],
)  # fmt: skip
def test_times(said, right):
    """Within the window, and hardly in the future: nothing else is a time."""
    assert fresh(said, 1000.0, 100) is right


@pytest.mark.parametrize(
    ("said", "right"),
    [("Basic YTpi", True), ("basic  YTpi ", True), ("Basic YTpj", False), ("Bearer YTpi", False), ("", False),
     ("Basic ä", False), ("Basic YTp", False), ("Basic " + base64.b64encode(b"c:d:e").decode(), True)],
)  # fmt: skip
def test_users(said, right):
    """One of them, with a password that may have colons."""
    request = Request("/", b"", {b"authorization": said.encode("latin-1")}, b"")
    assert basic(request, ["a:b", "c:d:e"]) is right
    assert not basic(request, [])


def test_a_token_is_good_for_one_content():
    """The same again is a repeat; with another it is not, until it is forgotten."""
    once = Once(keep=100, most=2)
    assert once.fits("t", "one", 0) and once.fits("t", "one", 50)
    assert not once.fits("t", "two", 99)
    assert once.fits("t", "two", 100)
    assert once.fits("u", "x", 100) and once.fits("v", "x", 100) and len(once) == 2


def test_what_is_mounted_answers_its_paths_and_nothing_else():
    """Whole segments alone; other types of scopes are the application's."""
    hook, other = Hook(Answer(200, "hook")), Hook(Answer(200, "app"))
    mounts = Mounts(other, ["/email"])
    with pytest.raises(Unavailable):  # which the server answers with 503
        post(mounts, b"{}", path="/email")
    mounts.mount("/email", hook)
    said = {
        path: post(mounts, b"{}", path=path)[2] for path in ("/email", "/email/x", "/emails", "/", "/x/email")
    }
    assert said == {
        "/email": b"hook\n",
        "/email/x": b"hook\n",
        "/emails": b"app\n",
        "/": b"app\n",
        "/x/email": b"app\n",
    }
    mounts.unmount("/email")
    with pytest.raises(Unavailable):
        post(mounts, b"{}", path="/email/x")
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(_called(Mounts(app, ["/email"]), {"type": "websocket", "path": "/email"}, None, None))
    assert seen == ["websocket"]


def test_websockets_are_mounted_where_that_is_said():
    """At a path whose interface has both; once it is gone the client is to try again, not to ask the application."""
    seen = []

    def named(name):
        async def app(scope, receive, send):
            seen.append((name, scope["type"], scope["path"]))

        return app

    mounts = Mounts(named("app"), ["/irc"])
    mounts.mount("/hook", named("hook"))
    mounts.mount("/irc", named("irc"), ("http", "websocket"))
    mounts.mount("/only", named("only"), ("websocket",))
    for path in ("/irc", "/irc/x", "/ircs", "/hook", "/only"):
        for kind in ("http", "websocket", "lifespan"):
            asyncio.run(_called(mounts, {"type": kind, "path": path}, None, None))
    assert [name for name, _, _ in seen] == [
        "irc", "irc", "app", "irc", "irc", "app", "app", "app", "app", "hook", "app", "app", "app", "only", "app"
    ]  # fmt: skip
    mounts.unmount("/irc")
    for kind in ("http", "websocket"):
        with pytest.raises(Unavailable):
            asyncio.run(_called(mounts, {"type": kind, "path": "/irc"}, None, None))
