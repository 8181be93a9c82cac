"""interfaces.layers.peers: the table is bounded, and who is needed stays in it."""

import asyncio

import pytest

from interfaces.layers import peers
from interfaces.layers.frames import Outgoing
from interfaces.layers.peers import Peer, Peers, Requests


class Kit:
    """A table with a clock, and whom it forgot."""

    def __init__(self, most=3):
        self.now, self.forgotten = 0.0, []
        self.table = Peers(
            lambda name, epoch: Peer(name, name.encode(), None, Outgoing("me", epoch)),
            lambda peer: self.forgotten.append(peer.name),
            lambda: self.now,
        )
        self.table.most = most

    def names(self):
        return [peer.name for peer in self.table]


def test_the_quietest_makes_room():
    """Use counts, not age."""
    kit = Kit()
    for name in ("a", "b", "c", "a", "d"):
        kit.table.use(name)
    assert kit.forgotten == ["b"]
    assert kit.names() == ["c", "a", "d"]
    assert len(kit.table) == 3


def test_who_is_held_is_not_forgotten():
    """Watched, waited for, or posted to in this turn: rather more than ``most`` than losing one of these."""
    kit = Kit()
    kit.table.use("watched").watchers[print] = None
    kit.table.use("posted").out.put(0, b"x", 1)
    kit.table.use("waited").room.append(None)
    for name in ("x", "y"):
        kit.table.use(name)
    assert kit.forgotten == ["x"]
    assert {"watched", "posted", "waited", "y"} == {*kit.names()}
    kit.now = peers.IDLE + 1
    kit.table.sweep()
    assert {"watched", "posted", "waited"} == {*kit.names()}


def test_quiet_peers_go_and_used_ones_stay():
    """After IDLE seconds."""
    kit = Kit()
    kit.table.use("a")
    kit.now = peers.IDLE / 2
    kit.table.use("b")
    kit.now = peers.IDLE
    kit.table.sweep()
    assert (kit.forgotten, kit.names()) == (["a"], ["b"])


def test_a_peer_that_comes_back_has_a_higher_epoch():
    """So that its frames cannot be taken for those of before; removing a former one does not remove it."""
    kit = Kit()
    old = kit.table.use("a")
    assert old in kit.table
    kit.table.remove(old)
    assert kit.table.find("a") is None
    new = kit.table.use("a")
    assert new.out.epoch > old.out.epoch
    assert old not in kit.table
    kit.table.remove(old)
    assert kit.table.find("a") is new
    assert "a" in repr(new)


def test_an_answer_is_for_its_question_and_from_who_was_asked():
    """Strange tokens, others' answers and late ones are nothing."""

    async def main():
        requests = Requests()
        token, future = requests.open("a")
        for wrong in ("x", None, [], token + 1):
            requests.answer("a", wrong, "wrong")
        requests.answer("b", token, "wrong")
        requests.answer("a", token, "right")
        requests.answer("a", token, "late")
        assert await future == "right"
        requests.drop(token)
        requests.drop(token)
        _, first = requests.open("a")
        other, second = requests.open("b")
        requests.fail(OSError("gone"), "a")
        with pytest.raises(OSError, match="gone"):
            await first
        assert not second.done()
        requests.fail(OSError("all"))
        with pytest.raises(OSError, match="all"):
            await second
        requests.drop(other)
        assert len(requests) == 1

    asyncio.run(main())
