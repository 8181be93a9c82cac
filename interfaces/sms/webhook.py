"""What providers post: read by their file, given to the application, and answered in their words.

An ASGI application: ``PATH/NAME``, and all below it, is the account of that name.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import PeerError, Unavailable
from interfaces.shared.noise import Noise
from interfaces.shared.webhook import Answer, Request, Room, Webhook, refusal
from interfaces.sms.providers.base import Inbound, Provider, Read, Receipt, Reply, Wanted
from interfaces.sms.replays import Replays
from interfaces.sms.service import Service
from interfaces.sms.translate import Place

__all__ = ["Hook", "Hooks"]

Fetch = Callable[[str], Awaitable[bytes]]
LARGE = 262_144
"""Bytes of a request beyond which it is read in a thread."""


class Hook:
    """The webhook of one account."""

    def __init__(self, service: Service, name: str, provider: Provider, fetch: Fetch, room: Room) -> None:
        self.service = service
        self.name = name
        self.provider = provider
        self.fetch = fetch
        self.refused = Noise(service.count, "sms.webhooks_refused", "interfaces.sms")
        self.replays = Replays(service.options.replays, service.options.keep)
        self.reading = asyncio.Lock()  # what a provider remembers is for one thread
        options = service.options
        self.app = Webhook(self.handle, types=provider.types, max_body=options.max_body, room=room)

    async def handle(self, request: Request) -> Answer:
        """The answer to a request."""
        try:
            found = await self._read(request)
            if isinstance(found, Answer):
                return found
            return await self._taken(request, found)
        except PeerError as error:
            self.refused(f"webhook {self.name}", error)
            raise

    async def _read(self, request: Request) -> Sequence[Inbound | Receipt] | Answer:
        """What was posted, when all that it needs has been fetched."""
        for _ in range(2):
            found = await self._read_once(request)
            if not isinstance(found, Wanted):
                return found
            answer = self.provider.got(found, await self.fetch(found.url))
            if answer is not None:
                return answer
        raise refusal(503, "Too much is wanted for it")

    async def _read_once(self, request: Request) -> Read:
        now, url = self.service.clock(), public_url(self.service.options.public_url, request)
        async with self.reading:
            if len(request.body) > LARGE:
                return await asyncio.to_thread(self.provider.read, request, url, now)
            return self.provider.read(request, url, now)

    async def _taken(self, request: Request, found: Sequence[Inbound | Receipt]) -> Answer:
        provider, service = self.provider, self.service
        self._once(found)
        place = Place(
            provider=provider.name,
            account=self.name,
            transport="webhook",
            client=request.client,
            patience=min(provider.patience, service.options.patience),
            replies=provider.replies and len(found) == 1,
        )
        taken = await asyncio.gather(*(service.take(one, place) for one in found))
        return self._answer([verdict for verdict, _ in taken], [reply for _, more in taken for reply in more])

    def _once(self, found: Sequence[Inbound | Receipt]) -> None:
        """Raise PeerError for a signature that was seen with another message; Unavailable when there is no room."""
        if self.provider.timed:
            return
        try:
            fits = self.replays.fits(found, self.service.clock())
        except Unavailable as error:
            self.refused(f"webhook {self.name}", error)
            raise
        if not fits:
            raise refusal(403, "Its signature is of another request")

    def _answer(self, verdicts: Sequence[Verdict | None], replies: Sequence[Reply]) -> Answer:
        """One for all that was posted: what is deferred has it tried again, what is accepted is enough."""
        kinds = {"defer" if said is None else said.kind for said in verdicts}
        if "defer" in kinds:
            return self.provider.deferred()
        if kinds == {"reject"} and (said := verdicts[0]) is not None:
            return self.provider.refused(said.detail.get("status", 400), said.detail.get("text", "Refused"))
        return self.provider.accepted(replies)


class Hooks:
    """All of them. ``fetch`` has what a provider wants first; Unavailable."""

    def __init__(self, service: Service, providers: Sequence[tuple[str, Provider]], fetch: Fetch) -> None:
        self.path = service.options.path
        room = Room(service.options.in_flight)
        self.hooks: dict[str, Application] = {
            name: Hook(service, name, provider, fetch, room).app for name, provider in providers
        }
        service.context.telemetry.count("sms.webhooks_refused", 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        path: str = scope["path"]
        below = path.removeprefix(self.path + "/") if path.startswith(self.path + "/") else ""
        hook = self.hooks.get(below.partition("/")[0])
        if hook is not None:
            await hook(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body"})


def public_url(base: str, request: Request) -> str:
    """The address of a request as the world sees it. Raises Unavailable for one that names no host."""
    query = f"?{request.query.decode('latin-1')}" if request.query else ""
    if base:
        return f"{base.rstrip('/')}{request.path}{query}"
    host = request.header(b"host")
    if not host:
        raise Unavailable("a request names no host, and there is no --sms-public-url")
    return f"{'https' if request.secure else 'http'}://{host}{request.path}{query}"
