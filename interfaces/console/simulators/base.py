"""What simulators share: where things listen, which fakes there are, and what a person has asked for."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from interfaces.console.simulators.fakes import Fakes
from interfaces.runner.server import Served, Serving
from interfaces.shared.asgi import Application
from interfaces.shared.bind import Address
from interfaces.shared.webhook import refusal

__all__ = ["TIMEOUT", "Place", "Simulator", "text"]

TIMEOUT = 30.0
"""Seconds that a peer waits for its answer."""
SAID = 1_000_000
"""Characters of one value that somebody may say."""
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - told, not bound
"""Where to go for what listens everywhere."""


class Place:
    """What is served here; an application may carry fakes as its attribute ``simulators``, by name."""

    def __init__(self, app: Application, serving: Serving) -> None:
        self.app = app
        self.serving = serving
        self.fakes = Fakes()

    async def start(self) -> None:
        """Start fakes that the options name, and nobody else has started."""
        for served in self.serving.served:
            await self.fakes.start(served.names, served.interface.options, self.carried)
        self.serving.beside += [f"a fake {name} on {where}" for name, where in self.fakes.where.items()]

    async def close(self) -> None:
        """End what was started here."""
        await self.fakes.close()

    @property
    def carried(self) -> Mapping[str, Any]:
        """What the application brings."""
        found = getattr(self.app, "simulators", None)
        return found if isinstance(found, Mapping) else {}

    @property
    def layer(self) -> Any:
        """The channel layer; None without one."""
        contexts = (served.context for served in self.serving.served)
        return next((context.layer for context in contexts if context is not None), None)

    def fake(self, name: str) -> Any:
        """The fake peer of this name; None without one."""
        return self.carried.get(name) or self.fakes.running.get(name)

    def served(self, name: str) -> Served | None:
        """What is served under this name."""
        return next((one for one in self.serving.served if name in one.names), None)

    def address(self, name: str) -> Address | None:
        """Where it listens by TCP: on its own, else, where it is a path of HTTP, where that is served."""
        for served in (self.served(name), self.served("http")):
            found = served.addresses if served is not None else []
            tcp = next((one for one in found if one.kind == "tcp"), None)
            if tcp is not None:
                return tcp
        return None

    def options(self, name: str) -> Any:
        """Of the interface of this name; None where it is not served."""
        served = self.served(name)
        return None if served is None else served.interface.options

    def url(self, name: str) -> str:
        """Where it is asked by HTTP."""
        address = self.address(name)
        if address is None:
            raise refusal(409, f"{name} does not listen on an address of TCP")
        host = host_of(address)
        return f"http{'s' if address.tls else ''}://{f'[{host}]' if ':' in host else host}:{address.port}"


class Simulator(ABC):
    """One peer, or several of one protocol."""

    name: ClassVar[str]

    def __init__(self, place: Place) -> None:
        self.place = place

    @property
    def there(self) -> bool:
        """Whether there is somebody to talk to."""
        return self.place.served(self.name) is not None and self.place.address(self.name) is not None

    @property
    def missing(self) -> str:
        """Why not, in words."""
        return f"{self.name} is not served, or not on an address of TCP: interfaces dev {self.name}"

    async def shown(self) -> dict[str, Any]:
        """What its person sees."""
        return {}

    @abstractmethod
    async def do(self, said: dict[str, Any]) -> dict[str, Any]:
        """What its person does. PeerError with what is wrong with it."""

    async def close(self) -> None:
        """End all connections; there are none that last, unless a subclass has some."""
        return


def host_of(address: Address) -> str:
    """Where to connect to."""
    return ANY.get(address.host, address.host)


def text(said: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """One of the values that somebody says. PeerError where it has to be there, is no text, or too long."""
    value = said.get(name, default)
    if value is None and default is not None:
        value = default
    if not isinstance(value, str) or (default is None and not value):
        raise refusal(400, f"{name} is a text, and has to be there")
    if len(value) > SAID:
        raise refusal(413, f"{name}: more than {SAID} characters")
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise refusal(400, f"{name}: half a pair of surrogates is no text") from None
    return value
