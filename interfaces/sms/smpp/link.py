"""One connection of a bind to an SMSC: a link of an upstream. Also how it is dialled and bound."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from typing import Any, Final

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.serving import Serving
from interfaces.sms.accounts import Bind
from interfaces.sms.command_status import ALREADY_BOUND, CREDENTIALS, OK, status_name
from interfaces.sms.pdus import (
    ALERT_NOTIFICATION,
    BIND_RECEIVER,
    BIND_TRANSCEIVER,
    BIND_TRANSMITTER,
    Pdu,
    write,
)
from interfaces.sms.smpp.address import Target, name_of
from interfaces.sms.smpp.queue import Queue
from interfaces.sms.smpp.taking import Taken, Taking
from interfaces.sms.smpp.talk import Talk

__all__ = ["Esme", "Link", "dialled"]

log = logging.getLogger("interfaces.sms")
BYE: Final = 1.0
"""Seconds for the answer to unbind."""
VERSION: Final = 0x34
_KINDS: Final[dict[str, int]] = {
    "transceiver": BIND_TRANSCEIVER, "receiver": BIND_RECEIVER, "transmitter": BIND_TRANSMITTER,
}  # fmt: skip


class Esme(Talk):
    """The connection. Submits what ``queue`` has, gives what comes to ``taking``."""

    def __init__(self, serving: Serving, bind: Bind, queue: Queue, taking: Taking) -> None:
        super().__init__(serving, smsc=False, quiet=bind.enquire_link, timeout=bind.response_timeout)
        self.bind = bind
        self.queue = queue
        self.taking = taking
        self.taken = Taken(self)

    def asked(self, pdu: Pdu) -> None:
        """The SMSC has something for us."""
        if pdu.command == ALERT_NOTIFICATION:
            self.serving.count("sms.smpp.alerts")
        else:
            self.taking.take(self.taken, pdu)

    def unbound(self) -> None:
        """The SMSC says good-bye."""
        self.queue.left(self)
        super().unbound()

    def roomy(self) -> None:
        """The SMSC reads again: what waits is written, though no response tells that there is room."""
        self.queue.pump()

    def gone(self) -> None:
        """The connection is gone."""
        self.queue.left(self)
        self.taking.gone(self.taken)


class Link:
    """The connection as a link of an upstream; made by :func:`dialled`."""

    def __init__(self, talk: Esme) -> None:
        self.talk = talk

    def __repr__(self) -> str:
        return f"<Link {self.talk!r}>"

    async def run(self, replace: Callable[[], None]) -> None:
        """Serve until it ends. Raises Unavailable with why."""
        talk = self.talk
        if talk.bind.kind != "receiver":
            talk.queue.joined(talk)
        await talk.ended
        raise Unavailable(talk.reason)

    async def drain(self, seconds: float) -> None:
        """Take nothing more, wait for responses and verdicts; what waits to be submitted goes by the last link."""
        talk, queue = self.talk, self.talk.queue
        talk.taken.draining = True
        if queue.links == [talk]:
            await _until(lambda: not len(queue) or talk.lost, seconds)
        queue.left(talk)
        await asyncio.gather(
            talk.taken.drain(seconds), _until(lambda: not talk.pending or talk.lost, seconds)
        )

    async def close(self) -> None:
        """Unbind, and close."""
        self.talk.queue.left(self.talk)
        await self.talk.bye(BYE)


async def _until(done: Callable[[], bool], seconds: float) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not done() and loop.time() < end:  # noqa: ASYNC110 - at the end alone, where nothing has to tell
        await asyncio.sleep(0.01)


async def dialled(target: Target, make: Callable[[], Esme]) -> Link:
    """Connect and bind. ConfigError when the SMSC refuses who we are; Unavailable; OSError."""
    loop = asyncio.get_running_loop()
    tls = ssl.create_default_context() if target.tls else None
    factory: Any = make
    _, talk = await loop.create_connection(factory, target.host, target.port, ssl=tls)
    try:
        await _bound(talk, target)
    except BaseException:
        talk.abort()
        raise
    return Link(talk)


async def _bound(talk: Esme, target: Target) -> None:
    bind = talk.bind
    fields = {
        "system_id": target.system_id.encode(),
        "password": target.password.encode(),
        "system_type": bind.system_type.encode(),
        "interface_version": VERSION,
    }
    command = _KINDS[bind.kind]
    response = await talk.request(command, write(command, fields))
    if response.status == OK:
        return
    said = status_name(response.status)
    if response.status in CREDENTIALS:
        raise ConfigError(f"sms.binds {name_of(bind)}: the SMSC refuses to bind {target.system_id!r}: {said}")
    if response.status == ALREADY_BOUND:
        said += ": it has as many binds as it may have; sms.binds count says how many we want"
    raise Unavailable(f"the SMSC does not bind {target.system_id!r}: {said}")
