"""The Events API: what Slack posts, checked by its signature, and its answer. An ASGI application.

One URL takes events, commands, what is interactive and menus: PATH/events; PATH/commands, PATH/interactivity and
PATH/options are the same. What is refused for good says so with X-Slack-No-Retry, so that Slack does not repeat it.
Slack's look at the certificate (``ssl_check``, by GET or POST) is answered unsigned, as it comes; it does nothing.
"""

import json
from collections.abc import Awaitable, Mapping

from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.errors import PeerError
from interfaces.shared.noise import Noise
from interfaces.shared.webhook import Answer, Request, Room, Webhook, media_type, refusal
from interfaces.slack.posted import Check, Posted, looks, read
from interfaces.slack.service import Reply, Service
from interfaces.slack.verify import genuine

__all__ = ["FORM", "WORDS", "Events"]

WORDS = ("events", "commands", "interactivity", "options")
"""The last word of the URLs, which are all the same."""
FORM = "application/x-www-form-urlencoded"
JSON = b"application/json"
NO_RETRY = (b"x-slack-no-retry", b"1")
OK = Answer(200)


class Events:
    """Answers Slack. ``pages``: other applications, by the last word of their path."""

    def __init__(self, service: Service, pages: Mapping[str, Application]) -> None:
        options = service.options
        self.service = service
        self.pages = pages
        self.path = options.path
        self.paths = frozenset(f"{self.path}/{word}" for word in WORDS if options.http)
        """Where the Events API posts."""
        self.refused = Noise(service.count, "slack.webhooks_refused", "interfaces.slack")
        service.context.telemetry.count("slack.webhooks_refused", 0)
        types = (FORM, JSON.decode())
        self.app = Webhook(self.handle, types=types, max_body=options.max_body, room=Room(options.in_flight))

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        path: str = scope["path"]
        if path in self.paths:
            if scope["method"] == "GET" and looks(scope["query_string"]):
                return _empty(send, 200)
            return self.app(scope, receive, send)
        page = self.pages.get(path.removeprefix(self.path + "/"))
        return _empty(send, 404) if page is None else page(scope, receive, send)

    async def handle(self, request: Request) -> Answer:
        """The answer to a request."""
        try:
            found = self._read(request)
            if isinstance(found, Answer):
                return found
            return _answer(await self.service.take(found, "http", request.client))
        except PeerError as error:
            self.refused("a request to Slack's address", error)
            raise

    def _read(self, request: Request) -> Posted | Answer:
        """What Slack has sent, or the answer to what is for nobody. PeerError."""
        service = self.service
        form = media_type(request.headers.get(b"content-type", b"")) == FORM
        time, signed = request.header(b"x-slack-request-timestamp"), request.header(b"x-slack-signature")
        if fault := genuine(service.options.signing_secret, time, signed, request.body, service.clock()):
            if form and looks(request.body):
                return OK
            raise refusal(401, fault, NO_RETRY)
        try:
            found = read(request.body, form, request.headers)
        except PeerError as error:
            raise refusal(400, str(error), NO_RETRY) from None
        if isinstance(found, Check):
            return Answer(200, content=(b"text/plain", found.challenge.encode()))
        return found


def _answer(reply: Reply) -> Answer:
    if reply.kind == "ack":
        return (
            OK if reply.payload is None else Answer(200, content=(JSON, json.dumps(reply.payload).encode()))
        )
    if reply.kind == "refuse":
        return Answer(400, "Refused", (NO_RETRY,))
    return Answer(503, "Try again later")


async def _empty(send: Send, status: int) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body"})
