"""Providers' posts: who is answered with what, whatever the provider's own words."""

import pytest

from interfaces.shared.errors import Unavailable
from interfaces.shared.webhook import Request
from interfaces.sms.webhook import public_url
from tests.http_ws.harness import scene
from tests.sms.harness import OURS, THEIRS, Desk

ONE = {"id": "m1", "sender": THEIRS, "recipient": OURS, "text": "hi"}
RECEIPT = {"provider_id": "p1", "status": "delivered"}


@scene
async def test_what_is_posted_is_given_to_the_application_and_answered() -> None:
    """With the replies in the provider's own answer."""
    desk = Desk({"sms.receive": {"type": "sms.reply", "text": "hello"}})
    answered = await desk.post(ONE)
    assert (answered.status, answered.body) == (200, b"hello")
    assert answered.headers[b"content-type"] == b"text/x-replies"
    assert desk.recorder.calls[0].scope["client"] == ("10.0.0.1", 9)
    assert desk.provider.url == "https://me.example/sms/plain?a=1"


@scene
async def test_a_wrong_signature_is_refused_and_nothing_forwarded() -> None:
    """403, counted."""
    desk = Desk()
    assert (await desk.post(ONE, signature="other")).status == 403
    assert (desk.heard, desk.counted("webhooks_refused")) == ([], 1)


@scene
async def test_accounts_have_paths_of_their_own() -> None:
    """What is below belongs to them; others are not there."""
    desk = Desk()
    assert (await desk.post(ONE, path="/sms/plain/inbound")).status == 200
    for path in ("/sms/other", "/sms", "/smsplain", "/sms/plainer"):
        assert (await desk.post(ONE, path=path)).status == 404
    with pytest.raises(NotImplementedError):
        await desk.hooks({"type": "websocket"}, None, None)  # type: ignore[arg-type]


@scene
async def test_several_at_once_have_one_answer() -> None:
    """One that is deferred has all of them come again, and those that were taken are not forwarded then."""
    desk = Desk({"sms.receive": lambda call, event: ValueError if event["text"] == "bad" else None})
    both = (ONE, {**ONE, "id": "m2", "text": "bad"})
    assert (await desk.post(*both)).status == 503
    desk.recorder.script["sms.receive"] = None
    assert (await desk.post(*both)).status == 200
    assert sorted(event["id"] for event in desk.heard) == ["m1", "m2", "m2"]
    assert (await desk.post()).status == 200


@scene
async def test_a_refusal_is_told_in_the_providers_words() -> None:
    """Only when nothing of it was taken."""
    desk = Desk({"sms.receive": {"type": "sms.reject", "status": 422, "text": "not here"}})
    answered = await desk.post(ONE)
    assert (answered.status, answered.body) == (422, b"not here\n")
    assert (await desk.post({**ONE, "id": "m2"}, RECEIPT)).status == 200


@scene
async def test_what_is_wanted_first_is_fetched() -> None:
    """A confirmation, whose answer is the provider's."""
    desk = Desk()
    answered = await desk.post(want="https://cert.example")
    assert (answered.status, answered.body) == (200, b"https://cert.example: content\n")
    assert desk.fetched == ["https://cert.example"]


@scene
async def test_a_signature_without_a_time_is_good_for_one_request() -> None:
    """The same is a repeat; another under its id is somebody's who has seen one. No room is told in the log."""
    desk = Desk(replays=2)
    desk.provider.timed = False
    assert (await desk.post(ONE)).status == 200
    assert (await desk.post(ONE)).status == 200
    assert (await desk.post({**ONE, "text": "other"})).status == 403
    assert (await desk.post({**ONE, "id": "m2"})).status == 200
    assert (await desk.post({**ONE, "id": "m3"})).status == 503
    assert desk.counted("webhooks_refused") == 2
    assert [event["id"] for event in desk.heard] == ["m1", "m2"]


@scene
async def test_a_large_request_is_read_in_a_thread() -> None:
    """And given on as any other; one beyond the limit is refused."""
    desk = Desk()
    assert (await desk.post({**ONE, "text": "x" * 300_000})).status == 200
    assert (await desk.post({**ONE, "id": "m2", "text": "x" * 2_000_000})).status == 413


def asked(**headers: str) -> Request:
    """A request by https."""
    named = {name.encode(): value.encode() for name, value in headers.items()}
    return Request("/sms/x", b"", named, b"", secure=True)


def test_the_public_address() -> None:
    """As the options say, else as it was asked for; without a host nobody can tell."""
    assert public_url("https://a.example/", asked(host="b")) == "https://a.example/sms/x"
    assert public_url("", asked(host="b:8443")) == "https://b:8443/sms/x"
    with pytest.raises(Unavailable, match="--sms-public-url"):
        public_url("", asked())
