"""What becomes of messages: fates, phones that are off, schedules, receipts out of turn."""

import time

import pytest

from interfaces.sms.providers.fake import Fake
from interfaces.testing.sms import SteppedClock
from tests.testing.sms.kit import ANN, ask, read, with_sms
from tests.testing.sms.kit import said as rows


def told(app):
    """The statuses that were posted."""
    return [row["status"] for row in rows(app)]


@with_sms()
async def test_what_fails_is_not_shown(sms, app):
    """The receipt has the error."""
    ann = sms.phone(ANN)
    ann.fate = ("sent", "undelivered:30003")
    await ask(sms)
    await sms.settled()
    assert ann.messages == []
    last = read(sms, app, time.time())[-1]
    assert (last.status, last.error_code, last.error_text) == ("undelivered", "30003", "error 30003")
    assert sms.messages[0].state == "undelivered"


@with_sms()
async def test_receipts_that_nobody_wants_are_not_posted(sms, app):
    """It arrives all the same."""
    await ask(sms, status=False)
    await sms.settled()
    assert (app.requests, sms.messages[0].state, sms.phone(ANN).shown) == ([], "delivered", ["hello"])


@with_sms()
async def test_a_phone_that_is_off_gets_it_later(sms, app):
    """Sent at once, delivered once it is on."""
    ann = sms.phone(ANN)
    ann.off()
    await ask(sms)
    await sms.settled()
    assert (told(app), sms.messages[0].state, ann.shown) == (["sent"], "waiting", [])
    ann.on()
    await sms.settled()
    assert (told(app), sms.messages[0].state, ann.shown) == (["sent", "delivered"], "delivered", ["hello"])


def test_what_waits_longer_than_it_may_expires():
    """Its validity is of the fake's seconds."""
    clock = SteppedClock()

    @with_sms(clock=clock)
    async def main(sms, app):
        ann = sms.phone(ANN)
        ann.off()
        await ask(sms, validity=60.0)
        await ask(sms, id="m2", text="later", validity=600.0)
        clock.step(61)
        ann.on()
        await sms.settled()
        assert [one.state for one in sms.messages] == ["expired", "delivered"]
        assert ann.shown == ["later"]

    main()


def test_what_is_scheduled_comes_at_its_time_unless_it_is_cancelled():
    """Cancelled while it waits; later it is too late."""
    clock = SteppedClock()

    @with_sms(clock=clock)
    async def main(sms, app):
        first = await ask(sms, schedule_at=clock.time() + 100)
        second = await ask(sms, id="m2", text="no", schedule_at=clock.time() + 100)
        assert [one.state for one in sms.messages] == ["scheduled"] * 2
        cancel = Fake(sms.account()).cancel
        assert (await ask(sms, cancel(second.provider_ids[0]))).state == "sent"
        clock.step(101)
        await sms.phone(ANN).gets(1)
        await sms.settled()
        assert [one.state for one in sms.messages] == ["delivered", "cancelled"]
        assert (await ask(sms, cancel(first.provider_ids[0]))).error == "409 too_late"
        assert (await ask(sms, cancel("FM404"))).error == "404 not_found"

    main()


@with_sms()
async def test_receipts_before_the_answer(sms, app):
    """As providers do it whose parts do not wait for each other."""
    sms.faults.early = 1.0
    await ask(sms)
    assert told(app) == ["sent", "delivered"]
    assert (await ask(sms, id="m2", schedule_at=sms.clock.time() + 100)).state == "sent"


@with_sms()
async def test_receipts_in_the_wrong_order(sms, app):
    """The state is that which came last in truth."""
    sms.faults.disorder = 1.0
    await ask(sms)
    await sms.settled()
    assert (told(app), sms.messages[0].state) == (["delivered", "sent"], "delivered")


@with_sms()
async def test_a_receipt_by_hand(sms, app):
    """Of the latest message, or another."""
    await ask(sms)
    await sms.settled()
    await ask(sms, id="m2", text="second")
    await sms.settled()
    ann = sms.phone(ANN)
    sent = await ann.tells("read")
    assert (sent.acknowledged, sent.payload["reference"]) == (True, "m2")
    await ann.tells("failed:1", sms.messages[0])
    assert rows(app)[-1]["reference"] == "m1"
    assert [one.state for one in sms.messages] == ["failed", "read"]


@with_sms((503, ""), (200, ""), scale=1000)
async def test_receipts_are_repeated_too(sms, app):
    """Until they are acknowledged."""
    await ask(sms)
    await sms.settled()
    assert [one.tried for one in sms.receipts] == [2, 1]


@with_sms()
async def test_waiting_for_a_message_ends(sms, app):
    """With TimeoutError, when nothing comes."""
    with pytest.raises(TimeoutError):
        await sms.phone(ANN).gets(1, timeout=0.01)


def test_what_runs_is_ended_on_leaving():
    """A schedule holds nothing up."""

    @with_sms()
    async def main(sms, app):
        await ask(sms, schedule_at=sms.clock.time() + 1000)

    began = time.monotonic()
    main()
    assert time.monotonic() - began < 5
