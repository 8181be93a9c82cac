"""For tests of applications and of interfaces; needs nothing but what it tests.

``communicators`` run an application without a server, ``recorder`` is an application that answers by script,
``raw`` and ``websocket`` are clients that can misbehave, ``live`` is a server in a thread, ``contract`` is
what every interface has to pass and ``layers`` what every channel layer, ``slack`` is a fake Slack,
``fixtures`` are for pytest: ``pytest_plugins = ["interfaces.testing.fixtures"]``.
"""

from interfaces.testing.communicators import (
    Communicator,
    HttpCommunicator,
    LifespanCommunicator,
    Verdict,
    WebsocketCommunicator,
)
from interfaces.testing.recorder import Recorder

__all__ = [
    "Communicator",
    "HttpCommunicator",
    "LifespanCommunicator",
    "Recorder",
    "Verdict",
    "WebsocketCommunicator",
]
