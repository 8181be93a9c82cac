"""What is asked of Slack for each message: one call of the Web API, or several, one after the other. Pure.

Source: api.slack.com, "Web API methods", "Handling user interaction" (response_url), "Uploading files".
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from interfaces.shared.errors import ApplicationError
from interfaces.slack.sending.shapes import SHAPES, checked
from interfaces.slack.sending.texts import HARD, MARKDOWN, TEXT, split

__all__ = ["FILES", "PARTS", "POSTS", "Call", "calls_of", "method_of"]

PARTS = 50
"""Parts that one text is split into."""
FILES = 10
"""Files of one upload."""
POSTS = frozenset({"chat.postMessage", "chat.postEphemeral", "chat.scheduleMessage"})
"""Methods of which a channel takes one a second."""
SAFE = frozenset(
    str.split(
        "chat.update chat.delete reactions.add reactions.remove views.update views.publish"
        " assistant.threads.setStatus assistant.threads.setSuggestedPrompts assistant.threads.setTitle"
        " conversations.join conversations.open conversations.mark conversations.setTopic conversations.setPurpose"
        " conversations.archive conversations.leave conversations.invite conversations.kick bookmarks.remove pins.add"
        " pins.remove users.setPresence users.profile.set api.test auth.test chat.getPermalink chat.unfurl"
    )
)
"""Methods that may be repeated: the second time nothing more happens."""
_READS = ("info", "list", "history", "replies", "members", "lookupByEmail", "get")
_METHOD = re.compile(r"[a-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)+")
_HOOKS = "hooks.slack.com"
_RECIPIENT = ("recipient_user_id", "recipient_team_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. Its repr shows nothing of what is said."""

    method: str
    """Of the Web API; of a respond "response_url"."""
    args: Mapping[str, Any] = field(repr=False)
    kind: Literal["api", "respond", "upload"] = "api"
    url: str = field(default="", repr=False)
    """Of a respond."""
    files: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    """Of an upload."""
    safe: bool = False
    """Whether it may be repeated when nobody knows what became of it."""
    follows: bool = False
    """Whether it is about the message that the call before it has made."""
    tells: bool = False
    """Whether the result has Slack's whole answer."""

    @property
    def posts(self) -> bool:
        """Whether a channel gets a message by it, of which it takes one a second."""
        return self.method in POSTS


def method_of(message: Mapping[str, Any]) -> str:
    """The method that ``message`` begins with, as far as that can be said without looking at it closely."""
    kind = message.get("type")
    said = _METHODS.get(str(kind))
    shape = SHAPES.get(str(kind))
    return said(message) if said else shape.method if shape else ""


def _send_method(message: Mapping[str, Any]) -> str:
    if message.get("ephemeral_user"):
        return "chat.postEphemeral"
    return "chat.scheduleMessage" if message.get("post_at") else "chat.postMessage"


def _stream_method(message: Mapping[str, Any]) -> str:
    if not message.get("ts"):
        return "chat.startStream"
    return "chat.stopStream" if message.get("stop") else "chat.appendStream"


_METHODS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "slack.send": _send_method,
    "slack.react": lambda message: "reactions.remove" if message.get("remove") else "reactions.add",
    "slack.stream": _stream_method,
    "slack.respond": lambda _message: "response_url",
    "slack.call": lambda message: str(message.get("method") or ""),
}
"""Of the types where it depends on what they say."""


def calls_of(message: Mapping[str, Any], api_url: str = "") -> list[Call]:
    """The calls, in their order. Raises ApplicationError, one line, for what can never be sent.

    ``api_url``: a response_url may be there, too, beside Slack's own host.
    """
    shape = checked(message)
    args = {
        shape.names.get(key, key): value
        for key, value in message.items()
        if key in (*shape.needs, *shape.either, *shape.may) and value is not None
    }
    kind = str(message["type"])
    make = _MAKERS.get(kind)
    if make is not None:
        made = make(message, args, api_url)
        _check_values(kind, made)
        return made
    if kind == "slack.update" and len(args.get("text", "")) > TEXT:
        raise ApplicationError(f"{kind}: a text of {len(args['text'])} characters; {TEXT} are the most")
    if kind == "slack.status":
        args.setdefault("status", "")
    method = method_of(message)
    made = [Call(method=method, args=args, safe=method in SAFE, tells=kind.endswith("_view"))]
    _check_values(kind, made)
    return made


def _check_values(kind: str, made: list[Call]) -> None:
    """What no JSON and no form can have would fail again and again, on the way out."""
    for call in made:
        try:
            json.dumps(call.args, allow_nan=False)
            for value in call.args.values():
                if isinstance(value, str):
                    value.encode()
        except (TypeError, ValueError) as error:
            raise ApplicationError(f"{kind}: {error}") from None


def _send(message: Mapping[str, Any], args: dict[str, Any], _api_url: str) -> list[Call]:
    method, text = method_of(message), args.get("text", "")
    if message.get("ephemeral_user") and message.get("post_at"):
        raise ApplicationError("slack.send: what is for one user alone cannot be scheduled")
    if args.get("reply_broadcast") and not args.get("thread_ts"):
        raise ApplicationError("slack.send: reply_broadcast is of an answer in a thread: say thread_ts")
    if args.get("blocks") or not text:  # beside blocks the text is only what a notification says
        _within(message, text, HARD)
        return [Call(method=method, args=args)]
    parts = _parts(message, text, TEXT)
    last = len(parts) - 1
    return [
        Call(method=method, args=_part({**args, "text": part}, number, last=number == last))
        for number, part in enumerate(parts)
    ]


