"""A fake provider of short messages for tests, with phones: texts, receipts, media and an API, with faults on demand.

``async with FakeSms() as sms`` serves its API on a free port; ``sms.webhook`` is where it posts what phones text. It is
the provider "fake". Needs aiohttp, and the server of HTTP: ``pip install 'asgi-interfaces[sms]'``.
"""

from interfaces.testing.fakes.clock import Clock, SteppedClock
from interfaces.testing.fakes.faults import Fault
from interfaces.testing.fakes.forged import Forged
from interfaces.testing.fakes.posting import Try
from interfaces.testing.sms.fake import FakeSms
from interfaces.testing.sms.faults import SmsFaults
from interfaces.testing.sms.limits import Limits
from interfaces.testing.sms.phone import Phone
from interfaces.testing.sms.records import Delivery, Message
from interfaces.testing.sms.signing import sign

__all__ = [
    "Clock",
    "Delivery",
    "FakeSms",
    "Fault",
    "Forged",
    "Limits",
    "Message",
    "Phone",
    "SmsFaults",
    "SteppedClock",
    "Try",
    "sign",
]
