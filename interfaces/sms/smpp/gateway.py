"""The SMSC's side: other systems bind to us, submit, and are delivered to."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from interfaces.shared.errors import PeerError
from interfaces.shared.interface import Context
from interfaces.shared.listen import Address
from interfaces.shared.noise import Noise
from interfaces.shared.serving import Serving
from interfaces.sms import command_status as say
from interfaces.sms.pdus import CANCEL_SM, QUERY_SM, REPLACE_SM, Pdu, read, write
from interfaces.sms.providers.base import Outgoing, Sent
from interfaces.sms.service import Service
from interfaces.sms.smpp.admission import Admission
from interfaces.sms.smpp.system import System
from interfaces.sms.smpp.taking import COUNTS, Taken
from interfaces.sms.smpp.talk import WAIT, Talk
from interfaces.sms.tlvs import VERSION
from interfaces.sms.wire_smpp import BINDS

__all__ = ["BINDING", "Bound", "Gateway", "gateway"]

log = logging.getLogger("interfaces.sms")
BINDING: Final = 10.0
"""Seconds from connecting until it is bound."""
SETTLE: Final = 1.0
QUIET: Final = 60.0
"""Seconds in which nothing is heard, after which a system is asked whether it is there."""
TIMEOUT: Final = 10.0
"""Seconds for its answers."""
IDENTITY: Final = b"interfaces"
_NEVER: Final = {CANCEL_SM: say.CANCEL_FAILED, QUERY_SM: say.QUERY_FAILED, REPLACE_SM: say.REPLACE_FAILED}
"""A message is with the application, or nowhere: nothing is held that could be asked for."""


class Bound(Talk):
    """A connection of a system."""

    def __init__(self, gateway: "Gateway") -> None:
        super().__init__(gateway, smsc=True, quiet=QUIET, timeout=TIMEOUT)
        self.gateway = gateway
        self.system: System | None = None
        self.taken = Taken(self)
        self._asking: Any = None

    def connection_made(self, transport: Any) -> None:
        """asyncio: it is there."""
        super().connection_made(transport)
        self.deadline = self.loop.time() + BINDING
        if self.gateway.draining:
            self.end("we end")

    def asked(self, pdu: Pdu) -> None:
        """It binds, submits, or asks."""
        if pdu.command in BINDS:
            self._bind(pdu)
        elif pdu.command in _NEVER:
            self.answer(pdu, _NEVER[pdu.command])
        elif self.system is not None:
            self.system.take(self.taken, pdu)

    def _bind(self, pdu: Pdu) -> None:
        if self._asking is not None:
            self.answer(pdu, say.ALREADY_BOUND)
            return
        try:
            fields, _ = read(pdu.command, pdu.body)
        except PeerError as error:
            status = error.answer if isinstance(error.answer, int) else say.BIND_FAILED
            self._refused(pdu, status)
            return
        self.hold(WAIT)  # until it is known who that is
        self._asking = self.loop.create_task(self._admit(pdu, fields))

    async def _admit(self, pdu: Pdu, fields: dict[str, Any]) -> None:
        gateway = self.gateway
        system_id = fields["system_id"].decode("latin-1")
        status = await gateway.admission.status(system_id, fields["password"].decode("latin-1"))
        if status == say.OK and (gateway.bound >= gateway.service.options.gateway_binds or gateway.draining):
            status = say.BIND_FAILED
        self._asking = None
        if self.lost:
            return
        if status != say.OK:
            self._refused(pdu, status)
            return
        self.deadline = float("inf")
        self.wire.state = BINDS[pdu.command]
        self.answer(pdu, say.OK, write(pdu.command | 0x80000000, {"system_id": IDENTITY}, {VERSION: b"\x34"}))
        gateway.bound += 1
        self.system = gateway.system(system_id)
        self.system.joined(self)
        self.release(WAIT)
        self.go()

    def _refused(self, pdu: Pdu, status: int) -> None:
        self.gateway.refused(f"a bind from {self.address or 'a unix socket'}", say.status_name(status))
        self.answer(pdu, status)
        self.end("its bind is refused")

    def unbound(self) -> None:
        """It says good-bye."""
        self._leave()
        super().unbound()

    def roomy(self) -> None:
        """It reads again: what waits is written, though no response tells that there is room."""
        if self.system is not None:
            self.system.queue.pump()

    def gone(self) -> None:
        """It has ended."""
        if self._asking is not None:
            self._asking.cancel()
        if self.system is not None:
            self.system.gone(self.taken)
        self._leave()

    def _leave(self) -> None:
        if self.system is not None and self in self.system.talks:
            self.gateway.bound -= 1
            self.system.left(self)

    def sweep(self, now: float) -> None:
        """Look at the deadlines."""
        if self.wire.state == "open" and now >= self.deadline and not self.transport.is_closing():
            self.gateway.count("sms.smpp.unbound")
            self.end("it does not bind")
            self.deadline = now + TIMEOUT
        super().sweep(now)

    def drain(self) -> None:
        """We end: what runs is answered, then it is unbound."""
        self.gateway.run(self._drained())

    async def _drained(self) -> None:
        await self.taken.drain(self.gateway.context.drain)
        if self.system is not None:
            self.system.queue.left(self)
        await self.bye(SETTLE)


class Gateway(Serving):
    """Who is bound, by name. ``submit`` delivers to a system, as :class:`interfaces.sms.smpp.binds.Binds` does."""

    def __init__(self, service: Service, context: Context, admission: Admission) -> None:
        super().__init__(context, asyncio.get_running_loop(), log)
        self.service = service
        self.admission = admission
        self.refused = Noise(service.count, "sms.smpp.binds_refused", log.name)
        self.bound: int = 0
        self.systems: dict[str, System] = {}
        self.tasks: set[Any] = set()

    def __repr__(self) -> str:
        return f"<Gateway {self.bound} bound>"

    @property
    def names(self) -> list[str]:
        """The systems that take messages now."""
        return [name for name, one in self.systems.items() if one.queue.links]

    def system(self, name: str) -> System:
        """Who binds under this name."""
        found = self.systems.get(name)
        if found is None:
            found = self.systems[name] = System(self.service, name, self.loop)
        return found

    async def submit(self, name: str, message: Outgoing) -> Sent:
        """Deliver ``message`` to the system ``name``. ApplicationError for what has no PDU."""
        system = self.systems.get(name)
        if system is None:
            return Sent(state="later", error=f"{name} is not bound", wide=True)
        return await system.submit(message)

    async def cancel(self, name: str, provider_id: str) -> Sent:
        """What was delivered cannot be taken back."""
        return Sent(state="failed", error="what was delivered to a system cannot be cancelled")

    def run(self, work: Any) -> None:
        """Run something beside."""
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def ticked(self) -> None:
        """Half a second went by."""
        now = self.service.clock()
        for name, one in list(self.systems.items()):
            one.sweep(now)
            if one.idle(now):
                del self.systems[name]


@asynccontextmanager
async def gateway(service: Service, context: Context) -> AsyncIterator[list[Address]]:
    """Listen for systems that bind to us; on leaving, answer what runs, for ``context.drain`` seconds, and unbind."""
    options = service.options
    found = Gateway(service, context, Admission(options.gateway_auth))
    for name in (*COUNTS, "binds_refused", "receipts_dropped", "unbound"):
        context.telemetry.count(f"sms.smpp.{name}", 0)
    context.keeps.append("sms smpp gateway: receipts for a system that is not bound are kept in memory")
    found.tick()
    try:
        listeners = context.listening.open(
            partial(Bound, found), options.gateway_bind, 2775, alpn=(), limit=2 * options.gateway_binds + 16
        )
        async with listeners:
            service.systems = found
            try:
                yield listeners.addresses
            finally:
                listeners.stop_accepting()
                found.begin_drain()
                await listeners.settled(min(SETTLE, context.drain))
                await found.drain(context.drain + 2 * SETTLE)
    finally:
        found.stop()
