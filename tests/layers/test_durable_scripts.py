"""The names of a durable queue's keys, and what the scripts do whatever the order; in time it is in test_durable."""

import re
from uuid import uuid4

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.layers import durable_scripts
from interfaces.layers.durable_scripts import PUT, REPLAY, SETTLE, TAKE, durable_bell, durable_keys, names_key

HOUR = 3_600_000
TALKS = ["", "red", "blue"]


def test_names_tell_queues_apart():
    """No key of one queue is a key of another, and a layer's flush takes none of them."""
    one, two = durable_keys("p", "mail"), durable_keys("p", "mail:x")
    names = [*one, *two, names_key("p"), durable_bell("p", "0" * 16)]
    assert len({*names}) == len(names)
    assert not any(re.match(r"p:[qwbmd](:|$)", name) for name in names)


def test_every_script_is_told_about():
    """What the module exports of scripts is what it makes."""
    made = {
        name for name, value in vars(durable_scripts).items() if isinstance(value, durable_scripts.Script)
    }
    assert made == {name for name in durable_scripts.__all__ if name.isupper()}


@pytest.fixture(name="client", scope="module")
def fixture_client(_server):
    """redis-py on the session's server."""
    with redis.Redis.from_url(_server.url, protocol=2) as client:
        yield client


class Play:
    """Two owners of one queue at a real broker, and what has to come of what they do."""

    def __init__(self, client, attempts=2):
        self.client, self.prefix, self.attempts = client, f"t{uuid4().hex[:12]}", attempts
        self.keys = durable_keys(self.prefix, "work")
        self.talks, self.begun, self.held, self.gone, self.dead = {}, {}, {}, [], []
        self.order, self.loose = {talk: [] for talk in TALKS}, set()

    def run(self, script, *words, keys=()):
        return self.client.eval(script.text, 7 + len(keys), *self.keys, *keys, *words)

    def put(self, n):
        """A new item of a conversation, or one that is there already."""
        item, talk = str(n), TALKS[n % 3]
        known = item in self.talks
        assert self.run(
            PUT, item, f"body {item}", talk, 0, 0, 1000, "work", "0", keys=[names_key(self.prefix)]
        ) == [2 if known else 1, b""]
        if not known:
            self.talks[item], self.begun[item] = talk, 0
            self.order[talk].append(item)

    def take(self, n):
        """Up to three; each is nobody's, the head of its conversation, and in its next attempt."""
        owner = "ab"[n % 2]
        found, expired, worn, trimmed, _ = self.run(
            TAKE, owner, f"bell-{owner}", 1 + n % 3, HOUR // 2, self.attempts, 1000, "1"
        )
        assert (expired, trimmed) == (0, 0)
        for item in (
            self.letters()[-worn:] if worn else ()
        ):  # not a guess: several may have had all their attempts
            assert self.begun[item] >= self.attempts and item not in self.held
            self.drop(item)
            self.dead.append(item)
        for entry, name, attempt, body in found:
            item = name.decode()
            assert (item not in self.held, body) == (True, f"body {item}".encode())
            self.begun[item] += 1
            assert attempt == self.begun[item]
            talk = self.talks[item]
            assert not talk or talk not in {self.talks[other] for other in self.held}
            self.held[item] = (entry, owner, attempt)
            assert not talk or talk in self.loose or self.order[talk][0] == item
        return found

    def letters(self):
        """The dead letters, the newest last."""
        return [fields[b"i"].decode() for _, fields in self.client.xrange(self.keys.dead)]

    def drop(self, item):
        self.order[self.talks.pop(item)].remove(item)
        del self.begun[item]

    def settle(self, n, verb, *words):
        """The owner's verdict counts; the other's, and one on a former attempt, change nothing."""
        if not self.held:
            return
        item = sorted(self.held)[n % len(self.held)]
        entry, owner, attempt = self.held[item]
        assert self.run(SETTLE, entry, item, "ba"["ab".index(owner)], attempt, verb, *words) == [0, 0]
        assert self.run(SETTLE, entry, item, owner, attempt - 1, verb, *words) == [0, 0]
        assert self.run(SETTLE, entry, item, owner, attempt, verb, *words) == [1, 0]
        assert self.run(SETTLE, entry, item, owner, attempt, verb, *words) == [0, 0]
        del self.held[item]
        if verb in ("done", "dead"):
            self.drop(item)
            (self.gone if verb == "done" else self.dead).append(item)
        elif verb == "back":
            self.begun[item] -= 1
        elif words[1] == "0":  # the next of the conversation may pass
            self.loose.add(self.talks[item])

    def lapse(self, n):
        """The owner of one dies: whoever takes next has it, in its next attempt."""
        if self.held:
            item = sorted(self.held)[n % len(self.held)]
            entry, owner, _ = self.held.pop(item)
            self.client.xclaim(self.keys.stream, "g", owner, 0, [entry], idle=HOUR, justid=True)

    def replay(self, _n):
        """A dead letter is a new item, unless it was put again meanwhile."""
        for number, fields in self.client.xrange(self.keys.dead, count=1):
            item = fields[b"i"].decode()
            assert self.run(REPLAY, number) == 1
            assert self.run(REPLAY, number) == 0
            self.dead.remove(item)
            if item not in self.talks:
                self.talks[item], self.begun[item] = TALKS[int(item) % 3], 0
                self.order[self.talks[item]].append(item)

    def check(self):
        """An item has a body as long as it is not gone, and what died is a letter."""
        bodies = {item.decode() for item in self.client.hkeys(self.keys.bodies)}
        assert bodies == {*self.talks}
        assert sorted(self.letters()) == sorted(self.dead)
        assert {*self.held} <= bodies

    def end(self):
        """Everything that is left can be taken and done, and nothing stays behind it."""
        while self.held:
            self.settle(0, "done")
        self.attempts = 1000
        while self.take(2):
            while self.held:
                self.settle(0, "done")
        assert not self.talks
        left = {key.decode() for key in self.client.scan_iter(f"{self.prefix}:*", count=10_000)}
        assert left <= {self.keys.stream, self.keys.dead, self.keys.waiting, names_key(self.prefix)}
        assert self.client.xlen(self.keys.stream) == 0
        self.client.delete(*left)


DEEDS = {
    "put": Play.put,
    "take": Play.take,
    "done": lambda play, n: play.settle(n, "done"),
    "dead": lambda play, n: play.settle(n, "dead", "no good", 1000),
    "back": lambda play, n: play.settle(n, "back"),
    "relaxed": lambda play, n: play.settle(n, "retry", 0, "0"),
    "strict": lambda play, n: play.settle(n, "retry", 0, "1"),
    "lapse": Play.lapse,
    "replay": Play.replay,
}
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "put", "take", "take", *DEEDS]), st.integers(0, 11)),
    min_size=12,
    max_size=60,
)


def test_whatever_happens_an_item_is_in_one_place(client):
    """Puts, verdicts, deaths and replays in any order: nothing is lost, and a conversation goes one by one."""

    @given(STEPS)
    @settings(max_examples=300, deadline=None)
    def plays(steps):
        play = Play(client)
        for deed, n in steps:
            DEEDS[deed](play, n)
            play.check()
        play.end()

    plays()
