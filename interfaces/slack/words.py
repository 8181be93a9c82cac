"""What an application says to what Slack has sent: verdicts, and what stands in an acknowledgement. Pure.

Source: api.slack.com, "Acknowledgment response", "Slash commands", "Updating views with response_action".
"""

from collections.abc import Mapping
from typing import Any

from interfaces.shared.asgi import Event
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict
from interfaces.shared.errors import ApplicationError

__all__ = ["KEYS", "SENDS", "WORDS", "payload_of"]

KEYS = (
    "text",
    "blocks",
    "attachments",
    "response_type",
    "replace_original",
    "delete_original",
    "response_action",
    "view",
    "errors",
    "options",
    "option_groups",
)
"""Keys of slack.ack that stand in the acknowledgement."""
ACTIONS = ("errors", "update", "push", "clear")


def _ack(event: Event) -> Verdict:
    said: Any = event.get("payload")
    if isinstance(said, str):
        said = {"text": said}
    if said is not None and not isinstance(said, Mapping):
        raise ApplicationError(f"slack.ack: payload is an object or a text, not {type(said).__name__}")
    found = {**(said or {}), **{key: event[key] for key in KEYS if event.get(key) is not None}}
    if found.get("errors") and "response_action" not in found:
        found["response_action"] = "errors"
    action = found.get("response_action")
    if action is not None and action not in ACTIONS:
        raise ApplicationError(f"slack.ack: response_action is {', '.join(ACTIONS)}, not {action!r}")
    return Verdict("accept", {"payload": found}) if found else ACCEPTED


def _reject(event: Event) -> Verdict:
    return Verdict("reject", {"text": str(event.get("text") or "")})


WORDS = {
    "slack.ack": _ack,
    "slack.accept": lambda _event: ACCEPTED,
    "slack.reject": _reject,
    "slack.defer": lambda _event: DEFERRED,
}
"""Types of messages that are verdicts, and what makes each one."""
SENDS = frozenset(
    (
        "slack.send",
        "slack.respond",
        "slack.update",
        "slack.delete",
        "slack.react",
        "slack.upload",
        "slack.open_view",
        "slack.push_view",
        "slack.update_view",
        "slack.publish_view",
        "slack.status",
        "slack.prompts",
        "slack.title",
        "slack.stream",
        "slack.call",
    )
)
"""Types of messages that go out."""


def payload_of(verdict: Verdict) -> dict[str, Any] | None:
    """What stands in the acknowledgement of an accepted one; None for an empty one."""
    found: dict[str, Any] | None = verdict.detail.get("payload")
    return found
