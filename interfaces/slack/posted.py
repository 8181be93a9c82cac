"""What Slack has sent, read from its bytes: forms and JSON. Pure.

One URL takes all kinds: an Events API envelope is JSON; a slash command is a form; what is interactive is a form with
one field ``payload``, which is JSON. A form is an interactive one only if it has no field ``command``: a command's text
may speak of "payload". Source: api.slack.com, "Slash commands", "Handling user interaction".

Refused, though JSON: what no other process could be told (integers beyond 64 bits), and what is nested so deeply that
whoever walks through it later may fail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec

from interfaces.shared.errors import PeerError

__all__ = ["DEPTH", "FIELDS", "Check", "Kind", "Posted", "decoded", "interactive", "looks", "read"]

FIELDS = 200
"""Fields of a form; Slack's have about fifteen."""
LOOK = 1000
"""Bytes of a form that only looks whether we are there."""
DEPTH = 100
"""Objects and lists within each other; Slack's have up to about twenty."""
_DECODE = msgspec.json.Decoder().decode
_PACK = msgspec.msgpack.Encoder().encode_into
_PACKED = bytearray()
"""Where it is packed, to see whether it can be; what is left there is of no use."""
Kind = Literal["event", "command", "interactive", "options"]
_SUGGESTIONS = ("block_suggestion", "dialog_suggestion")


@dataclass(slots=True, init=False)
class Posted:
    """Something that happened, whichever way it came.

    Neither frozen nor made by a dataclass's own ``__init__``, which take ten times as long where this is compiled.
    """

    kind: Kind
    payload: dict[str, Any]
    """event: the envelope event_callback; command: the form's fields; else the payload."""
    retry_num: int
    """0 for the first try."""
    retry_reason: str

    def __init__(
        self, kind: Kind, payload: dict[str, Any], retry_num: int = 0, retry_reason: str = ""
    ) -> None:
        self.kind = kind
        self.payload = payload
        self.retry_num = retry_num
        self.retry_reason = retry_reason


@dataclass(frozen=True, slots=True)
class Check:
    """Slack looks whether we are there: to be answered with ``challenge``, "" for an empty 200."""

    challenge: str = ""


def read(body: bytes, form: bool, headers: Mapping[bytes, bytes]) -> Posted | Check:
    """What ``body`` says; ``form``: whether it is one. ``headers`` has its try. PeerError for what is malformed."""
    if not form:
        return _event(decoded(body), headers)
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError as error:  # UnicodeDecodeError is one
        raise PeerError(f"it cannot be read: {error}") from error
    return _form(fields)


def looks(form: bytes) -> bool:
    """Whether a form or a query is Slack's look at the certificate of a command's URL, which it does not sign."""
    if len(form) > LOOK:
        return False
    try:
        fields = dict(parse_qsl(form.decode(), max_num_fields=FIELDS))
    except ValueError:
        return False
    return bool(fields.get("ssl_check")) and not fields.keys() & {"command", "payload"}


def decoded(said: bytes) -> dict[str, Any]:
    """The object that ``said`` is in JSON, which msgpack can say, too. PeerError for anything else."""
    try:
        found = _DECODE(said)
        _PACK(found, _PACKED)
    except (ValueError, OverflowError, RecursionError) as error:  # msgspec's own are ValueErrors
        raise PeerError(f"it cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise PeerError("it is no object")
    # in half the time of two counts
    if len(said) - len(said.translate(None, b"{[")) > DEPTH and _deep(found):
        raise PeerError(f"it is nested more than {DEPTH} deep")
    return found


def _deep(found: dict[str, Any]) -> bool:
    """Whether there is something below ``DEPTH``."""
    level: list[Any] = [found]
    for _ in range(DEPTH):
        level = [
            one
            for whole in level
            for one in (whole.values() if isinstance(whole, dict) else whole)
            if isinstance(one, dict | list)
        ]
        if not level:
            return False
    return True


def _event(payload: dict[str, Any], headers: Mapping[bytes, bytes]) -> Posted | Check:
    if payload.get("type") == "url_verification":
        challenge = payload.get("challenge")
        return Check(challenge if isinstance(challenge, str) else "")
    said = headers.get(b"x-slack-retry-num", b"")
    number = int(said) if said.isdigit() and len(said) < 4 else 0
    reason = headers.get(b"x-slack-retry-reason", b"").decode("latin-1")
    return Posted(kind="event", payload=payload, retry_num=number, retry_reason=reason)


def _form(fields: dict[str, str]) -> Posted | Check:
    if "command" in fields:
        return Posted(kind="command", payload=fields)
    if "payload" in fields:
        return interactive(decoded(fields["payload"].encode()))
    if fields.get("ssl_check"):
        return Check()
    raise PeerError("it is neither a command nor a payload")


def interactive(payload: dict[str, Any]) -> Posted:
    """What a person has begun, as Slack says it."""
    kind = payload.get("type")
    # a menu of an attachment asks with the type of its actions, and without any
    asks = kind in _SUGGESTIONS or (kind == "interactive_message" and "actions" not in payload)
    return Posted(kind="options" if asks else "interactive", payload=payload)
