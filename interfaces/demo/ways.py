"""What is said in a room, in the words of each protocol: a function a way out. Pure, but for the settings it reads.

What comes of it goes to the channel of its type, such as ``email.send``, where the server of that protocol takes it.
"""

import re
from collections.abc import Iterator, MutableMapping
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from interfaces.demo.models import Ticket

__all__ = [
    "AGENTS",
    "LOBBY",
    "RESULTS",
    "alert",
    "answer",
    "everywhere",
    "filed",
    "read_slack",
    "to_irc",
    "to_slack",
]

Json = dict[str, Any]
LOBBY = "desk"
"""The room of the desk itself: #desk in the browser, on IRC and in Slack."""
RESULTS = "demo.results"
"""The channel on which is told what became of what was sent."""
AGENTS = ("web", "irc", "slack")
"""The sides on which the desk's own people are: what they say in a ticket goes to the customer."""
SECTION = 3000
"""Characters of a block's text that Slack takes."""
IRC_LINES = 10
"""Of one message; what is longer is cut there."""


def filed(scope: MutableMapping[str, Any], slug: str) -> None:
    """Have the console show what passes in this scope among all that belongs to a room."""
    scope.setdefault("state", {})["conversation"] = slug


def conversation_of(word: Json) -> str:
    """The room that something is sent for, for the console; "" where that cannot be told."""
    slug, blank, _ = str(word.get("id", "")).partition(" ")
    target = str(word.get("target", ""))
    return slug if blank else target[1:] if target.startswith("#") else ""


def everywhere(slug: str, said: Json, ticket: "Ticket | None") -> Iterator[Json]:
    """What is sent of a message, to all sides but that where it was said."""
    if said["side"] != "irc":  # there the gateway passes it on
        yield from to_irc(slug, said)
    if said["side"] != "slack":
        yield from to_slack(slug, said, ticket)
    if said["side"] in AGENTS and ticket is not None:
        yield answer(said, ticket)


def to_irc(slug: str, said: Json) -> Iterator[Json]:
    """For those who are in the channel: a line a line."""
    nick = re.sub(r"[^\w-]", "_", said["name"])[:20]
    for line in [line for line in said["text"].splitlines() if line.strip()][:IRC_LINES]:
        source = f"{nick}!{said['side']}@desk"
        yield {"type": "irc.deliver", "network": settings.DESK_IRC_NETWORK, "source": source,
               "target": f"#{slug}", "text": line, "time": said["at"] / 1000}  # fmt: skip


def to_slack(slug: str, said: Json, ticket: "Ticket | None") -> Iterator[Json]:
    """For the thread of a ticket, once there is one; or the channel of the desk, which has alerts of its own."""
    place: Json = {"channel": settings.DESK_SLACK_CHANNEL}
    if ticket is not None:
        place["thread_ts"] = ticket.slack_ts
    elif slug != LOBBY or said["side"] == "desk":
        return
    if place.get("thread_ts", LOBBY):
        text = escape(f"{said['name']}: {said['text']}", quote=False)
        known = {"id": f"{slug} {said['number']}", "dedupe_key": _key(slug, said, "slack")}
        yield {"type": "slack.send", **place, "text": text, **known}


def answer(said: Json, ticket: "Ticket") -> Json:
    """For the customer, by the way that they came."""
    slug = f"ticket-{ticket.number}"
    known = {
        "id": f"{slug} {said['number']}",
        "reply_channel": RESULTS,
        "dedupe_key": _key(slug, said, "answer"),
    }
    if ticket.via == "sms":
        return {"type": "sms.send", "to_address": ticket.customer, "text": said["text"], **known}
    before = [ticket.message_id] if ticket.message_id else []
    return {
        "type": "email.send",
        "from_address": f"Support <{settings.DESK_ADDRESS}>",
        "reply_to": ticket.address,
        "to": ticket.customer,
        "subject": f"Re: [#{ticket.number}] {ticket.subject}",
        "text": f"{said['text']}\n\n-- \n{said['name']}, ticket {ticket.number}\n",
        "in_reply_to": before,
        "references": before,
        **known,
    }


def alert(ticket: "Ticket", first: str) -> Json:
    """The ticket as Slack shows it, with buttons for what can be done: a new message, or what has become of it."""
    buttons = [("take", "Take")] if ticket.state == ticket.OPEN else []
    buttons += [("close", "Close")] if ticket.state != ticket.CLOSED else []
    state = f"{ticket.state} by {ticket.agent}" if ticket.agent else ticket.state
    name, who, state = (escape(one, quote=False) for one in (str(ticket), ticket.customer, state))
    actions = [
        {"type": "button", "action_id": name, "value": str(ticket.number), "text": {"type": "plain_text", "text": text}}
        for name, text in buttons
    ]  # fmt: skip
    words = escape(first, quote=False)
    if len(words) > SECTION:
        words = escape(first[: SECTION // 5], quote=False)  # a sign becomes five at most
    sections = [f"*{name}*\n{who} · {state}", words]
    blocks: list[Json] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in sections if text
    ]
    if actions:
        blocks.append({"type": "actions", "elements": actions})
    said: Json = {"channel": settings.DESK_SLACK_CHANNEL, "text": f"{name}: {state}", "blocks": blocks}
    said["id"] = f"ticket-{ticket.number} alert"
    if ticket.slack_ts:
        return {"type": "slack.update", "ts": ticket.slack_ts, **said}
    return {"type": "slack.send", "dedupe_key": f"{ticket.tag} alert", "reply_channel": RESULTS, **said}


def read_slack(text: str) -> str:
    """What somebody has written in Slack, as others read it: a link is its words."""
    return unescape(re.sub(r"<(?:[^<>|]*\|)?([^<>|]*)>", r"\1", text))


def _key(slug: str, said: Json, way: str) -> str:
    """Known again, if it is sent twice. The time tells the tickets of an emptied desk from those before."""
    return f"{slug} {said['number']} {said['at']} {way}"
