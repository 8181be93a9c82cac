"""An application behind the webhooks of all providers, and requests to them, without a socket."""

import asyncio
from typing import Any

from interfaces.email.intake import Intake
from interfaces.email.options import EmailOptions
from interfaces.email.webhooks.serving import Webhooks
from interfaces.shared.errors import Unavailable
from tests.email.webhooks.signing import CERTIFICATE, KEY, NOW, PUBLIC, TOPIC, USER, certificate

from tests.email.webhooks.signing import mailgun, postmark, sendgrid, ses  # isort: skip

__all__ = ["MADE", "OPTIONS", "Desk"]

OPTIONS: dict[str, Any] = {
    "webhooks": ("mailgun", "postmark", "sendgrid", "ses"),
    "mailgun_key": (KEY,),
    "postmark_user": (USER,),
    "sendgrid_key": (PUBLIC,),
    "ses_topics": (TOPIC,),
}
MADE = {"mailgun": mailgun, "postmark": postmark, "sendgrid": sendgrid, "ses": ses}


class Desk:
    """An application that notes its messages, and says what ``verdict`` is; the webhooks before it."""

    def __init__(self, bench, **options):
        self.bench, self.scopes, self.events, self.verdict = bench, [], [], None
        bench.service.app = self
        self.fetched, self.there = [], {CERTIFICATE: certificate()}
        self.hooks = Webhooks(
            Intake(bench.service), EmailOptions(**OPTIONS, **options), fetch=self.fetch, clock=lambda: NOW
        )

    async def fetch(self, url):
        """What is ``there``."""
        self.fetched.append(url)
        if url not in self.there:
            raise Unavailable(url)
        return self.there[url]

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        self.events.append(await receive())
        if isinstance(self.verdict, asyncio.Event):
            await self.verdict.wait()
        elif isinstance(self.verdict, Exception):
            raise self.verdict
        elif self.verdict:
            await send(self.verdict)

    async def post(self, request, path):
        """Status and body of the answer."""
        said, events = [], [{"type": "http.request", "body": request.body}]

        async def receive():
            return events.pop()

        async def send(event):
            said.append(event)

        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "scheme": "https",
                 "headers": [*request.headers.items()], "client": request.client}  # fmt: skip
        await self.hooks(scope, receive, send)
        return said[0]["status"], said[1].get("body", b"").decode()
