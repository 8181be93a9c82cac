"""interfaces.email.webhooks.serving: from a provider's request to the application and back, mounted and alone."""

import asyncio
import re
from contextlib import AsyncExitStack
from typing import Any

import pytest

from interfaces.email.intake import Intake
from interfaces.email.options import EmailOptions
from interfaces.email.webhooks.serving import Webhooks, provider, served
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.webhook import Mounts
from tests.email.harness import Bench, scene
from tests.email.webhooks.signing import CERTIFICATE, KEY, MESSAGE, NOW, PUBLIC, TOPIC, USER, certificate

from tests.email.webhooks.signing import mailgun, postmark, sendgrid, ses  # isort: skip

OPTIONS: dict[str, Any] = {
    "webhooks": ("mailgun", "postmark", "sendgrid", "ses"),
    "mailgun_key": (KEY,),
    "postmark_user": (USER,),
    "sendgrid_key": (PUBLIC,),
    "ses_topics": (TOPIC,),
}
MADE = {"mailgun": mailgun, "postmark": postmark, "sendgrid": sendgrid, "ses": ses}
REJECTED = {"mailgun": 406, "postmark": 403, "sendgrid": 403, "ses": 403}


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


@pytest.mark.parametrize("name", MADE)
@scene
async def test_a_verdict_is_a_status_that_the_provider_understands(name):
    """Accepted 200; refused, so that it is not tried again; deferred, raised and unroutable as the others."""
    async with Bench() as bench:
        desk, path = Desk(bench), f"/email/{name}/mime"
        request = MADE[name]()
        desk.verdict = {"type": "email.defer", "text": "later"}
        assert await desk.post(request, path) == (503, "451 4.3.0 later\n")
        desk.verdict = ValueError("no")
        assert (await desk.post(request, path))[0] == 503
        desk.verdict = {"type": "email.reject", "code": 552, "enhanced": "5.2.2", "text": "Full"}
        assert await desk.post(request, path) == (REJECTED[name], "552 5.2.2 Full\n")
        desk.verdict = None
        assert (await desk.post(request, path))[0] == REJECTED[
            name
        ]  # a repeat gets what it may not have heard
        assert len(desk.events) == 3


@pytest.mark.parametrize("name", MADE)
@scene
async def test_the_application_sees_a_message_as_any_other(name):
    """Scope and event; the message behind our Received line, which says how it came."""
    async with Bench() as bench:
        desk = Desk(bench)
        assert (await desk.post(MADE[name](), f"/email/{name}"))[0] == 200
        (scope,), (event,) = desk.scopes, desk.events
        assert (scope["type"], scope["protocol"], scope["helo"]) == ("email", "webhook", name)
        assert scope["client"] == ("192.0.2.7", 443) and scope["tls"]["version"] is None
        assert scope["path"] == "b.example/you" and event["to_address"] == "you@b.example"
        assert event["subject"] == "hi"
        trace, _, rest = event["body"].partition(b"\r\n\t")
        assert trace == b"Received: from %b ([192.0.2.7])" % name.encode() and b" with HTTPS id " in rest
        if name != "postmark":
            assert event["body"].endswith(MESSAGE)


@scene
async def test_a_bad_request_costs_the_application_nothing():
    """Signature, form, address: refused, counted, and told in the log."""
    async with Bench() as bench:
        desk = Desk(bench)
        assert (await desk.post(mailgun(key="another"), "/email/mailgun"))[0] == 401
        assert (await desk.post(mailgun(recipient=" , "), "/email/mailgun"))[0] == 400
        assert (await desk.post(mailgun(recipient="no address", token="t2"), "/email/mailgun"))[0] == 406
        assert (await desk.post(mailgun(), "/email/other"))[0] == 404
        assert (await desk.post(mailgun(), "/email"))[0] == 404
        assert desk.events == [] and bench.counted("email.webhooks_refused") == 2


@scene
async def test_one_good_address_of_several_is_enough():
    """The others are nobody's; the one gets its message."""
    async with Bench() as bench:
        desk = Desk(bench)
        request = mailgun(recipient="no address,you@b.example,a@b> NOTIFY=NEVER", sender="b@c> SIZE=1")
        assert (await desk.post(request, "/email/mailgun"))[0] == 200
        assert desk.events[0]["to"] == ["you@b.example"] and desk.events[0]["from"] is None


@scene
async def test_the_provider_does_not_wait_for_ever():
    """Then it tries again, and joins the call that went on; the application is called once."""
    async with Bench() as bench:
        desk = Desk(bench, verdict_timeout=0.1)
        bench.service.options = EmailOptions(verdict_timeout=0.1)
        desk.verdict = asyncio.Event()
        assert await desk.post(mailgun(), "/email/mailgun") == (
            503,
            "451 4.4.5 No answer in time, try again later\n",
        )
        again = asyncio.ensure_future(desk.post(mailgun(token="next"), "/email/mailgun"))
        await asyncio.sleep(0)
        desk.verdict.set()
        assert (await again)[0] == 200
        assert len(desk.events) == 1 and bench.counted("email.late") == 1


