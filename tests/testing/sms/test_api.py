"""The fake's API: what it refuses, repeats it knows, limits and faults."""

import json

import pytest

from interfaces.sms.providers.base import Asked
from interfaces.testing.sms import Fault, Limits, SteppedClock
from tests.testing.sms.kit import ANN, BEN, ask, with_sms


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"recipient": "0790000001"}, "400 invalid_number"),
        ({"recipient": "+41"}, "400 invalid_number"),
        ({"sender": "+41440000000"}, "400 unknown_sender"),
        ({"text": ""}, "400 empty"),
        ({"recipient": BEN}, "403 blocked"),
    ],
)
def test_what_cannot_be_sent_is_refused(more, error):
    """For good, in a word."""

    @with_sms()
    async def main(sms, app):
        sms.api.blocked.add(BEN)
        sent = await ask(sms, **more)
        assert (sent.state, sent.error) == ("failed", error)
        assert sms.messages == []

    main()


@with_sms()
async def test_who_has_no_token_and_what_is_no_address(sms, app):
    """401, 404, and what is no JSON."""
    bearer = {"Authorization": f"Bearer {sms.secret}"}
    url = sms.api_url
    found = [
        await ask(sms, Asked(method=method, url=f"{url}{path}", headers=headers, body=body))
        for method, path, headers, body in (
            ("POST", "/messages", {}, b"{}"),
            ("POST", "/messages", {"Authorization": "Bearer x"}, b"{}"),
            ("POST", "/other", bearer, b"{}"),
            ("PATCH", "/messages", bearer, b"{}"),
            ("POST", "/messages", bearer, b"{"),
            ("GET", "/media/1", {}, b""),
        )
    ]
    errors = ["401 unauthorized"] * 2 + ["404 not_found"] * 2 + ["400 invalid_json", "404 not_found"]
    assert [one.error for one in found] == errors


@with_sms()
async def test_a_message_can_be_looked_at(sms, app):
    """Its state, by its id."""
    sent = await ask(sms)
    await sms.settled()
    headers = {"authorization": f"Bearer {sms.secret}"}
    answer = await sms.api.answer("GET", f"/messages/{sent.provider_ids[0]}", headers, b"")
    assert json.loads(answer.body) == {"id": sent.provider_ids[0], "state": "delivered"}


@with_sms()
async def test_a_repeat_is_known_by_its_key(sms, app):
    """The same answer, and one message; unless keys are not honoured."""
    first, second = await ask(sms), await ask(sms)
    assert first == second
    await sms.settled()
    assert sms.phone(ANN).shown == ["hello"]
    sms.api.honours_keys = False
    assert (await ask(sms)).provider_ids != first.provider_ids
    assert [call.key for call in sms.calls] == ["m1"] * 3


def test_limits_of_a_sender_and_of_the_account():
    """429 with how long, and whose; what was refused is not counted, and passes later."""
    clock = SteppedClock()

    @with_sms(clock=clock, limits=Limits(sender_rate=1.0, account_rate=0.1, account_burst=2))
    async def main(sms, app):
        assert (await ask(sms)).state == "sent"
        later = await ask(sms, id="m2")
        assert (later.state, later.retry_after, later.wide) == ("later", 1.0, False)
        clock.step(1)
        assert (await ask(sms, id="m2")).state == "sent"
        clock.step(1)
        later = await ask(sms, id="m3")
        assert (later.state, later.wide) == ("later", True)
        clock.step(later.retry_after)
        assert (await ask(sms, id="m3")).state == "sent"
        assert sms.limited == {sms.ours: 1, "account": 1}

    main()


@with_sms()
async def test_faults(sms, app):
    """Each as it says, once; the next call works."""
    wanted = {
        "429 rate_limited": Fault(status=429, retry_after=7),
        "500": Fault(status=500),
        "400 no_credit": Fault(status=400, error="no_credit"),
    }
    for error, fault in wanted.items():
        sms.faults.fail("send", fault)
        assert (await ask(sms)).error == error
    sms.faults.fail("send", Fault(garbage=b"<html>"))
    assert (await ask(sms)).state == "uncertain"
    sms.faults.fail("send", Fault(close=True))
    assert await ask(sms) is None
    assert sms.messages == []
    sms.faults.fail("send", Fault(delay=0.01))
    assert (await ask(sms)).state == "sent"


@with_sms()
async def test_an_answer_is_lost_after_the_deed(sms, app):
    """It was done, and a repeat by its key tells so."""
    sms.faults.fail("send", Fault(status=502, after=True))
    assert (await ask(sms)).state == "uncertain"
    assert (await ask(sms)).state == "sent"
    assert len(sms.messages) == 1


@with_sms()
async def test_clear_lets_everything_work(sms, app):
    """Shares and faults."""
    faults = sms.faults
    faults.early = faults.disorder = faults.forge = faults.twice = faults.redeliver = 1.0
    faults.fail("*", Fault(status=500))
    faults.clear()
    assert (await ask(sms)).state == "sent"
    assert not any((faults.early, faults.disorder, faults.forge, faults.twice, faults.redeliver))
