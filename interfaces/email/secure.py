"""Who a client of mail is, and in secret: TLS, logging in, and what a proxy says of whom it stands for."""

import asyncio
from secrets import token_urlsafe
from typing import Any, Final

from interfaces.email import replies as say
from interfaces.email.events_smtp import Auth
from interfaces.email.service import Service, log
from interfaces.email.translate import Place, behind
from interfaces.email.wire_smtp import Wire
from interfaces.email.xclient import XClient
from interfaces.shared.stream import Stream
from interfaces.shared.tls import tls_of

__all__ = ["UPGRADE", "Client"]

UPGRADE: Final = 2
UNREAD: Final = 8
"""Reasons not to read: TLS is due, the client does not read what it is answered."""
PAUSE = 1.0
"""Seconds after which a login that failed is answered."""


class Client(Stream):
    """A connection with its wire and its place. A subclass has the rest."""

    place: Place
    wire: Wire

    def __init__(self, service: Service, *, lmtp: bool = False, users: bool = False) -> None:
        super().__init__(service.loop)
        self.service = service
        self.lmtp = lmtp
        self.users = users  # only who has logged in may send
        self.proxied: Any = None
        self.address: str = ""
        self._early: list[bytes] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def _answer(self, said: bytes) -> None:
        """Answer what the wire waits for."""
        raise NotImplementedError

    def _go(self) -> None:
        """Take what the wire has, say what it says."""
        raise NotImplementedError

    def _end(self, said: bytes) -> None:
        """End the connection with these words."""
        raise NotImplementedError

    def _run(self, steps: Any) -> None:
        task = self.loop.create_task(steps)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _begin_with(self, transport: Any) -> None:
        """Make the wire for a client that has come."""
        service = self.service
        self.place = place = service.place(transport, self.proxied, "lmtp" if self.lmtp else "smtp")
        limits = service.users_only if self.users else service.limits
        self.wire = Wire(service.name, limits, lmtp=self.lmtp, tls=place.tls is not None)
        self.wire.offer_tls = service.tls is not None and place.tls is None
        self._offer_auth()
        self.address = place.client[0] if place.client else ""
        self.wire.xclient = not self.lmtp and bool(service.proxies) and self.address in service.proxies

    def pause_writing(self) -> None:
        """asyncio: the client does not read. Nor do we then: each command has an answer, and they would add up."""
        super().pause_writing()
        self.hold(UNREAD)

    def resume_writing(self) -> None:
        """asyncio: it does again."""
        super().resume_writing()
        self.release(UNREAD)

    async def _upgrade(self) -> None:
        """TLS from here on (RFC 3207)."""
        service, context = self.service, self.service.secure()
        seconds = service.context.listening.handshake_timeout
        try:
            transport = await self.loop.start_tls(
                self.transport, self, context, server_side=True, ssl_handshake_timeout=seconds
            )
        except (OSError, asyncio.CancelledError) as error:
            log.debug("%s: no TLS: %s", self.address, error)
            self.abort()
            self.connection_lost(None)  # asyncio tells that to nobody when a handshake fails
            return
        if transport is None or self.lost:
            return
        self.transport = transport
        self.place.tls = tls_of(transport)
        self.place.auth = None
        self.wire.secured()
        self._offer_auth()
        self._held = 0  # whatever was not read in the clear
        self.resume_writing()
        self.deadline = service.now + service.options.command_timeout
        if service.draining:
            self.drain()
        early, self._early = self._early, []
        for data in early:
            self.data_received(data)

    def _behind(self, said: XClient) -> None:
        """A proxy tells whose connection this is."""
        self.place = place = behind(self.place, said)
        old, self.address = self.address, place.client[0] if place.client else ""
        if not self.service.moved(self, old, self.address):
            self._end(say.CROWDED)

    def _offer_auth(self) -> None:
        service, secure = self.service, self.wire.secure
        if service.accounts is not None and not self.lmtp and (secure or service.options.auth_unencrypted):
            self.wire.mechanisms = service.accounts.mechanisms

    async def _key(self, user: str) -> None:
        """Find what ``user`` is to prove a password by; who has none is asked all the same."""
        accounts = self.service.accounts
        if accounts is None:
            return
        try:
            key = await accounts.key(user)
        except Exception:  # noqa: BLE001 - the operator's function: the client is not to blame
            log.exception("--email-auth-keys raised")
            self._answer(say.AUTH_LATER)
            return
        if not self.lost:
            self.wire.key(key, token_urlsafe(18))
            self._go()

    async def _login(self, event: Auth) -> None:
        """Somebody says who they are; whoever is wrong has to wait before the next try."""
        service = self.service
        if service.accounts is None:
            return
        if event.proven is None:
            said = await service.accounts.answer(event.user, event.password)
        else:
            said = say.AUTH_OK if event.proven else say.AUTH_WRONG
        if said == say.AUTH_OK:
            self.place.auth = {"user": event.user, "mechanism": event.mechanism}
        else:
            service.count("email.logins_failed")
            await asyncio.sleep(PAUSE)
        if not self.lost:
            self._answer(said)
