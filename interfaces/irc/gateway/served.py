"""A client as commands, and the words of its application, see it: all but its connection, which calls them."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from interfaces.irc.gateway.labels import Answer
from interfaces.irc.gateway.registration import Registration
from interfaces.irc.gateway.roster import User
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.gateway.session import ClientSession
from interfaces.irc.gateway.waits import Waits
from interfaces.shared.asgi import Event

__all__ = ["Served"]


class LoggingIn(Protocol):
    """:class:`interfaces.irc.gateway.login.Login`, which is above this."""

    def said(self, text: str) -> None:
        """A parameter of AUTHENTICATE."""

    def close(self) -> None:
        """The client is gone."""


class Served(Protocol):
    """:class:`interfaces.irc.gateway.connection.Client` is one."""

    gateway: Gateway
    user: User
    registration: Registration | None
    session: ClientSession | None
    waits: Waits
    asks: Any
    """:class:`interfaces.irc.gateway.commands.history.Asks`, once it has asked."""
    answer: Answer | None
    caps: set[str]
    bits: int
    extended_join: bool
    labels: bool
    motd: list[str] | None
    loop: asyncio.AbstractEventLoop
    secure: Any
    address: str
    gone: bool

    @property
    def login(self) -> LoggingIn:
        """Its way through AUTHENTICATE."""

    # --- to the client ----------------------------------------------------------------------------

    def put(self, data: bytes) -> None:
        """Write a line."""

    def say(self, command: str, *params: str, source: str = "") -> None:
        """Write a line of the server."""

    def numeric(self, code: str, *params: str) -> None:
        """Write a numeric."""

    def fault(self, code: str, *params: str) -> None:
        """Write a numeric with the text that it always has."""

    def fail(self, command: str, code: str, *words: str) -> None:
        """Write a standard reply that says what could not be done."""

    def end(self, reason: str, code: int = 1000) -> None:
        """Say why, and close."""

    # --- answers that have a label ----------------------------------------------------------------

    def keep(self) -> Answer | None:
        """The answer to the line that is being handled, where its end comes later."""

    def resume(self, answer: Answer | None, function: Callable[..., Any], *args: Any) -> Any:
        """Call ``function`` as part of ``answer``."""

    def done(self, answer: Answer | None) -> None:
        """A kept answer is whole."""

    # --- its application --------------------------------------------------------------------------

    def tell(self, event: Event, size: int = 0) -> None:
        """Tell the application."""

    def welcomed(self) -> None:
        """It is registered."""

    def release(self, reason: int) -> None:
        """There is a reason less not to read."""

    def go_on(self) -> None:
        """Take what waits."""
