"""How well a broker keeps things: what its settings must say, and what is waited for."""

import asyncio
from types import SimpleNamespace

import pytest
from redis.exceptions import ResponseError

from interfaces.layers.durability import CLASSES, Facts, Sync, facts_of, wait_for
from interfaces.shared.errors import ConfigError, Unavailable

ALWAYS = Facts(appendonly=True, appendfsync="always", policy="noeviction", replicas=1, waitaof=True)


def facts(**changes):
    """A broker that keeps everything, but for the changes."""
    return Facts(**{name: getattr(ALWAYS, name) for name in Facts.__slots__} | changes)


@pytest.mark.parametrize(
    ("found", "asked", "waits"),
    [
        (facts(appendonly=False, policy="allkeys-lru"), "memory", []),
        (facts(), "process-crash", []),
        (facts(), "host-crash", []),
        (facts(), "replica", [("WAIT", 1)]),
        (facts(appendfsync="no"), "process-crash", []),
        (facts(appendfsync="everysec"), "process-crash", [("WAITAOF", 1, 0)]),
        (facts(appendfsync="everysec"), "host-crash", [("WAITAOF", 1, 0)]),
        (facts(appendfsync=""), "replica", [("WAITAOF", 1, 0), ("WAIT", 1)]),
    ],
)
def test_what_is_waited_for(found, asked, waits):
    """An answer of a broker that syncs always is enough; else WAITAOF says when it is."""
    assert wait_for(found, asked, 1, "broker") == waits


@pytest.mark.parametrize(
    ("found", "asked", "told"),
    [
        (facts(appendonly=False), "process-crash", "set appendonly yes"),
        (facts(policy="allkeys-lru"), "process-crash", "set maxmemory-policy noeviction"),
        (facts(appendfsync="no"), "host-crash", "set appendfsync always"),
        (facts(appendfsync="everysec", waitaof=False), "host-crash", "set appendfsync always"),
        (facts(replicas=0), "replica", "set up 1 replicas"),
    ],
)
def test_less_than_asked_is_refused(found, asked, told):
    """One line names the broker, what was asked for and what to set."""
    with pytest.raises(ConfigError) as caught:
        wait_for(found, asked, 1, "broker-7")
    assert told in str(caught.value)
    assert "broker-7" in str(caught.value)
    assert repr(asked) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_classes_are_in_order():
    """From the least to the most."""
    assert CLASSES == ("memory", "process-crash", "host-crash", "replica")


class FakeNode:
    """Answers by the first words of a command, and keeps what it was told."""

    def __init__(self, **answers):
        self.answers, self.heard = {"INFO": b"run_id:one\r\n"} | answers, []
        self.host = SimpleNamespace(name="fake")

    def call(self, *words):
        self.heard.append(words)
        return asyncio.ensure_future(self.answer(*words))

    async def answer(self, *words):
        answer = self.answers[words[0]]
        if callable(answer):
            answer = await answer(*words)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def tell(self, then, *words):
        self.heard.append(words)


def test_where_config_is_forbidden():
    """INFO says what it can; the sync policy is unknown then, and described so."""
    node = FakeNode(
        CONFIG=ResponseError("NOPERM"),
        COMMAND=ResponseError("NOPERM"),
        INFO=b"aof_enabled:1\r\nmaxmemory_policy:noeviction\r\nconnected_slaves:2\r\n",
    )
    found = asyncio.run(facts_of(node))
    assert found == Facts(appendonly=True, appendfsync="", policy="noeviction", replicas=2, waitaof=False)
    assert "appendfsync unknown" in found.described


def test_who_waits_together_shares_a_round():
    """Those who come while a round is under way share the next one: their writes came after its own."""

    async def main():
        gate = asyncio.Event()

        async def confirm(*_words):
            await gate.wait()
            return [1, 0]

        node = FakeNode(WAITAOF=confirm)
        sync = Sync(node, "key", [("WAITAOF", 1, 0)])
        first = asyncio.create_task(sync(b"one"))
        while not any(words[0] == "WAITAOF" for words in node.heard):
            await asyncio.sleep(0)
        later = [asyncio.create_task(sync(b"one")) for _ in range(50)]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, *later)
        assert [words[0] for words in node.heard] == ["SET", "WAITAOF", "INFO"] * 2

    asyncio.run(main())


def test_too_few_confirmations():
    """Everyone of the round is told, and the next round is tried."""

    async def main():
        node = FakeNode(WAIT=0)
        sync = Sync(node, "key", [("WAIT", 1)])
        assert {
            type(error) for error in await asyncio.gather(sync(b"one"), sync(b"one"), return_exceptions=True)
        } == {Unavailable}
        node.answers["WAIT"] = 1
        await sync(b"one")

    asyncio.run(main())


def test_another_run_confirms_nothing():
    """A server that was started since the write is not believed, nor two that share the confirming."""

    async def main():
        node = FakeNode(WAITAOF=[1, 0])
        sync = Sync(node, "key", [("WAITAOF", 1, 0)])
        await sync(b"one")
        with pytest.raises(Unavailable, match="restarted"):
            await sync(b"the one before")

    asyncio.run(main())
