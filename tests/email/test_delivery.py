"""interfaces.email.delivery: one call of the application, and what becomes of each recipient."""

import asyncio

import pytest

from interfaces.email.delivery import MailDelivery
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import NoRoute, PeerError
from interfaces.shared.meter import Meters, metered

UNROUTED = Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "nobody"})


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


def said(code, **which):
    """The verdict of one recipient."""
    return {"type": "email.status", "code": code, **which}


@pytest.mark.parametrize(
    ("steps", "fate"),
    [
        ([], "accept"),
        ([{"type": "email.reject"}], "reject"),
        ([said(550, index=0), said(550, index=1)], "reject"),
        ([said(450, index=0), said(450, index=1), ValueError("oh")], "defer"),
        ([said(550, index=0)], "split"),
        ([said(250, index=0)], "accept"),
        ([said(550, index=0), {"type": "email.reject"}], "reject"),
        ([ValueError("oh")], "failed"),
        ([NoRoute("no")], "unrouted"),
        ([PeerError("no", {"type": "email.reject", "code": 550})], "reject"),
        ([PeerError("later", {"type": "email.defer", "code": 451})], "defer"),
    ],
)
def test_a_message_has_one_fate_in_the_figures(steps, fate):
    """That of all its recipients, or "split" where they differ; how it ended where nobody said a verdict."""
    meters = Meters()
    with metered(meters):
        kinds(*steps)
    assert meters.scopes["email"].verdicts == {fate: 1}


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([], ["accept", "accept"]),
        ([said(550, recipient="b")], ["accept", "reject"]),
        ([said(450, index=0), {"type": "email.reject"}], ["defer", "reject"]),
        ([NoRoute("no")], ["reject", "reject"]),
        ([said(250, index=1), NoRoute("no")], ["reject", "accept"]),
        ([said(550, index=0), ValueError("oh")], ["reject", "defer"]),
        ([{"type": "email.reject"}, ValueError("oh")], ["reject", "reject"]),
        ([said(550, index=2)], ["defer", "defer"]),
        ([said(550, recipient="c")], ["defer", "defer"]),
        ([said(354, index=0)], ["defer", "defer"]),
        ([said(550, index=0), said(250, index=0)], ["reject", "defer"]),
        ([{"type": "email.accept"}, said(550, index=0)], ["accept", "accept"]),
        ([{"type": "email.accept"}, {"type": "email.reject"}], ["accept", "accept"]),
        ([{"type": "email.shrug"}], ["defer", "defer"]),
    ],
)
def test_each_recipient_has_its_own_verdict_or_that_of_the_message(steps, found):
    """A status counts for its recipient; an error before the verdict is "try again" for all that have none."""
    assert kinds(*steps) == found
