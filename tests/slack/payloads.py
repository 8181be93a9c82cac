"""What Slack sends, as it sends it: envelopes of events, payloads of what is interactive, forms of commands.

After api.slack.com's pages of each event, "Interaction payloads" and "Slash commands"; ids are made up.
"""

from typing import Any
from urllib.parse import urlencode

APP, TEAM, ORG = "A0MDYCDME", "T061EG9R6", "E019ABCDE"
ME, MY_BOT = "U0LAN0Z89", "B0SELF001"
USER, CHANNEL = "U061F7AUR", "C024BE91L"
TS, LATER = "1355517523.000005", "1355517536.000001"
TRIGGER = "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
HOOK = "https://hooks.slack.com/actions/T061EG9R6/397700885554/96rGlfmibIGlgcZRskXaIFfN"


def authorization(**said: Any) -> dict[str, Any]:
    """Of our bot in its workspace."""
    return {
        "enterprise_id": None,
        "team_id": TEAM,
        "user_id": ME,
        "is_bot": True,
        "is_enterprise_install": False,
        **said,
    }


def envelope(event: dict[str, Any], **said: Any) -> dict[str, Any]:
    """An event in its envelope."""
    return {
        "token": "XXYYZZ",
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": "Ev0PV52K21",
        "event_time": 1355517523,
        "authorizations": [authorization()],
        "is_ext_shared_channel": False,
        "event_context": "4-eyJldCI6Im1lc3NhZ2UifQ",
        **said,
    }


def message(**said: Any) -> dict[str, Any]:
    """What somebody has written into a channel."""
    text = said.get("text", "hello")
    element = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {
        "client_msg_id": "3c4e6b51-a1b0-4e3c-8c6e-d8b8f4a3d6aa",
        "type": "message",
        "channel": CHANNEL,
        "user": USER,
        "text": text,
        "ts": TS,
        "team": TEAM,
        "blocks": [{"type": "rich_text", "block_id": "aSx", "elements": [element]}],
        "event_ts": TS,
        "channel_type": "channel",
        **said,
    }


def command(**said: str) -> dict[str, str]:
    """The fields of a slash command."""
    return {
        "token": "XXYYZZ",
        "team_id": TEAM,
        "team_domain": "example",
        "channel_id": CHANNEL,
        "channel_name": "general",
        "user_id": USER,
        "user_name": "ada",
        "command": "/deploy",
        "text": "staging now",
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": HOOK,
        "trigger_id": TRIGGER,
        **said,
    }


def form(fields: dict[str, str]) -> bytes:
    """As it is posted."""
    return urlencode(fields).encode()


def pressed(kind: str, **said: Any) -> dict[str, Any]:
    """What all interactive payloads have."""
    return {
        "type": kind,
        "team": {"id": TEAM, "domain": "example"},
        "user": {"id": USER, "username": "ada", "name": "ada", "team_id": TEAM},
        "api_app_id": APP,
        "token": "XXYYZZ",
        "enterprise": None,
        "is_enterprise_install": False,
        **said,
    }


def action(*actions: dict[str, Any], **said: Any) -> dict[str, Any]:
    """Something in a message was used."""
    given = actions or (
        {
            "action_id": "approve",
            "block_id": "b1",
            "text": {"type": "plain_text", "text": "Approve", "emoji": True},
            "value": "42",
            "style": "primary",
            "type": "button",
            "action_ts": "1548426417.840180",
        },
    )
    return (
        pressed(
            "block_actions",
            container={"type": "message", "message_ts": TS, "channel_id": CHANNEL, "is_ephemeral": False},
            trigger_id=TRIGGER,
            channel={"id": CHANNEL, "name": "general"},
            message={
                "type": "message",
                "bot_id": MY_BOT,
                "user": ME,
                "text": "Approve?",
                "ts": TS,
                "blocks": [],
            },
            state={"values": {}},
            response_url=HOOK,
            actions=list(given),
        )
        | said
    )


def attachment(*actions: dict[str, Any], **said: Any) -> dict[str, Any]:
    """Something in an attachment was used, which came before blocks."""
    return (
        pressed(
            "interactive_message",
            actions=list(actions) or [{"name": "game", "type": "button", "value": "chess"}],
            callback_id="wopr_game",
            channel={"id": CHANNEL, "name": "general"},
            action_ts="1458170917.164398",
            message_ts=TS,
            attachment_id="1",
            is_app_unfurl=False,
            original_message={"text": "New comic?", "ts": TS, "attachments": []},
            response_url=HOOK,
            trigger_id=TRIGGER,
        )
        | said
    )


STATE = {
    "values": {
        "b1": {"title": {"type": "plain_text_input", "value": "Printer on fire"}},
        "b2": {"severity": {"type": "static_select", "selected_option": {"text": {}, "value": "high"}}},
        "b3": {"notes": {"type": "plain_text_input", "value": None}},
    }
}


def view(**said: Any) -> dict[str, Any]:
    """A modal."""
    return {
        "id": "VNHU13V36",
        "team_id": TEAM,
        "app_id": APP,
        "app_installed_team_id": TEAM,
        "bot_id": MY_BOT,
        "title": {"type": "plain_text", "text": "Ticket"},
        "type": "modal",
        "blocks": [],
        "private_metadata": '{"ticket": 7}',
        "callback_id": "ticket",
        "state": STATE,
        "hash": "1569362015.55b5e41b",
        "clear_on_close": True,
        "notify_on_close": True,
        "close": None,
        "submit": None,
        "previous_view_id": None,
        "root_view_id": "VNHU13V36",
        "external_id": "",
        **said,
    }


def submitted(**said: Any) -> dict[str, Any]:
    """A modal was submitted."""
    return pressed("view_submission", view=view(), trigger_id=TRIGGER, response_urls=[]) | said


def dialog(kind: str, **said: Any) -> dict[str, Any]:
    """Something of a dialog, which came before views; it has no trigger_id."""
    return (
        pressed(
            kind,
            callback_id="ryde",
            state="vegetarian",
            channel={"id": CHANNEL, "name": "general"},
            action_ts="936893340.702759",
            response_url=HOOK,
        )
        | said
    )
