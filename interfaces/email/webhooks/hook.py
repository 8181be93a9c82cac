"""The webhook of one provider: a request becomes a message for the application, and the verdict a status."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from interfaces.email.answers import USUAL, answer
from interfaces.email.intake import Intake
from interfaces.email.translate import Place
from interfaces.email.webhooks.posted import Posted, Provider, Read, Wanted
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import PeerError
from interfaces.shared.noise import Noise
from interfaces.shared.webhook import Answer, Request, Room, Webhook, refusal

__all__ = ["Hook", "answer_to"]

Fetch = Callable[[str], Awaitable[bytes]]
Clock = Callable[[], float]
ENVELOPE = 1_048_576
"""Bytes that a request may have beside the message."""
LARGE = 262_144
"""Bytes of a request beyond which it is read in a thread."""


class Hook:
    """Answers what ``provider`` posts. ``fetch``: has what it wants first; ``clock``: Unix seconds."""

    def __init__(self, intake: Intake, provider: Provider, room: Room, fetch: Fetch, clock: Clock) -> None:
        service = intake.service
        self.intake = intake
        self.provider = provider
        self.fetch = fetch
        self.clock = clock
        self.refused = Noise(service.count, "email.webhooks_refused", "interfaces.email")
        self.reading = asyncio.Lock()  # what a provider remembers is for one thread
        largest = int(service.limits.max_size * provider.growth) + ENVELOPE
        self.app = Webhook(self.handle, types=provider.types, max_body=largest, room=room)

    async def handle(self, request: Request) -> Answer:
        """The answer to a request."""
        try:
            found = await self.read(request)
            if not isinstance(found, Posted):
                return found
            return await self.deliver(request, found)
        except PeerError as error:
            self.refused(f"webhook {self.provider.name}", error)
            raise

    async def read(self, request: Request) -> Posted | Answer:
        """What was posted, when all that it needs has been fetched."""
        for _ in range(2):
            found = await self.read_once(request)
            if not isinstance(found, Wanted):
                return found
            content = await self.fetch(found.url)
            if (answer := self.provider.got(found, content)) is not None:
                return answer
        raise refusal(503, "Too much is wanted for it")

    async def read_once(self, request: Request) -> Read:
        """What the provider's file says."""
        now = self.clock()
        async with self.reading:
            if len(request.body) > LARGE:
                return await asyncio.to_thread(self.provider.read, request, now)
            return self.provider.read(request, now)

    async def deliver(self, request: Request, posted: Posted) -> Answer:
        """The application's verdict, as the provider's status."""
        recipients = [one for one in posted.recipients if one]
        if not recipients:
            raise refusal(400, "It has no recipient")
        tls = {"version": None, "cipher": None, "client_subject": None} if request.secure else None
        place = Place(protocol="webhook", client=request.client, server=None, tls=tls)
        place.helo = self.provider.name
        seconds = min(self.provider.patience, self.intake.service.options.verdict_timeout)
        verdicts = await self.intake.deliver(
            place, (posted.sender, recipients), posted.content, seconds=seconds, heard=False
        )
        return answer_to(verdicts, self.provider.rejected)


def answer_to(verdicts: Sequence[Verdict], rejected: int) -> Answer:
    """One status for all recipients: one that is deferred has it tried again, one that is accepted is enough."""
    said = min(verdicts, key=lambda one: ("defer", "accept", "reject").index(one.kind))
    status = {"defer": 503, "accept": 200, "reject": rejected}[said.kind]
    return Answer(status, answer(said, USUAL["accept"]).decode("ascii").rstrip())
