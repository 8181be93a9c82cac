"""interfaces.sms.providers.aws: certificates that are fetched, subscriptions, and requests that are signed."""

import asyncio
from dataclasses import replace

import pytest

from interfaces.shared.errors import PeerError
from interfaces.shared.webhook import Wanted
from interfaces.sms.providers.opening import provider
from interfaces.sms.providers.sigv4 import Key, sign
from interfaces.sms.webhook import Hook, Room
from tests.shared.notifications import CERTIFICATE
from tests.sms.harness import Desk
from tests.sms.providers.aws_cases import API, CONFIRM, PEM, SAID, SUITES, posted
from tests.sms.providers.runner import NOW, message

ACCOUNT = SUITES[0].account


def answered(request, there):
    """What the webhook answers, when this is there to be fetched; and what was."""
    desk, fetched = Desk(), []

    async def fetch(url):
        fetched.append(url)
        return there[url]

    hook = Hook(desk.service, "aws", provider(ACCOUNT), fetch, Room(10_000))
    return asyncio.run(hook.handle(request)), fetched, desk.heard


def test_the_certificate_is_fetched_first():
    """Then the message reaches the application."""
    answer, fetched, heard = answered(posted(SAID), {CERTIFICATE: PEM})
    assert (answer.status, fetched) == (200, [CERTIFICATE])
    assert [event["text"] for event in heard] == [SAID["messageBody"]]


def test_a_subscription_is_confirmed():
    """By a request to SNS, when its signature fits; nobody hears of it."""
    there = {CERTIFICATE: PEM, CONFIRM: b"<ok/>"}
    answer, fetched, heard = answered(posted("welcome", kind="SubscriptionConfirmation"), there)
    assert (answer.status, fetched, heard) == (200, [CERTIFICATE, CONFIRM], [])


def test_what_is_no_certificate_is_to_be_tried_again():
    """503, since it may be one the next time."""
    with pytest.raises(PeerError) as caught:
        provider(ACCOUNT).got(Wanted(CERTIFICATE), b"")
    assert caught.value.answer.status == 503


def test_what_is_asked_is_signed_for_its_time():
    """With the region's key; who has no time to say gets one that AWS refuses."""
    asked = provider(ACCOUNT).ask(message(now=NOW))
    key = Key(id="AKIDEXAMPLE", secret="secret-of-ours", region="eu-west-1", service="sms-voice")
    bare = {name: asked.headers[name] for name in ("content-type", "x-amz-target")}
    assert asked.headers == sign("POST", API, bare, asked.body, key=key, now=NOW)
    assert provider(replace(ACCOUNT, name="other")).ask(message()).headers["x-amz-date"] == "19700101T000000Z"
