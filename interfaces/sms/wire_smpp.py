"""SMPP: bytes in any split to PDUs, and what is to be answered by the rules of the protocol alone. Pure.

SMPP 3.4 with 5.0's parts in use: §2.2 states, §2.3 which PDU in which, §3.2 header, §4.3 generic_nack. Either side:
the ESME, which binds, and the SMSC, which is bound to.

The wire answers itself: an unknown command (generic_nack ESME_RINVCMDID), a command that the state or the side does not
have (its response, ESME_RINVBNDSTS or ESME_RALYBND), outbind (nobody calls us back: ignored, counted). A
command_length below 16 or beyond ``most`` is answered by a generic_nack ESME_RINVCMDLEN, and is the end, since nobody
knows where the next PDU begins. Unknown responses are never answered, and counted. Our sequence numbers go from 1 to
0x7FFFFFFF and round; those of the peer are given back as they came, although 0 and those beyond are none.
"""

from typing import Final, Literal

from interfaces.sms.command_status import ALREADY_BOUND, BAD_COMMAND, BAD_LENGTH, BAD_STATE
from interfaces.sms.pdus import (
    ALERT_NOTIFICATION,
    BIND_RECEIVER,
    BIND_TRANSCEIVER,
    BIND_TRANSMITTER,
    CANCEL_SM,
    COMMANDS,
    DATA_SM,
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    HEADER,
    OUTBIND,
    QUERY_SM,
    REPLACE_SM,
    RESPONSE,
    SUBMIT_SM,
    UNBIND,
    Pdu,
    pack,
)

__all__ = ["BINDS", "LAST", "MOST", "State", "Wire"]

MOST: Final = 70 * 1024
"""Octets of a PDU: a message_payload of 64 KiB has room."""
LAST: Final = 0x7FFFFFFF
"""The last sequence number."""
State = Literal["open", "receiver", "transmitter", "transceiver", "closed"]
BINDS: Final[dict[int, State]] = {
    BIND_RECEIVER: "receiver",
    BIND_TRANSMITTER: "transmitter",
    BIND_TRANSCEIVER: "transceiver",
}
"""What each command of binding makes of a connection."""
_ANY: Final = frozenset({ENQUIRE_LINK, UNBIND})
_SENDING: Final = _ANY | {SUBMIT_SM, DATA_SM, QUERY_SM, CANCEL_SM, REPLACE_SM}
_RECEIVING: Final = _ANY | {DELIVER_SM, DATA_SM, ALERT_NOTIFICATION}
_TAKEN: Final[dict[bool, dict[State, frozenset[int]]]] = {
    True: {
        "open": frozenset(BINDS) | {ENQUIRE_LINK}, "transmitter": _SENDING, "transceiver": _SENDING,
        "receiver": _ANY, "closed": _ANY,
    },
    False: {
        "open": frozenset({ENQUIRE_LINK, OUTBIND}), "transmitter": _ANY, "transceiver": _RECEIVING,
        "receiver": _RECEIVING, "closed": _ANY,
    },
}  # fmt: skip
"""What the SMSC (True) and the ESME take, by the state."""


class Wire:
    """One connection: :meth:`feed` it, take PDUs by :meth:`next`, write what is in ``out``. ``smsc``: we are bound to.

    The SMSC's side sets ``state`` when it accepts a bind. ``closing`` says why it has to end, once ``out`` has left;
    nothing is taken from then on.
    """

    def __init__(self, *, smsc: bool, most: int = MOST) -> None:
        self.smsc = smsc
        self.most = most
        self.state: State = "open"
        self.out: list[bytes] = []
        self.closing: str = ""
        self.nacks: int = 0
        """What we had to refuse of it, in PDUs."""
        self.ignored: int = 0
        """Responses to nothing that we know."""
        self._buffer: bytes = b""
        self._at: int = 0
        self._pieces: list[bytes] = []
        self._size: int = 0
        """Of the pieces."""
        self._wanted: int = 16
        self._last: int = 0
        self._taken = _TAKEN[smsc]

    def __repr__(self) -> str:
        return f"<Wire of the {'SMSC' if self.smsc else 'ESME'}, {self.state}, {self.waiting} octets wait>"

    @property
    def waiting(self) -> int:
        """Octets that have come, and are no PDU yet."""
        return len(self._buffer) - self._at + self._size

    def sequence(self) -> int:
        """The next number of ours."""
        self._last = self._last + 1 if self._last < LAST else 1
        return self._last

    def feed(self, data: bytes) -> None:
        """Bytes came."""
        if self.closing:
            return
        if self._at == len(self._buffer):
            self._buffer, self._at = data, 0
        elif self._pieces or len(self._buffer) - self._at + len(data) < self._wanted:
            self._pieces.append(data)  # joined once there is enough
            self._size += len(data)
        else:
            self._buffer, self._at = self._buffer[self._at :] + data, 0

    def next(self) -> Pdu | None:
        """The next PDU that the state takes; None: there is none that is whole."""
        while not self.closing:
            if self._pieces and not self._joined():
                return None
            at, left = self._at, len(self._buffer) - self._at
            if left < 16:
                self._wanted = 16
                return None
            length, command, status, sequence = HEADER.unpack_from(self._buffer, at)
            if length < 16 or length > self.most:
                self._refuse(sequence, BAD_LENGTH)
                self.closing = f"a command_length of {length}"
                self._buffer, self._at = b"", 0
                return None
            if left < length:
                self._wanted = length
                return None
            self._at = at + length
            if self._takes(command, sequence):
                if command & RESPONSE and not status:
                    self._went_well(command ^ RESPONSE)
                return Pdu(command, status, sequence, self._buffer[at + 16 : at + length])
        return None

    def _went_well(self, command: int) -> None:
        """Who has bound is bound from now on."""
        if command in BINDS and not self.smsc:
            self.state = BINDS[command]

    def _joined(self) -> bool:
        """Whether what came in pieces is enough, and now in one."""
        if len(self._buffer) - self._at + self._size < self._wanted:
            return False
        self._buffer = b"".join((self._buffer[self._at :], *self._pieces))
        self._pieces.clear()
        self._at = self._size = 0
        return True

    def _takes(self, command: int, sequence: int) -> bool:
        """Whether it is given on; what is not is answered here."""
        if command & RESPONSE:
            if command in COMMANDS:
                return True
            self.ignored += 1
            return False
        if command in self._taken[self.state]:
            if command == OUTBIND:
                self.ignored += 1
                return False
            return True
        if command not in COMMANDS:
            self._refuse(sequence, BAD_COMMAND)
        elif command == ALERT_NOTIFICATION or command == OUTBIND:  # these have no response
            self._refuse(sequence, BAD_STATE)
        else:
            again = command in BINDS and self.smsc
            self.nacks += 1
            self.out.append(pack(command | RESPONSE, ALREADY_BOUND if again else BAD_STATE, sequence))
        return False

    def _refuse(self, sequence: int, status: int) -> None:
        self.nacks += 1
        self.out.append(pack(GENERIC_NACK, status, sequence))
