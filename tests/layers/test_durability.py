"""How well a broker keeps things: what its settings must say, and what is waited for."""

import asyncio
from types import SimpleNamespace

import pytest
from redis.exceptions import ResponseError

from interfaces.layers import durability
from interfaces.layers.durability import CLASSES, Facts, Keeping, Sync, facts_of, wait_for
from interfaces.layers.settings import Settings
from interfaces.shared.errors import ConfigError, Unavailable
from tests.layers.conftest import until
from tests.layers.durable import durable, replicated, soon

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
        (facts(replicas=0), "replica", "set up 1 replica"),
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
        self.host, self.up, self.on_state = SimpleNamespace(name="fake"), True, []

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


SAID = b"aof_enabled:1\r\nmaxmemory_policy:noeviction\r\nconnected_slaves:2\r\n"


def test_where_config_is_taken_away():
    """A provider may have done so: INFO says what it can, and the sync policy is unknown, and described so."""
    node = FakeNode(CONFIG=ResponseError("unknown command"), WAITAOF=[0, 0], WAIT=0, INFO=SAID)
    found = asyncio.run(facts_of(node))
    assert found == Facts(appendonly=True, appendfsync="", policy="noeviction", replicas=2, waitaof=True)
    assert "appendfsync unknown" in found.described
    assert wait_for(found, "host-crash", 1, "broker") == [("WAITAOF", 1, 0)]


def test_where_waitaof_is_not_known():
    """Before Redis 7.2 there is none: only a broker that syncs always keeps what a crash of the host takes."""
    node = FakeNode(
        CONFIG=[b"appendfsync", b"everysec"], WAITAOF=ResponseError("unknown command"), WAIT=0, INFO=SAID
    )
    found = asyncio.run(facts_of(node))
    assert (found.waitaof, found.forbidden) == (False, ())
    with pytest.raises(ConfigError, match="set appendfsync always"):
        wait_for(found, "host-crash", 1, "broker")


@pytest.mark.parametrize(
    ("found", "asked", "told"),
    [
        (facts(forbidden=("+info", "+config|get", "+wait")), "host-crash", "give it +info +config|get"),
        (facts(forbidden=("+waitaof", "+wait"), appendfsync="everysec"), "process-crash", "give it +waitaof"),
        (facts(forbidden=("+waitaof", "+wait")), "replica", "give it +wait"),
    ],
)
def test_what_is_needed_and_forbidden_is_told(found, asked, told):
    """One line has the words for ACL SETUSER, and no more of them than this class needs."""
    with pytest.raises(ConfigError) as caught:
        wait_for(found, asked, 1, "broker-7")
    assert str(caught.value) == f"broker-7 does not permit our user what {asked!r} needs: {told}"


def test_what_is_forbidden_and_not_needed_harms_nobody():
    """Where an answer is enough, nobody waits; "memory" needs nothing at all."""
    assert wait_for(facts(forbidden=("+waitaof", "+wait")), "host-crash", 1, "broker") == []
    assert wait_for(facts(forbidden=("+info", "+config|get")), "memory", 1, "broker") == []


def test_a_broker_that_keeps_less_than_before_may_come_to_itself():
    """What was kept once and is not now is Unavailable, asked for anew each time; what never was is a ConfigError."""

    async def main():
        node = FakeNode(CONFIG=[b"appendfsync", b"always"], WAITAOF=[0, 0], WAIT=0, INFO=SAID)
        keeping = Keeping(Settings.of(), 2, "key")
        assert await keeping.waits(node, "replica") == [("WAIT", 2)]
        assert "2 replicas; waits for WAIT 2" in keeping.describe("replica")
        node.answers["INFO"] = SAID.replace(b":2", b":1")
        (lost,) = node.on_state
        lost(False, "its connection is lost")
        for _ in range(2):
            with pytest.raises(Unavailable, match=r"1 replica\b.*set up 2 replicas"):
                await keeping.waits(node, "replica")
        node.answers["INFO"] = SAID
        assert await keeping.waits(node, "replica") == [("WAIT", 2)]
        heard = len(node.heard)
        assert await keeping.waits(node, "replica") == [("WAIT", 2)]
        assert len(node.heard) == heard

    asyncio.run(main())


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


