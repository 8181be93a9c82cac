"""A handler written for aiosmtpd, served as an application: ``application = serve(MyHandler())``.

Its hooks are called as aiosmtpd calls them, when the message is there: ``handle_EHLO`` (or ``handle_HELO``),
``handle_MAIL``, ``handle_RCPT`` for each recipient, ``handle_DATA``; what they return is the verdict. The envelope and
the session are aiosmtpd's own where that is installed. ``handle_AUTH``, ``handle_PROXY`` and the other commands are the
server's business here, and not called.
"""

import asyncio
import inspect
import re
import socket
from collections.abc import Awaitable, Mapping
from functools import cache
from typing import Any

from interfaces.email.body import content
from interfaces.shared.asgi import Application, Event, Receive, Scope, Send
from interfaces.shared.errors import ApplicationError
from interfaces.shared.strand import current

__all__ = ["serve"]

_REPLY = re.compile(
    r"(?P<code>[245][0-9][0-9])(?:[ -](?:(?P<enhanced>[245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$))?(?P<text>.*))?"
)
_WORDS = {"2": "email.accept", "4": "email.defer", "5": "email.reject"}
_OK = "250 OK"


class _Session:
    """What aiosmtpd tells of a connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.peer: Any = None
        self.ssl: Any = None
        self.host_name: str | None = None
        self.extended_smtp = False
        self.loop = loop
        self.proxy_data: Any = None
        self.auth_data: Any = None
        self.authenticated: bool | None = None


class _Envelope:
    """What aiosmtpd tells of a message."""

    def __init__(self) -> None:
        self.mail_from: str | None = None
        self.mail_options: list[str] = []
        self.smtp_utf8 = False
        self.content: bytes | str | None = None
        self.original_content: bytes | None = None
        self.rcpt_tos: list[str] = []
        self.rcpt_options: list[str] = []


def _user(user: bytes, password: bytes) -> Any:
    """What ``auth_data`` is without aiosmtpd."""
    return user, password


@cache
def _classes() -> tuple[Any, Any, Any]:
    """Session, Envelope and LoginPassword: aiosmtpd's where it is installed, for handlers that ask for the class."""
    try:
        from aiosmtpd.smtp import Envelope, LoginPassword, Session  # noqa: PLC0415 - optional
    except ImportError:
        return _Session, _Envelope, _user
    return Session, Envelope, LoginPassword


class Server:
    """What a handler is given as ``server``: no more of it than handlers look at."""

    def __init__(self, handler: Any, hostname: str, decode_data: bool) -> None:
        self.event_handler = handler
        self.hostname = hostname
        self.loop = asyncio.get_running_loop()
        self.session: Any = None
        self.envelope: Any = None
        self.transport: Any = None
        self.enable_SMTPUTF8 = True
        self._decode_data = decode_data

    async def call(self, hook: str, *arguments: Any) -> str | None:
        """What the handler's ``hook`` says; None where it has none."""
        function = getattr(self.event_handler, hook, None)
        if function is None:
            return None
        said = function(self, self.session, self.envelope, *arguments)
        return _text(hook, await said if inspect.isawaitable(said) else said)

    async def greet(self, name: str) -> str:
        """EHLO, in either form that aiosmtpd knows; HELO where the handler has that alone."""
        ehlo = getattr(self.event_handler, "handle_EHLO", None)
        if ehlo is None:
            said = await self.call("handle_HELO", name)
        elif len(inspect.signature(ehlo).parameters) < 5:
            said = await self.call("handle_EHLO", name)
        else:  # the form that answers with lines
            lines = await ehlo(self, self.session, self.envelope, name, [f"250-{self.hostname}", "250 HELP"])
            said = _text("handle_EHLO", lines[-1] if lines else "")
        if said is None or ehlo is not None:
            self.session.host_name = self.session.host_name or name
        return _OK if said is None else said

    async def mail(self, sender: str, options: list[str]) -> str:
        """MAIL: a handler that answers it puts the sender in."""
        said = await self.call("handle_MAIL", sender, options)
        if said is None:
            self.envelope.mail_from = sender
            self.envelope.mail_options.extend(options)
        return _OK if said is None else said

    async def rcpt(self, address: str, options: list[str]) -> str:
        """RCPT: a handler that answers it puts the recipient in."""
        said = await self.call("handle_RCPT", address, options)
        if said is None:
            self.envelope.rcpt_tos.append(address)
            self.envelope.rcpt_options.extend(options)
        return _OK if said is None else said

    async def data(self, body: bytes) -> str:
        """DATA, or ``process_message`` of older handlers."""
        envelope = self.envelope
        envelope.original_content = body
        envelope.content = body.decode("utf-8", "surrogateescape") if self._decode_data else body
        if hasattr(self.event_handler, "handle_DATA"):
            said = await self.call("handle_DATA")
            return _OK if said is None else said
        older = getattr(self.event_handler, "process_message", None)
        if older is None:
            return _OK
        said = older(self.session.peer, envelope.mail_from, envelope.rcpt_tos, envelope.content)
        said = await said if inspect.isawaitable(said) else said
        return _OK if said is None else _text("process_message", said)


