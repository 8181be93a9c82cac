"""What the tests of the fake share: a client of its own, and an app that answers by script."""

import asyncio
import json
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from interfaces.testing.slack import FakeSlack


def run(main):
    """Run a coroutine function; it must not take longer than 20 s."""
    return asyncio.run(asyncio.wait_for(main(), 20))


def with_slack(**options):
    """A decorator: the test is a coroutine function that gets a served fake and a client of slack_sdk's."""

    def decorate(test):
        def wrapped():
            async def main():
                async with FakeSlack(**options) as slack:
                    await test(slack, AsyncWebClient(slack.bot_token, base_url=slack.api_url))

            run(main)

        wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
        return wrapped

    return decorate


class Hook:
    """An app's URL: ``answers`` are given one after the other, the last again and again.

    An answer is (status, body), or a number: seconds that it takes before it answers 200.
    """

    def __init__(self, *answers):
        self.answers = list(answers) or [(200, "")]
        self.requests = []
        self.url = ""

    async def handle(self, request):
        """Answer one request."""
        body = await request.read()
        self.requests.append((dict(request.headers), body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return web.Response()
        status, said, *headers = answer
        made = (
            {"text": said}
            if isinstance(said, str)
            else {"text": json.dumps(said), "content_type": "application/json"}
        )
        return web.Response(status=status, headers=headers[0] if headers else None, **made)

    @property
    def bodies(self):
        """What came: JSON, or the fields of a form, with its payload read."""
        return [read(headers, body) for headers, body in self.requests]


def read(headers, body):
    """The content of a request."""
    if headers["Content-Type"] == "application/json":
        return json.loads(body)
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return json.loads(fields["payload"]) if "payload" in fields else fields


@asynccontextmanager
async def hook(*answers):
    """A served :class:`Hook`."""
    made = Hook(*answers)
    application = web.Application()
    application.router.add_post("/slack/events", made.handle)
    async with serve(application) as base:
        made.url = f"{base}/slack/events"
        yield made


@asynccontextmanager
async def serve(application):
    """Serve an application of aiohttp's; gives its base URL."""
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def at_once(coroutine):
    """What a coroutine gives that waits for nothing: no event loop is made for that."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits for something")


def ask(slack, method, token=None, **args):
    """The answer of a method, and its status, without a server; arguments go as JSON."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {token or slack.bot_token}"}
    answer = at_once(slack.web.answer(method, b"", headers, json.dumps(args).encode()))
    return json.loads(answer.body) | {"status": answer.status, "headers": answer.headers}


def error(slack, method, token=None, **args):
    """The word with which a method refuses; it fails when it does not."""
    answer = ask(slack, method, token, **args)
    assert answer["ok"] is False, answer
    return answer["error"]
