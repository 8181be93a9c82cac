"""What is known of messages that were sent."""

import asyncio
import logging

import pytest

from interfaces.layers.notes import LocalNotes
from interfaces.shared.errors import Unavailable
from interfaces.sms.sending.known import AHEAD, REMEMBERED, Known
from tests.shared.outboxes import Clock
from tests.sms.sending.kit import run


class Away(LocalNotes):
    """Does not answer."""

    async def put(self, key, text, keep):
        raise Unavailable("away")

    async def get(self, key):
        raise Unavailable("away")


def status(**more):
    """A receipt, as the application gets it."""
    return {"type": "sms.status", "id": "", "provider_id": "p2", **more}


def test_a_receipt_gets_our_id():
    """By what its account calls the message, of each of its parts; what the provider has said itself stays."""

    async def main():
        known = Known(LocalNotes())
        await known.sent("a", ("p1", "p2"), "m1")
        await known.sent("b", ("p2",), "m2")
        for event, account, found in (
            (status(), "a", "m1"),
            (status(provider_id="p1"), "a", "m1"),
            (status(), "b", "m2"),
            (status(), "c", ""),
            (status(provider_id="p9"), "a", ""),
            (status(provider_id=""), "a", ""),
            (status(id="said"), "a", "said"),
        ):
            await known.hook(event, account)
            assert event["id"] == found
        message = {"type": "sms.receive"}
        await known.hook(message, "a")
        assert message == {"type": "sms.receive"}
        assert "LocalNotes" in repr(known)

    run(main)


def test_a_receipt_may_be_faster_than_the_note_of_its_message():
    """It is asked for again, but not for so many that strangers could hold up all."""

    class Late(LocalNotes):
        asked = 0

        async def get(self, key):
            self.asked += 1
            return None if self.asked < 3 else await super().get(key)

    async def main():
        known = Known(Late(), pauses=(0.0, 0.0))
        await known.sent("a", ("p2",), "m1")
        event = status()
        await known.hook(event, "a")
        assert (event["id"], known.notes.asked) == ("m1", 3)
        strangers = Known(Late(), pauses=(0.0,))
        await asyncio.gather(*(strangers.hook(status(provider_id=f"x{n}"), "a") for n in range(AHEAD + 50)))
        assert strangers.notes.asked == 2 * AHEAD + 50

    run(main)


def test_it_is_known_who_has_taken_it():
    """For who cancels it; one that an account has taken without a word has no id there."""

    async def main():
        known = Known(LocalNotes())
        assert await known.where("m1") is None
        await known.sent("a", ("p1", "p2"), "m1")
        await known.sent("b", (), "m2")
        assert await known.where("m1") == ("a", ("p1", "p2"))
        assert await known.where("m2") == ("b", ())

    run(main)


def test_what_is_cancelled_stays_so():
    """Until nobody could want to send it any more."""

    async def main():
        clock = Clock()
        known = Known(LocalNotes(clock=clock))
        await known.cancel("m1")
        assert (await known.cancelled("m1"), await known.cancelled("m2")) == (True, False)
        clock.now += REMEMBERED + 1
        assert not await known.cancelled("m1")

    run(main)


def test_what_was_sent_is_sent_though_nobody_remembers_it(caplog):
    """Its receipts have no id then; that is told in the log. Who cancels has to hear that it is not sure."""

    async def main():
        known = Known(Away())
        await known.sent("a", ("p1",), "m1")
        event = status()
        await known.hook(event, "a")
        assert event["id"] == ""
        with pytest.raises(Unavailable):
            await known.cancel("m1")

    with caplog.at_level(logging.WARNING):
        run(main)
    assert [record.message for record in caplog.records] == [
        "the receipt of m1 will not have its id: away", "a receipt has no id: away",
    ]  # fmt: skip