# --- on real brokers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fsync", "asked", "told"),
    [
        ("always", "process-crash", "its answer is enough"),
        ("always", "host-crash", "its answer is enough"),
        ("everysec", "process-crash", "waits for WAITAOF 1"),
        ("everysec", "host-crash", "waits for WAITAOF 1"),
        ("no", "process-crash", "its answer is enough"),
    ],
)
def test_the_line_at_the_start_is_true(fresh_broker, fsync, asked, told):
    """It has the server's own settings and what a put does wait for."""
    server = fresh_broker(appendfsync=fsync)

    async def main():
        async with durable(server, durability=asked) as make:
            one = await make()
            settings = f"appendfsync {fsync}, maxmemory-policy noeviction, 0 replicas"
            name = one.hub.nodes[0].host.name
            assert one.describe() == f"durable queues: {asked} ({name}: {settings}; {told})"
            await one.put("work", {"n": 1}, id="a")
            assert bool(server.command("EXISTS", f"{server.prefix}:Qf")) == ("waits for" in told)

    asyncio.run(main())


def test_no_line_promises_what_the_server_does_not_keep(fresh_broker):
    """Without a sync there is no host-crash, and "memory" says what it is."""
    server = fresh_broker(appendfsync="no")

    async def main():
        async with durable(server) as make:
            with pytest.raises(ConfigError, match=r"appendfsync no\b.*set appendfsync always"):
                await make(durability="host-crash")
            memory = await make()
            assert memory.describe() == "durable queues: memory (a broker that ends may lose it)"

    asyncio.run(main())


def user(server, *permissions):
    """Make a user of the broker who may do all but what is said; where it is dialled."""
    server.command("ACL", "SETUSER", "ann", "reset", "on", ">secret", "~*", "&*", "+@all", *permissions)
    return [f"unix://ann:secret@{server.server.path}"]


@pytest.mark.parametrize(
    ("fsync", "lacks", "asked", "told"),
    [
        ("always", ["info"], "host-crash", "+info"),
        ("always", ["config"], "host-crash", "+config|get"),
        ("everysec", ["info", "config", "wait", "waitaof"], "process-crash", "+info +config|get +waitaof"),
        ("everysec", ["waitaof"], "host-crash", "+waitaof"),
        ("always", ["wait"], "replica", "+wait"),
    ],
)
def test_a_user_who_may_not_ask_is_told_at_the_start(fresh_broker, fsync, lacks, asked, told):
    """One line says what to permit, and with just that the queues open."""
    server = fresh_broker(appendfsync=fsync)
    hosts = user(server, *(f"-{command}" for command in lacks))

    async def main():
        async with durable(server, durability=asked) as make:
            with pytest.raises(ConfigError) as caught:
                await make(layer=make.layer(hosts))
            line = f"unix:{server.server.path} does not permit our user what {asked!r} needs: give it {told}"
            assert str(caught.value) == line
            if asked != "replica":
                server.command("ACL", "SETUSER", "ann", *told.split())
                one = await make(layer=make.layer(hosts))
                await one.put("work", {"n": 1}, id="a")

    asyncio.run(main())


def test_in_memory_nothing_is_asked(broker):
    """A user without any of these permissions puts and takes."""
    hosts = user(broker, "-info", "-config", "-wait", "-waitaof")

    async def main():
        async with durable(broker) as make:
            one = await make(layer=make.layer(hosts))
            await one.put("work", {"n": 1}, id="a")
            (item,) = await one.take(["work"])
            assert await one.done(item)

    try:
        asyncio.run(main())
    finally:
        broker.command("ACL", "DELUSER", "ann")


def test_a_permission_that_is_taken_away(fresh_broker):
    """While it is, puts are Unavailable, which says what is not permitted; then they work again by themselves."""
    server = fresh_broker(appendfsync="everysec")
    hosts = user(server)

    async def main():
        async with durable(server, durability="host-crash") as make:
            one = await make(layer=make.layer(hosts))
            await one.put("work", {"n": 1}, id="a")
            server.command("ACL", "SETUSER", "ann", "-waitaof")
            with pytest.raises(Unavailable, match="permissions to run the 'waitaof' command"):
                await one.put("work", {"n": 2}, id="b")
            with pytest.raises(Unavailable, match=r"give it \+waitaof"):
                await one.put("work", {"n": 2}, id="b")
            server.command("ACL", "SETUSER", "ann", "+waitaof")
            await one.put("work", {"n": 2}, id="b")

    asyncio.run(main())


# --- a primary and its replica ----------------------------------------------------------------------


def has(server, prefix, item):
    """Whether a broker has the item."""
    return bool(server.command("HEXISTS", f"{prefix}:Qb:work", item))


async def put_until_kept(queues, item):
    """Repeat a put that nobody knows the fate of."""
    while True:
        try:
            return await queues.put("work", {"n": item}, id=item)
        except Unavailable:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("fsync", ["always", "everysec"])
