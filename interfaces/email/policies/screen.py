"""What comes before the application: who a message is from is checked, and what must not pass is refused.

Messages of users who have logged in, and of clients in trusted networks, go through as they are.
"""

import asyncio
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from interfaces.email.auth.checks import METHODS, Checks, Who
from interfaces.email.auth.message import LARGEST, Message
from interfaces.email.auth.resolver import Resolver
from interfaces.email.auth.trace import forged, line
from interfaces.email.body import Body
from interfaces.email.headers import Headers, split
from interfaces.email.policies.networks import address, networks, within
from interfaces.email.policies.proven import verdict
from interfaces.email.service import Service
from interfaces.email.translate import Place, Transaction
from interfaces.shared.delivery import Verdict

__all__ = ["Screen"]

OWN = 1
"""Fields in front of a message that are ours: Received."""
ENDLESS = Verdict("reject", {"code": 554, "enhanced": "5.6.0", "text": "The header is too large"})
FIELD = b"authentication-results"


class Screen:
    """The checks that the options of ``service`` ask for. ConfigError for what cannot be switched on."""

    def __init__(self, service: Service, resolver: Resolver) -> None:
        self.service = service
        self.options = options = service.options
        self.trusted = networks(options.trusted, "--email-trusted")
        self.sealers = {one.lower() for one in options.arc_trusted}
        self.checks = Checks(
            options.methods, resolver, host=service.name, timeout=options.authenticate_timeout
        )

    async def __call__(
        self, transaction: Transaction, headers: Headers, more: dict[str, Any]
    ) -> Verdict | None:
        """Check a message: the results go into ``more``, and what is refused has a verdict."""
        head = await self._head(transaction.body, headers)
        found = await self._found(transaction, head)
        more["authentication"] = found
        if (name := found["iprev"]) is not None:
            transaction.place.client_name = name["domain"] or None
        said = verdict(
            found, dmarc=self.options.reject_dmarc, spf=self.options.reject_spf, sealers=self.sealers
        )
        if len(head) > LARGEST and (self.options.reject_dmarc or self.options.authentication_results):
            said = ENDLESS  # whoever wrote it, and what is forged in it, nobody has looked for
        if said is not None:
            self.service.count("email.unproven")
        elif self.options.authentication_results:
            await self._told(transaction, headers, head, found)
        return said

    async def _head(self, body: Body, headers: Headers) -> bytes:
        """The bytes of the header; more than LARGEST when it is too large."""
        if body.reference is None or headers.end < len(body.whole):
            return body.whole[: headers.end]
        return await asyncio.to_thread(_begin, body, self.options.max_headers)

    async def _found(self, transaction: Transaction, head: bytes) -> Mapping[str, Any]:
        """The results for a message."""
        place, body = transaction.place, transaction.body
        client = address(place.client) if place.protocol == "smtp" else None
        if place.auth is not None or (client is not None and within(client, self.trusted)):
            return {method: [] if method == "dkim" else None for method in METHODS}
        message = Message.of(head, lambda: _opened(body), own=OWN, size=body.size)
        who = Who(client=str(client or ""), helo=place.helo, mail_from=transaction.mail.sender.text)
        return await self.checks.of(who, message)

    async def _told(
        self, transaction: Transaction, headers: Headers, head: bytes, found: Mapping[str, Any]
    ) -> None:
        """Put our field in front, and take forged ones away. OSError when that cannot be done."""
        body, host = transaction.body, self.service.name
        new = line(host, found, _shown(transaction.place)) + _without(head, host)
        held, filed = body.held, body.filed
        try:
            if body.reference is None:
                body.begin(new, len(head))
            else:
                await asyncio.to_thread(body.begin, new, len(head))
        finally:
            self.service.in_flight += body.held - held
            self.service.spooled += body.filed - filed
        again = split(new)
        headers.fields, headers.end = again.fields, again.end


def _shown(place: Place) -> str:
    return place.client[0] if place.client else ""


def _opened(body: Body) -> IO[bytes]:
    """The content as a file."""
    reference = body.reference
    return BytesIO(body.whole) if reference is None else Path(reference["path"]).open("rb")


def _begin(body: Body, most: int) -> bytes:
    """The header of a file, when it is not in memory; all that may be looked at, and more, when it has no end there."""
    with _opened(body) as file:
        begin = file.read(LARGEST + 1)
    found = split(begin, most)
    return begin[: found.end] if len(found.fields) <= most else begin.ljust(LARGEST + 1)


def _without(head: bytes, host: str) -> bytes:
    """``head`` without the fields that say to be ours; the fields of others stay as they are."""
    found, start, at = [], 0, 0
    while (at := head.find(b"\r\n", at)) >= 0:
        at += 2
        if head[at : at + 1] not in (b" ", b"\t"):
            found.append(head[start:at])
            start = at
    return b"".join(one for one in found if not _ours(one, host)) + head[start:]


def _ours(field: bytes, host: str) -> bool:
    return field.partition(b":")[0].rstrip(b" \t").lower() == FIELD and forged(field, host)
