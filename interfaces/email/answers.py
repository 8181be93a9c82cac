"""From verdicts to what the client is told: one reply for all recipients, or one for each. No I/O.

RFC 5321 §4.2 (codes), RFC 3463 (enhanced codes), RFC 2033 §4.2 (LMTP: a reply for each recipient).
"""

from collections.abc import Sequence
from typing import Literal

from interfaces.email.replies import reply
from interfaces.shared.delivery import ACCEPTED, Verdict

__all__ = ["USUAL", "Kind", "Words", "answer", "code_of", "mixed", "replies_of", "verdict_of"]

Kind = Literal["accept", "reject", "defer"]
Words = tuple[int, str, str]
"""Code, enhanced code, text."""
USUAL: dict[Kind, Words] = {
    "accept": (250, "2.0.0", "Ok"),
    "reject": (550, "5.7.1", "Refused"),
    "defer": (451, "4.3.0", "Try again later"),
}
"""What is told where a verdict says nothing else."""


def replies_of(verdicts: Sequence[Verdict], transaction_id: str, *, lmtp: bool) -> list[bytes]:
    """What the client is told: of each recipient in LMTP; else of all together.

    SMTP knows one reply. One "try again" makes all of it that, and so does a refusal beside an acceptance: the
    repeat gets what is final already, and runs for the others.
    """
    if lmtp:
        return [_reply(said, transaction_id) for said in verdicts]
    if len(verdicts) == 1 or len({said.kind for said in verdicts}) == 1:
        return [_reply(verdicts[0], transaction_id)]
    deferring = [said for said in verdicts if said.kind == "defer"]
    return [_reply(deferring[0] if deferring else Verdict("defer"), transaction_id)]


def mixed(verdicts: Sequence[Verdict]) -> bool:
    """Whether some accept and some refuse, and nobody says "try again"."""
    return len(verdicts) > 1 and {said.kind for said in verdicts} == {"accept", "reject"}


def answer(said: Verdict, usual: Words) -> bytes:
    """The reply to a recipient; ``usual``: what one that is taken is told."""
    code, enhanced, text = usual if said.kind == "accept" else USUAL[said.kind]
    detail = said.detail
    if detail.get("enhanced") != USUAL["accept"][1]:  # what a message is told
        enhanced = detail.get("enhanced", enhanced)
    return reply(detail.get("code", code), enhanced, detail.get("text", text))


def code_of(said: Verdict) -> int:
    """Its code."""
    code: int = said.detail.get("code", USUAL[said.kind][0])
    return code


def verdict_of(answer: bytes) -> Verdict:
    """The verdict that a refusing reply of one line says."""
    code, _, text = answer.decode("ascii").rstrip().partition(" ")
    enhanced, _, words = text.partition(" ")
    detail = {"code": int(code), "enhanced": enhanced, "text": words}
    return Verdict("defer" if code.startswith("4") else "reject", detail)


def _reply(said: Verdict, transaction_id: str) -> bytes:
    if said is ACCEPTED:  # what most messages are answered
        return b"250 2.0.0 Ok %b\r\n" % transaction_id.encode("ascii")
    code, enhanced, text = USUAL[said.kind]
    text = said.detail.get("text", text)
    if said.kind == "accept":
        text = f"{text} {transaction_id}"
    return reply(said.detail.get("code", code), said.detail.get("enhanced", enhanced), text)
