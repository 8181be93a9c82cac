"""What the DNS says of our mail: MX, SPF, DKIM and DMARC, well and wrong."""

import asyncio
import socket

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from interfaces.email import diagnosis as module
from interfaces.email.auth.keys import Key
from interfaces.email.auth.zone import Zone
from interfaces.email.diagnosis import diagnosed, records
from interfaces.email.interface import Email
from interfaces.email.options import EmailOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.findings import Finding
from interfaces.shared.interface import Context

BOUNCES = {"hostname": "mx.example.org", "bounce_key": "a text of 16 characters", "bounce_domain": "example.org",
           "send": "memory:x"}  # fmt: skip
GOOD = {
    "mx.example.org": {"A": ["192.0.2.1"]},
    "example.org": {"MX": ["mx.example.org"], "TXT": ["v=spf1 mx -all", "other=1"]},
    "_dmarc.example.org": {"TXT": ["v=DMARC1; p=none"]},
}


def told(options, zone, broken=()):
    """(level, what) of each."""

    async def run():
        return [(one.level, one.what) async for one in records(EmailOptions(**options), Zone(zone, broken))]

    return asyncio.run(run())


def changed(**names):
    """The good records, with some others."""
    return {**GOOD, **{name.replace("__", "."): value for name, value in names.items()}}


def test_good_records():
    """Our name, the MX, SPF and DMARC, a line each."""
    assert told(BOUNCES, GOOD) == [
        ("ok", "mx.example.org is 192.0.2.1"),
        ("ok", "the MX of example.org is mx.example.org"),
        ("ok", "example.org has SPF: v=spf1 mx -all"),
        ("ok", "_dmarc.example.org is v=DMARC1; p=none"),
    ]


def test_where_nothing_is_sent_nor_named_nothing_is_asked():
    """The defaults are no reason to ask anybody."""
    assert told({}, {}) == []


@pytest.mark.parametrize(
    ("name", "record", "level", "part"),
    [
        ("mx.example.org", {}, "warning", "mx.example.org has no address"),
        ("example.org", {"TXT": ["v=spf1 -all"]}, "error", "example.org has no MX"),
        (
            "example.org",
            {"MX": ["other.example"], "TXT": ["v=spf1 -all"]},
            "warning",
            "and not mx.example.org",
        ),
        ("example.org", {"MX": ["mx.example.org"]}, "warning", "has no SPF"),
        (
            "example.org",
            {"MX": ["mx.example.org"], "TXT": ["v=spf1 -all", "v=spf1 mx"]},
            "error",
            "has 2 SPF records",
        ),
        ("example.org", {"MX": ["mx.example.org"], "TXT": ["v=spf1 nonsense:"]}, "error", "cannot be read"),
        ("example.org", {"MX": ["mx.example.org"], "TXT": ["v=spf1 +all"]}, "error", "ends with +all"),
        ("_dmarc.example.org", {"TXT": ["v=other"]}, "warning", "has no DMARC"),
    ],
)
def test_wrong_records(name, record, level, part):
    """Each is told once, among others that are well."""
    wrong = [(one, what) for one, what in told(BOUNCES, {**GOOD, name: record}) if one != "ok"]
    assert [(one, part in what) for one, what in wrong] == [(level, True)]


def test_a_name_server_that_does_not_answer():
    """Is to be looked at; nothing is said of the records."""
    found = told(BOUNCES, GOOD, broken=["example.org"])
    assert {level for level, _ in found} == {"warning"}
    assert all(what.startswith("no answer about") for _, what in found)


@pytest.fixture
def key(tmp_path):
    """A key to sign by, as the option names it, and the record that fits."""
    private = ed25519.Ed25519PrivateKey.generate()
    path = tmp_path / "dkim.pem"
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    text = f"example.org:s1:{path}"
    return text, Key.read(text).record


@pytest.mark.parametrize(
    ("record", "level", "part"),
    [
        ("ours", "ok", "has the key that we sign with"),
        ("", "error", "has no record"),
        ("v=DKIM1; k=ed25519; p=", "error", "the key is revoked"),
        ("v=DKIM1; k=ed25519; p=" + "A" * 43 + "=", "error", "is of another key"),
    ],
)
def test_the_key_of_signatures(key, record, level, part):
    """It is tried: what we sign has to fit what the record says."""
    text, ours = key
    texts = [ours if record == "ours" else record] if record else []
    zone = {**GOOD, "s1._domainkey.example.org": {"TXT": texts}}
    first = told({"send_dkim": (text,), "send": "memory:x"}, zone)[0]
    assert (first[0], part in first[1]) == (level, True)


def test_a_key_that_cannot_be_read():
    """In the words that serve would use."""
    level, what = told({"send_dkim": ("example.org:s1:/nofile",), "send": "memory:x"}, GOOD)[0]
    assert (level, "/nofile: No such file" in what) == ("error", True)


def all_of(options):
    """What is found of options, with whatever resolver they name."""

    async def run():
        return [(one.level, one.what) async for one in diagnosed(EmailOptions(**options))]

    return asyncio.run(run())


def test_the_next_server_is_tried_and_a_zone_file_stands_for_the_dns(tmp_path):
    """As the options say; the password is in no line."""
    zone = tmp_path / "zone"
    zone.write_text("mx.example.org. A 192.0.2.1\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        send = f"smtp://ada:secret@127.0.0.1:{port}"
        found = all_of({"send": send, "dns": (f"file:{zone}",), "hostname": "mx.example.org"})
    assert found == [
        ("ok", f"--email-send: 127.0.0.1 port {port} is there (127.0.0.1)"),
        ("ok", "mx.example.org is 192.0.2.1"),
    ]


def test_without_the_extra_it_is_said_what_was_not_asked(monkeypatch):
    """And how to have it asked."""

    def missing(*_args, **_more):
        raise ConfigError("it needs dnspython")

    monkeypatch.setattr(module, "Dns", missing)
    assert all_of({}) == [("warning", "the DNS was not asked: it needs dnspython")]


def test_the_interface_asks_it(monkeypatch):
    """doctor asks interfaces, and knows no protocol."""

    async def one(options):
        yield Finding(level="ok", topic="dns", what=options.name)

    monkeypatch.setattr(module, "diagnosed", one)

    async def run():
        interface = Email(EmailOptions(hostname="mx.example.org"))
        return [one.what async for one in interface.diagnose(Context())]

    assert asyncio.run(run()) == ["mx.example.org"]
