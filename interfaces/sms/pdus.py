"""The PDUs of SMPP: their commands, and their bodies as fields and back. Pure.

Source: SMPP 3.4 §4 and §5.2; sizes are of the fields with their NUL. Each fault of a body has its own status. A
response with an error may have no body (§4.4.2). Refused, although lenient peers take it: strings without NUL or longer
than their field, a short_message beyond 254 octets, one that stands beside a message_payload, octets behind the fields.
"""

from dataclasses import dataclass, field
from struct import Struct
from typing import Any, Final

from interfaces.shared.errors import ApplicationError, PeerError
from interfaces.sms import command_status as say
from interfaces.sms.tlvs import MESSAGE_PAYLOAD, read_tlvs, write_tlvs

__all__ = [
    "ALERT_NOTIFICATION", "BIND_RECEIVER", "BIND_TRANSCEIVER", "BIND_TRANSMITTER", "CANCEL_SM", "COMMANDS", "DATA_SM",
    "DELIVER_SM", "ENQUIRE_LINK", "GENERIC_NACK", "HEADER", "OUTBIND", "QUERY_SM", "REPLACE_SM", "RESPONSE",
    "SUBMIT_SM", "UNBIND", "Pdu", "Sm", "pack", "read", "read_id", "read_sm", "write", "write_sm",
]  # fmt: skip

HEADER: Final = Struct(">IIII")
RESPONSE: Final = 0x80000000
"""The bit of a response."""
GENERIC_NACK: Final = 0x80000000
BIND_RECEIVER: Final = 0x01
BIND_TRANSMITTER: Final = 0x02
QUERY_SM: Final = 0x03
SUBMIT_SM: Final = 0x04
DELIVER_SM: Final = 0x05
UNBIND: Final = 0x06
REPLACE_SM: Final = 0x07
CANCEL_SM: Final = 0x08
BIND_TRANSCEIVER: Final = 0x09
OUTBIND: Final = 0x0B
ENQUIRE_LINK: Final = 0x15
ALERT_NOTIFICATION: Final = 0x0102
DATA_SM: Final = 0x0103

_BINDS: Final = (BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER)
_ASKED: Final = (
    *_BINDS,
    QUERY_SM,
    SUBMIT_SM,
    DELIVER_SM,
    UNBIND,
    REPLACE_SM,
    CANCEL_SM,
    ENQUIRE_LINK,
    DATA_SM,
)
COMMANDS: Final = frozenset(
    {*_ASKED, *(one | RESPONSE for one in _ASKED), GENERIC_NACK, OUTBIND, ALERT_NOTIFICATION}
)
"""Those that we know."""
SHORT: Final = 254
"""Octets of a short_message; 255 is reserved (§5.2.21)."""


@dataclass(slots=True)
class Pdu:
    """One PDU as it came, its body not read yet."""

    command: int
    status: int
    sequence: int
    body: bytes = b""


@dataclass(slots=True)
class Sm:
    """The body of a submit_sm, deliver_sm or data_sm; addresses and times as octets, without their NUL."""

    source: bytes = b""
    destination: bytes = b""
    content: bytes = b""
    """short_message, or where there is one the message_payload."""
    source_ton: int = 0
    source_npi: int = 0
    destination_ton: int = 0
    destination_npi: int = 0
    esm_class: int = 0
    protocol_id: int = 0
    priority: int = 0
    schedule: bytes = b""
    validity: bytes = b""
    registered: int = 0
    """registered_delivery: which receipts are wanted."""
    replace: int = 0
    data_coding: int = 0
    default_id: int = 0
    service_type: bytes = b""
    tlvs: dict[int, bytes] = field(default_factory=dict)


