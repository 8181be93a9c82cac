"""What is said of a broker: a real one, and one that is far away, late, full or careless."""

import asyncio
from types import SimpleNamespace

import pytest
from redis.exceptions import ResponseError

from interfaces.layers.durability import Facts
from interfaces.layers.embedded import Embedded
from interfaces.layers.opening import open_layer
from interfaces.runner.diagnosis import broker as module
from interfaces.runner.diagnosis.broker import broker, looked_at
from interfaces.shared.errors import Unavailable

GOOD = Facts(appendonly=True, appendfsync="always", policy="noeviction", replicas=0, waitaof=True)


class Node:
    """A broker that says what it is told to."""

    host = SimpleNamespace(name="broker:1")

    def __init__(self, ahead=0.0, **info):
        self.ahead, self.info = ahead, {"redis_version": "7.4.0", **info}

    async def call(self, *words):
        if isinstance(self.ahead, Exception):
            raise self.ahead
        if words[0] == "TIME":
            now = module.time.time() + self.ahead
            return [int(now), int(now % 1 * 1e6)]
        if words[1] == "clients":
            raise ResponseError("not for you")
        return "".join(f"{name}:{value}\r\n" for name, value in self.info.items()).encode()


def told(node, facts=GOOD, monkeypatch=None):
    """The findings of one node."""

    async def facts_of(_node):
        return facts

    monkeypatch.setattr(module, "facts_of", facts_of)

    async def run():
        return [one async for one in broker(SimpleNamespace(hub=lambda: SimpleNamespace(nodes=[node])))]

    return asyncio.run(run())


def test_a_real_one():
    """Its kind and version, and that a private one keeps nothing; each within its deadline."""

    async def run(url):
        layer = open_layer(url)
        try:
            await layer.hub().started()
            (node,) = layer.hub().nodes
            return [one async for one in looked_at("it", node)]
        finally:
            await layer.close()

    with Embedded() as server:
        first, *others = asyncio.run(run(server.url))
    assert first.level == "ok"
    assert first.what.startswith("it: Valkey ")
    assert any("appendonly no" in one.what for one in others)


def test_a_good_one(monkeypatch):
    """One line."""
    (finding,) = told(Node(), monkeypatch=monkeypatch)
    assert (finding.level, finding.what.startswith("broker:1: Redis 7.4.0, ")) == ("ok", True)


@pytest.mark.parametrize(
    ("node", "facts", "level", "part"),
    [
        (Node(ahead=90.0), GOOD, "warning", "clock differs from ours by +90 s"),
        (Node(used_memory=90, maxmemory=100), GOOD, "warning", "has used 90 % of its memory"),
        (Node(), Facts(False, "", "noeviction", 0, True), "warning", "appendonly no"),
        (Node(), Facts(True, "always", "allkeys-lru", 0, True), "error", "maxmemory-policy allkeys-lru"),
        (
            Node(),
            Facts(True, "", "", 0, True, ("+config|get",)),
            "warning",
            "not permit our user +config|get",
        ),
    ],
)
def test_what_is_wrong_with_one(monkeypatch, node, facts, level, part):
    """Each with why it matters, and how to mend it."""
    _, finding = told(node, facts, monkeypatch)
    assert (finding.level, part in finding.what) == (level, True)
    assert finding.why
    assert finding.mend


def test_one_that_is_far_away(monkeypatch):
    """Its shortest round trip counts."""
    monkeypatch.setattr(module, "FAR", -1.0)
    assert [one.level for one in told(Node(), monkeypatch=monkeypatch)] == ["ok", "warning"]


def test_one_that_does_not_answer(monkeypatch):
    """Is an error, and ends nothing."""
    (finding,) = told(Node(ahead=Unavailable("broker:1 is away")), monkeypatch=monkeypatch)
    assert (finding.level, finding.what) == ("error", "broker:1 is away")
