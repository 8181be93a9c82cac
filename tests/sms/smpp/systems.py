"""Our gateway, and who is bound to it; its auth function is here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from interfaces.sms.accounts import Bind
from interfaces.sms.smpp import Binds, Gateway, binds, gateway
from tests.sms.harness import Desk

__all__ = ["Both", "allowed", "both", "gate"]


def allowed(system_id: str, password: str) -> bool:
    """Who knows the word."""
    if system_id == "broken":
        raise RuntimeError("no database")
    return password == "secret"


class Both:
    """The gateway's side, and the side of who is bound to it."""

    def __init__(self, smsc: Desk, esme: Desk, binds: Binds) -> None:
        self.smsc, self.esme, self.binds = smsc, esme, binds
        self.gateway: Gateway = smsc.service.systems


@asynccontextmanager
async def gate(script: Any = None, **options: Any) -> AsyncIterator[tuple[Desk, int]]:
    """A gateway, and its port."""
    given = {
        "gateway_bind": ("127.0.0.1:0",),
        "gateway_auth": f"{__name__}:allowed",
        "accounts": (),
        **options,
    }
    desk = Desk(script, **given)
    desk.context.drain = 1.0
    async with gateway(desk.service, desk.context) as addresses:
        yield desk, addresses[0].port


@asynccontextmanager
async def both(
    script: Any = None, receives: Any = None, *, options: Any = None, who: str = "shop:secret", **bind: Any
) -> AsyncIterator[Both]:
    """A gateway whose application has ``script``, and a bind to it whose application has ``receives``."""
    async with gate(script, **(options or {})) as (desk, port):
        given = {"name": "gw", "url": f"smpp://{who}@127.0.0.1:{port}", **bind}
        esme = Desk(receives, binds=(Bind(**given),))
        esme.context.drain = 1.0
        async with binds(esme.service, esme.context) as found:
            yield Both(desk, esme, found)
