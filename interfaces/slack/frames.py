"""What Slack and an app say to each other by Socket Mode, as frames of text. Pure.

Slack begins with ``hello``, sends envelopes, and announces its end with ``disconnect``; an app acknowledges envelopes.
Refused where a lenient reader accepts: an envelope without a name or an object as its payload. Source: api.slack.com,
"Using Socket Mode".
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from interfaces.shared.errors import PeerError
from interfaces.slack.posted import Posted, decoded, interactive

__all__ = [
    "SELDOM",
    "Disconnect",
    "Envelope",
    "Frame",
    "Heard",
    "Hello",
    "Unknown",
    "acknowledgement",
    "read",
]

_ENCODE: Final = msgspec.json.Encoder().encode
SELDOM: Final = 60.0
"""Seconds until it is tried again where somebody has to do something first."""
SHOWN: Final = 60
"""Characters of a word of Slack's that are shown."""

Heard = tuple[Literal["text", "binary", "alive", "end"], str]
"""What a WebSocket has given: a text; how large a binary frame was; a sign of life; why it has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The connection stands."""

    connections: int = 0
    """How many this app has now, here and elsewhere; 0: Slack does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    """The connection ends now or soon."""

    reason: str
    """warning, refresh_requested, link_disabled, too_many_websockets …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Something that happened."""

    name: str
    """The envelope_id: another one for each try."""
    posted: Posted
    accepts: bool
    """Whether the acknowledgement may carry an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """What is well-formed, and of no type that is known here: not acknowledged, since nobody has it."""

    kind: str


Frame = Hello | Disconnect | Envelope | Unknown


def read(text: str) -> Frame:
    """What a frame says. Raises ValueError for what is no JSON object, or no whole envelope."""
    try:
        said = decoded(text.encode())
    except PeerError as error:
        raise ValueError(str(error)) from error
    kind = said.get("type")
    if kind == "hello":
        number = said.get("num_connections")
        return Hello(connections=number if isinstance(number, int) else 0)
    if kind == "disconnect":
        return Disconnect(reason=str(said.get("reason", ""))[:SHOWN])
    return _envelope(said)


def _envelope(said: dict[str, Any]) -> Envelope | Unknown:
    kind, name, payload = said.get("type"), said.get("envelope_id"), said.get("payload")
    if kind not in ("events_api", "slash_commands", "interactive"):
        return Unknown(kind=str(kind)[:SHOWN])
    if not isinstance(name, str) or not name or not isinstance(payload, dict):
        raise ValueError(f"{kind} without an envelope_id or a payload")
    if kind == "events_api":
        number, reason = said.get("retry_attempt"), said.get("retry_reason")
        posted = Posted(
            kind="event",
            payload=payload,
            retry_num=number if type(number) is int and number > 0 else 0,
            retry_reason=reason if isinstance(reason, str) else "",
        )
    elif kind == "slash_commands":
        posted = Posted(kind="command", payload=payload)
    else:
        posted = interactive(payload)
    return Envelope(name=name, posted=posted, accepts=said.get("accepts_response_payload") is True)


def acknowledgement(name: str, payload: dict[str, Any] | None = None) -> str:
    """What says that the envelope ``name`` has arrived, with an answer where it accepts one.

    Raises TypeError for an answer that JSON cannot say.
    """
    answer: dict[str, Any] = {"envelope_id": name}
    if payload is not None:
        answer["payload"] = payload
    return _ENCODE(answer).decode()
