"""What an SMPP peer answers: command_status by its names. Pure.

Source: SMPP 3.4 §5.1.3; from 0x100 on those of 5.0 §4.7.6. 0x400 to 0x4FF are the vendors' own.
"""

from typing import Final

__all__ = [
    "ALREADY_BOUND", "APPLICATION_REFUSES", "APPLICATION_WAITS", "BAD_COMMAND", "BAD_DESTINATION", "BAD_ID",
    "BAD_LENGTH", "BAD_MESSAGE_LENGTH", "BAD_PASSWORD", "BAD_SOURCE", "BAD_STATE", "BAD_SYSTEM", "BAD_TLVS",
    "BAD_TLV_LENGTH", "BIND_FAILED", "CANCEL_FAILED", "CREDENTIALS", "NAMES", "OK", "QUERY_FAILED", "QUEUE_FULL",
    "REPLACE_FAILED", "SUBMIT_FAILED", "SYSTEM_ERROR", "TEMPORARY", "THROTTLED", "THROTTLING", "refusal",
    "status_name",
]  # fmt: skip

NAMES: Final[dict[int, str]] = {
    0x00: "ESME_ROK", 0x01: "ESME_RINVMSGLEN", 0x02: "ESME_RINVCMDLEN", 0x03: "ESME_RINVCMDID",
    0x04: "ESME_RINVBNDSTS", 0x05: "ESME_RALYBND", 0x06: "ESME_RINVPRTFLG", 0x07: "ESME_RINVREGDLVFLG",
    0x08: "ESME_RSYSERR", 0x0A: "ESME_RINVSRCADR", 0x0B: "ESME_RINVDSTADR", 0x0C: "ESME_RINVMSGID",
    0x0D: "ESME_RBINDFAIL", 0x0E: "ESME_RINVPASWD", 0x0F: "ESME_RINVSYSID", 0x11: "ESME_RCANCELFAIL",
    0x13: "ESME_RREPLACEFAIL", 0x14: "ESME_RMSGQFUL", 0x15: "ESME_RINVSERTYP", 0x33: "ESME_RINVNUMDESTS",
    0x34: "ESME_RINVDLNAME", 0x40: "ESME_RINVDESTFLAG", 0x42: "ESME_RINVSUBREP", 0x43: "ESME_RINVESMCLASS",
    0x44: "ESME_RCNTSUBDL", 0x45: "ESME_RSUBMITFAIL", 0x48: "ESME_RINVSRCTON", 0x49: "ESME_RINVSRCNPI",
    0x50: "ESME_RINVDSTTON", 0x51: "ESME_RINVDSTNPI", 0x53: "ESME_RINVSYSTYP", 0x54: "ESME_RINVREPFLAG",
    0x55: "ESME_RINVNUMMSGS", 0x58: "ESME_RTHROTTLED", 0x61: "ESME_RINVSCHED", 0x62: "ESME_RINVEXPIRY",
    0x63: "ESME_RINVDFTMSGID", 0x64: "ESME_RX_T_APPN", 0x65: "ESME_RX_P_APPN", 0x66: "ESME_RX_R_APPN",
    0x67: "ESME_RQUERYFAIL", 0xC0: "ESME_RINVOPTPARSTREAM", 0xC1: "ESME_ROPTPARNOTALLWD",
    0xC2: "ESME_RINVPARLEN", 0xC3: "ESME_RMISSINGOPTPARAM", 0xC4: "ESME_RINVOPTPARAMVAL",
    0xFE: "ESME_RDELIVERYFAILURE", 0xFF: "ESME_RUNKNOWNERR", 0x100: "ESME_RSERTYPUNAUTH",
    0x101: "ESME_RPROHIBITED", 0x102: "ESME_RSERTYPUNAVAIL", 0x103: "ESME_RSERTYPDENIED",
    0x104: "ESME_RINVDCS", 0x105: "ESME_RINVSRCADDRSUBUNIT", 0x106: "ESME_RINVDSTADDRSUBUNIT",
    0x10F: "ESME_RINVNUMSMES", 0x112: "ESME_RINVTXTMSG",
}  # fmt: skip
"""By its number."""

OK: Final = 0x00
BAD_MESSAGE_LENGTH: Final = 0x01
BAD_LENGTH: Final = 0x02
BAD_COMMAND: Final = 0x03
BAD_STATE: Final = 0x04
ALREADY_BOUND: Final = 0x05
SYSTEM_ERROR: Final = 0x08
BAD_SOURCE: Final = 0x0A
BAD_DESTINATION: Final = 0x0B
BAD_ID: Final = 0x0C
BIND_FAILED: Final = 0x0D
BAD_PASSWORD: Final = 0x0E
BAD_SYSTEM: Final = 0x0F
CANCEL_FAILED: Final = 0x11
REPLACE_FAILED: Final = 0x13
QUEUE_FULL: Final = 0x14
SUBMIT_FAILED: Final = 0x45
THROTTLED: Final = 0x58
APPLICATION_WAITS: Final = 0x64
APPLICATION_REFUSES: Final = 0x66
QUERY_FAILED: Final = 0x67
BAD_TLVS: Final = 0xC0
BAD_TLV_LENGTH: Final = 0xC2

THROTTLING: Final = frozenset({QUEUE_FULL, THROTTLED})
"""We are too fast."""
TEMPORARY: Final = frozenset({*THROTTLING, BAD_STATE, SYSTEM_ERROR, APPLICATION_WAITS})
"""What may go well later; all others are for good."""
CREDENTIALS: Final = frozenset({BAD_PASSWORD, BAD_SYSTEM, 0x53})
"""Who is told one of these to a bind has to mend the settings."""
HTTP: Final = 400
"""From here on an application's status is HTTP's."""


def status_name(status: int) -> str:
    """ESME_RTHROTTLED; where there is none, its number."""
    return NAMES.get(status) or f"command_status 0x{status:08X}"


def refusal(asked: object, default: int) -> int:
    """What is said for the application's ``sms.reject``: its status where that is one of SMPP, else ``default``."""
    if isinstance(asked, int) and 0 < asked < HTTP:
        return asked
    return default
