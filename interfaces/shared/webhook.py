"""HTTP in front of a translation: what somebody posts is checked, read whole within limits, and handed on. Pure.

An ASGI application for our own HTTP server, and what its users check requests by: signatures in constant time, times
within a window, tokens that are good for one content. No asyncio, no clock: time is a parameter.
"""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from mypy_extensions import mypyc_attr

from interfaces.shared.asgi import Application, Event, Receive, Scope, Send
from interfaces.shared.errors import PeerError, PeerGone, Unavailable

__all__ = [
    "AHEAD",
    "Answer",
    "Mounts",
    "Once",
    "Request",
    "Room",
    "Wanted",
    "Webhook",
    "basic",
    "fresh",
    "hmac_hex",
    "media_type",
    "refusal",
    "same",
]

AHEAD = 300.0
"""Seconds that the clock of who signs may be ahead of ours."""
PLAIN = b"text/plain; charset=utf-8"
HTTP = ("http",)
LATER = 30
"""What ``Retry-After`` says where somebody is to try again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to a request. ``text`` is for people."""

    status: int
    text: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    content: tuple[bytes, bytes] | None = None
    """A media type and the body, in place of the text."""


@dataclass(slots=True, init=False)
class Request:
    """A request whose body is there. ``headers``: the first of each, by its name in lower case.

    Neither frozen nor made by a dataclass's own ``__init__``, which take ten times as long where this is compiled.
    """

    path: str
    query: bytes
    headers: Mapping[bytes, bytes] = field(repr=False)
    body: bytes = field(repr=False)
    client: tuple[str, int | None] | None
    secure: bool
    """Whether it came by https, as far as can be told."""

    def __init__(
        self,
        path: str,
        query: bytes,
        headers: Mapping[bytes, bytes],
        body: bytes,
        client: tuple[str, int | None] | None = None,
        secure: bool = False,
    ) -> None:
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.client = client
        self.secure = secure

    def header(self, name: bytes) -> str:
        """The header ``name``, "" where there is none."""
        return self.headers.get(name, b"").decode("latin-1")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that has to be fetched before a request can be read. Who wants it has checked whose it is."""

    url: str
    why: Literal["certificate", "confirmation"] = "certificate"


@lru_cache(maxsize=64)
def media_type(said: bytes) -> str:
    """Of a Content-Type, in lower case and without parameters."""
    return said.decode("latin-1").partition(";")[0].strip().lower()


def refusal(status: int, text: str, *headers: tuple[bytes, bytes]) -> PeerError:
    """The error to raise for a request that is answered with ``status``."""
    return PeerError(text, Answer(status, text, headers))


def same(said: str | bytes, right: str | bytes) -> bool:
    """Whether both are the same, in a time that tells nothing of where they differ."""
    one, other = (
        text.encode("utf-8", "replace") if isinstance(text, str) else text for text in (said, right)
    )
    return hmac.compare_digest(one, other)


def hmac_hex(secret: str, *parts: bytes) -> str:
    """HMAC-SHA-256 of ``parts``, in hexadecimal."""
    made = hmac.new(secret.encode(), digestmod="sha256")
    for part in parts:
        made.update(part)
    return made.hexdigest()


def fresh(said: str, now: float, window: float) -> bool:
    """Whether ``said``, Unix seconds as a text, is at most ``window`` seconds ago and hardly in the future."""
    if not (said.isascii() and said.isdigit() and len(said) <= 12):
        return False
    return now - window <= int(said) <= now + AHEAD


def basic(request: Request, users: Iterable[str]) -> bool:
    """Whether the request is by one of ``users``, each "name:password" (RFC 7617)."""
    scheme, _, coded = request.header(b"authorization").partition(" ")
    try:
        said = base64.b64decode(coded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    fitting = [same(said, user) for user in users]  # all of them, so that the time tells nothing
    return scheme.lower() == "basic" and any(fitting)


class Once:
    """Tokens that are good for one content: a signature that does not cover the content shall not carry another.

    The same token with the same ``mark`` is a repeat. Remembered for ``keep`` seconds, the ``most`` latest.
    """

    def __init__(self, keep: float, most: int = 100_000) -> None:
        self.keep = keep
        self.most = most
        self._seen: dict[str, tuple[str, float]] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def fits(self, token: str, mark: str, now: float) -> bool:
        """Whether ``token`` is new, or came with the same ``mark`` before."""
        seen = self._seen
        while seen and (len(seen) >= self.most or next(iter(seen.values()))[1] <= now):
            del seen[next(iter(seen))]
        kept = seen.get(token)
        if kept is None:
            seen[token] = mark, now + self.keep
        return kept is None or same(kept[0], mark)


class Room:
    """Bytes of bodies that may be held at once, by all requests together."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0

    def fits(self, size: int, own: int = 0) -> bool:
        """Whether ``size`` bytes more may be held by who holds ``own`` of what is held: alone always, else never."""
        return self.held <= own or self.held + size <= self.most

    def take(self, size: int, own: int = 0) -> bool:
        """Hold ``size`` bytes more; False where that is too much now."""
        if not self.fits(size, own):
            return False
        self.held += size
        return True

    def give(self, size: int) -> None:
        """Hold them no longer."""
        self.held -= size


