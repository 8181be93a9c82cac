"""A server of mail whose application sends, too, with signed return paths."""

from contextlib import asynccontextmanager

from interfaces.email.options import EmailOptions
from interfaces.email.sending import sender
from interfaces.email.sending.sender import sending
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.interface import Context
from tests.email.harness import EHLO, Bench
from tests.email.sending.ways import Said

__all__ = ["KEY", "Durable", "desk"]

KEY = "a key of the tests, long enough"


class Durable(LocalChannelLayer):
    """Says that it keeps what waits."""

    def store(self, channel, redact=None):
        store = super().store(channel, redact)
        store.durable = True
        return store


@asynccontextmanager
async def desk(monkeypatch, app, *, layer=None, **options):
    """A server whose application may send, with signed return paths; a client, the server, and the transport."""
    transport = Said()
    monkeypatch.setattr(sender, "_transport", lambda options: transport)
    given = {"hostname": "mx.example.org", "send": "smtp://relay", "bounce_key": KEY, **options}
    context = Context(drain=5, layer=layer)
    async with Bench(app, **given) as bench, sending(EmailOptions(**given), context) as post:
        post.receives(bench.service)
        peer = bench.connect()
        await peer.codes(EHLO)
        yield bench, peer, transport
