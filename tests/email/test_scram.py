"""SCRAM-SHA-256: the vectors of RFC 7677, keys as they are stored, and all that proves nothing."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.scram import Exchange, Key, matches, parsed, stored, unknown
from interfaces.shared.errors import PeerError

SALT = b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
KEY = parsed(stored("pencil", SALT, 4096))
FIRST = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
FINAL = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="


class Client:
    """A client of RFC 5802, written for these tests."""

    def __init__(self, user: str, password: str, head: str = "n,,") -> None:
        self.password, self.head = password, head
        self.bare = f"n={user.replace('=', '=3D').replace(',', '=2C')},r=abc"

    @property
    def first(self) -> str:
        """Its first message."""
        return self.head + self.bare

    def final(self, challenge: str, **wrong: Any) -> str:
        """Its last message, for what the server said; ``wrong``: parts that it lies about."""
        said = dict(part.split("=", 1) for part in challenge.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), b64decode(said["s"]), int(said["i"]))
        client = hmac.digest(salted, b"Client Key", "sha256")
        head = wrong.get("head", self.head)
        bare = f"c={b64encode(head.encode()).decode()},r={wrong.get('nonce', said['r'])}"
        signature = hmac.digest(
            hashlib.sha256(client).digest(), f"{self.bare},{challenge},{bare}".encode(), "sha256"
        )
        proof = bytes(one ^ other for one, other in zip(client, signature, strict=True))
        return f"{bare},p={b64encode(proof).decode()}"


def test_the_example_of_rfc_7677() -> None:
    """§3: the messages of both sides, to the last byte."""
    exchange = Exchange(FIRST)
    assert exchange.user == "user"
    said = exchange.challenge(KEY, NONCE)
    assert said == f"r=rOprNGfwEbeRWgbNEkqO{NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    assert exchange.proven(FINAL) == "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_a_key_is_stored_as_postgresql_stores_it() -> None:
    """The example of RFC 7677 again, as PostgreSQL's server would keep it."""
    text = (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
    assert stored("pencil", SALT, 4096) == text
    assert str(parsed(text)) == text
    assert stored("pencil") != stored("pencil"), "each has a salt of its own"
    assert "WG5d8" not in repr(parsed(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pencil",
        "SCRAM-SHA-1$4096:YQ==$YQ==:YQ==",
        "SCRAM-SHA-256$4096:YQ==$YQ==:YQ==",
        "SCRAM-SHA-256$0:YQ==$YQ==:YQ==",
        "SCRAM-SHA-256$4096:Y$YQ==:YQ==",
    ],
)
def test_what_is_no_key_is_said_to_be_none(text: str) -> None:
    """ValueError, which tells what one looks like."""
    with pytest.raises(ValueError, match="this is no key"):
        _ = parsed(text)


@given(st.text(min_size=1, max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_only_the_password_proves_itself(user: str, password: str, other: str) -> None:
    """Whatever the name; a name with a NUL is refused."""
    if "\0" in user:
        return
    key = parsed(stored("Pass", b"salt", 1))
    for word in ("Pass", "pass", password, other):
        client = Client(user, word)
        exchange = Exchange(client.first)
        signed = exchange.proven(client.final(exchange.challenge(key, "xyz")))
        assert bool(signed) == (word == "Pass") == matches(key, word)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "n,,",
        "n,,n=user",
        "n,,n=,r=a",
        "n,,r=a,n=user",
        "p=tls-unique,,n=user,r=a",
        "n,a=other,n=user,r=a",
        "n,,n=us=er,r=a",
        "n,,n=us\0er,r=a",
        "n,,n=user,r=",
        "n,,n=user,r=a,m=ext",
        "n,,m=ext,n=user,r=a",
        "x,,n=user,r=a",
        "n,,n=user,r=a b",
    ],
)
def test_a_first_message_that_is_malformed_is_refused(message: str) -> None:
    """So is channel binding, which was not offered, and who acts as another."""
    with pytest.raises(PeerError) as error:
        _ = Exchange(message)
    assert error.value.answer == b"535 5.7.8 Authentication credentials invalid\r\n"


@pytest.mark.parametrize("head", ["n,,", "y,,", "n,a=user,"])
def test_a_client_may_know_of_channel_binding(head: str) -> None:
    """And may say whom it acts as when that is itself."""
    client = Client("user", "pencil", head)
    exchange = Exchange(client.first)
    assert exchange.proven(client.final(exchange.challenge(KEY, NONCE)))


def test_a_proof_is_of_this_exchange_alone() -> None:
    """Another nonce, another head, a changed proof or more behind it prove nothing."""
    client = Client("user", "pencil")
    for wrong in ({"nonce": "abc"}, {"nonce": f"abc{NONCE}x"}, {"head": "y,,"}):
        exchange = Exchange(client.first)
        assert not exchange.proven(client.final(exchange.challenge(KEY, NONCE), **wrong))
    for change in (lambda it: it + ",x=y", lambda it: it[:-4] + "AAA=", lambda it: it[:-2], lambda _: ""):
        exchange = Exchange(client.first)
        assert not exchange.proven(change(client.final(exchange.challenge(KEY, NONCE))))
    assert not Exchange(client.first).proven(FINAL)


def test_who_has_no_key_cannot_be_told_from_who_has() -> None:
    """The salt is always the same for a name, and nothing fits."""
    one, other = unknown("me", b"secret"), unknown("you", b"secret")
    assert one == unknown("me", b"secret") and one.salt != other.salt and len(one.salt) == 16
    assert one.iterations == parsed(stored("x")).iterations
    assert not matches(one, "") and isinstance(one, Key)