@mypyc_attr(allow_interpreted_subclasses=True)
class Webhook:
    """The ASGI application: ``handle(request)`` gives the answer, or raises PeerError with one, or Unavailable (503).

    ``types``: the media types that are taken; "" among them: GET is, too, with all in its query. ``max_body`` bytes of
    one body, ``room`` for all of them.
    """

    def __init__(
        self,
        handle: Callable[[Request], Awaitable[Answer]],
        *,
        types: Iterable[str],
        max_body: int,
        room: Room,
    ) -> None:
        self.handle = handle
        self.types = frozenset(types)
        self.max_body = max_body
        self.room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        held = [0]  # bytes
        try:
            headers = self._headers(scope)
            event = await receive()  # nearly always the whole of it
            body = self._piece(event, held)
            if event.get("more_body", False):
                body += await self._rest(receive, held)
            secure = scope.get("scheme") == "https"
            path, query = scope["path"], scope.get("query_string", b"")
            answer = await self.handle(Request(path, query, headers, body, scope.get("client"), secure))
        except PeerGone:
            return
        except PeerError as error:
            answer = error.answer if isinstance(error.answer, Answer) else Answer(400, str(error))
        except Unavailable:
            answer = Answer(503, "Try again later")
        finally:
            self.room.give(held[0])
        kind, content = answer.content or (PLAIN, answer.text.encode() + b"\n" if answer.text else b"")
        fields = [(b"content-type", kind), (b"content-length", b"%d" % len(content))]
        if answer.status == 503:
            fields.append((b"retry-after", b"%d" % LATER))
        fields.extend(answer.headers)
        await send({"type": "http.response.start", "status": answer.status, "headers": fields})
        await send({"type": "http.response.body", "body": content})

    def _headers(self, scope: Scope) -> dict[bytes, bytes]:
        """The first of each. PeerError for what need not be read further."""
        gets = scope["method"] == "GET" and "" in self.types
        if scope["method"] != "POST" and not gets:
            allowed = b"GET, POST" if "" in self.types else b"POST"
            raise refusal(405, "This is a webhook: POST", (b"allow", allowed))
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))  # the first of each stays
        kind = media_type(headers.get(b"content-type", b""))
        if kind not in self.types and not gets:
            raise refusal(415, f"Content-Type has to be {' or '.join(sorted(filter(None, self.types)))}")
        said = headers.get(b"content-length", b"")
        if said.isdigit():  # only what has come is held: else who announces much keeps the others out by that
            self._sized(int(said))
            if not self.room.fits(int(said)):
                raise _full()
        return headers

    async def _rest(self, receive: Receive, held: list[int]) -> bytes:
        pieces, more = [], True
        while more:
            event: Any = await receive()
            pieces.append(self._piece(event, held))
            more = event.get("more_body", False)
        return b"".join(pieces)

    def _piece(self, event: Event, held: list[int]) -> bytes:
        """What ``event`` has of the body, held from now on. PeerGone, PeerError."""
        if event["type"] == "http.disconnect":
            raise PeerGone("the client has gone")
        piece: bytes = event.get("body", b"")
        size = held[0] + len(piece)
        self._sized(size)
        if not self.room.take(len(piece), held[0]):
            raise _full()
        held[0] = size
        return piece

    def _sized(self, size: int) -> None:
        if size > self.max_body:
            raise refusal(413, f"More than {self.max_body} bytes")


def _full() -> PeerError:
    return refusal(503, "Too many messages in flight, try again later")


class Mounts:
    """In front of an application: interfaces answer the paths that they have mounted something under.

    ``paths``: what will be mounted; until it is, and once it is no more, the client is to try again. Scopes of other
    types than were mounted are the application's.
    """

    def __init__(self, app: Application, paths: Iterable[str]) -> None:
        self.app = app
        self._mounted: dict[str, Application] = dict.fromkeys(paths, _away)
        self._types: dict[str, tuple[str, ...]] = {}

    def mount(self, path: str, app: Application, types: tuple[str, ...] = HTTP) -> None:
        """Let ``app`` answer ``path`` and all below it. ``types``: of scopes, "websocket" may be one."""
        self._mounted[path] = app
        self._types[path] = types

    def unmount(self, path: str) -> None:
        """Have the clients of ``path`` try again."""
        self._mounted[path] = _away

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one scope (ASGI 3)."""
        kind = scope["type"]
        if kind == "http" or kind == "websocket":
            asked = scope["path"]
            for path, app in self._mounted.items():
                if (
                    asked.startswith(path)
                    and asked[len(path) : len(path) + 1] in ("", "/")
                    and kind in self._types.get(path, HTTP)
                ):
                    return app(scope, receive, send)
        return self.app(scope, receive, send)


async def _away(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise Unavailable("not mounted")
