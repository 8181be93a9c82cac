"""What goes wrong on purpose. Pure: chance is a parameter.

What it does is what networks and peers do anyhow: a message comes late, comes to nothing, comes twice, or comes again
although it was answered. ``drop`` raises Unavailable in the application's place, so the peer gets its protocol's "try
again".
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from random import random
from typing import Any

__all__ = ["LONGEST", "Chaos"]

LONGEST = 30.0
"""Seconds of the longest delay."""
RATES = ("drop", "duplicate", "redeliver")
PROTOCOLS = ("email", "slack", "sms", "irc", "websocket", "http")
NAMES = 16
"""Protocols that may be named."""


@dataclass(slots=True)
class Settings:
    """What is done to messages of these ``protocols``; none: of all. Rates are 0 to 1."""

    delay: float = 0.0
    """Seconds."""
    drop: float = 0.0
    duplicate: float = 0.0
    redeliver: float = 0.0
    broker_down: bool = False
    protocols: tuple[str, ...] = ()


@dataclass(slots=True)
class Chaos:
    """``settings`` hold from now on; ``done`` counts what was done."""

    settings: Settings = field(default_factory=Settings)
    done: Counter[str] = field(default_factory=Counter)
    chance: Callable[[], float] = random
    """0 to 1, the upper end excluded."""

    def shown(self) -> dict[str, Any]:
        """As the API says it."""
        return asdict(self.settings) | {"protocols": list(self.settings.protocols), "done": dict(self.done)}

    def delay(self, protocol: str) -> float:
        """Seconds that a message of this protocol waits."""
        seconds = self.settings.delay if self._meant(protocol) else 0.0
        if seconds:
            self.done["delay"] += 1
        return seconds

    def strikes(self, what: str, protocol: str) -> bool:
        """Whether ``what``, one of the rates, happens to this message."""
        rate: float = getattr(self.settings, what)
        if not rate or not self._meant(protocol) or self.chance() >= rate:
            return False
        self.done[what] += 1
        return True

    def _meant(self, protocol: str) -> bool:
        return not self.settings.protocols or protocol in self.settings.protocols


def read(said: Mapping[str, Any], had: Settings) -> Settings:
    """What somebody asks for, the rest as it was. ValueError, in words."""
    known = asdict(had)
    unknown = [name for name in said if name not in known and name != "done"]
    if unknown:
        raise ValueError(f"{unknown[0]}: there is {', '.join(known)}")
    found = known | {name: value for name, value in said.items() if name in known}
    for name, most in (("delay", LONGEST), *((rate, 1.0) for rate in RATES)):
        _check_number(name, found[name], most)
    if found["broker_down"] not in (True, False):
        raise ValueError("broker_down is true or false")
    names = found["protocols"]
    if not isinstance(names, list | tuple) or not set(map(str, names)) <= set(PROTOCOLS):
        raise ValueError(f"protocols is a list of {', '.join(PROTOCOLS)}")
    return Settings(**found | {"protocols": tuple(dict.fromkeys(names))})


def _check_number(name: str, value: Any, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{name} is a number, 0 to {most:g}")
