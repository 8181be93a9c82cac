"""Receipts of an SMSC: by optional parameters, else by the text that Appendix B of SMPP 3.4 has. Pure.

The text: ``id:… sub:001 dlvrd:001 submit date:… done date:… stat:DELIVRD err:000 text:…``, in any order and case, as
far as it is there.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from interfaces.sms.pdus import Sm
from interfaces.sms.providers.base import Receipt, Status
from interfaces.sms.smpp_times import receipt_time, receipt_time_of
from interfaces.sms.tlvs import MESSAGE_STATE, NETWORK_ERROR, RECEIPTED_ID, number
from interfaces.sms.ton_npi import said_by

__all__ = ["INTERMEDIATE", "KINDS", "RECEIPT", "STATES", "WORDS", "is_receipt", "receipt_of", "receipt_text"]

KINDS: Final = 0x3C
"""The bits of esm_class that tell receipts and acknowledgements from messages (§5.2.12)."""
RECEIPT: Final = 0x04
INTERMEDIATE: Final = 0x20
STATES: Final[Mapping[int, Status]] = {
    0: "queued", 1: "sent", 2: "delivered", 3: "expired", 4: "undelivered", 5: "undelivered", 6: "sent", 7: "failed",
    8: "rejected", 9: "failed",
}  # fmt: skip
"""By message_state (§5.2.28; 0 and 9 are of 5.0)."""
WORDS: Final[Mapping[str, int]] = {
    "SCHEDUL": 0, "ENROUTE": 1, "DELIVRD": 2, "EXPIRED": 3, "DELETED": 4, "UNDELIV": 5, "ACCEPTD": 6, "UNKNOWN": 7,
    "REJECTD": 8, "SKIPPED": 9, "BUFFRED": 1, "BUFFERED": 1, "BUFFERD": 1,
}  # fmt: skip
"""The state by the word after ``stat:``; the last three are some SMSCs' own."""
_FIELD: Final = re.compile(
    r"\b(id|sub|dlvrd|submit date|done date|stat|err): *([^ ]*)(?= |$)|\b(text):(.*)",
    re.IGNORECASE | re.DOTALL | re.ASCII,
)
_NAMES: Final = ("id", "sub", "dlvrd", "submit date", "done date", "stat", "err", "text")
_USUAL: Final = re.compile(
    r"id:(\S+) sub:(\S*) dlvrd:(\S*) submit date:(\S*) done date:(\S*) stat:(\S*) err:(\S*) [Tt]ext:(.*)",
    re.DOTALL,
)
"""As most write it."""
LOOKED_AT: Final = 1024
"""Characters of a text in which its fields are looked for."""


def is_receipt(sm: Sm) -> bool:
    """Whether it is one, and no message of somebody's."""
    kind = sm.esm_class & KINDS
    return (
        kind == RECEIPT
        or kind == INTERMEDIATE
        or (kind == 0 and RECEIPTED_ID in sm.tlvs and MESSAGE_STATE in sm.tlvs)
    )


def _fields(text: str) -> dict[str, str]:
    """What the text has, by the names of the fields."""
    usual = _USUAL.fullmatch(text)
    if usual is not None:
        return dict(zip(_NAMES, usual.groups(), strict=True))
    said: dict[str, str] = {}
    for found in _FIELD.finditer(text[:LOOKED_AT]):
        name, value = (found[1], found[2]) if found[1] else (found[3], found[4])
        said.setdefault(name.lower(), value)
    return said


def _itself(name: str) -> str:
    return name


def receipt_of(sm: Sm, text: str, meant: Callable[[str], str] = _itself) -> Receipt | None:
    """What it says; None where nobody can tell what became of which message. ``meant``: its id as we know it."""
    said = _fields(text)
    raw_id = sm.tlvs.get(RECEIPTED_ID)
    name = raw_id.partition(b"\0")[0].decode("latin-1") if raw_id else ""
    name = name or said.get("id", "")
    state = number(sm.tlvs, MESSAGE_STATE)
    if state not in STATES:
        state = WORDS.get(said.get("stat", "").upper())
    if not name or state is None:
        return None
    status = STATES[state]
    error = said.get("err", "")
    network = sm.tlvs.get(NETWORK_ERROR)
    if network is not None and not error.strip("0"):
        error = str(int.from_bytes(network[1:], "big"))
    word = said.get("stat", "")
    return Receipt(
        provider_id=meant(name),
        status=status,
        sender=said_by(sm.destination_ton, sm.destination),
        recipient=said_by(sm.source_ton, sm.source),
        error_code="" if not error.strip("0") and status in ("delivered", "sent", "queued") else error,
        error_text="" if status in ("delivered", "sent", "queued") else word,
        at=receipt_time_of(said.get("done date", "")),
        raw={"text": text, "message_state": state, "esm_class": sm.esm_class, **said},
    )


def receipt_text(name: str, word: str, submitted: float, done: float, error: int = 0, text: str = "") -> str:
    """The text of a receipt, in ASCII; ``word``: DELIVRD. ``text`` is cut to the 20 characters that it may have."""
    delivered = int(word == "DELIVRD")
    head = text.encode("ascii", "replace").decode()[:20]
    return (
        f"id:{name} sub:001 dlvrd:{delivered:03d} submit date:{receipt_time(submitted)} "
        f"done date:{receipt_time(done)} stat:{word} err:{error:03d} text:{head}"
    )
