"""interfaces.email.verdicts: what an application may say, and what the client is told."""

import asyncio

import pytest

from interfaces.email.answers import replies_of
from interfaces.email.verdicts import MailDelivery, verdict
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import ApplicationError, NoRoute

UNROUTED = Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "nobody"})


@pytest.mark.parametrize(
    ("event", "reply"),
    [
        ({"type": "email.accept"}, b"250 2.0.0 Ok ID\r\n"),
        (
            {"type": "email.accept", "queue_id": "q7", "text": "Taken"},
            b"250 2.0.0 Taken: queued as q7 ID\r\n",
        ),
        ({"type": "email.discard"}, b"250 2.0.0 Ok ID\r\n"),
        ({"type": "email.reject"}, b"550 5.7.1 Refused\r\n"),
        ({"type": "email.reject", "code": 552, "enhanced": "5.2.2", "text": "Full"}, b"552 5.2.2 Full\r\n"),
        (
            {"type": "email.reject", "text": "one\r\n250 2.0.0 two\n"},
            b"550-5.7.1 one\r\n550 5.7.1 250 2.0.0 two\r\n",
        ),
        ({"type": "email.reject", "text": "na\xefve"}, b"550 5.7.1 na?ve\r\n"),
        ({"type": "email.defer"}, b"451 4.3.0 Try again later\r\n"),
        (
            {"type": "email.defer", "code": 452, "enhanced": "4.2.2", "text": None},
            b"452 4.2.2 Try again later\r\n",
        ),
    ],
)
def test_what_is_said_is_told(event, reply):
    """Codes and words of the application, ours where it has none; no text can forge a line of its own."""
    assert replies_of([verdict(event)], "ID", lmtp=False) == [reply]


@pytest.mark.parametrize(
    "event",
    [
        {"type": "email.reject", "code": 450},
        {"type": "email.reject", "code": "550"},
        {"type": "email.accept", "code": 354_000},
        {"type": "email.defer", "enhanced": "5.1.1"},
        {"type": "email.defer", "enhanced": "4.1"},
        {"type": "email.accept", "enhanced": b"2.0.0"},
    ],
)
def test_codes_that_do_not_fit_are_the_applications_mistake(event):
    """It is told what would have been right."""
    with pytest.raises(ApplicationError, match=r"such as"):
        verdict(event)


async def outcomes(app, *addresses):
    """The verdicts of a call."""
    scope, found = {"type": "email", "rcpt_to": [{"address": one} for one in addresses]}, []
    delivery = MailDelivery(app, scope, lambda ended: found.extend(ended.outcomes(UNROUTED)))
    delivery.start(asyncio.get_running_loop())
    delivery.last({"type": "email.receive"})
    await delivery.wait(10)
    return found


def kinds(*steps, addresses=("a", "b")):
    """What became of the recipients when an application sends ``steps``; what it raised is logged."""

    async def app(_scope, receive, send):
        await receive()
        for step in steps:
            if isinstance(step, Exception):
                raise step
            await send(step)
        await receive()

    return [one.kind for one in asyncio.run(outcomes(app, *addresses))]


def status(code, **which):
    """The verdict of one recipient."""
    return {"type": "email.status", "code": code, **which}


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([], ["accept", "accept"]),
        ([status(550, recipient="b")], ["accept", "reject"]),
        ([status(450, index=0), {"type": "email.reject"}], ["defer", "reject"]),
        ([NoRoute("no")], ["reject", "reject"]),
        ([status(250, index=1), NoRoute("no")], ["reject", "accept"]),
        ([status(550, index=0), ValueError("oh")], ["reject", "defer"]),
        ([{"type": "email.reject"}, ValueError("oh")], ["reject", "reject"]),
        ([status(550, index=2)], ["defer", "defer"]),
        ([status(550, recipient="c")], ["defer", "defer"]),
        ([status(354, index=0)], ["defer", "defer"]),
        ([status(550, index=0), status(250, index=0)], ["reject", "defer"]),
        ([{"type": "email.accept"}, status(550, index=0)], ["accept", "accept"]),
        ([{"type": "email.accept"}, {"type": "email.reject"}], ["accept", "accept"]),
        ([{"type": "email.shrug"}], ["defer", "defer"]),
    ],
)
def test_each_recipient_has_its_own_verdict_or_that_of_the_message(steps, found):
    """A status counts for its recipient; an error before the verdict is "try again" for all that have none."""
    assert kinds(*steps) == found
