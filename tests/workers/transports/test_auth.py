"""The handshake's edges: what a proof binds, and what nobody accepts twice."""

from typing import Any

import pytest

from interfaces.shared.errors import PeerError
from interfaces.workers.transports.auth import NONCE, Handshake, Refused
from interfaces.workers.wire import HELLO, PROOF, REFUSE

TOKEN = b"the token"
OURS, THEIRS = b"o" * NONCE, b"t" * NONCE


def side(role: str = "relay", identity: str = "us", nonce: bytes = OURS, token: bytes = TOKEN) -> Handshake:
    """One side."""
    return Handshake(role, identity, token, nonce)


def hello(**changed: Any) -> dict[str, Any]:
    """What the worker opposite says first."""
    return {"versions": [1, 1], "role": "worker", "id": "them", "nonce": THEIRS, **changed}


def proof(handshake: Handshake, **changed: Any) -> bytes:
    """What ``handshake`` answers to that."""
    answer = handshake.heard(HELLO, hello(**changed))
    assert answer is not None
    assert isinstance(answer["proof"], bytes)
    return answer["proof"]


def test_a_proof_binds_everything() -> None:
    """Another token, identity or nonce of either side gives another proof; the same give the same."""
    same = proof(side())
    assert same == proof(side())
    others = {
        proof(side(token=b"another")),
        proof(side(identity="else")),
        proof(side(nonce=b"n" * NONCE)),
        proof(side(), id="else"),
        proof(side(), nonce=b"n" * NONCE),
    }
    assert len(others) == 5 and same not in others


def test_no_part_of_a_proof_runs_into_the_next() -> None:
    """Bytes that move from one part to its neighbour make a difference."""
    assert proof(side(identity="ab", nonce=b"c" * NONCE)) != proof(
        side(identity="a", nonce=b"b" + b"c" * NONCE)
    )


def test_the_token_is_not_said() -> None:
    """Neither in the greeting nor in the proof."""
    one = side()
    assert TOKEN not in repr(one.hello()).encode()
    assert TOKEN not in proof(one)


@pytest.mark.parametrize("wrong", [None, "text", b"", b"x" * 32, 5])
def test_a_wrong_proof_is_refused(wrong: Any) -> None:
    """And nobody is in by it."""
    one = side()
    one.heard(HELLO, hello())
    with pytest.raises(PeerError, match="tokens differ"):
        one.heard(PROOF, {"proof": wrong})
    assert not one.done


def test_nobody_introduces_itself_twice() -> None:
    """A second greeting could change who it is; a second proof means nothing."""
    relay, worker = side(), side("worker", "them", THEIRS)
    ours, theirs = worker.heard(HELLO, relay.hello()), relay.heard(HELLO, worker.hello())
    with pytest.raises(PeerError, match="introduce"):
        relay.heard(HELLO, hello(id="somebody else"))
    assert relay.peer == "them"
    relay.heard(PROOF, ours)
    with pytest.raises(PeerError, match="introduce"):
        relay.heard(PROOF, ours)
    worker.heard(PROOF, theirs)
    assert relay.done and worker.done


@pytest.mark.parametrize(("said", "why"), [({"reason": "full"}, "full"), ({}, ""), ("full", ""), (None, "")])
def test_a_refusal_is_told_from_a_mistake(said: Any, why: str) -> None:
    """Before and after the greeting, with its reason if it gives one."""
    for greeted in (False, True):
        one = side()
        if greeted:
            one.heard(HELLO, hello())
        with pytest.raises(Refused) as refused:
            one.heard(REFUSE, said)
        assert str(refused.value) == why


def test_a_nonce_may_be_longer_but_not_shorter() -> None:
    """The least length is that of ours."""
    assert proof(side(), nonce=THEIRS + b"more")
    with pytest.raises(PeerError, match="malformed"):
        side().heard(HELLO, hello(nonce=THEIRS[1:]))


def test_two_of_one_role_do_not_meet() -> None:
    """Each says what the other should have been."""
    with pytest.raises(PeerError, match="it is no worker"):
        side().heard(HELLO, hello(role="relay"))
    with pytest.raises(PeerError, match="it is no relay"):
        side("worker").heard(HELLO, hello(role="worker"))


def test_an_unknown_version_leaves_no_trace() -> None:
    """It is refused before its name is believed."""
    one = side()
    with pytest.raises(PeerError, match="versions 2 to 3"):
        one.heard(HELLO, hello(versions=[2, 3]))
    assert one.peer == ""
