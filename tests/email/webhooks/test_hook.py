"""interfaces.email.webhooks.hook: from a provider's request to the application and back."""

import asyncio

import pytest

from interfaces.email.intake import Intake
from interfaces.email.options import EmailOptions
from interfaces.email.webhooks.hook import Hook, answer_to
from interfaces.email.webhooks.posted import Provider, Wanted
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict
from interfaces.shared.errors import PeerError
from interfaces.shared.webhook import Room
from tests.email.harness import Bench, scene
from tests.email.webhooks.desk import MADE, Desk
from tests.email.webhooks.signing import CERTIFICATE, MESSAGE, NOW, mailgun, request, ses

REJECTED = {"mailgun": 406, "postmark": 403, "sendgrid": 403, "ses": 403}


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


GONE = Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "Gone"})


@pytest.mark.parametrize(
    ("verdicts", "status", "body"),
    [
        ([ACCEPTED], 200, b"250 2.0.0 Ok"),
        (
            [Verdict("accept", {"code": 250, "enhanced": "2.0.0", "text": "Kept: 7"})],
            200,
            b"250 2.0.0 Kept: 7",
        ),
        ([DEFERRED], 503, b"451 4.3.0 Try again later"),
        ([Verdict("reject")], 406, b"550 5.7.1 Refused"),
        ([GONE, ACCEPTED], 200, b"250 2.0.0 Ok"),
        ([GONE, ACCEPTED, DEFERRED], 503, b"451 4.3.0 Try again later"),
        ([GONE, Verdict("reject")], 406, b"550 5.1.1 Gone"),
    ],
)
def test_one_status_for_all_recipients(verdicts: list[Verdict], status: int, body: bytes) -> None:
    """One that is put off has it come again; else one that takes it is enough. Without words it has the usual ones."""
    said = answer_to(verdicts, 406)
    assert (said.status, said.text) == (status, body.decode())


class Greedy(Provider):
    """Wants something each time it is asked."""

    name = "greedy"
    types = ("text/plain",)
    growth = 1.0
    rejected = 403

    def read(self, request, now):
        return Wanted("https://greedy.example/key", "certificate")


@scene
async def test_what_a_provider_wants_is_fetched_twice_at_most():
    """A certificate that never fits holds no request for ever: it is tried again later."""
    async with Bench() as bench:
        fetched = []

        async def fetch(url):
            fetched.append(url)
            return b"key"

        hook = Hook(Intake(bench.service), Greedy(()), Room(1000), fetch, lambda: NOW)
        with pytest.raises(PeerError) as refused:
            await hook.handle(request(b"x", "text/plain"))
        assert refused.value.answer.status == 503
        assert fetched == ["https://greedy.example/key"] * 2
        assert bench.counted("email.webhooks_refused") == 1
