import base64
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as curve
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from interfaces.email.auth import keys
from interfaces.email.auth.keys import Key, PublicKey
from interfaces.shared.errors import ConfigError
from tests.email.auth.keys import ed25519, pem, rsa, written


@pytest.mark.parametrize("key", [rsa(), ed25519()], ids=["rsa", "ed25519"])
def test_a_key_and_its_record(key: Key, tmp_path: Path) -> None:
    """A key that is read from its file signs what the key in its record fits, and nothing else."""
    again = Key.read(written(key, tmp_path))
    assert (again.domain, again.selector, again.algorithm) == (key.domain, key.selector, key.algorithm)
    public = PublicKey.of(again.record)
    assert public.fits(again.sign(b"data", b"digest"), b"data", b"digest")
    assert not public.fits(again.sign(b"data", b"digest"), b"other", b"other")
    assert "private" not in repr(again)


def bad(folder: Path, content: bytes) -> str:
    """A file of that content, as an option names it."""
    path = folder / f"{len(content)}.pem"
    path.write_bytes(content)
    return f"example.org:s:{path}"


@pytest.mark.parametrize(
    "text", ["", "example.org", "example.org:s", "example.org:s:", ":s:x", "a b:s:x", "a:s\n:x"]
)
def test_what_names_no_key(text: str) -> None:
    """What is not domain:selector:file is told how to be written."""
    with pytest.raises(ConfigError, match="domain:selector:file"):
        Key.read(text)


def test_files_that_are_no_keys(tmp_path: Path) -> None:
    """A file that is missing, is no PEM, is of another kind or too small is a ConfigError of one line."""
    elliptic = Key("example.org", "c", "", curve(SECP256R1()))
    for text, says in [
        ("example.org:s:/nowhere/key.pem", "No such file"),
        (bad(tmp_path, b"hello"), "openssl"),
        (bad(tmp_path, pem(elliptic)), "RSA and Ed25519"),
    ]:
        with pytest.raises(ConfigError, match=says) as raised:
            Key.read(text)
        assert "\n" not in str(raised.value)


def test_a_small_key_is_not_signed_by(tmp_path: Path) -> None:
    """A key that nobody believes is refused at once, and so is one that cryptography does not know."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    small = tmp_path / "small.pem"
    subprocess.run(["openssl", "genrsa", "-out", small, "768"], check=True, capture_output=True)
    with pytest.raises(ConfigError, match="768 bits"):
        Key.read(f"example.org:s:{small}")

    def unknown(*_: object, **__: object) -> None:
        raise UnsupportedAlgorithm("a kind of tomorrow")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serialization, "load_pem_private_key", unknown)
        with pytest.raises(ConfigError, match="a kind of tomorrow; there is RSA and Ed25519"):
            Key.read(f"example.org:s:{small}")


def test_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without cryptography, whoever needs it is told what to install."""
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.serialization", None)
    with pytest.raises(ConfigError, match=r"asgi-interfaces\[email-auth\]"):
        keys.needed()
    with pytest.raises(ConfigError, match=r"asgi-interfaces\[email-auth\]"):
        Key.read("example.org:s:file.pem")


SHORT = base64.b64encode(b"x" * 31).decode()
P = rsa().record.partition("p=")[2]


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ("v=DKIM1; k=rsa", "no key"), ("v=DKIM1; p=", "revoked"), ("v=DKIM2; p=AAAA", "version"),
        (f"k=rsa; v=DKIM1; p={P}", "version"), ("p=AAAA", "no RSA key"), ("p=A", "base64"), ("p=&", "base64"),
        ("k=dsa; p=AAAA", "unknown kind"), (f"k=ed25519; p={SHORT}", "32 bytes"),
        (f"p={'A' * 4000}", "too large"), ("p", "no tag"), ("p=A;p=A", "twice"),
    ],
)  # fmt: skip
def test_records_that_are_no_keys(record: str, says: str) -> None:
    """A record that has no key, a revoked one or one that cannot be used says why."""
    with pytest.raises(ValueError, match=says):
        PublicKey.of(record)


def test_what_a_record_allows() -> None:
    """Hashes, services and flags are words in lower case, with blanks anywhere in the key."""
    found = PublicKey.of(f" v=DKIM1 ; h=SHA256:sha1; s=email ; t= y : s; n=x; p= {P[:9]} {P[9:]} ;")
    assert (found.hashes, found.services, found.flags) == (("sha256", "sha1"), ("email",), ("y", "s"))
    assert PublicKey.of(f"p={P}").services == ("*",)


def test_a_key_that_costs_too_much() -> None:
    """An exponent as long as the modulus would have each signature cost a hundred times as much."""
    numbers = rsa().private.public_key().public_numbers()
    costly = RSAPublicNumbers(numbers.n - 2, numbers.n).public_key()
    shown = base64.b64encode(costly.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    with pytest.raises(ValueError, match="exponent"):
        PublicKey.of(f"p={shown}")


def test_small_keys_count_for_nothing() -> None:
    """RSA keys of fewer than 1024 bits are refused (RFC 8301 §3.2): a record of 768 was made with openssl."""
    small = (
        "MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAMGx2K06R60foFR9YbLFZILCHXNMHLJEdYGwn0wxvCEo30gJguySgc1bEm"
        "xCj2upKhmg3OELGEiMCuwvjPNraGzPv7Klt9NcJyBaKCao+xl/5wDqiEEwHnJaRTMAmO2mTQIDAQAB"
    )
    with pytest.raises(ValueError, match="768 bits"):
        PublicKey.of(f"p={small}")