def pack(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    """A whole PDU."""
    return HEADER.pack(16 + len(body), command, status, sequence) + body


# --- messages --------------------------------------------------------------------------------------------


def _text(body: bytes, at: int, size: int, status: int) -> int:
    """Where the string at ``at`` ends; PeerError with ``status`` when it has more than ``size`` octets with its NUL."""
    end = body.find(0, at, at + size)
    if end < 0:
        short = len(body) - at < size
        raise PeerError("a string has no end", say.BAD_LENGTH if short else status)
    return end


def read_sm(command: int, body: bytes) -> Sm:
    """The body of a submit_sm, deliver_sm or data_sm. PeerError with the status."""
    try:
        return _read_data(body) if command == DATA_SM else _read_short(body)
    except IndexError:
        raise PeerError("the body ends within a field", say.BAD_LENGTH) from None


def _read_short(body: bytes) -> Sm:
    service = _text(body, 0, 6, 0x15)
    at = service + 3
    source = _text(body, at, 21, say.BAD_SOURCE)
    to = source + 3
    destination = _text(body, to, 21, say.BAD_DESTINATION)
    when = destination + 4
    schedule = _text(body, when, 17, 0x61)
    until = schedule + 1
    validity = _text(body, until, 17, 0x62)
    rest = validity + 1
    size = body[rest + 4]
    start = rest + 5
    end = start + size
    if size > SHORT:
        raise PeerError(f"a short_message of {size} octets", say.BAD_MESSAGE_LENGTH)
    if end > len(body):
        raise PeerError("the short_message ends early", say.BAD_LENGTH)
    content = body[start:end]
    tlvs: dict[int, bytes] = {}
    if end < len(body):
        tlvs = read_tlvs(body, end)
        payload = tlvs.pop(MESSAGE_PAYLOAD, None)
        if payload is not None:
            if content:
                raise PeerError("a short_message beside a message_payload", say.BAD_MESSAGE_LENGTH)
            content = payload
    return Sm(
        body[at:source], body[to:destination], content, body[service + 1], body[service + 2], body[source + 1],
        body[source + 2], body[destination + 1], body[destination + 2], body[destination + 3], body[when:schedule],
        body[until:validity], body[rest], body[rest + 1], body[rest + 2], body[rest + 3], body[:service], tlvs,
    )  # fmt: skip


def _read_data(body: bytes) -> Sm:
    service = _text(body, 0, 6, 0x15)
    at = service + 3
    source = _text(body, at, 65, say.BAD_SOURCE)
    to = source + 3
    destination = _text(body, to, 65, say.BAD_DESTINATION)
    end = destination + 4
    data_coding = body[destination + 3]
    tlvs = read_tlvs(body, end)
    return Sm(
        source=body[at:source], destination=body[to:destination], content=tlvs.pop(MESSAGE_PAYLOAD, b""),
        source_ton=body[service + 1], source_npi=body[service + 2], destination_ton=body[source + 1],
        destination_npi=body[source + 2], esm_class=body[destination + 1], registered=body[destination + 2],
        data_coding=data_coding, service_type=body[:service], tlvs=tlvs,
    )  # fmt: skip


def write_sm(sm: Sm) -> bytes:
    """The body of a submit_sm or deliver_sm; content beyond a short_message goes into message_payload.

    ApplicationError for an address or a time that has no room.
    """
    content, tlvs = sm.content, sm.tlvs
    if len(content) > SHORT:
        tlvs = {**tlvs, MESSAGE_PAYLOAD: content}
        content = b""
    if len(sm.source) > 20 or len(sm.destination) > 20 or 0 in sm.source or 0 in sm.destination:
        raise ApplicationError("SMPP: an address has at most 20 characters")
    if len(sm.schedule) > 16 or len(sm.validity) > 16 or len(sm.service_type) > 5:
        raise ApplicationError("SMPP: a time has 16 characters, and a service_type at most 5")
    body = b"".join((
        sm.service_type, bytes((0, sm.source_ton, sm.source_npi)), sm.source,
        bytes((0, sm.destination_ton, sm.destination_npi)), sm.destination,
        bytes((0, sm.esm_class, sm.protocol_id, sm.priority)), sm.schedule, b"\0", sm.validity,
        bytes((0, sm.registered, sm.replace, sm.data_coding, sm.default_id, len(content))), content,
    ))  # fmt: skip
    return body + write_tlvs(tlvs) if tlvs else body


def read_id(body: bytes) -> str:
    """The message_id of a submit_sm_resp or data_sm_resp; "" where there is none. PeerError with the status."""
    if not body:
        return ""
    return body[: _text(body, 0, 65, say.BAD_ID)].decode("latin-1")


# --- all others: by a table ------------------------------------------------------------------------------

Fields = dict[str, Any]
_Layout = tuple[tuple[str, int, int], ...]
"""Name, size (0: one octet, a number), status when it is too long."""


def _address(name: str, size: int, status: int) -> _Layout:
    return ((f"{name}_ton", 0, 0), (f"{name}_npi", 0, 0), (name, size, status))


_BIND: Final[_Layout] = (
    ("system_id", 16, say.BAD_SYSTEM), ("password", 9, say.BAD_PASSWORD), ("system_type", 13, 0x53),
    ("interface_version", 0, 0), *_address("address_range", 41, say.BIND_FAILED),
)  # fmt: skip
_ID: Final = ("message_id", 65, say.BAD_ID)
_SOURCE: Final = _address("source", 21, say.BAD_SOURCE)
_LAYOUTS: Final[dict[int, _Layout]] = {
    BIND_RECEIVER: _BIND,
    BIND_TRANSMITTER: _BIND,
    BIND_TRANSCEIVER: _BIND,
    **{one | RESPONSE: (("system_id", 16, say.BAD_SYSTEM),) for one in _BINDS},
    OUTBIND: _BIND[:2],
    QUERY_SM: (_ID, *_SOURCE),
    QUERY_SM | RESPONSE: (_ID, ("final_date", 17, 0x61), ("message_state", 0, 0), ("error_code", 0, 0)),
    CANCEL_SM: (("service_type", 6, 0x15), _ID, *_SOURCE, *_address("destination", 21, say.BAD_DESTINATION)),
    REPLACE_SM: (
        _ID, *_SOURCE, ("schedule", 17, 0x61), ("validity", 17, 0x62), ("registered", 0, 0), ("default_id", 0, 0),
        ("short_message", -1, say.BAD_MESSAGE_LENGTH),
    ),
    SUBMIT_SM | RESPONSE: (_ID,),
    DELIVER_SM | RESPONSE: (_ID,),
    DATA_SM | RESPONSE: (_ID,),
    ALERT_NOTIFICATION: (*_address("source", 65, say.BAD_SOURCE), *_address("esme", 65, say.BAD_DESTINATION)),
}  # fmt: skip
"""Of what is not here the body has no mandatory fields."""


def read(command: int, body: bytes) -> tuple[Fields, dict[int, bytes]]:
    """The fields, by name, and the optional parameters, of any but a message. PeerError with the status."""
    found: Fields = {}
    at = 0
    if not body and command & RESPONSE:
        return found, {}
    try:
        for name, size, status in _LAYOUTS.get(command, ()):
            if size == 0:
                found[name] = body[at]
                at += 1
            elif size < 0:
                end = at + 1 + body[at]
                if end > len(body) or body[at] > SHORT:
                    raise PeerError("the short_message ends early", status)
                found[name], at = body[at + 1 : end], end
            else:
                end = _text(body, at, size, status)
                found[name], at = body[at:end], end + 1
    except IndexError:
        raise PeerError("the body ends within a field", say.BAD_LENGTH) from None
    return found, read_tlvs(body, at)


def write(command: int, fields: Fields, tlvs: dict[int, bytes] | None = None) -> bytes:
    """The body of any but a message; what is not in ``fields`` is 0 or empty. ApplicationError for what has no room."""
    out: list[bytes] = []
    for name, size, _ in _LAYOUTS.get(command, ()):
        value = fields.get(name, 0 if size == 0 else b"")
        if size == 0:
            out.append(bytes((value,)))
        elif size < 0:
            out.append(bytes((len(value),)) + value)
        elif (
            len(value) >= max(size, 65) or 0 in value
        ):  # passwords are longer than the specification has them
            raise ApplicationError(f"SMPP: {name} is too long")
        else:
            out.append(value + b"\0")
    return b"".join(out) + (write_tlvs(tlvs) if tlvs else b"")
