"""An application in front of the user's: who a message is from is checked first, and what must not pass is refused.

Messages of users who have logged in, and of clients in trusted networks, go through as they are.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from typing import IO, Any, cast

from interfaces.email.auth.checks import METHODS, Checks, Who
from interfaces.email.auth.message import LARGEST, Message
from interfaces.email.auth.resolver import Resolver
from interfaces.email.auth.trace import forged, line
from interfaces.email.body import opened
from interfaces.email.headers import split
from interfaces.email.options import EmailOptions
from interfaces.email.policies.networks import address, networks, within
from interfaces.email.policies.proven import verdict
from interfaces.shared.asgi import Application, Event, Receive, Scope, Send

__all__ = ["Screen"]

UNCHECKED: Mapping[str, Any] = {method: [] if method == "dkim" else None for method in METHODS}
OWN = 1
"""Fields in front of a message that are ours: Received."""


class Screen:
    """``app`` with the checks of ``options`` in front. ConfigError for what cannot be switched on.

    ``count``: what is refused, by a name.
    """

    def __init__(
        self, app: Application, options: EmailOptions, resolver: Resolver, count: Callable[[str], Any]
    ) -> None:
        self.app = app
        self.options = options
        self.count = count
        self.trusted = networks(options.trusted, "--email-trusted")
        self.checks = Checks(
            options.methods, resolver, host=options.name, timeout=options.authenticate_timeout
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the message, check it, and give it on or refuse it."""
        event = await receive()
        if scope["type"] != "email" or event["type"] != "email.receive":
            await self.app(scope, _again(event, receive), send)
            return
        event["authentication"] = found = await self._found(scope, event)
        if (name := found["iprev"]) is not None:
            scope["client_name"] = name["domain"] or None
        said = verdict(found, dmarc=self.options.reject_dmarc, spf=self.options.reject_spf)
        if said is not None:
            self.count("email.unproven")
            await send({"type": f"email.{said.kind}", **said.detail})
            return
        file = None
        if self.options.authentication_results:
            file = await self._told(scope, event, found)
        try:
            await self.app(scope, _again(event, receive), send)
        finally:
            if file is not None:
                file.close()

    async def _found(self, scope: Scope, event: Event) -> Mapping[str, Any]:
        """The results for a message."""
        client = address(scope["client"]) if scope["protocol"] == "smtp" else None
        if scope["auth"] is not None or (client is not None and within(client, self.trusted)):
            return dict(UNCHECKED)
        head = await asyncio.to_thread(_head, event) if event["body_ref"] else _head(event)
        message = Message.of(head, partial(opened, event), own=OWN)
        who = Who(client=str(client or ""), helo=scope["helo"], mail_from=scope["mail_from"])
        return await self.checks.of(who, message)

    async def _told(self, scope: Scope, event: Event, found: Mapping[str, Any]) -> IO[bytes] | None:
        """Put our field in front and take forged ones away; the file with the message where it has become one."""
        client, host = scope["client"], self.options.name
        field = line(host, found, client[0] if client else "")
        name, _, value = field.partition(b":")
        event["headers"] = [(name.lower(), value.replace(b"\r\n", b"").strip())] + [
            one for one in event["headers"] if not (one[0] == name.lower() and forged(b":" + one[1], host))
        ]
        if event["body_ref"] is None:
            head = _head(event)
            event["body"] = field + _without(head, name.lower(), host) + event["body"][len(head) :]
            event["size"] = len(event["body"])
            return None
        file = await asyncio.to_thread(_copied, event, field, host, self.options.spool_folder or None)
        size = file.tell()
        event["body_ref"] = {"path": f"/proc/{os.getpid()}/fd/{file.fileno()}", "size": size}
        event["size"] = size
        return file


def _again(event: Event, receive: Receive) -> Receive:
    """A ``receive`` that begins with ``event``."""
    first = [event]

    async def again() -> Event:
        return first.pop() if first else await receive()

    return again


def _head(event: Event) -> bytes:
    """The bytes of the header, or more than may be looked at where it is too large."""
    if event["body_ref"] is None:
        body: bytes = event["body"]
        return body[: split(body).end]
    with opened(event) as file:
        begin = file.read(LARGEST + 1)
    return begin[: split(begin).end]


def _without(head: bytes, name: bytes, host: str) -> bytes:
    """``head`` without the fields that say to be ours; the fields of others stay as they are."""
    kept, at = [], 0
    for one in _raw(head):
        if not (one.partition(b":")[0].rstrip(b" \t").lower() == name and forged(one, host)):
            kept.append(one)
        at += len(one)
    return b"".join(kept) + head[at:]


def _raw(head: bytes) -> list[bytes]:
    """The fields of a header, each with its CRLF."""
    found, start, at = [], 0, 0
    while (at := head.find(b"\r\n", at)) >= 0:
        at += 2
        if head[at : at + 1] not in (b" ", b"\t"):
            found.append(head[start:at])
            start = at
    return found


def _copied(event: Event, field: bytes, host: str, folder: str | None) -> IO[bytes]:
    """A file without a name that has the message with our field in front; it stands at its end."""
    file = cast(IO[bytes], tempfile.TemporaryFile(dir=folder))  # noqa: SIM115 - the caller closes it
    try:
        head = _head(event)
        file.write(field + _without(head, b"authentication-results", host))
        with opened(event) as source:
            source.seek(len(head))
            shutil.copyfileobj(source, file, 1 << 18)
        file.flush()
    except BaseException:
        file.close()
        raise
    return file