def serve(
    handler: Any, *, decode_data: bool = False, threads: bool = False, hostname: str = ""
) -> Application:
    """An ASGI application for the scope ``email`` that asks an aiosmtpd ``handler``.

    ``decode_data``: as aiosmtpd's, ``envelope.content`` is a str. ``threads``: each message has a thread and an event
    loop of its own, for a handler that blocks; aiosmtpd's Controller had one thread for all. A handler that raises has
    the client try again, unless its ``handle_exception`` says something else.
    """
    name = hostname or socket.gethostname()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "email":
            raise NotImplementedError(f"an aiosmtpd handler takes mail, and no {scope['type']}")
        event = await receive()
        body = await asyncio.to_thread(content, event) if event.get("body_ref") else content(event)

        def steps() -> Awaitable[list[Event]]:
            return _asked(handler, scope, event, body, (name, decode_data))

        verdicts = await (current().run(_apart, steps) if threads else steps())
        for verdict in verdicts:
            await send(verdict)

    return application


def _apart(steps: Any) -> Any:
    """Run it in an event loop of this thread's own."""
    return asyncio.run(steps())


async def _asked(handler: Any, scope: Scope, event: Event, body: bytes, how: tuple[str, bool]) -> list[Event]:
    """Go through the hooks; the verdicts, that of the message last."""
    server = Server(handler, *how)
    server.session, server.envelope = _session(scope, server.loop), _classes()[1]()
    try:
        return await _said(server, scope, event, body)
    except Exception as error:
        if not hasattr(handler, "handle_exception"):
            raise
        return [_verdict(_text("handle_exception", await handler.handle_exception(error)))]


async def _said(server: Server, scope: Scope, event: Event, body: bytes) -> list[Event]:
    parameters = scope["mail_params"]
    server.envelope.smtp_utf8 = bool(parameters.get("SMTPUTF8"))
    for said in (
        await server.greet(scope["helo"]),
        await server.mail(scope["mail_from"], _options(parameters)),
    ):
        if not said.startswith("2"):
            return [_verdict(said)]
    verdicts: list[Event] = []
    for place, one in enumerate(scope["rcpt_to"]):
        said = await server.rcpt(one["address"], _options(one["params"]))
        if not said.startswith("2"):
            verdicts.append({**_verdict(said), "type": "email.status", "index": place})
    if len(verdicts) == len(scope["rcpt_to"]):
        return verdicts
    return [*verdicts, _verdict(await server.data(body))]


def _session(scope: Scope, loop: asyncio.AbstractEventLoop) -> Any:
    session = _classes()[0](loop)
    session.peer = scope["client"] or ""
    session.ssl = scope["tls"]
    session.extended_smtp = True
    if scope["auth"]:
        user = scope["auth"]["user"]
        session.authenticated = True
        session.auth_data = _classes()[2](user.encode(), b"")
    return session


def _options(parameters: Mapping[str, Any]) -> list[str]:
    """Parameters of MAIL and RCPT as they were said."""
    return [name if value is True else f"{name}={value}" for name, value in parameters.items()]


def _text(hook: str, said: Any) -> str:
    if not isinstance(said, str):
        raise ApplicationError(f"{hook} returned {said!r}, and no reply such as '250 OK'")
    return said


def _verdict(reply: str) -> Event:
    """The verdict that a reply says. 421, which would end the connection, is 451 here."""
    *_, line = reply.splitlines() or [""]
    found = _REPLY.fullmatch(line.strip())
    if found is None:
        raise ApplicationError(f"{reply!r} is no reply such as '250 OK'")
    code = 451 if found["code"] == "421" else int(found["code"])
    said: Event = {"type": _WORDS[found["code"][0]], "code": code}
    if found["enhanced"] and found["enhanced"][0] == str(code)[0]:
        said["enhanced"] = found["enhanced"]
    if found["text"]:
        said["text"] = found["text"].strip()
    return said
