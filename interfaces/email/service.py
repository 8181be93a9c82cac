"""What all connections of mail share: the application, the limits, and what is in flight."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from ssl import SSLContext
from typing import Any, Final

from interfaces.email import replies as say
from interfaces.email.accounts import Accounts
from interfaces.email.body import Body
from interfaces.email.deliveries import Repeats
from interfaces.email.envelope import Mail, Recipient
from interfaces.email.events_smtp import Limits
from interfaces.email.headers import Headers
from interfaces.email.options import EmailOptions
from interfaces.email.translate import Key, Place, Transaction
from interfaces.shared.asgi import Application, Event
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from interfaces.shared.proxy import Trusted
from interfaces.shared.proxy_header import ProxyHeader
from interfaces.shared.serving import Serving, endpoint
from interfaces.shared.tls import ServerTls, tls_of

__all__ = ["Service", "log"]

log = logging.getLogger("interfaces.email")
BeforeRecipient = Callable[[Place, Mail, Recipient], Awaitable[Verdict | None]]
BeforeMessage = Callable[[Transaction, Headers, dict[str, Any]], Awaitable[Verdict | None]]
Bounces = Callable[[Transaction, Sequence[tuple[Recipient, Verdict, Key]]], Awaitable[None]]
CALL: Final = 8192
"""Bytes that a call of the application, or what comes before it, counts as: its client may go, and it goes on."""
COUNTS = (
    "email.abandoned",
    "email.timeouts",
    "email.stalled",
    "email.late",
    "email.repeats",
    "email.forgotten",
    "email.logins_failed",
    "email.spool_full",
    "email.unasked",
    "email.accepted_full",
    "email.tried_again",
    "email.refused_later",
    "email.given_up",
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
        carried = carries("email") if carries is not None and not options.stream else 0
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
        if options.ask_recipients:
            self._asking()
        self.accounts = (
            Accounts(options.auth, options.auth_keys) if options.auth or options.auth_keys else None
        )
        self.name: str = options.name
        self.in_flight: int = 0
        self.memory: int = carried or options.spool_above
        self.folder: str | None = options.spool_folder or options.spool or None
        self.repeats = Repeats(options.keep_verdicts, options.max_verdicts, self.count)
        self.before_recipient: list[BeforeRecipient] = []
        self.before_message: list[BeforeMessage] = []
        self.named: Callable[[Place], None] | None = None  # looks for the names of clients
        self.post: Callable[[Event], Awaitable[Any]] | None = None
        """Puts mail that applications send on its way; see the ``Post`` of ``sending.post``."""
        self.bounces: Bounces | None = None
        """Takes the recipients of SMTP that are refused beside others that are accepted, to tell the sender."""
        self.elsewhere: Any = None
        """Knows of repeats that come to another container, where they share that: see ``elsewhere``."""
        self.accepting: Any = None
        """Keeps messages in place of calling the application, where they are answered before: see ``accepting``."""
        self.spooled: int = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.proxies = _proxies(options.xclient_from)
        """Whose XCLIENT is believed."""
        self.tls: ServerTls | None = None
        if options.tls in ("starttls", "required"):
            self.tls = context.listening.secure(alpn=())
        for name in COUNTS:
            context.telemetry.count(name, 0)

    def carry(self, most: int) -> None:
        """Messages have at most so many bytes, and stay in memory: they go where no file of ours is read."""
        size = min(self.limits.max_size, most)
        self.limits = replace(self.limits, max_size=size)
        self.users_only = replace(self.users_only, max_size=size)
        self.memory = most + 1

    def ask(self, hook: BeforeRecipient) -> None:
        """Have ``hook`` asked about each recipient before there is content; None: the next one is asked, too."""
        self.before_recipient.append(hook)
        self._asking()

    def _asking(self) -> None:
        self.limits = replace(self.limits, ask_recipients=True)
        self.users_only = replace(self.users_only, ask_recipients=True)

    def before(self, hook: BeforeMessage) -> None:
        """Have ``hook`` asked about each message before the application; what it puts into the dict is in the event."""
        self.before_message.append(hook)

    def run(self, steps: Coroutine[Any, Any, None]) -> None:
        """Run something beside the connections, for a message whose client may be gone."""
        task = self.loop.create_task(steps)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def time(self) -> float:
        """Unix seconds."""
        return time.time()

    @property
    def full(self) -> bool:
        """Whether there is no room for another message."""
        options = self.options
        held = self.in_flight + CALL * (len(self.sessions) + len(self.tasks))
        return held >= options.max_in_flight or self.spooled >= options.max_spool

    def add(self, body: Body, piece: bytes) -> bytes:
        """Put a piece into ``body``: b"", or the reply when it cannot be kept."""
        held, filed = body.held, body.filed
        options = self.options
        if self.in_flight >= options.max_in_flight:
            self.press(body)
        size = body.size + len(piece)
        if size > body.memory and not body.flows and self.spooled - filed + size > options.max_spool:
            self.count("email.spool_full")
            return say.STORAGE
        try:
            body.add(piece)
        except OSError as error:
            log.error("a message cannot be kept: %s", error)  # noqa: TRY400 - no frame says more
            return say.STORAGE
        finally:
            self.in_flight += body.held - held
            self.spooled += body.filed - filed
        return b""

    def body(self, head: bytes) -> Body:
        """Where the content of a message goes, behind ``head``. A worker elsewhere cannot read our files."""
        return Body(self.memory, self.folder, head=head)

    def press(self, body: Body) -> None:
        """Memory is used up: what comes of a message that had begun before goes to its file, where it may have one."""
        if body.memory == self.options.spool_above == self.memory:
            body.memory = 0

    def let_go(self, body: Body) -> None:
        """A message has its verdict, or is given up."""
        self.in_flight -= body.held
        self.spooled -= body.filed
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
        place = Place(protocol=protocol, client=client, server=server, tls=tls_of(transport))
        if self.named is not None:
            self.named(place)
        return place


def _proxies(texts: tuple[str, ...]) -> Trusted:
    try:
        return Trusted.parse(texts)
    except ConfigError as error:
        raise ConfigError(f"{error}".replace("trusted proxies", "--email-xclient-from", 1)) from error
