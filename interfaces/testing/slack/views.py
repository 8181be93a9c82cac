"""Views as Slack keeps them: modals in stacks, homes by person, each with a hash that its next change takes."""

from dataclasses import dataclass, field
from typing import Any

from interfaces.testing.slack.errors import SlackRefused

__all__ = ["Trigger", "Views", "check_view"]

STACK = 3
"""Most modals on top of each other."""
BLOCKS = 100
"""Most blocks of a view."""
TITLE = 24
"""Most characters of a modal's title."""
METADATA = 3000
"""Most characters of private_metadata."""


@dataclass(slots=True, kw_only=True)
class Trigger:
    """Leave to open one view, for a short time."""

    team_id: str
    user_id: str
    until: float
    """Unix seconds of the fake's clock."""
    view_id: str = ""
    """The view it was given in: on top of that one another may be pushed."""
    used: bool = False


@dataclass(slots=True)
class Views:
    """All views, by id, closed ones too until they are asked for: ``open_views`` has those that are seen."""

    all: dict[str, dict[str, Any]] = field(default_factory=dict)
    homes: dict[tuple[str, str], str] = field(default_factory=dict)
    """(team, user) → the id of their App Home."""
    triggers: dict[str, Trigger] = field(default_factory=dict)
    errors: dict[str, dict[str, str]] = field(default_factory=dict)
    """View id → block_id → what the last answer to its submission found wrong."""

    def use(self, name: Any, now: float) -> Trigger:
        """Take a trigger, once; refuses with invalid_trigger_id, exchanged_trigger_id or expired_trigger_id."""
        trigger = self.triggers.get(str(name))
        if trigger is None:
            raise SlackRefused("invalid_trigger_id")
        if trigger.used:
            raise SlackRefused("exchanged_trigger_id")
        if now > trigger.until:
            raise SlackRefused("expired_trigger_id")
        trigger.used = True
        return trigger

    def find(self, view_id: Any, external_id: Any) -> dict[str, Any]:
        """By Slack's id, or by the app's own; refuses with not_found."""
        found: dict[str, Any] | None = self.all.get(str(view_id))
        if found is None and external_id:
            found = next((view for view in self.all.values() if view["external_id"] == external_id), None)
        if found is None:
            raise SlackRefused("not_found")
        return found

    def depth(self, view: dict[str, Any]) -> int:
        """How many modals are in the stack up to this one."""
        below = view["previous_view_id"]
        return 1 + (self.depth(self.all[below]) if below in self.all else 0)

    def add(self, view: dict[str, Any]) -> None:
        """Keep a new one; refuses with duplicate_external_id."""
        external = view["external_id"]
        if external and any(other["external_id"] == external for other in self.all.values()):
            raise SlackRefused("duplicate_external_id")
        self.all[view["id"]] = view

    def change(self, view: dict[str, Any], content: dict[str, Any], said_hash: Any, new_hash: str) -> None:
        """Put other content into a view; refuses with hash_conflict when ``said_hash`` is not its own."""
        if said_hash and said_hash != view["hash"]:
            raise SlackRefused("hash_conflict")
        kept = {"external_id": content.get("external_id") or view["external_id"], "hash": new_hash}
        view |= content | kept
        self.errors.pop(view["id"], None)

    def close(self, view_id: str, *, whole: bool = False) -> None:
        """The person sees it no more; ``whole``: nor those below and above."""
        root = self.all[view_id]["root_view_id"] if view_id in self.all else ""
        gone = [
            each
            for each, view in self.all.items()
            if each == view_id or (whole and view["root_view_id"] == root)
        ]
        for each in gone:
            self.all.pop(each, None)
            self.errors.pop(each, None)


def check_view(view: Any, *types: str) -> dict[str, Any]:
    """The content of a view, with all fields that Slack shows; refuses with invalid_arguments, and says why."""
    wrong = _wrong(view, types)
    if wrong:
        raise SlackRefused(
            "invalid_arguments", response_metadata={"messages": [f"[ERROR] {each}" for each in wrong]}
        )
    return {
        "type": view["type"], "blocks": view["blocks"], "private_metadata": view.get("private_metadata") or "",
        "callback_id": view.get("callback_id") or "", "title": view.get("title"), "close": view.get("close"),
        "submit": view.get("submit"), "clear_on_close": bool(view.get("clear_on_close")),
        "notify_on_close": bool(view.get("notify_on_close")), "external_id": view.get("external_id") or "",
        "submit_disabled": bool(view.get("submit_disabled")),
    }  # fmt: skip


def _wrong(view: Any, types: tuple[str, ...]) -> list[str]:
    if not isinstance(view, dict):
        return ["missing required field: view"]
    if view.get("type") not in types:
        return [f"view type must be one of {', '.join(types)} [json-pointer:/view/type]"]
    blocks = view.get("blocks")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return ["missing required field: blocks [json-pointer:/view]"]
    wrong = []
    if len(blocks) > BLOCKS:
        wrong.append(f"no more than {BLOCKS} items allowed [json-pointer:/view/blocks]")
    if len(view.get("private_metadata") or "") > METADATA:
        wrong.append("must be less than 3001 characters [json-pointer:/view/private_metadata]")
    return wrong if view["type"] == "home" else wrong + _wrong_in_modal(view)


def _wrong_in_modal(view: dict[str, Any]) -> list[str]:
    wrong = []
    title = (view.get("title") or {}).get("text") or ""
    if not 0 < len(title) <= TITLE:
        wrong.append(f"must be 1 to {TITLE} characters [json-pointer:/view/title/text]")
    if any(block.get("type") == "input" for block in view["blocks"]) and not view.get("submit"):
        wrong.append("submit is required when an input block is within blocks [json-pointer:/view/submit]")
    return wrong
