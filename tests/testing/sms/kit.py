"""What the tests of the fake share: an app at a URL, and what it makes of what comes."""

import json

from interfaces.shared.webhook import Request
from interfaces.sms.providers.base import Outgoing
from interfaces.sms.providers.fake import Fake
from interfaces.testing.sms import FakeSms
from tests.testing.slack.kit import Hook, hook, run

__all__ = ["ANN", "BEN", "OURS", "Hook", "ask", "hook", "outgoing", "read", "run", "with_sms"]

OURS, ANN, BEN = "+41445556677", "+41790000001", "+41790000002"


def with_sms(*answers, **options):
    """A decorator: the test is a coroutine function that gets a served fake and an app that answers by script."""

    def decorate(test):
        def wrapped():
            async def main():
                async with FakeSms(**options) as sms, hook(*answers) as app:
                    sms.webhook = app.url
                    await test(sms, app)

            run(main)

        wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
        return wrapped

    return decorate


def read(sms, app, now):
    """What the provider's file makes of all that was posted: messages and receipts."""
    provider, found = Fake(sms.account()), []
    for headers, body in app.requests:
        lower = {name.lower().encode(): value.encode() for name, value in headers.items()}
        found += provider.read(Request("/sms/fake", b"", lower, body), app.url, now)
    return found


def outgoing(**more):
    """A message to Ann."""
    return Outgoing(**{"id": "m1", "sender": OURS, "recipient": ANN, "text": "hello", **more})


async def ask(sms, message=None, **more):
    """What the provider's file makes of the answer to a message, without a server; None: no answer."""
    provider = Fake(sms.account())
    asked = message or provider.ask(outgoing(**more))
    headers = {name.lower(): value for name, value in asked.headers.items()}
    path = asked.url.removeprefix(provider.url)
    answer = await sms.api.answer(asked.method, path, headers, asked.body)
    if answer is None:
        return None
    lower = {name.lower(): value for name, value in answer.headers.items()}
    return provider.answered(answer.status, lower, answer.body)


def said(app):
    """The rows that were posted, receipts and messages."""
    return [row for _, body in app.requests for rows in json.loads(body).values() for row in rows]