def test_put_returns_when_the_replica_has_it(fresh_broker, fsync):
    """Each time, at once; the line at the start says what is waited for."""
    primary, replica = replicated(fresh_broker, appendfsync=fsync)

    async def main():
        async with durable(primary, durability="replica") as make:
            one = await make()
            for n in range(20):
                await one.put("work", {"n": n}, id=str(n))
                assert has(replica, primary.prefix, str(n))
            waits = "WAITAOF 1 and WAIT 1" if fsync == "everysec" else "WAIT 1"
            assert f"1 replica; waits for {waits})" in one.describe()

    asyncio.run(main())


def test_without_its_replica_a_primary_is_refused_at_the_start(fresh_broker):
    """It keeps less than was asked for; so it does with one replica for two."""
    primary, replica = replicated(fresh_broker)

    async def main():
        async with durable(primary, durability="replica") as make:
            with pytest.raises(ConfigError, match=r"1 replica\): set up 2 replicas"):
                await make(replicas=2)
            await asyncio.to_thread(replica.kill)
            await asyncio.to_thread(
                until, lambda: b"connected_slaves:0" in primary.command("INFO", "replication")
            )
            with pytest.raises(ConfigError, match=r"0 replicas\): set up 1 replica"):
                await make()

    asyncio.run(main())


def test_a_replica_that_hangs(fresh_broker, monkeypatch):
    """What it has not confirmed is not acknowledged; once it goes on, puts work again by themselves."""
    primary, replica = replicated(fresh_broker)

    async def main():
        async with durable(primary, durability="replica") as make:
            one = await make()
            await one.put("work", {"n": 1}, id="a")
            monkeypatch.setattr(durability, "WAIT", 0.2)
            replica.pause()
            try:
                for _ in range(2):
                    with pytest.raises(Unavailable, match=r"0 of 1 replicas have confirmed within 0\.2 s"):
                        await one.put("work", {"n": 2}, id="b")
            finally:
                replica.go_on()
            await put_until_kept(one, "b")
            assert has(replica, primary.prefix, "b")
            assert await one.length("work") == 2

    asyncio.run(main())


def test_a_replica_that_is_killed(fresh_broker, monkeypatch):
    """Puts are refused while there is none, which the error says; one that is back counts again by itself."""
    primary, replica = replicated(fresh_broker)

    async def main():
        async with durable(primary, durability="replica") as make:
            one = await make()
            await asyncio.to_thread(replica.kill)
            await asyncio.to_thread(
                until, lambda: b"connected_slaves:0" in primary.command("INFO", "replication")
            )
            monkeypatch.setattr(durability, "WAIT", 0.2)
            with pytest.raises(Unavailable, match="0 of 1 replicas have confirmed"):
                await one.put("work", {"n": 1}, id="a")
            for _ in range(2):
                with pytest.raises(Unavailable, match=r"0 replicas\): set up 1 replica"):
                    await one.put("work", {"n": 1}, id="a")
            await asyncio.to_thread(replica.restart)
            await put_until_kept(one, "a")
            assert has(replica, primary.prefix, "a")

    asyncio.run(main())


def test_a_primary_that_is_killed(fresh_broker):
    """When it is back before its replica, puts are Unavailable, and no longer once that has found it."""
    primary, replica = replicated(fresh_broker)

    async def main():
        async with durable(primary, durability="replica") as make:
            one = await make()
            await one.put("work", {"n": 1}, id="a")
            replica.pause()
            try:
                await asyncio.to_thread(primary.kill)
                await asyncio.to_thread(primary.restart)
                refused = ""
                while "0 replicas" not in refused:  # until our connection is back, it says that there is none
                    with pytest.raises(Unavailable) as caught:
                        await one.put("work", {"n": 2}, id="b")
                    refused = str(caught.value)
            finally:
                replica.go_on()
            await put_until_kept(one, "b")
            assert has(replica, primary.prefix, "a")
            assert has(replica, primary.prefix, "b")

    asyncio.run(main())


@pytest.mark.parametrize("fsync", ["always", "everysec"])
def test_a_primary_that_is_lost_for_ever(fresh_broker, fsync):
    """Killed under load: all that put returned for is at the replica, once that is promoted."""
    primary, replica = replicated(fresh_broker, appendfsync=fsync)

    async def main():
        async with durable(primary, durability="replica") as make:
            one = await make()
            kept = set()

            async def put(name):
                for number in range(100_000):
                    try:
                        await one.put("work", {}, id=f"{name}-{number}")
                    except Unavailable:
                        return
                    kept.add(f"{name}-{number}")

            putting = [asyncio.create_task(put(name)) for name in "abcdefgh"]
            await soon(lambda: len(kept) > 200, 30)
            await asyncio.to_thread(primary.kill)
            await asyncio.gather(*putting)
            replica.command("REPLICAOF", "NO", "ONE")
            assert kept <= {item.decode() for item in replica.command("HKEYS", f"{primary.prefix}:Qb:work")}

    asyncio.run(main())
