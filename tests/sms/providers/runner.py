"""What the table of a provider's tests is made of, and what runs a row of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from interfaces.shared.asgi import Application
from interfaces.shared.errors import PeerError
from interfaces.shared.webhook import Answer, Request
from interfaces.sms.accounts import Account
from interfaces.sms.providers.base import Inbound, Outgoing, Provider, Receipt, Reply, Sent, Wanted
from interfaces.sms.providers.opening import provider
from tests.sms.harness import NOW, OURS, THEIRS, Desk

__all__ = [
    "FORM", "JSON", "NOW", "OURS", "THEIRS", "Asks", "Heard", "Lacking", "Posted", "Suite", "bare", "content",
    "message", "opened", "outcome", "request", "through",
]  # fmt: skip

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
Found = Sequence[Inbound | Receipt] | Answer | Wanted | int


def request(body: str | bytes, kind: str, url: str, headers: Mapping[str, str] | None = None) -> Request:
    """A POST to ``url``."""
    parts = urlsplit(url)
    said = {"content-type": kind, "host": parts.netloc, **(headers or {})}
    return Request(
        parts.path,
        parts.query.encode(),
        {name.lower().encode(): value.encode() for name, value in said.items()},
        body.encode() if isinstance(body, str) else body,
        ("192.0.2.7", 443),
        secure=parts.scheme == "https",
    )


def bare(given: Request) -> Request:
    """The request without its headers, and so without a signature; nor with a query."""
    return replace(
        given, headers={name: given.headers[name] for name in (b"content-type", b"host")}, query=b""
    )


def message(text: str = "Hi", **more: Any) -> Outgoing:
    """A message of ours."""
    return Outgoing(**{"id": "our-1", "sender": OURS, "recipient": THEIRS, "text": text, **more})


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A request, and what it says: messages and receipts, an answer, what is wanted; or the status of its refusal.

    ``raw`` is compared only where it is given.
    """

    what: str
    request: Request
    found: Found
    url: str = ""
    """As the world sees it; the suite's unless given."""
    now: float = NOW
    account: Mapping[str, Any] = field(default_factory=dict)
    """What of the account is another."""


@dataclass(frozen=True, kw_only=True)
class Asks:
    """A message, and what is asked for it; or what the ApplicationError says. ``body``: a form's pairs, or JSON."""

    what: str
    message: Outgoing
    body: Any = None
    url: str = ""
    """The suite's unless given."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Some of them."""
    error: str = ""
    account: Mapping[str, Any] = field(default_factory=dict)
    idempotent: bool = False


@dataclass(frozen=True, kw_only=True)
class Heard:
    """An answer to that, and what it says."""

    what: str
    status: int
    body: str
    sent: Sent
    headers: Mapping[str, str] = field(default_factory=dict)
    account: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """What an account has not, or has wrong, and words of the ConfigError."""

    account: Mapping[str, Any]
    words: str


@dataclass(frozen=True, kw_only=True)
class Suite:
    """The table of one provider."""

    account: Account
    url: str
    """Of its webhook, as the world sees it: https://sms.example.org/sms/NAME."""
    asks_url: str
    sign: Callable[[bytes, str], Request] | None
    """A request, signed right, with this body and media type; None: the body has to be what it says it is."""
    posted: Sequence[Posted]
    asks: Sequence[Asks]
    heard: Sequence[Heard]
    lacking: Sequence[Lacking]
    replies: Sequence[tuple[Sequence[Reply], Answer]] = ()
    """What is answered with these replies."""
    refused: tuple[Answer, int] = (Answer(400), 400)
    """The answer to what the application refuses with this status, and the text "No"; its text is not compared."""
    deferred: int = 503
    cancel: str = ""
    """The URL by which "id-1" is cancelled; "": it cannot be."""
    forged: Callable[[Request], Request] = bare
    """A request with a signature that is wrong, or with none; for those that have it elsewhere than in headers."""
    prepare: Callable[[Provider], object] = repr
    """Gives it what it would want first."""
    binary: bool = False
    """Whether it sends binary messages."""

    @property
    def name(self) -> str:
        """The provider's."""
        return self.account.provider


def opened(suite: Suite, **more: Any) -> Provider:
    """The provider, its account with ``more``, which wants nothing any more."""
    made = provider(replace(suite.account, **more))
    suite.prepare(made)
    return made


def outcome(made: Provider, posted: Posted, url: str) -> Found:
    """What is read; the status of a refusal. Without ``raw`` unless that is asked for."""
    try:
        found = made.read(posted.request, posted.url or url, posted.now)
    except PeerError as error:
        return error.answer.status if isinstance(error.answer, Answer) else 0
    if isinstance(found, Answer | Wanted):
        return found
    expected = posted.found if isinstance(posted.found, Sequence) else ()
    raw = [bool(one.raw) for one in expected] or [False] * len(found)
    return [one if kept else replace(one, raw={}) for one, kept in zip(found, raw, strict=False)]


def content(body: bytes, kind: str) -> Any:
    """A body as a table has it."""
    return json.loads(body) if "json" in kind else parse_qsl(body.decode(), keep_blank_values=True)


async def through(desk: Desk, made: Provider, *given: Request) -> list[tuple[int, dict[bytes, bytes], bytes]]:
    """What the webhook answers to each request, one after the other: status, headers, body."""
    from interfaces.sms.webhook import Hooks

    async def fetch(url: str) -> bytes:
        raise AssertionError(url)

    hooks = Hooks(desk.service, [(made.name, made)], fetch)
    return [await _answered(hooks, one) for one in given]


async def _answered(app: Application, given: Request) -> tuple[int, dict[bytes, bytes], bytes]:
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": given.body, "more_body": False}

    async def send(event: Any) -> None:
        said.append(event)

    scope = {
        "type": "http", "method": "POST", "path": given.path, "query_string": given.query, "client": given.client,
        "headers": [*given.headers.items()], "scheme": "https" if given.secure else "http",
    }  # fmt: skip
    await app(scope, receive, send)
    return said[0]["status"], dict(said[0]["headers"]), said[1].get("body", b"")
