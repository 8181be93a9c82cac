"""The channel layer as the console shows it, and as chaos takes it away."""

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from interfaces.shared.errors import Unavailable
from interfaces.shared.webhook import refusal

__all__ = ["Broker"]

LETTERS = 100
"""Dead letters that are shown."""
GROUPS = 200
QUEUES = 200
SENDING = ("send", "send_later", "group_send", "group_add", "group_discard")
"""What fails while there is no broker."""


class Broker:
    """``find()`` gives the layer, or None."""

    def __init__(self, find: Callable[[], Any]) -> None:
        self._find = find
        self._gone = False

    def down(self, gone: bool) -> None:
        """Let whatever is sent by the layer fail, or fail no more. PeerError where there is no layer."""
        if gone == self._gone:
            return
        layer = self._find()
        if layer is None:
            raise refusal(409, "there is no layer: say --layer URL")
        for name in SENDING:
            if gone:
                setattr(layer, name, _unavailable)
            else:
                delattr(layer, name)
        self._gone = gone

    async def shown(self, url: str) -> dict[str, Any]:
        """What is there to be seen; an empty list where the layer cannot tell. Raises Unavailable."""
        layer = self._find()
        found: dict[str, Any] = {
            "layer": url, "queues": [], "groups": [], "workers": [], "dead": [], "counts": {}, "down": self._gone,
        }  # fmt: skip
        if layer is None:
            return found
        found["counts"] = dict(await layer.statistics())
        if hasattr(layer, "hub"):
            return found | await _of_broker(layer.hub())
        return found | _of_memory(layer)

    async def retry(self, number: str) -> bool:
        """Put the dead letter "QUEUE:NUMBER" back; False where there is none."""
        layer = self._find()
        if layer is None or not hasattr(layer, "hub"):
            return False
        queue, _, number = number.rpartition(":")
        return bool(queue and await _letters(layer.hub()).retry(queue, number))


async def _unavailable(*_args: Any, **_keywords: Any) -> None:
    raise Unavailable("the broker is down, by the console's chaos")


def _letters(hub: Any) -> Any:
    return import_module("interfaces.layers.dead").DeadLetters(hub)  # only where its packages are installed


async def _of_broker(hub: Any) -> dict[str, Any]:
    letters = _letters(hub)
    queues: list[dict[str, Any]] = []
    dead: list[dict[str, Any]] = []
    for name, (items, count) in list((await letters.queues()).items())[:QUEUES]:
        since = await letters.ready_since(name)
        age = round(max(0.0, time.time() - since), 3) if since else None
        queues.append({"name": name, "depth": items, "age": age, "dead": count})
        if count and len(dead) < LETTERS:
            dead += [
                {"id": f"{name}:{one.number}", "channel": name, "type": str((one.message or {}).get("type", "")),
                 "error": one.reason, "time": one.died_at}
                for one in await letters.page(name, LETTERS - len(dead))
            ]  # fmt: skip
    groups = [
        {"name": name, "members": len(one.members)}
        for name, one in sorted(getattr(hub.groups, "_groups", {}).items())[:GROUPS]
    ]
    return {"queues": queues, "dead": dead, "groups": groups}


def _of_memory(layer: Any) -> dict[str, Any]:
    queues = [
        {"name": name, "depth": len(one.messages), "age": None}
        for name, one in sorted(getattr(layer, "_channels", {}).items())[:QUEUES]
    ]
    groups = [
        {"name": name, "members": len(one)}
        for name, one in sorted(getattr(layer, "_groups", {}).items())[:GROUPS]
    ]
    return {"queues": queues, "groups": groups}
