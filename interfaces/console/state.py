"""What the console knows of the process it stands in."""

from secrets import token_hex
from typing import Any

import interfaces
from interfaces.console.book import Book
from interfaces.console.broker import Broker
from interfaces.console.chaos import Chaos
from interfaces.console.redact import Redactor
from interfaces.console.simulators import simulators
from interfaces.console.simulators.base import Place
from interfaces.console.tap import Tap
from interfaces.runner.options import ServeOptions
from interfaces.runner.server import Serving
from interfaces.shared.asgi import Application, Event

__all__ = ["Console"]


class Console:
    """The tap, the book, and the serving that they belong to."""

    def __init__(self, app: Application, serving: Serving, options: ServeOptions, redactor: Redactor) -> None:
        self.run = token_hex(8)
        """Names this process: ids of another one mean nothing here."""
        self.serving = serving
        self.options = options
        self.redactor = redactor
        self.book = Book()
        self.chaos = Chaos()
        self.tap = Tap(app, self.book, redactor, self.chaos)
        self.place = Place(app, serving)
        self.simulators = simulators(self.place)
        self.broker = Broker(lambda: self.place.layer)

    def conversation_of(self, message: Event) -> str:
        """What the application says of a message that is sent from anywhere; "" where it says nothing."""
        asked = getattr(self.tap.app, "conversation_of", None)
        told = asked(message) if callable(asked) else ""
        return told if isinstance(told, str) else ""

    async def close(self) -> None:
        """End what was begun here: replays, simulated peers, fakes."""
        await self.tap.repeating.close()
        for one in self.simulators.values():
            await one.close()
        await self.place.close()

    @property
    def layer_url(self) -> str:
        """Of the options, without its password."""
        return self.redactor.text(self.options.layer)

    @property
    def app_name(self) -> str:
        """As it was asked for, or as it calls itself."""
        app = self.tap.app
        return self.options.app or getattr(app, "__qualname__", type(app).__qualname__)

    def state(self) -> dict[str, Any]:
        """What is served where, and how far the book is."""
        return {
            "version": interfaces.__version__,
            "run": self.run,
            "app": self.app_name,
            "serves": [
                {"names": list(one.names), "addresses": [_url(one.names, each) for each in one.addresses]}
                for one in self.serving.served
            ],
            "layer": self.layer_url,
            "last": self.book.last,
            "lost": self.book.lost,
            "chaos": self.chaos.shown(),
            "simulators": [name for name, one in self.simulators.items() if one.there],
        }


def _url(names: tuple[str, ...], address: Any) -> str:
    """Where one can go; of what no browser speaks, only the address."""
    if address.kind == "tcp" and {"http", "ws"}.intersection(names):
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)  # noqa: S104 - told, not bound
        return f"http{'s' if address.tls else ''}://{f'[{host}]' if ':' in host else host}:{address.port}"
    return str(address)
