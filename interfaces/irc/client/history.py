"""What was said while we were away: asked for after a reconnect, told once. Pure.

IRCv3 chathistory: AFTER the last moment that is known of a channel, and a little before that, since clocks and messages
cross; for what was said to us alone, TARGETS first. What comes is told unless its msgid, or without one its time and
words, was seen before. So everything is told at least once, as far as the server has it and ``limit`` allows.
"""

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from interfaces.irc.client.batches import Batch
from interfaces.irc.client.login import Said
from interfaces.irc.isupport import Isupport
from interfaces.irc.times import moment, stamp

__all__ = ["KNOWN", "OVERLAP", "TARGETS", "History"]

KNOWN: Final = 10_000
"""Messages that are remembered."""
TARGETS: Final = 1000
"""Channels and nicks of which it is remembered when something was said last."""
LONGEST: Final = 64
"""Characters of what is remembered of one."""
OVERLAP: Final = 5.0
"""Seconds that are asked for once more."""


class History:
    """Of one network; lasts longer than a connection. ``limit``: messages of one target after a reconnect; 0: none."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._last: dict[str, float] = {}
        """Unix seconds of the server, by the folded target; the ones that were heard last are last."""
        self._known: OrderedDict[str, None] = OrderedDict()
        self._newest = 0.0
        self._asked: dict[str, list[int]] = {}
        """Of this connection: how many were asked for last, and may be still, by the folded target."""
        self._nicks = False
        self._most = 0
        self._isupport = Isupport()

    def __repr__(self) -> str:
        return f"<History of {len(self._last)} targets>"

    # --- asking -----------------------------------------------------------------------------------

    def begin(self, caps: set[str], isupport: Isupport, now: float) -> list[Said]:
        """Another connection, at ``now`` in Unix seconds: ask who has spoken to us alone."""
        self._isupport = isupport
        self._asked.clear()
        said = isupport.tokens.get("CHATHISTORY", "")
        most = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
        self._most = min(self._limit, most or self._limit) if "draft/chathistory" in caps else 0
        self._nicks = False
        if not self._most or not self._newest:
            return []
        self._nicks = True
        bounds = _bound(self._newest - OVERLAP), _bound(max(now, self._newest) + 86_400)
        return [("CHATHISTORY", "TARGETS", *bounds, str(self._most))]

    def joined(self, channel: str, now: float) -> list[Said]:
        """We are in ``channel``: ask for what was said there since we last were."""
        key = self._isupport.fold(channel)
        if key in self._last:
            return self._begin_with(channel, key)
        self._heard(key, now)
        return []

    def left(self, channel: str) -> None:
        """We want to know no more of it."""
        self._last.pop(self._isupport.fold(channel), None)

    def target(self, line_params: list[str]) -> list[Said]:
        """A line of the answer to TARGETS: ask for what a nick said."""
        if not self._nicks or len(line_params) < 2 or self._isupport.channel(line_params[1]) is not None:
            return []
        key = self._isupport.fold(line_params[1])
        self._last.setdefault(key, self._newest)
        return self._begin_with(line_params[1], key)

    def ended(self, batch: Batch) -> list[Said]:
        """A batch is complete: if it was full there may be more."""
        if batch.kind == "chathistory-targets":
            self._nicks = False
        asked = self._asked.get(self._isupport.fold(batch.params[0])) if batch.params else None
        if batch.kind != "chathistory" or asked is None or batch.label:
            return []
        last, asked[1] = asked[0], asked[1] - batch.lines
        if batch.lines < last or asked[1] <= 0 or "time" not in batch.last:
            return []
        return self._ask(batch.params[0], asked, moment(batch.last["time"]))

    def _begin_with(self, target: str, key: str) -> list[Said]:
        if not self._most or key in self._asked or len(self._asked) >= TARGETS:
            return []
        asked = self._asked[key] = [0, self._limit]
        return self._ask(target, asked, self._last[key] - OVERLAP)

    def _ask(self, target: str, asked: list[int], since: float) -> list[Said]:
        asked[0] = min(self._most, asked[1])
        return [("CHATHISTORY", "AFTER", target, _bound(since), str(asked[0]))]

    # --- hearing ----------------------------------------------------------------------------------

    def seen(self, event: Mapping[str, Any]) -> bool:
        """Remember an event; False: it was told before, and a history tells it again."""
        key = _key(event)
        known = key in self._known
        if key and not known:
            if len(self._known) >= KNOWN:
                self._known.popitem(last=False)
            self._known[key] = None
        if event["type"] == "irc.message" and not event["is_history"]:
            private = event["is_private"] and not event["is_echo"]
            target = event["source"]["nick"] if private else event["channel"] or event["target"]
            self._heard(self._isupport.fold(target), event["time"])
        return not (known and event["is_history"])

    def _heard(self, key: str, when: float) -> None:
        self._newest = max(self._newest, when)
        before = self._last.pop(key, 0.0)
        if len(self._last) >= TARGETS:
            del self._last[next(iter(self._last))]
        self._last[key] = max(before, when)


def _bound(seconds: float) -> str:
    return f"timestamp={stamp(max(0.0, seconds))}"


def _key(event: Mapping[str, Any]) -> str:
    """What is the same when a history tells it again; "" where nothing is."""
    tags = event["tags"]
    if "msgid" in tags:
        return _short(f"={tags['msgid']}")
    if "time" not in tags:
        return ""
    what = event.get("target") or event.get("channel") or ""
    return _short(
        "\0".join((tags["time"], event["type"], event["source"]["nick"], what, event.get("text") or ""))
    )


def _short(key: str) -> str:
    """Itself, or its digest where that is less to remember."""
    return key if len(key) <= LONGEST else sha256(key.encode(errors="replace")).hexdigest()
