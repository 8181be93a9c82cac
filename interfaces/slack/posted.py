"""What Slack has sent, read from its bytes: forms and JSON. Pure.

One URL takes all kinds: an Events API envelope is JSON; a slash command is a form; what is interactive is a form with
one field ``payload``, which is JSON. A form is an interactive one only if it has no field ``command``: a command's text
may speak of "payload". Source: api.slack.com, "Slash commands", "Handling user interaction".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec

from interfaces.shared.errors import PeerError

__all__ = ["FIELDS", "Check", "Posted", "interactive", "read"]

FIELDS = 200
"""Fields of a form; Slack's have about fifteen."""
_DECODE = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Something that happened, whichever way it came."""

    kind: Literal["event", "command", "interactive", "options"]
    payload: dict[str, Any]
    """event: the envelope event_callback; command: the form's fields; else the payload."""
    retry_num: int = 0
    """0 for the first try."""
    retry_reason: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Slack looks whether we are there: to be answered with ``challenge``, "" for an empty 200."""

    challenge: str = ""


def read(body: bytes, form: bool, headers: Mapping[bytes, bytes]) -> Posted | Check:
    """What ``body`` says; ``form``: whether it is one. ``headers`` has its try. PeerError for what is malformed."""
    try:
        if not form:
            return _event(_object(body), headers)
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError as error:  # of UnicodeDecodeError, and of what msgspec says, too
        raise PeerError(f"it cannot be read: {error}") from error
    return _form(fields)


def _event(payload: dict[str, Any], headers: Mapping[bytes, bytes]) -> Posted | Check:
    if payload.get("type") == "url_verification":
        return Check(str(payload.get("challenge", "")))
    said = headers.get(b"x-slack-retry-num", b"")
    number = int(said) if said.isdigit() and len(said) < 4 else 0
    reason = headers.get(b"x-slack-retry-reason", b"").decode("latin-1")
    return Posted(kind="event", payload=payload, retry_num=number, retry_reason=reason)


def _form(fields: dict[str, str]) -> Posted | Check:
    if "command" in fields:
        return Posted(kind="command", payload=dict(fields))
    if "payload" in fields:
        try:
            return interactive(_object(fields["payload"].encode()))
        except ValueError as error:
            raise PeerError(f"its payload cannot be read: {error}") from error
    if fields.get("ssl_check"):
        return Check()
    raise PeerError("it is neither a command nor a payload")


def interactive(payload: dict[str, Any]) -> Posted:
    """What a person has begun, as Slack says it."""
    asks = payload.get("type") in ("block_suggestion", "dialog_suggestion")
    return Posted(kind="options" if asks else "interactive", payload=payload)


def _object(said: bytes) -> dict[str, Any]:
    found = _DECODE(said)
    if not isinstance(found, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - a peer's mistake, not a call's
    return found
