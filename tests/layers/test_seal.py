"""interfaces.layers.seal: what is read back, and what is refused."""

import base64
import hashlib
import sys

import pytest
from cryptography.fernet import Fernet

from interfaces.layers.seal import Seal, Unsealed
from interfaces.shared.errors import ConfigError

KINDS = pytest.mark.parametrize("kind", [{"encryption_keys": ["k"]}, {"signing_keys": ["k"]},
                                         {"encryption_keys": [b"k"], "signing_keys": [b"s"]}])  # fmt: skip


@KINDS
@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 50])
def test_what_is_sealed_is_read_back(kind, data):
    """Any bytes, with each kind of keys; and what the broker sees is something else."""
    seal = Seal(**kind)
    assert seal and seal.seal(data) != data
    assert Seal(**kind).open(seal.seal(data)) == data


def test_without_keys_nothing_changes():
    """An empty seal is false and gives back what it got."""
    assert not Seal() and Seal().seal(b"x") == Seal().open(b"x") == b"x"


@KINDS
def test_every_changed_byte_is_refused(kind):
    """A flip, a cut or a byte more anywhere, nothing at all, and plain data."""
    seal = Seal(**kind)
    good = seal.seal(b"message")
    for at in range(len(good)):
        for bad in (good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :], good[:at]):
            if _opens(seal, bad):
                # Base64 has spare bits: the same token in another spelling, and so the same message
                assert seal.open(bad) == b"message" and "encryption_keys" in kind
    for bad in (b"x" + good, b"", b"message", b"\xff" * 100):
        with pytest.raises(Unsealed):
            seal.open(bad)


def _opens(seal, data):
    """Whether ``data`` is taken for sealed."""
    try:
        seal.open(data)
    except Unsealed:
        return False
    return True


@pytest.mark.parametrize("kind", ["encryption_keys", "signing_keys"])
def test_keys_rotate(kind):
    """The first key seals; a reader with it anywhere in the list reads; one without refuses."""
    old, both, new = (Seal(**{kind: keys}) for keys in (["old"], ["new", "old"], ["new"]))
    assert both.open(old.seal(b"x")) == b"x"
    assert new.open(both.seal(b"x")) == b"x"
    for reader, writer in ((old, both), (new, old)):
        with pytest.raises(Unsealed):
            reader.open(writer.seal(b"x"))


def test_encryption_is_that_of_channels_redis():
    """A token that channels_redis' derivation makes is read."""
    token = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"secret").digest())).encrypt(b"x")
    assert Seal(["secret"]).open(token) == b"x"


def test_signature_is_hmac_sha256_before_the_data():
    """The vector of RFC 4231 §4.3."""
    expected = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    data = b"what do ya want for nothing?"
    assert Seal((), ["Jefe"]).seal(data) == expected + data


def test_missing_cryptography_is_named(monkeypatch):
    """ConfigError with the pip command; signing needs nothing."""
    monkeypatch.setitem(sys.modules, "cryptography.fernet", None)
    with pytest.raises(ConfigError, match=r"pip install 'asgi-interfaces\[crypto\]'"):
        Seal(["k"])
    assert Seal((), ["k"])


def test_keys_are_not_shown():
    """repr tells what is done, not with what."""
    assert repr(Seal(["hidden"], ["secret"])) == "<Seal encrypts signs>"
