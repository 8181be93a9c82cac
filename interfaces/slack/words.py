"""What an application says to what Slack has sent: verdicts, and what stands in an acknowledgement. Pure.

Source: api.slack.com, "Acknowledgment response", "Slash commands", "Updating views with response_action".
"""

from collections.abc import Mapping
from json import dumps
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
NEEDS = {"errors": "errors", "update": "view", "push": "view"}
"""What each is about."""


def _ack(event: Event) -> Verdict:
    said: Any = event.get("payload")
    if isinstance(said, str):
        said = {"text": said}
    if said is not None and not isinstance(said, Mapping):
        raise ApplicationError(f"slack.ack: payload is an object or a text, not {type(said).__name__}")
    found = {**(said or {}), **{key: event[key] for key in KEYS if event.get(key) is not None}}
    _action(found)
    try:
        dumps(found, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ApplicationError(f"slack.ack: it cannot be said in JSON: {error}") from error
    return Verdict("accept", {"payload": found}) if found else ACCEPTED


def _action(found: dict[str, Any]) -> None:
    """What becomes of a view, where the application says it, or what it says is clear by itself.

    No errors are none: a view is closed then, where Slack would say that the app is broken. Those of a dialog are a
    list, and stand alone.
    """
    if "errors" in found and not found["errors"]:
        del found["errors"]
        if found.get("response_action") == "errors":
            del found["response_action"]
    for key, clear in (("errors", "errors"), ("view", "update")):
        if isinstance(found.get(key), Mapping):
            found.setdefault("response_action", clear)
    action = found.get("response_action")
    if action is None:
        return
    if action not in ACTIONS:
        raise ApplicationError(f"slack.ack: response_action is {', '.join(ACTIONS)}, not {action!r}")
    needs = NEEDS.get(action)
    if needs and not isinstance(found.get(needs), Mapping):
        raise ApplicationError(f"slack.ack: response_action {action} needs {needs}, which is an object")


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