@scene
async def test_a_large_request_is_read_in_a_thread():
    """And its message goes to a file, which is gone with its verdict."""
    async with Bench() as bench:
        desk = Desk(bench)
        content = b"Subject: large\n\n" + b"0123456789\n" * 200_000
        assert (await desk.post(mailgun(content, multipart=True), "/email/mailgun"))[0] == 200
        (event,) = desk.events
        assert event["body"] == b"" and event["body_ref"]["size"] == event["size"] > 2_400_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Subject: x\n\n" + b"x" * 2000 + b"\n", "500 5.6.0 A line is too long"),
        (b"Subject: x\n\n" + b"x\n" * 60_000, "552 5.3.4 Message too big"),
        (b"X: y\n" * 60 + b"\n", "554 5.6.0 Too many header fields"),
    ],
)
@scene
async def test_the_limits_of_mail_hold(content, said):
    """As for SMTP."""
    async with Bench(max_size=100_000, max_headers=50) as bench:
        desk = Desk(bench)
        assert await desk.post(mailgun(content), "/email/mailgun") == (406, said + "\n")
        assert desk.events == []


@scene
async def test_what_is_wanted_is_fetched():
    """A certificate once; a confirmation; what cannot be fetched is tried again."""
    async with Bench() as bench:
        desk = Desk(bench)
        certificate_, desk.there = desk.there, {}
        assert (await desk.post(ses(), "/email/ses"))[0] == 503
        desk.there = certificate_
        assert (await desk.post(ses(), "/email/ses"))[0] == 200
        request = ses("welcome", kind="SubscriptionConfirmation")
        assert (await desk.post(request, "/email/ses"))[0] == 503
        url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
        desk.there[url] = b"<ok/>"
        assert await desk.post(request, "/email/ses") == (200, "Confirmed\n")
        assert desk.fetched == [CERTIFICATE, CERTIFICATE, url, url] and len(desk.events) == 1


@scene
async def test_mounted_where_http_is_served():
    """And no more when mail has stopped."""
    async with Bench(**OPTIONS) as bench:
        mounts = bench.context.mounts = Mounts(bench.service.app, ["/email"])
        async with served(bench.service, bench.context) as addresses:
            assert addresses == [] and isinstance(mounts._mounted["/email"], Webhooks)
        assert not isinstance(mounts._mounted["/email"], Webhooks)


@scene
async def test_alone_they_listen():
    """Where there is no server of HTTP beside them; readiness has a name of theirs."""
    async with Bench(**OPTIONS, webhooks_bind=("127.0.0.1:0",)) as bench, AsyncExitStack() as stack:
        told = []
        bench.context.on_ready = lambda name, ok, why: told.append((name, ok))
        (address,) = await stack.enter_async_context(served(bench.service, bench.context))
        reader, writer = await asyncio.open_connection("127.0.0.1", address.port)
        writer.write(
            b"POST /email/mailgun HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        assert (await reader.read()).startswith(b"HTTP/1.1 415 ")
        writer.close()
        await writer.wait_closed()
        assert told == [("email webhooks", True)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"webhooks": ("mailgnu",)},
            "--email-webhooks mailgnu: there is mailgun, postmark, sendgrid, ses; did you mean mailgun?",
        ),
        ({"webhooks": ("postmark",)}, "--email-webhooks postmark needs --email-postmark-user: user:password"),
        (
            {"webhooks": ("mailgun",)},
            "--email-webhooks mailgun needs --email-mailgun-key: the HTTP webhook signing key",
        ),
        ({"webhooks": ("sendgrid",)}, "--email-webhooks sendgrid needs --email-sendgrid-key: the public key"),
        ({"webhooks": ("ses",)}, "--email-webhooks ses needs --email-ses-topics: the ARN"),
        ({"webhooks_path": "/"}, "--email-webhooks-path /: write a path such as /email"),
    ],
)
def test_a_mistake_is_one_line(options, said):
    """An unknown provider, and one without its secret; in the options, so that `interfaces check` tells it too."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        EmailOptions(**options)


def test_providers_may_be_written_in_one_word():
    """As lists of other options may."""
    options = EmailOptions(**(OPTIONS | {"webhooks": ("mailgun, ses", "postmark")}))
    assert options.providers == ("mailgun", "ses", "postmark")
    assert {name: provider(name, options).name for name in options.providers} == {
        name: name for name in options.providers
    }
