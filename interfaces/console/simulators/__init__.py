"""Peers that a person plays: each speaks its protocol with the listener that serves, over a real connection."""

from interfaces.console.simulators.base import Place, Simulator
from interfaces.console.simulators.email import EmailSimulator
from interfaces.console.simulators.http import HttpSimulator
from interfaces.console.simulators.irc import IrcSimulator
from interfaces.console.simulators.slack import SlackSimulator
from interfaces.console.simulators.sms import SmsSimulator
from interfaces.console.simulators.ws import WsSimulator

__all__ = ["Place", "Simulator", "simulators"]

_ALL: tuple[type[Simulator], ...] = (
    EmailSimulator,
    IrcSimulator,
    SlackSimulator,
    SmsSimulator,
    WsSimulator,
    HttpSimulator,
)


def simulators(place: Place) -> dict[str, Simulator]:
    """One of each, by its name."""
    return {kind.name: kind(place) for kind in _ALL}
