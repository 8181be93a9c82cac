"""SCRAM-SHA-256 as a client says it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.email.scram import Exchange, parsed, stored
from interfaces.irc.scram import LEAST, Scram
from interfaces.shared.errors import PeerError

NONCE = "rOprNGfwEbeRWgbNEkqO"
CHALLENGE = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
PROOF = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def begun() -> Scram:
    """The login of RFC 7677 §3, begun."""
    scram = Scram("user", "pencil", NONCE)
    assert scram.first() == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    return scram


def test_the_example_of_the_standard() -> None:
    """RFC 7677 §3."""
    scram = begun()
    assert scram.final(CHALLENGE) == (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    scram.verify(PROOF)
    scram.verify(PROOF + b",x=later")
    assert "pencil" not in repr(scram)


@settings(max_examples=15)
@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
)
def test_it_agrees_with_a_server(account: str, password: str) -> None:
    """Beside the server's side as mail has it: whatever the name and the password, each believes the other."""
    scram = Scram(account, password, "clientnonce")
    exchange = Exchange(scram.first().decode())
    key = parsed(stored(password, b"salt", LEAST))
    said = exchange.proven(scram.final(exchange.challenge(key, "servernonce").encode()).decode())
    scram.verify(said.encode())
    assert (
        exchange.proven(scram.final(f"r=clientnonceservernonce,s=c2FsdA==,i={LEAST}".encode()).decode())
        == said
    )


@pytest.mark.parametrize(
    ("challenge", "why"),
    [
        (b"", "malformed"),
        (b"\xff", "UTF-8"),
        (b"e=other-error", "malformed"),
        (b"m=x," + CHALLENGE, "malformed"),
        (b"r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "another login"),
        (b"r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "another login"),
        (CHALLENGE.replace(b"W22", b"="), "base64"),
        (CHALLENGE.replace(b"4096", b"4095"), "4095 rounds"),
        (CHALLENGE.replace(b"4096", b"1000001"), "1000001 rounds"),
        (CHALLENGE.replace(b"4096", b"9999999999"), "malformed"),
        (CHALLENGE.replace(b"4096", b"0"), "malformed"),
    ],
)
def test_a_challenge_that_does_not_fit(challenge: bytes, why: str) -> None:
    """Nothing is proven to such a server."""
    with pytest.raises(PeerError, match=why):
        begun().final(challenge)


@pytest.mark.parametrize("said", [b"", b"v=", b"v=AAAA", b"e=invalid-proof", b"v=\xff", PROOF[:-4], b"v=A"])
def test_a_server_that_does_not_know_the_password(said: bytes) -> None:
    """It is not believed."""
    scram = begun()
    scram.final(CHALLENGE)
    with pytest.raises(PeerError, match="SCRAM: the server"):
        scram.verify(said)


def test_a_server_that_asks_for_no_proof() -> None:
    """It is not believed either, whatever it says."""
    for said in (PROOF, b"v=", b""):
        with pytest.raises(PeerError, match="does not prove"):
            begun().verify(said)


@given(st.binary())
def test_takes_anything_or_says_so(data: bytes) -> None:
    """Nothing raises but what is the peer's fault."""
    scram = begun()
    for step in (scram.final, scram.verify):
        with pytest.raises(PeerError):
            step(data)
