"""What all connections of mail share: the application, the limits, and what is in flight."""

import asyncio
import logging
from dataclasses import replace
from ssl import SSLContext
from typing import Any

from interfaces.email.accounts import Accounts
from interfaces.email.body import Body
from interfaces.email.deliveries import Repeats
from interfaces.email.events_smtp import Limits
from interfaces.email.options import EmailOptions
from interfaces.email.translate import Place
from interfaces.shared.asgi import Application
from interfaces.shared.interface import Context
from interfaces.shared.proxy_header import ProxyHeader
from interfaces.shared.serving import Serving, endpoint
from interfaces.shared.tls import ServerTls

__all__ = ["Service", "log"]

log = logging.getLogger("interfaces.email")
COUNTS = (
    "email.abandoned",
    "email.timeouts",
    "email.stalled",
    "email.late",
    "email.repeats",
    "email.forgotten",
    "email.logins_failed",
)
"""What is counted: told from the beginning, since what is there only after the first time hides that one."""


class Service(Serving):
    """Connections, deliveries, and the bytes of messages that have no verdict yet."""

    def __init__(
        self, app: Application, options: EmailOptions, context: Context, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(context, loop, log)
        self.app = app
        self.options = options
        self.per_address = options.max_connections_per_address
        carries = getattr(app, "carries", None)  # where workers run the application: what they can be sent
        carried = carries("email") if carries is not None else 0
        self.limits = Limits(
            max_size=min(options.max_size, carried or options.max_size),
            max_line=options.max_line,
            max_recipients=options.max_recipients,
            max_errors=options.max_errors,
            max_junk=options.max_commands,
            normalise=options.bare == "normalise",
            require_tls=options.tls == "required",
        )
        self.users_only = replace(self.limits, require_auth=True)
        self.accounts = Accounts(options.auth) if options.auth else None
        self.name: str = options.name
        self.in_flight: int = 0
        self.memory: int = carried or options.spool_above
        self.repeats = Repeats(options.keep_verdicts, options.max_verdicts, self.count)
        self.tls: ServerTls | None = None
        if options.tls in ("starttls", "required"):
            self.tls = context.listening.secure(alpn=())
        for name in COUNTS:
            context.telemetry.count(name, 0)

    def body(self, head: bytes) -> Body:
        """Where the content of a message goes, behind ``head``. A worker elsewhere cannot read our files."""
        return Body(self.memory, self.options.spool_folder or None, head=head)

    def press(self, body: Body) -> None:
        """Memory is used up: what comes of a message that had begun before goes to its file, where it may have one."""
        if body.memory == self.options.spool_above == self.memory:
            body.memory = 0

    def let_go(self, body: Body) -> None:
        """A message has its verdict, or is given up."""
        self.in_flight -= body.held
        body.close()

    def secure(self) -> SSLContext | None:
        """The context for STARTTLS, now; None where it is not offered."""
        return self.tls.current(self.loop.time()) if self.tls is not None else None

    def place(self, transport: Any, proxied: ProxyHeader | None, protocol: str) -> Place:
        """Where a connection is, from what asyncio knows of it, or a PROXY header said."""
        client = endpoint(transport.get_extra_info("peername"))
        server = endpoint(transport.get_extra_info("sockname"))
        if proxied is not None and proxied.source is not None:
            client, server = proxied.source, proxied.destination
        return Place(protocol=protocol, client=client, server=server, tls=tls_of(transport))


def tls_of(transport: Any) -> dict[str, Any] | None:
    """What the scope says of TLS: version, cipher and the subject of the client's certificate."""
    connection = transport.get_extra_info("ssl_object")
    if connection is None:
        return None
    cipher = connection.cipher()
    subject = (connection.getpeercert() or {}).get("subject", ())
    names = [f"{name}={value}" for part in subject for name, value in part]
    return {
        "version": connection.version(),
        "cipher": cipher[0] if cipher else None,
        "client_subject": ",".join(names) or None,
    }
