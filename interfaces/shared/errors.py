"""Whose fault it is: every error that this package raises for a reason says so by its class."""

__all__ = [
    "ApplicationError",
    "ConfigError",
    "InterfacesError",
    "NoRoute",
    "PeerError",
    "PeerGone",
    "Unavailable",
]


class InterfacesError(Exception):
    """The base of all of them."""


class ConfigError(InterfacesError):
    """The operator's: one line that says what, where and how to mend it. Exit code 2, no traceback."""


class PeerError(InterfacesError):
    """The peer's: ``answer`` is what to tell it, in the words of its protocol.

    ``answer`` is bytes that are ready to be written, or an event, as the protocol has it.
    """

    def __init__(self, message: str, answer: object = None) -> None:
        super().__init__(message)
        self.answer = answer


class PeerGone(InterfacesError, OSError):  # noqa: N818 - an event, not a mistake
    """Raised by ``send`` when there is nobody to send to any more (ASGI spec_version 2.4)."""


class ApplicationError(InterfacesError, RuntimeError):
    """The application's: it raised, or sent what the protocol cannot say. Logged with its own frames.

    A RuntimeError too, since that is what ASGI's servers raise from ``send``, and what applications catch.
    """


class NoRoute(InterfacesError):  # noqa: N818 - named as routers speak of it
    """The application knows no such address; the peer gets the protocol's "not found"."""


class Unavailable(InterfacesError):  # noqa: N818 - a state, not a mistake
    """A broker or a provider is down; the peer gets "try again"."""
