"""What the tests of sending share: a process that sends to a fake provider, and single attempts."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

from interfaces.layers.conversations import Conversations
from interfaces.layers.dedupe import LocalDedupe
from interfaces.layers.notes import LocalNotes
from interfaces.shared.interface import Context
from interfaces.shared.sendings import Sending
from interfaces.sms.accounts import Account
from interfaces.sms.options import SmsOptions
from interfaces.sms.providers.base import Inbound, Receipt, Sent
from interfaces.sms.providers.fake import Fake
from interfaces.sms.providers.opening import provider
from interfaces.sms.sending.client import Client
from interfaces.sms.sending.known import Known
from interfaces.sms.sending.routes import Routes
from interfaces.sms.sending.sender import sending
from interfaces.sms.sending.suppression import Memory, Suppression
from interfaces.sms.sending.way import SmsWay
from interfaces.sms.service import Service
from interfaces.sms.translate import Place
from interfaces.testing.recorder import Recorder
from interfaces.testing.sms import FakeSms

NOW = 1_700_000_000.0
"""A Tuesday, 22:13 in London."""
OURS, THEIRS = "+41445556677", "+41791234567"
SEND = {"type": "sms.send", "to_address": THEIRS, "text": "hi"}
PLACE = Place(provider="fake", account="fake", transport="webhook")
NOWHERE = "http://127.0.0.1:1"


def run(main):
    """Run a coroutine function; it must not take longer than 20 s."""
    return asyncio.run(asyncio.wait_for(main(), 20))


def served(**options):
    """A decorator: the test is a coroutine function that gets a fake provider, which is served."""

    def decorate(test):
        def wrapped():
            async def main():
                async with FakeSms(**options) as sms:
                    await test(sms)

            run(main)

        wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
        return wrapped

    return decorate


async def until(true):
    """Wait until it is."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.002)


class Forgetful(Fake):
    """The fake, which knows no repeat: so nothing may be asked twice."""

    def ask(self, message):
        return replace(super().ask(message), idempotent=False)


class Binds:
    """Binds that say what they are told to; ``submitted`` is what came."""

    def __init__(self, *names, says=None):
        self.names = list(names)
        self.says = list(says or ())
        self.submitted, self.cancelled = [], []

    async def submit(self, name, message):
        self.submitted.append((name, message))
        return (
            self.says.pop(0)
            if self.says
            else Sent(state="sent", provider_ids=("1",), segments=message.segments)
        )

    async def cancel(self, name, provider_id):
        self.cancelled.append((name, provider_id))
        return self.says.pop(0) if self.says else Sent(state="sent")


def options(*accounts, **more):
    """Options with these accounts."""
    return SmsOptions(accounts=accounts, **more)


def service_of(given, context=None, script=None):
    """A service whose application is a Recorder."""
    recorder = Recorder(script)
    made = Service(
        recorder, given, context or Context(names=("sms",)), (LocalDedupe(), Conversations()), lambda: NOW
    )
    return made, recorder


@asynccontextmanager
async def sends(*accounts, layer=None, readiness=None, binds=None, smscs=(), script=None, **more):
    """A process that sends; its service, and what scopes send by. The service has ``heard``, what its app got."""
    told = {} if readiness is None else readiness
    context = Context(
        names=("sms",), layer=layer, drain=5, on_ready=lambda *said: told.update({said[0]: said})
    )
    given = options(*accounts, binds=smscs, **more)
    service, recorder = service_of(given, context, script)
    providers = [(name, provider(one)) for name, one in zip(given.names, accounts, strict=True)]
    async with sending(service, context, providers, binds) as post:
        service.heard = lambda: [event for call in recorder.calls for event in call.events]
        yield service, post
        await service.reception.drain(5)


def attempt(message, **more):
    """One attempt, and how often it was said to begin."""
    begun = []

    async def begin():
        begun.append(1)
        return True

    said = {"id": "m1", "number": 1, "put_at": NOW, "earlier": {}, **more}
    return Sending(message=message, begin=begin, **said), begun


@asynccontextmanager
async def way(*accounts, timeout=5.0, given=None, made=provider, **more):
    """A way by these accounts; ``made`` makes the provider of one."""
    said = given or options(*accounts)
    routes = Routes(zip(said.names, said.accounts, strict=True), said.binds, said.region)
    providers = {name: made(one) for name, one in zip(said.names, said.accounts, strict=True)}
    async with Client(timeout) as client:
        yield SmsWay(
            client=client,
            routes=routes,
            providers=providers,
            **{
                "suppression": Suppression(Memory(), lambda name: None),
                "known": Known(LocalNotes()),
                "clock": lambda: NOW,
                "region": said.region,
                **more,
            },
        )


async def tried(message, *accounts, **more):
    """What one attempt gives, and how often it was said to begin."""
    names = (
        "timeout",
        "given",
        "made",
        "binds",
        "suppression",
        "known",
        "clock",
        "quiet",
        "status_url",
        "rests",
    )
    kept = {name: more.pop(name) for name in names if name in more}
    made, begun = attempt(message, **more)
    async with way(*accounts, **kept) as sender:
        return await sender.attempt(made), len(begun)


def away(**more):
    """An account where nobody listens."""
    return Account(provider="fake", secret="s", api_url=NOWHERE, **{"rate": 0.0, "numbers": (OURS,), **more})


def inbound(text, **more):
    """A message of theirs."""
    return Inbound(**{"id": "i1", "sender": THEIRS, "recipient": OURS, "text": text, **more})


def receipt(provider_id, **more):
    """A receipt of the provider's."""
    return Receipt(**{"provider_id": provider_id, "status": "delivered", **more})