def _part(args: dict[str, Any], number: int, *, last: bool) -> dict[str, Any]:
    """Of a text in parts: what belongs to it stands once."""
    if number:
        args.pop("metadata", None)
    if not last:
        args.pop("attachments", None)
    if "post_at" in args:
        args["post_at"] = int(args["post_at"]) + number  # so that they come in their order
    return args


def _react(message: Mapping[str, Any], args: dict[str, Any], _api_url: str) -> list[Call]:
    args.pop("remove", None)
    args["name"] = args["name"].strip(":")
    return [Call(method=method_of(message), args=args, safe=True)]


def _respond(message: Mapping[str, Any], args: dict[str, Any], api_url: str) -> list[Call]:
    url = args.pop("response_url")
    _check_url(url, api_url)
    if "text" in args:
        _within(message, args["text"], HARD)
    safe = bool(args.get("replace_original") or args.get("delete_original"))
    return [Call(method="response_url", args=args, kind="respond", url=url, safe=safe)]


def _check_url(url: str, api_url: str) -> None:
    """Nobody is to have us post to wherever he likes."""
    try:
        said, own = urlsplit(url), urlsplit(api_url)
        slack = said.scheme == "https" and said.hostname == _HOOKS and said.port in (None, 443)
        fits = slack or bool(api_url and (said.scheme, said.netloc) == (own.scheme, own.netloc))
    except ValueError:
        fits = False
    if not fits or "@" in url.partition("?")[0] or not url.isascii() or re.search(r"[\s\\]", url):
        raise ApplicationError(f"slack.respond: response_url is none of Slack's: https://{_HOOKS}/…")


def _upload(message: Mapping[str, Any], args: dict[str, Any], _api_url: str) -> list[Call]:
    files = args.pop("files")
    if len(files) > FILES:
        raise ApplicationError(f"slack.upload: {len(files)} files; {FILES} are the most")
    for one in files:
        content = one.get("content") if isinstance(one, Mapping) else None
        if not isinstance(content, bytes | str) or not content or not isinstance(one.get("filename"), str):
            raise ApplicationError(
                "slack.upload: each of files is a dict with filename and content, not empty"
            )
    if args.get("thread_ts") and not args.get("channel_id"):
        raise ApplicationError("slack.upload: thread_ts is in a channel: say which")
    return [Call(method=method_of(message), args=args, kind="upload", files=tuple(files))]


def _stream(message: Mapping[str, Any], args: dict[str, Any], _api_url: str) -> list[Call]:
    """Begun where there is no ``ts``, then added to, then stopped: as many as it needs."""
    parts = _parts(message, args.get("text", ""), MARKDOWN) if args.get("text") else []
    ts, made = args.get("ts"), []
    place = {"channel": args["channel"], **({"ts": ts} if ts else {})}
    if not ts:
        made.append(Call(method="chat.startStream", args=_begin(message, args) | _markdown(parts[:1])))
        del parts[:1]
    last = parts[-1:] if message.get("stop") else []
    made += [
        Call(method="chat.appendStream", args=place | _markdown([part]), follows=not ts)
        for part in parts[: len(parts) - len(last)]
    ]
    if message.get("stop"):
        blocks = {"blocks": args["blocks"]} if args.get("blocks") else {}
        made.append(Call(method="chat.stopStream", args=place | _markdown(last) | blocks, follows=not ts))
    return made


def _begin(message: Mapping[str, Any], args: Mapping[str, Any]) -> dict[str, Any]:
    """Where a stream begins, and for whom."""
    found = {key: args[key] for key in ("channel", "thread_ts", *_RECIPIENT) if key in args}
    if "recipient_user_id" in found and message.get("team_id"):
        found.setdefault("recipient_team_id", message["team_id"])
    return found


def _markdown(parts: list[str]) -> dict[str, Any]:
    return {"markdown_text": parts[0]} if parts else {}


def _call(message: Mapping[str, Any], _args: dict[str, Any], _api_url: str) -> list[Call]:
    method, args = message["method"], message.get("args") or {}
    if not _METHOD.fullmatch(method) or len(method) > 100:
        raise ApplicationError(f"slack.call: no method of the Web API: {method[:60]!r}")
    if not all(isinstance(key, str) for key in args):
        raise ApplicationError("slack.call: the keys of args are str")
    if "token" in args:
        raise ApplicationError("slack.call: the token is that of the installation, which team_id names")
    safe = method in SAFE or method.rpartition(".")[2].startswith(_READS)
    return [Call(method=method, args=args, safe=safe, tells=True)]


def _parts(message: Mapping[str, Any], text: str, most: int) -> list[str]:
    if len(text) > most * PARTS:
        raise ApplicationError(
            f"{message['type']}: a text of {len(text)} characters; {most * PARTS} are the most"
        )
    return split(text, most)


def _within(message: Mapping[str, Any], text: str, most: int) -> str:
    if len(text) > most:
        raise ApplicationError(f"{message['type']}: a text of {len(text)} characters; {most} are the most")
    return text


_MAKERS = {
    "slack.send": _send,
    "slack.react": _react,
    "slack.respond": _respond,
    "slack.upload": _upload,
    "slack.stream": _stream,
    "slack.call": _call,
}
