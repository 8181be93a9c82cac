"""What an answer of Slack's means for the message that it is about. Pure.

Source: api.slack.com, "Web API", the errors of chat.postMessage and others, "Rate limits" (Retry-After in seconds).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from interfaces.shared.pacing import back_off
from interfaces.slack.sending.calls import Call

__all__ = ["LONGEST", "Answer", "Outcome", "outcome"]

LONGEST = 60.0
"""Seconds between two tries at most: others of its channel wait for a message meanwhile."""
RENEWED = 3
"""Tries for a token that has expired, and is to be renewed meanwhile."""
_LATER = frozenset(
    str.split(
        "service_unavailable request_timeout ratelimited rate_limited accesslimited team_added_to_org"
        " external_channel_migrating"
    )
)
"""Slack has not done it, and may do it later."""
_DOUBT = frozenset(("internal_error", "fatal_error", "unknown_error"))
"""Slack does not know itself whether it has done it."""
_DONE: Mapping[str, frozenset[str]] = {
    "reactions.add": frozenset({"already_reacted"}),
    "reactions.remove": frozenset({"no_reaction"}),
    "pins.add": frozenset({"already_pinned"}),
    "pins.remove": frozenset({"no_pin", "not_pinned"}),
    "conversations.join": frozenset({"already_in_channel"}),
}
"""It is as it was to be."""
_DONE_AGAIN: Mapping[str, frozenset[str]] = {
    "chat.delete": frozenset({"message_not_found"}),
    "reactions.remove": frozenset({"message_not_found"}),
    "conversations.archive": frozenset({"already_archived"}),
    "conversations.invite": frozenset({"already_in_channel"}),
    "conversations.kick": frozenset({"not_in_channel"}),
    "conversations.leave": frozenset({"not_in_channel"}),
}
"""It is as it was to be, if it was tried before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back of a request, or did not."""

    status: int = 0
    """Of HTTP; 0: there was no answer."""
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Slack's JSON; empty where that could not be read."""
    retry_after: float | None = None
    """Seconds that Slack wants nothing for."""
    unreached: bool = False
    """Whether nothing can have been heard of the request: no connection came about."""
    reason: str = ""
    """Why there is none, in words without secrets."""

    @property
    def word(self) -> str:
        """Slack's word for what went wrong, else ours: "http_503"; "" when it has worked."""
        said = self.data.get("error")
        if isinstance(said, str) and said:
            return said[:100]
        if self.status == 200 and self.data.get("ok") is True:
            return ""
        if not self.status:
            return "unreachable" if self.unreached else "no_answer"
        return "unreadable_answer" if self.status == 200 else f"http_{self.status}"

    @property
    def detail(self) -> str:
        """What Slack says beside its word, for who reads the log: a scope that is missing, what is wrong in blocks."""
        if needed := self.data.get("needed"):
            return f"it needs {needed}"[:200]
        more = self.data.get("response_metadata")
        lines: Any = more.get("messages") if isinstance(more, Mapping) else None
        return " ".join(map(str, lines))[:200] if isinstance(lines, list) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a call."""

    state: Literal["sent", "later", "failed", "uncertain"]
    error: str = ""
    delay: float = 0.0
    down: bool = False
    rest: float = 0.0
    """Seconds that Slack wants no more of this method for."""


def outcome(call: Call, answer: Answer, tries: int) -> Outcome:
    """What ``answer`` means; ``tries``: how often it was tried, with this one."""
    word = answer.word
    if not word or _is_done(call.method, word, tries):
        return Outcome(state="sent")
    delay = min(LONGEST, back_off(tries))
    if answer.status == 429 or answer.retry_after is not None:
        rest = answer.retry_after if answer.retry_after is not None else delay
        return Outcome(state="later", error=word, delay=rest, rest=rest)
    if answer.unreached:
        return Outcome(state="later", error=word, delay=delay, down=True)
    if _is_later(word, answer.status, tries):
        return Outcome(state="later", error=word, delay=delay)
    if _in_doubt(word, answer):
        return Outcome(state="later" if call.safe else "uncertain", error=word, delay=delay)
    return Outcome(state="failed", error=word)


def _is_done(method: str, word: str, tries: int) -> bool:
    """Whether it is as it was to be, though Slack says no."""
    return word in _DONE.get(method, ()) or (tries > 1 and word in _DONE_AGAIN.get(method, ()))


def _is_later(word: str, status: int, tries: int) -> bool:
    """Whether Slack has not done it, and may do so when it is asked again."""
    if word == "token_expired":
        return tries < RENEWED
    return word in _LATER or (status in (502, 503) and word == f"http_{status}")


def _in_doubt(word: str, answer: Answer) -> bool:
    """Whether it may have been done all the same."""
    return word in _DOUBT or not answer.status or answer.status >= 500 or word == "unreadable_answer"
