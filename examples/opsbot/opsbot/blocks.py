"""What people see at Slack: the modal, the message with its buttons, the home."""

from collections.abc import Iterable
from typing import Any

from opsbot.models import Deployment

ENVIRONMENTS = ("staging", "production")
REASON = 10
"""Characters of a reason at least."""


def plain(text: str) -> dict[str, Any]:
    """Text as labels and buttons have it."""
    return {"type": "plain_text", "text": text}


def section(text: str) -> dict[str, Any]:
    """A paragraph."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def modal(service: str, channel: str) -> dict[str, Any]:
    """The questions of ``/deploy``; the channel comes back with the answers."""
    options = [{"text": plain(one), "value": one} for one in ENVIRONMENTS]
    return {
        "type": "modal",
        "callback_id": "deploy",
        "private_metadata": channel,
        "title": plain("Deploy"),
        "submit": plain("Ask"),
        "blocks": [
            field("service", {"type": "plain_text_input", "initial_value": service, "max_length": 100}),
            field("environment", {"type": "static_select", "options": options, "initial_option": options[0]}),
            field("reason", {"type": "plain_text_input", "multiline": True, "max_length": 1000}),
        ],
    }


def field(name: str, element: dict[str, Any]) -> dict[str, Any]:
    """An input; errors name its block, values its action."""
    element = {"action_id": name, **element}
    return {"type": "input", "block_id": name, "label": plain(name.capitalize()), "element": element}


def card(one: Deployment) -> dict[str, Any]:
    """Text and blocks of its message; the buttons are there while it waits."""
    text = f"{escaped(str(one))}: {one.state}"
    blocks = [section(f"*{text}*"), section(f"<@{one.requested_by}>: {escaped(one.reason)}")]
    if one.state == Deployment.State.WAITING:
        buttons = [button("approve", "primary", one), button("reject", "danger", one)]
        blocks.append({"type": "actions", "elements": buttons})
    return {"text": text, "blocks": blocks}


def button(word: str, style: str, one: Deployment) -> dict[str, Any]:
    """One that says by its id what it does to which."""
    return {
        "type": "button",
        "action_id": f"{word}-{one.pk}",
        "style": style,
        "text": plain(word.capitalize()),
    }


def home(found: Iterable[Deployment]) -> dict[str, Any]:
    """The App Home: the latest ones."""
    lines = [section(f"{escaped(str(one))}: {one.state}") for one in found]
    return {"type": "home", "blocks": lines or [section("Nothing was deployed yet. Write `/deploy`.")]}


def escaped(text: str) -> str:
    """What people have typed, without a meaning of its own: nobody mentions @channel by it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
