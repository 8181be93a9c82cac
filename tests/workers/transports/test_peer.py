"""A connection of two peers: who may speak, how its bytes leave, and when silence ends it."""

from typing import Any

import pytest

from interfaces.shared.errors import PeerError
from interfaces.workers.transports.peer import INTRODUCTION, PING_EVERY, SILENCE, STRANGER, Peer
from interfaces.workers.wire import EVENT, HELLO, PING, PONG, REFUSE, Reader, frame
from tests.workers.transports.fakes import Loop, Wire


class Owner:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.trouble: Exception | None = None

    def joined(self, peer: Peer) -> None:
        self.told.append(("joined", peer.name))

    def heard(self, peer: Peer, kind: int, session: int, payload: Any, size: int) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.told.append((kind, session, payload, size))

    def left(self, peer: Peer, reason: str) -> None:
        self.told.append(("left", reason))


def made(loop: Loop, role: str, token: bytes = b"token") -> tuple[Peer, Owner, Wire]:
    """One side, connected."""
    owner, wire = Owner(), Wire()
    peer = Peer(loop, owner, role, f"the {role}", token)
    peer.connection_made(wire)
    return peer, owner, wire


def pump(loop: Loop, one: Peer, two: Peer) -> None:
    """Bring each what the other wrote, until both are silent."""
    for _ in range(6):
        loop.turn()
        for peer, data in ((two, one.transport.take()), (one, two.transport.take())):
            if data:
                peer.data_received(data)


def known(loop: Loop) -> tuple[tuple[Peer, Owner, Wire], Peer]:
    """One side that knows the other."""
    one, two = made(loop, "relay"), made(loop, "worker")
    pump(loop, one[0], two[0])
    one[1].told.clear()
    return one, two[0]


def frames(loop: Loop, wire: Wire) -> list[tuple[int, int, Any]]:
    """What was written, read."""
    loop.turn()
    return [found[:3] for found in Reader().feed(wire.take())]


def test_both_sides_learn_who_is_there() -> None:
    """Each is told once, by the other's identity, which it also shows."""
    loop = Loop()
    (relay, one, _), (worker, two, _) = made(loop, "relay"), made(loop, "worker")
    assert repr(relay) == "<Peer (unknown)>"
    pump(loop, relay, worker)
    assert one.told == [("joined", "the worker")] and two.told == [("joined", "the relay")]
    assert repr(relay) == "<Peer the worker>"


def test_another_token_is_refused_on_both_sides() -> None:
    """Neither joins, both close, and the owner hears why when the connection is gone."""
    loop = Loop()
    (relay, one, first), (worker, two, second) = made(loop, "relay"), made(loop, "worker", b"else")
    pump(loop, relay, worker)
    relay.connection_lost(None)
    assert (first.ended, second.ended) == ("closed", "closed")
    assert relay.refusal == worker.refusal == "the tokens differ"
    assert one.told == [("left", "the tokens differ")] and two.told == []


def test_a_stranger_says_little() -> None:
    """A long frame is refused by its length alone; who is known may send it."""
    loop = Loop()
    peer, owner, wire = made(loop, "relay")
    frames(loop, wire)
    peer.data_received((STRANGER + 1).to_bytes(4, "big"))
    [(kind, _, payload)] = frames(loop, wire)
    assert kind == REFUSE and f"{STRANGER} at most" in payload["reason"]
    assert wire.ended == "closed" and owner.told == []
    (peer, owner, wire), _ = known(loop)
    peer.data_received(frame(EVENT, 1, bytes(STRANGER)))
    assert [told[:3] for told in owner.told] == [(EVENT, 1, bytes(STRANGER))]


def test_a_stranger_has_to_introduce_itself_first() -> None:
    """A frame of a session reaches no owner before the handshake."""
    loop = Loop()
    peer, owner, wire = made(loop, "relay")
    peer.data_received(frame(EVENT, 1, {}))
    assert owner.told == [] and wire.ended == "closed"
    assert peer.refusal == "it does not introduce itself"


def test_a_stranger_that_says_nothing_is_dropped_in_time() -> None:
    """Not a moment before, and at once."""
    loop = Loop()
    peer, owner, wire = made(loop, "relay")
    loop.later(INTRODUCTION - 0.1)
    assert not wire.ended
    loop.later(0.1)
    assert wire.ended == "aborted"
    peer.connection_lost(None)
    assert owner.told == [("left", "it did not introduce itself in time")]


def test_silence_ends_it() -> None:
    """It is asked for signs of life until then; nothing is planned once it is gone."""
    loop = Loop()
    (peer, owner, wire), _ = known(loop)
    loop.later(SILENCE - 0.1)
    asked = frames(loop, wire)
    assert asked == [(PING, 0, None)] * int((SILENCE - 0.1) // PING_EVERY) and not wire.ended
    loop.later(0.1)
    assert wire.ended == "aborted"
    peer.connection_lost(None)
    assert owner.told == [("left", f"it has been silent for {SILENCE:g} s")]


def test_an_answer_is_a_sign_of_life() -> None:
    """A PONG puts the end off, a PING is answered with its payload, and no owner hears of either."""
    loop = Loop()
    (peer, owner, wire), _ = known(loop)
    loop.later(SILENCE - 1)
    peer.data_received(frame(PONG, 0, None))
    loop.later(SILENCE - 1)
    assert not wire.ended
    frames(loop, wire)
    peer.data_received(frame(PING, 0, "it"))
    assert frames(loop, wire) == [(PONG, 0, "it")] and owner.told == []


def test_one_turn_is_one_write() -> None:
    """All that is posted in it leaves together, in order; what it took is told without the length."""
    loop = Loop()
    (peer, _, wire), _ = known(loop)
    sizes = [peer.post(EVENT, number, "x") for number in (1, 2, 3)]
    assert wire.writes == []
    loop.turn()
    assert len(wire.writes) == 1 and len(wire.writes[0]) == sum(sizes) + 12
    assert frames(loop, wire) == [(EVENT, 1, "x"), (EVENT, 2, "x"), (EVENT, 3, "x")]


def test_what_was_posted_leaves_before_the_end() -> None:
    """Leaving flushes; a lost peer swallows what comes then, but still says what cannot travel."""
    loop = Loop()
    (peer, owner, wire), _ = known(loop)
    peer.post(EVENT, 1, "last")
    peer.leave()
    assert wire.ended == "closed" and frames(loop, wire) == [(EVENT, 1, "last")]
    planned = len(loop.planned)
    peer.connection_lost(None)
    assert owner.told == [("left", "it has ended")] and len(loop.planned) == planned - 1
    assert peer.post(EVENT, 1, "late") > 0 and frames(loop, wire) == []
    with pytest.raises(RuntimeError, match="has to be plain"):
        peer.post(EVENT, 1, object())


def test_an_owner_ends_it_by_its_error() -> None:
    """The other side is told the reason, but that is no refusal of who it is."""
    loop = Loop()
    (peer, owner, wire), _ = known(loop)
    owner.trouble = PeerError("nonsense")
    peer.data_received(frame(EVENT, 1, {}))
    assert frames(loop, wire) == [(REFUSE, 0, {"reason": "nonsense"})]
    assert wire.ended == "closed" and peer.refusal == ""


def test_a_greeting_leaves_first() -> None:
    """It says nothing but who it is."""
    loop = Loop()
    _, _, wire = made(loop, "worker")
    [(kind, session, payload)] = frames(loop, wire)
    assert (kind, session, payload["id"], payload["role"]) == (HELLO, 0, "the worker", "worker")
