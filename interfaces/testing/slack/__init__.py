"""A fake Slack for tests: Web API, Events API, Socket Mode and OAuth, with faults on demand.

``async with FakeSlack() as slack`` serves it on a free port; slack_sdk's and Bolt's own clients work against
``slack.api_url`` unchanged. Needs aiohttp, and the server of HTTP: ``pip install 'asgi-interfaces[slack]'``.
"""

from interfaces.testing.fakes.clock import Clock, SteppedClock
from interfaces.testing.fakes.faults import Fault, Faults
from interfaces.testing.fakes.forged import Forged
from interfaces.testing.fakes.posting import Try
from interfaces.testing.slack.application import App
from interfaces.testing.slack.delivery import Delivery
from interfaces.testing.slack.fake import FakeSlack
from interfaces.testing.slack.limits import Limits
from interfaces.testing.slack.oauth import Approval
from interfaces.testing.slack.person import Person
from interfaces.testing.slack.signing import sign

__all__ = [
    "App",
    "Approval",
    "Clock",
    "Delivery",
    "FakeSlack",
    "Fault",
    "Faults",
    "Forged",
    "Limits",
    "Person",
    "SteppedClock",
    "Try",
    "sign",
]
