"""How a message is sent to a network: one attempt for an outbox, which is one message with all of its lines.

It is written down as begun right before its first line leaves. What has waited for its turn when the connection ended
is said later; of what was written to it, and had no answer, nobody knows.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from interfaces.irc.client.words import SPOKEN, Terms, drafted
from interfaces.irc.isupport import Isupport
from interfaces.irc.outcome import UNKNOWN, Outcome, told
from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError
from interfaces.shared.sendings import Sending, Tried

__all__ = ["AGAIN", "CHANNEL", "IrcWay", "Speaking", "checked"]

CHANNEL: Final = "irc.send"
AGAIN: Final = 1.0
"""Seconds after which another container may take what is for a network that is not ours."""
_STATES: Final[Mapping[str, Any]] = {"deferred": "later"}


class Speaking(Protocol):
    """Where messages go: :class:`interfaces.irc.client.Networks` is one."""

    def leased(self, network: str) -> bool:
        """Whether one of several containers is there."""
        ...

    def standing(self, network: str) -> bool:
        """Whether it is connected here."""
        ...

    async def say(
        self, network: str, message: Event, commit: Callable[[], Awaitable[None]] | None = None
    ) -> Outcome:
        """Say something there; ``commit`` is awaited before the first line leaves. ApplicationError."""
        ...


def checked(message: Mapping[str, Any]) -> None:
    """ApplicationError for what no network could be told."""
    kind = message.get("type")
    if kind not in SPOKEN:
        raise ApplicationError(f"{kind}: the channel {CHANNEL} takes {', '.join(sorted(SPOKEN))}")
    if not isinstance(message.get("network"), str) or not message["network"]:
        raise ApplicationError(f"{kind}: network says which, as it is called in the options")
    drafted(dict(message), Terms(message["network"], "nick!user@host", Isupport(), set()))


@dataclass(frozen=True, slots=True, kw_only=True)
class IrcWay:
    """The :class:`interfaces.shared.sendings.Way` of IRC."""

    networks: Speaking
    name: str = CHANNEL
    result: str = "irc.result"

    def place(self, message: Event) -> str:
        """The network."""
        return str(message.get("network") or "")

    async def attempt(self, sending: Sending) -> Tried:
        """Say it."""
        message = sending.message
        try:
            checked(message)
            network = message["network"]
            if self.networks.leased(network) and not self.networks.standing(network):
                return Tried(state="later", told=dict(sending.earlier), delay=AGAIN, quiet=True)
            came = await self.networks.say(network, message, sending.commit)
        except ApplicationError as error:
            came = Outcome("failed", str(error))
        return _tried(came)

    def unknown(self, sending: Sending) -> Tried:
        """What was begun and may have been said is uncertain."""
        return _tried(Outcome("uncertain", UNKNOWN))

    def given_up(self, sending: Sending, reason: str) -> Tried:
        """It has failed, for the reason last heard."""
        return _tried(Outcome("failed", str(sending.earlier.get("error") or reason)))


def _tried(came: Outcome) -> Tried:
    delay = came.retry_after or None
    return Tried(
        state=_STATES.get(came.status, came.status),
        told=told(came),
        reason=came.error,
        delay=delay,
        rest=came.retry_after if came.status == "deferred" else 0.0,
    )
