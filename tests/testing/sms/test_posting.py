"""What the fake posts: repeats, signatures, and what comes twice."""

import asyncio

import pytest

from interfaces.shared.errors import PeerError
from interfaces.testing.sms import FakeSms, Forged, SteppedClock
from interfaces.testing.sms.posting import RETRIES
from tests.testing.sms.kit import ANN, hook, read, run, with_sms


def test_a_text_is_repeated_until_it_is_given_up():
    """After a second, then ever later; the same words each time."""

    async def main():
        clock = SteppedClock()
        async with FakeSms(clock=clock) as sms, hook((500, "no")) as app:
            sms.webhook = app.url
            task = asyncio.create_task(sms.phone(ANN).texts("hi"))
            while not task.done():
                clock.step(1)
                await asyncio.sleep(0.0005)
            sent = task.result()
        assert not sent.acknowledged
        assert sent.tried == len(RETRIES) + 1
        pairs = zip(sent.tries, sent.tries[1:], strict=False)
        for wanted, (before, after) in zip(RETRIES, pairs, strict=True):
            assert wanted <= after.at - before.at <= wanted + 30
        assert len({body for _, body in app.requests}) == 1

    run(main)


@with_sms((503, ""), (200, ""), scale=1000)
async def test_a_repeat_that_is_acknowledged_is_the_last(sms, app):
    """And it may answer nothing."""
    sent = await sms.phone(ANN).texts("hi")
    assert (sent.acknowledged, [one.status for one in sent.tries]) == (True, [503, 200])
    assert sent.replies == []


@with_sms((422, "", {"X-Fake-No-Retry": "1"}))
async def test_what_is_refused_is_not_repeated(sms, app):
    """The header says so."""
    sent = await sms.phone(ANN).texts("hi")
    assert (sent.acknowledged, sent.tried, sent.status) == (False, 1, 422)


@with_sms(30.0, (200, ""), scale=1000)
async def test_an_answer_that_comes_too_late_is_none(sms, app):
    """It is tried again."""
    sms.poster.patience = 0.2
    sent = await sms.phone(ANN).texts("hi")
    assert [one.reason for one in sent.tries] == ["http_timeout", ""]


@with_sms((404, ""))
async def test_repeats_can_be_left_out(sms, app):
    """One try."""
    assert (await sms.phone(ANN).texts("hi", retries=False)).tried == 1


@with_sms()
async def test_what_was_acknowledged_comes_again(sms, app):
    """All of it with a share of 1; the same id."""
    sms.faults.redeliver = 1.0
    sent = await sms.phone(ANN).texts("hi")
    assert (sent.tried, sent.acknowledged) == (2, True)
    assert app.bodies[0] == app.bodies[1]


@with_sms((500, ""), (200, {"replies": [{"text": "one"}]}), (500, ""))
async def test_what_comes_twice_side_by_side(sms, app):
    """One of both is enough, and its answer counts."""
    sms.faults.twice = 1.0
    sent = await sms.phone(ANN).texts("hi")
    assert (sent.tried, sent.acknowledged) == (2, True)
    assert sent.replies == ["one"]


@pytest.mark.parametrize(
    ("forged", "valid"),
    [
        (None, True),
        (Forged(secret="other"), False),
        (Forged(signature="0"), False),
        (Forged(timestamp=1), False),
        (Forged(signature=""), False),
        (Forged(timestamp=""), False),
        (Forged(headers={"X-Fake-Timestamp": "2"}), False),
    ],
)
def test_signatures_can_be_wrong(forged, valid):
    """As the provider's file sees it."""

    @with_sms()
    async def main(sms, app):
        await sms.phone(ANN).texts("hi", forged=forged)
        now = sms.deliveries[0].tries[0].at
        if valid:
            assert read(sms, app, now)
            return
        with pytest.raises(PeerError) as error:
            read(sms, app, now)
        assert error.value.answer.status == 403

    main()


@with_sms((403, ""), (200, ""), (200, ""), (200, ""))
async def test_an_attacker_comes_first(sms, app):
    """Refused as it is to be, the true one follows; what is let in is told."""
    sms.faults.forge = 1.0
    sent = await sms.phone(ANN).texts("hi")
    assert (sent.tried, sent.acknowledged, sms.poster.let_in) == (1, True, [])
    await sms.phone(ANN).texts("hi")
    assert len(sms.poster.let_in) == 1
    assert len(app.requests) == 4


@with_sms()
async def test_without_an_address_nothing_is_posted(sms, app):
    """It is kept, and not acknowledged."""
    sms.webhook = ""
    sent = await sms.phone(ANN).texts("hi")
    assert (sent.tried, sent.acknowledged, sms.deliveries) == (0, False, [sent])
